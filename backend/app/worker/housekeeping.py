"""Throws away what is of no use any more. Commands, answers and the audit trail are never among it."""

from collections.abc import Awaitable, Callable

import structlog

from app.repositories import presence_history_repository, session_repository
from app.repositories.advisory_locks import Lock, try_acquire
from app.repositories.unit_of_work import UnitOfWork, Work

_log = structlog.get_logger(__name__)
_BATCH = 1000
_SESSION_DAYS = 30
"""After its end a session's tokens still tell a stolen one, and the session whose it was, from a made-up one."""
_PRESENCE_PERIODS = 10_000
"""A vehicle that comes and goes all the time keeps so many periods, the newest, however young the older ones are."""

_Deletion = Callable[[Work], Awaitable[int]]


class Housekeeping:
    """One round of tidying up; of several workers one does it, the others have nothing to do."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        *,
        presence_days: int,
        most_periods: int = _PRESENCE_PERIODS,
        batch: int = _BATCH,
    ) -> None:
        """`batch` is how many rows one transaction deletes at most; `most_periods` are kept per vehicle."""
        self._unit_of_work = unit_of_work
        self._presence_days = presence_days
        self._most_periods = most_periods
        self._batch = batch

    async def tidy(self) -> None:
        """Delete sessions that ended more than 30 days ago, their tokens first, and presence that ended before
        `presence_days`. Raises StorageUnavailable."""
        for what, deletion in self._deletions().items():
            total = 0
            while deleted := await self._delete_batch(deletion):
                total += deleted
            if total:
                _log.info("old rows deleted", what=what, rows=total)

    def _deletions(self) -> dict[str, _Deletion]:
        batch, days, most = self._batch, self._presence_days, self._most_periods
        sessions, presence = session_repository, presence_history_repository
        return {
            "refresh tokens": lambda work: sessions.delete_old_tokens(work.db, days=_SESSION_DAYS, limit=batch),
            "sessions": lambda work: sessions.delete_old_sessions(work.db, days=_SESSION_DAYS, limit=batch),
            "presence that is long over": lambda work: presence.delete_ended(work.db, days=days, limit=batch),
            "presence of unsteady vehicles": lambda work: presence.delete_too_many(work.db, most=most, limit=batch),
        }

    async def _delete_batch(self, deletion: _Deletion) -> int:
        async with self._unit_of_work.begin() as work:
            return await deletion(work) if await try_acquire(work.db, Lock.HOUSEKEEPING) else 0
