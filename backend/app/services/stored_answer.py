"""A stored answer, or a part of it, read page by page: no answer is held in memory as a whole to be sent."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from app.domain.command import Chunk
from app.domain.identifiers import CommandId
from app.repositories import response_repository
from app.repositories.unit_of_work import UnitOfWork

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The chunks above `after` up to `end`, of the `total` that were stored when it was asked for."""

    unit_of_work: UnitOfWork
    command_id: CommandId
    after: int
    end: int
    total: int

    async def pages(self) -> AsyncGenerator[tuple[Chunk, ...], None]:
        """The chunks in order. No connection to the database is held between two pages. Raises StorageUnavailable."""
        reached = self.after
        while reached < self.end:
            limit = min(_PAGE, self.end - reached)
            async with self.unit_of_work.reading() as db:
                page = await response_repository.list_responses(db, self.command_id, after=reached, limit=limit)
            if not page:
                return
            reached = page[-1].sequence_number
            yield page
