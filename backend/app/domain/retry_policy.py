"""Whether a failed attempt may be repeated. A command must never run twice in the vehicle without its owner's will."""

from dataclasses import dataclass

from app.domain.command_definition import CommandDefinition
from app.domain.errors import SovdError, StorageUnavailable, VehicleError

MAX_ATTEMPTS = 3
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDecision:
    """`after_s`: wait so many seconds, then try again; None: the error stands."""

    after_s: float | None

    @property
    def retries(self) -> bool:
        """Whether there is another attempt."""
        return self.after_s is not None


NO_RETRY = RetryDecision(after_s=None)


def decide_retry(
    error: BaseException,
    *,
    attempt: int,
    chunks_stored: int,
    definition: CommandDefinition,
    remaining_s: float,
    may_have_reached: bool = True,
) -> RetryDecision:
    """Decide after `attempt` (counted from 1) failed with `remaining_s` seconds left until the command's deadline.

    Another attempt only before the first chunk, only where the vehicle cannot have acted, only where a retry can
    help, and only when it would begin before the deadline. While nothing was sent at all, our own database being away
    is waited for as long as there is time.
    """
    if not may_have_reached and isinstance(error, StorageUnavailable):
        return _after_a_pause(attempt, remaining_s)
    if not isinstance(error, VehicleError) or not error.retry_can_help:
        return NO_RETRY
    if chunks_stored > 0 or attempt >= MAX_ATTEMPTS or not _cannot_have_acted(error, definition):
        return NO_RETRY
    return _after_a_pause(attempt, remaining_s)


def _after_a_pause(attempt: int, remaining_s: float) -> RetryDecision:
    after_s = min(FIRST_WAIT_S * 2 ** min(max(attempt, 1) - 1, 10), LONGEST_WAIT_S)
    return RetryDecision(after_s=after_s) if after_s < remaining_s else NO_RETRY


def may_take_over(definition: CommandDefinition, *, chunks_stored: int, attempt: int) -> bool:
    """Whether a command of a dead worker may be run again by another one; `attempt` is the one that was lost.

    Only reads that brought no chunk yet: a second run would number its chunks after those of the first.
    """
    return not definition.may_change_vehicle and chunks_stored == 0 and attempt < MAX_ATTEMPTS


def _cannot_have_acted(error: SovdError, definition: CommandDefinition) -> bool:
    return not error.may_have_acted or not definition.may_change_vehicle
