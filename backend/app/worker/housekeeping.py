"""Throws away what is of no use any more. Commands, answers and the audit trail are never among it."""

import structlog

from app.repositories import session_repository
from app.repositories.advisory_locks import Lock, try_acquire
from app.repositories.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)
_BATCH = 1000
_KEPT_DAYS = 30
"""After its end a session's tokens still tell a stolen one, and the session whose it was, from a made-up one."""


class Housekeeping:
    """One round of tidying up; of several workers one does it, the others have nothing to do."""

    def __init__(self, unit_of_work: UnitOfWork, *, batch: int = _BATCH) -> None:
        """`batch` is how many rows one transaction deletes at most, per table."""
        self._unit_of_work = unit_of_work
        self._batch = batch

    async def tidy(self) -> None:
        """Delete sessions that ended more than 30 days ago, and their tokens. Raises StorageUnavailable."""
        tokens = sessions = 0
        while (deleted := await self._delete_batch()) != (0, 0):
            tokens += deleted[0]
            sessions += deleted[1]
        if tokens or sessions:
            _log.info("old sessions deleted", sessions=sessions, tokens=tokens)

    async def _delete_batch(self) -> tuple[int, int]:
        async with self._unit_of_work.begin() as work:
            if not await try_acquire(work.db, Lock.HOUSEKEEPING):
                return 0, 0
            tokens = await session_repository.delete_old_tokens(work.db, days=_KEPT_DAYS, limit=self._batch)
            sessions = await session_repository.delete_old_sessions(work.db, days=_KEPT_DAYS, limit=self._batch)
        return tokens, sessions
