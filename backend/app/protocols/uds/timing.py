"""How long to wait for an ECU, how often to repeat (ISO 14229-2, clause 7, seen from the tester)."""

from dataclasses import dataclass, replace

from app.protocols.uds.responses import SessionTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class UdsTiming:
    """All times in seconds.

    `p2_s` and `p2_star_s` are what the ECU promises: the time to the first frame of its answer, and to the next one
    after a `78`. `network_s` is added to both for the way there and back, gateways included. `pending_limit_s` bounds
    all `78` of one request together. A busy ECU (`21`, `94`) is asked again after `busy_pause_s`, at most
    `busy_repeats` times and for `busy_limit_s` in all. `s3_s` is how long an ECU keeps a session without hearing
    anything. `keep_alive_during_pending`: send TesterPresent while a `78` is open; some ECUs then answer wrongly,
    so it is off unless an ECU needs it.
    """

    p2_s: float = 0.05
    p2_star_s: float = 5.0
    network_s: float = 2.0
    pending_limit_s: float = 300.0
    busy_pause_s: float = 0.2
    busy_repeats: int = 25
    busy_limit_s: float = 10.0
    s3_s: float = 5.0
    keep_alive_during_pending: bool = False

    @property
    def answer_within_s(self) -> float:
        """From the request's arrival to its answer."""
        return self.p2_s + self.network_s

    @property
    def pending_within_s(self) -> float:
        """From a `78` to what follows it."""
        return self.p2_star_s + self.network_s

    @property
    def keep_alive_s(self) -> float:
        """Silence after which a held session gets a TesterPresent."""
        return self.s3_s / 2

    def in_session(self, times: SessionTimes | None) -> "UdsTiming":
        """The same with the times that an ECU gave for its new session; never less than its default ones."""
        if times is None:
            return self
        return replace(self, p2_s=max(self.p2_s, times.p2_s), p2_star_s=max(self.p2_star_s, times.p2_star_s))
