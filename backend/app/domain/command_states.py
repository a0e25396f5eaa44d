"""The life of a command: all legal moves stand in `LEGAL_MOVES` (design, section 4.1).

A trigger of the database refuses every other move, whoever tries it; a test compares the two.

pending ──► in_progress ──► completed | failed | outcome_unknown | cancelled
   └──────► expired | cancelled
outcome_unknown ──► completed | failed      (once, by a late answer or a read-back)
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class CommandStatus(StrEnum):
    """States of a command as the contracts spell them."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    OUTCOME_UNKNOWN = "outcome_unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether a viewer may stop waiting. `outcome_unknown` counts: nothing more comes by itself."""
        return self in TERMINAL


_S = CommandStatus

LEGAL_MOVES: Mapping[CommandStatus, frozenset[CommandStatus]] = MappingProxyType(
    {
        _S.PENDING: frozenset({_S.IN_PROGRESS, _S.EXPIRED, _S.CANCELLED}),
        _S.IN_PROGRESS: frozenset({_S.COMPLETED, _S.FAILED, _S.OUTCOME_UNKNOWN, _S.CANCELLED}),
        _S.OUTCOME_UNKNOWN: frozenset({_S.COMPLETED, _S.FAILED}),
        _S.COMPLETED: frozenset(),
        _S.FAILED: frozenset(),
        _S.EXPIRED: frozenset(),
        _S.CANCELLED: frozenset(),
    }
)

TERMINAL = frozenset({_S.COMPLETED, _S.FAILED, _S.OUTCOME_UNKNOWN, _S.EXPIRED, _S.CANCELLED})

BAD_ENDINGS = TERMINAL - {_S.COMPLETED}
"""Endings that are announced by an `error` event before their `status` event (design, section 4.2)."""


def may_move(current: CommandStatus, target: CommandStatus) -> bool:
    """Whether a command may go from `current` to `target`."""
    return target in LEGAL_MOVES[current]
