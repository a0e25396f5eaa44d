"""One use case, one transaction, and what must wait for its commit."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.audit_entry import AuditRecord
from app.domain.bus_messages import BusMessage
from app.repositories import audit_repository
from app.storage.engine import Database


class Publisher(Protocol):
    """Where messages go after a commit."""

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Send in order, best effort: never raises because the bus is away; a lost message only costs speed."""
        ...


class Work:
    """An open unit of work: its connection, and what it wants to say once it is committed."""

    def __init__(self, db: AsyncConnection) -> None:
        self.db = db
        self.messages: list[BusMessage] = []

    def publish(self, message: BusMessage) -> None:
        """Send `message` after the commit; dropped when the work is rolled back."""
        self.messages.append(message)

    async def audit(self, *records: AuditRecord) -> None:
        """Write audit entries in this transaction."""
        await audit_repository.record(self.db, records)


class UnitOfWork:
    """Opens units of work. Stateless, shared by all services of a process."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        """Commit when the block ends, then publish; roll back and publish nothing when it raises."""
        async with self._database.transaction() as db:
            work = Work(db)
            yield work
        await self._publisher.publish(work.messages)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reads, each statement on its own snapshot."""
        async with self._database.autocommit() as db:
            yield db
