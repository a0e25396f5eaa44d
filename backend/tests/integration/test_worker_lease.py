"""The worker's lease: kept through lost answers, given up before anybody else may take over."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import text

from app.domain.identifiers import CommandId
from app.repositories import worker_repository
from app.storage.engine import Database
from app.worker.worker_lease import WorkerLease
from support.builders import count
from support.waiting import until


class Watcher:
    """Remembers what the lease said, and when it was lost."""

    def __init__(self) -> None:
        self.begun = 0
        self.lost_at: list[float] = []

    def lease_begins(self) -> None:
        self.begun += 1

    def lease_lost(self) -> None:
        self.lost_at.append(asyncio.get_running_loop().time())

    def cancel(self, command_ids: Iterable[CommandId]) -> None:
        """Nothing runs here."""


@asynccontextmanager
async def renewing(lease: WorkerLease, watcher: Watcher) -> AsyncIterator[None]:
    task = asyncio.create_task(lease.run(watcher))
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_registration_whose_answer_was_lost_is_made_anew(database: Database) -> None:
    lease = WorkerLease(database, name="test", lease_s=3.0, heartbeat_s=0.5)
    async with database.autocommit() as db:  # committed, but the worker never heard of it
        await worker_repository.register(db, lease.worker_id, "test", 3.0)
    watcher = Watcher()
    async with renewing(lease, watcher):
        await until(lambda: watcher.begun == 1, what="the lease begins")
        assert lease.is_held


async def test_trouble_nobody_thought_of_ends_neither_the_heartbeat_nor_the_worker(database: Database) -> None:
    lease = WorkerLease(database, name="test", lease_s=3.0, heartbeat_s=0.1)
    watcher = Watcher()
    async with renewing(lease, watcher):
        await until(lambda: watcher.begun == 1, what="the lease begins")
        async with database.autocommit() as db:
            await db.execute(text("ALTER TABLE workers RENAME TO workers_away"))
        await until(lambda: len(watcher.lost_at) == 1, what="the lease is lost")
        async with database.autocommit() as db:
            await db.execute(text("ALTER TABLE workers_away RENAME TO workers"))
        await until(lambda: watcher.begun == 2, what="a new lease begins")


async def test_lease_is_given_up_before_it_ends_while_the_database_hangs(database: Database) -> None:
    lease = WorkerLease(database, name="test", lease_s=1.0, heartbeat_s=0.6)
    watcher = Watcher()
    async with renewing(lease, watcher):
        await until(lambda: watcher.begun == 1, what="the lease begins")
        async with database.transaction() as db:
            await db.execute(text("LOCK TABLE workers IN ACCESS EXCLUSIVE MODE"))  # whoever asks now gets no answer
            await until(lambda: len(watcher.lost_at) == 1, what="the lease is lost")
            still_ours = "SELECT count(*) FROM workers WHERE lease_expires_at > clock_timestamp()"
            assert await count(db, still_ours) == 1, "the worker still acted on a lease that had ended"
