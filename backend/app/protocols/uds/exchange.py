"""The life of one request: sent, waited for, repeated where the ECU is busy, answered or given up.

No clock and no sockets. The owner asks `step(now)` what to do, does it, and tells what happened:

    match exchange.step(now):
        case Send():   call sending(), send it, then call sent(when it was confirmed) or not_sent()
        case Wait():   wait for messages until then; call received() for each; at the time, call step() again
        case Done():   finished: the answers (none for a request that wanted none)
        case Failed(): finished: why there is no answer

All times are seconds of one clock, whichever the owner uses.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from app.protocols.uds.matching import Match, match_answer
from app.protocols.uds.request_parsing import asks_for_silence
from app.protocols.uds.timing import UdsTiming


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A message that answers the request, from the logical address `source`; positive or negative."""

    source: int
    payload: bytes
    received_at: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send this message now."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do but to listen until then."""

    until: float


@dataclass(frozen=True, slots=True)
class Done:
    """Finished. One answer, or for a functional request any number of them."""

    answers: tuple[Answer, ...]


class Reason(StrEnum):
    """Why there is no answer."""

    SILENT = "silent"
    """Nothing came within P2."""
    SILENT_AFTER_PENDING = "silent_after_pending"
    """The ECU said that it works on it, and then nothing within P2*."""
    PENDING_TOO_LONG = "pending_too_long"
    """The ECU still says that it works on it when the bound for that is over."""
    DEADLINE = "deadline"
    """The time for the whole request is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Finished without an answer. `was_sent`: the ECU may have got the request, so it may have acted."""

    reason: Reason
    was_sent: bool


class Observation(Enum):
    """What a received message was."""

    ANSWER = auto()
    PENDING = auto()
    BUSY = auto()
    STRAY = auto()


Step = Send | Wait | Done | Failed


class _Phase(Enum):
    READY = auto()
    WAITING = auto()
    PAUSING = auto()


class Exchange:
    """One request to one ECU, or with `functional` to all ECUs behind a functional address.

    Guarantees: never sends a request again unless the ECU said that it did not start on it (`21`, `94`), and nothing
    to the contrary since; gives up by `deadline`; a message that does not match changes nothing.
    """

    def __init__(self, request: bytes, *, timing: UdsTiming, deadline: float, functional: bool = False) -> None:
        self._request = request
        self._timing = timing
        self._deadline = deadline
        self._functional = functional
        self._silent = asks_for_silence(request)
        self._phase = _Phase.READY
        self._end: Done | Failed | None = None
        self._until = self._window_end = deadline
        self._was_sent = False
        self._pending_since: float | None = None
        self._pending_sources: set[int] = set()
        self._answers: list[Answer] = []
        self._busy: list[Answer] = []

    @property
    def was_sent(self) -> bool:
        """Whether the ECU may have got the request."""
        return self._was_sent

    @property
    def pending_since(self) -> float | None:
        """When the ECU first said that it works on it; None: it has not."""
        return self._pending_since

    def step(self, now: float) -> Step:
        """What to do at this moment."""
        if self._end is not None:
            return self._end
        if self._phase is _Phase.PAUSING and now >= self._until:
            self._phase = _Phase.READY
        if now >= self._deadline:
            return self._finish(Reason.DEADLINE)
        if self._phase is _Phase.READY:
            return Send(self._request)
        until, reason = self._limit()
        return self._finish(reason) if now >= until else Wait(until)

    def sending(self) -> None:
        """It goes out now: from here on the ECU may get it, whatever happens to the confirmation."""
        self._was_sent = True

    def not_sent(self) -> None:
        """It certainly did not go out this time; what went out before was refused as busy."""
        self._was_sent = False

    def sent(self, at: float) -> None:
        """The request is on its way to the ECU since then: P2 begins."""
        self._was_sent = True
        self._phase = _Phase.WAITING
        self._until = self._window_end = at + self._timing.answer_within_s
        self._pending_sources.clear()

    def received(self, source: int, payload: bytes, at: float) -> Observation:
        """Take note of a message. Anything but an answer to this request is STRAY and has no effect."""
        if self._phase is _Phase.READY or self._end is not None:
            return Observation.STRAY
        answer = Answer(source=source, payload=payload, received_at=at)
        match match_answer(self._request, payload):
            case Match.PENDING:
                return self._note_pending(source, at)
            case Match.STRAY:
                return Observation.STRAY
            case Match.BUSY | Match.NEGATIVE if self._phase is _Phase.PAUSING:
                return Observation.STRAY  # it has said no already, that is what the pause is for
            case Match.BUSY if not self._functional:
                return self._note_busy(answer)
            case _:
                return self._note_answer(answer)

    def _limit(self) -> tuple[float, Reason]:
        """When the present wait ends, and what that means then."""
        if self._phase is _Phase.PAUSING:
            return min(self._until, self._deadline), Reason.DEADLINE
        limits = [(self._deadline, Reason.DEADLINE)]
        if self._pending_since is None or not self._pending_sources:
            limits.append((self._window_end, Reason.SILENT))
        else:
            limits.append((self._until, Reason.SILENT_AFTER_PENDING))
            limits.append((self._pending_since + self._timing.pending_limit_s, Reason.PENDING_TOO_LONG))
        return min(limits, key=lambda limit: limit[0])

    def _finish(self, reason: Reason) -> Done | Failed:
        """The wait is over: with what has come so far where that will do, otherwise without an answer."""
        silence_is_yes = self._silent and self._was_sent and self._pending_since is None and reason is Reason.SILENT
        if self._busy and self._phase is not _Phase.WAITING:
            self._end = Done((self._busy[-1],))  # it said no, last of all: it has not acted
        elif self._answers or silence_is_yes or (self._functional and reason is Reason.SILENT):
            self._end = Done(tuple(self._answers))
        else:
            self._end = Failed(reason=reason, was_sent=self._was_sent)
        return self._end

    def _note_pending(self, source: int, at: float) -> Observation:
        if self._pending_since is None:
            self._pending_since = at
        self._phase = _Phase.WAITING  # also from a pause: it has begun after all, and must not get it again
        self._pending_sources.add(source)
        self._until = max(self._until, at + self._timing.pending_within_s)
        return Observation.PENDING

    def _note_busy(self, answer: Answer) -> Observation:
        if self._busy and self._pending_sources:
            return Observation.STRAY  # it works on it now: that is the answer to the earlier sending once more
        self._busy.append(answer)
        resume_at = answer.received_at + self._timing.busy_pause_s
        give_up_at = min(self._busy[0].received_at + self._timing.busy_limit_s, self._deadline)
        if len(self._busy) > self._timing.busy_repeats or resume_at >= give_up_at:
            self._end = Done((answer,))
            return Observation.ANSWER
        self._phase, self._until = _Phase.PAUSING, resume_at
        return Observation.BUSY

    def _note_answer(self, answer: Answer) -> Observation:
        self._answers.append(answer)
        self._pending_sources.discard(answer.source)
        if not self._functional:
            self._end = Done((answer,))
        return Observation.ANSWER
