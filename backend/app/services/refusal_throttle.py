"""Keeps a flood of refusals from filling the audit trail: counts what it leaves out. Pure; time is passed in."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalSource:
    """Whose refusals are counted together: an account, or an address where nobody is signed in."""

    actor_id: str | None = None
    actor_name: str | None = None
    ip_address: str | None = None


@dataclass(slots=True)
class _Window:
    ends_at: float
    written: int = 0
    folded: int = 0


_REST = RefusalSource()
"""Shared by all sources that come when too many are being watched."""


class RefusalThrottle:
    """Lets `allowance` refusals per source and `window_s` seconds through; the others are only counted.

    Bounded: watches `max_sources` at once, all further ones count together as one.
    """

    def __init__(self, *, allowance: int = 20, window_s: float = 60.0, max_sources: int = 10_000) -> None:
        self._allowance = allowance
        self._window_s = window_s
        self._max_sources = max_sources
        self._windows: dict[RefusalSource, _Window] = {}

    def admits(self, source: RefusalSource, now: float) -> bool:
        """Whether this refusal is written down; if not, it is counted for `drain`."""
        if source not in self._windows and len(self._windows) >= self._max_sources:
            source = _REST
        window = self._windows.setdefault(source, _Window(now + self._window_s))
        if now >= window.ends_at and window.folded == 0:
            window = self._windows[source] = _Window(now + self._window_s)
        if window.written < self._allowance:
            window.written += 1
            return True
        window.folded += 1
        return False

    def drain(self, now: float, *, everything: bool = False) -> Iterator[tuple[RefusalSource, int]]:
        """Forget windows that are over (or all), and give what was left out in them, each once."""
        over = [source for source, window in self._windows.items() if everything or now >= window.ends_at]
        for source in over:
            folded = self._windows.pop(source).folded
            if folded:
                yield source, folded
