"""The store as streams read it: few reads at a time, patient while the database is away."""

import asyncio
from collections.abc import Sequence

from app.domain.errors import NotFound, StorageUnavailable
from app.domain.identifiers import CommandId
from app.domain.stream_snapshot import HighWaterMark, StreamSnapshot
from app.repositories import response_repository
from app.storage.engine import Database

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0


class StreamStore:
    """Reads streams. Holds a connection only while a statement runs, and at most `reads_at_once` of them."""

    def __init__(self, database: Database, *, page_size: int, reads_at_once: int) -> None:
        self._database = database
        self._page_size = page_size
        self._turn = asyncio.Semaphore(reads_at_once)

    async def read(self, command_id: CommandId, after: int) -> StreamSnapshot:
        """The stream after `after`. While the database is away, waits and tries again: the caller sets the deadline.

        Raises NotFound where there is no such command.
        """
        pause = _FIRST_PAUSE_S
        while True:
            try:
                async with self._turn, self._database.autocommit() as db:
                    snapshot = await response_repository.read_stream(db, command_id, after, self._page_size)
            except StorageUnavailable:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                continue
            if snapshot is None:
                raise NotFound("there is no such command")
            return snapshot

    async def high_water_marks(self, command_ids: Sequence[CommandId]) -> dict[CommandId, HighWaterMark]:
        """How far the store is, for many commands in one statement. Raises StorageUnavailable."""
        async with self._turn, self._database.autocommit() as db:
            return await response_repository.high_water_marks(db, command_ids)
