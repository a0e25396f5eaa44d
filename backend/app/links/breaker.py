"""When to try again after failures: jittered back-off, then a breaker that lets one attempt through at a time."""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """Seconds. The pauses double from `first_pause_s`; when the breaker opens, again from `first_open_s`."""

    opens_after: int = 3
    first_pause_s: float = 0.2
    first_open_s: float = 5.0
    longest_open_s: float = 30.0


class Breaker:
    """Counts failures in a row. Time is passed in; it does not wait itself, and keeps nobody from trying at once."""

    def __init__(self, settings: BreakerSettings | None = None, jitter: Callable[[], float] = random.random) -> None:
        self._settings = settings or BreakerSettings()
        self._jitter = jitter
        self._failures = 0
        self._next_attempt_at = 0.0

    @property
    def is_open(self) -> bool:
        """So many attempts failed that callers shall be told so at once until the pause is over."""
        return self._failures >= self._settings.opens_after

    def wait_s(self, now: float) -> float:
        """How long until the next attempt makes sense; 0: now. While open, that attempt is the probe."""
        return max(0.0, self._next_attempt_at - now) if self._failures else 0.0

    def failed(self, now: float) -> None:
        """An attempt failed. The pause is between half of its ceiling and the whole: many callers spread out."""
        self._failures += 1
        beyond = self._failures - self._settings.opens_after
        if beyond >= 0:
            ceiling = min(self._settings.first_open_s * 2 ** min(beyond, 20), self._settings.longest_open_s)
        else:
            ceiling = self._settings.first_pause_s * 2 ** (self._failures - 1)
        self._next_attempt_at = now + ceiling * (0.5 + 0.5 * self._jitter())

    def succeeded(self) -> None:
        """An attempt worked: as if nothing had ever failed."""
        self._failures = 0
