"""Moments of microseconds, held open: what a worker must not get wrong even if it is hit exactly then."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command_states import CommandStatus
from app.domain.identifiers import WorkerId
from app.repositories import queue_repository, submission_repository, worker_repository
from app.repositories.queue_repository import ClaimedCommand
from app.repositories.response_repository import create_response
from app.settings import Settings
from app.storage.engine import Database
from app.worker.worker_lease import LeaseWatcher, WorkerLease
from support.builders import add_user, add_vehicle, new_command
from support.disturbing import all_ended, fleet
from support.ledger import read_ledger
from support.running_app import RunningApp, running

pytestmark = pytest.mark.disturbance


@dataclass
class HeldClaims:
    """Claims happen in the database, but the worker hears of them only when it may."""

    happened: asyncio.Event = field(default_factory=asyncio.Event)
    may_arrive: asyncio.Event = field(default_factory=asyncio.Event)

    async def claim(
        self, db: AsyncConnection, worker_id: WorkerId, worker_name: str, slots: int
    ) -> list[ClaimedCommand]:
        claimed = await _claim(db, worker_id, worker_name, slots)
        if claimed:
            self.happened.set()
            await self.may_arrive.wait()
        return claimed


_claim = queue_repository.claim


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> HeldClaims:
    """The answers of claims are held back."""
    claims = HeldClaims()
    monkeypatch.setattr(queue_repository, "claim", claims.claim)
    return claims


async def test_command_claimed_while_the_worker_is_told_to_stop_is_run_before_it_stops(
    app_settings: Settings, database_url: str, held: HeldClaims
) -> None:
    async with asyncio.TaskGroup() as tasks:
        async with running(app_settings) as app:
            (vehicle,) = await fleet(database_url, "sim:?delay=0")
            command = await app.submit(vehicle, "ClearDTC")
            await held.happened.wait()
            # Leaving the block stops the worker; the answer arrives while it drains.
            tasks.create_task(_later(held.may_arrive))
        ledger = await all_ended(database_url, [command], within_s=20)
    assert ledger.of(command).events == ["submitted", "in_progress", "completed"]


async def test_command_claimed_under_a_lease_that_is_lost_by_then_is_not_sent(
    app_settings: Settings, database_url: str, held: HeldClaims, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases: list[WorkerLease] = []
    run = WorkerLease.run

    def noted(self: WorkerLease, watcher: LeaseWatcher) -> Coroutine[Any, Any, None]:
        leases.append(self)
        return run(self, watcher)

    monkeypatch.setattr(WorkerLease, "run", noted)
    async with running(app_settings.model_copy(update={"lease_s": 2.0, "heartbeat_s": 0.3})) as app:
        (vehicle,) = await fleet(database_url, "sim:?delay=0")
        command = await app.submit(vehicle, "ClearDTC")
        await held.happened.wait()
        leases[0]._lose()
        held.may_arrive.set()
        ledger = await all_ended(database_url, [command], within_s=10)
        codes = await _codes_left(app, vehicle)
    assert ledger.of(command).status is CommandStatus.OUTCOME_UNKNOWN
    assert ledger.of(command).attempt == 1
    assert codes == 2, "the vehicle was told to act after the lease was lost"


async def test_read_that_got_a_chunk_at_the_last_moment_is_not_run_again(database: Database, database_url: str) -> None:
    dead, heir = WorkerId(uuid4()), WorkerId(uuid4())
    async with database.transaction() as db:
        user, vehicle = await add_user(db), await add_vehicle(db)
        await submission_repository.submit(db, [new_command(user, vehicle)], 10)
        await worker_repository.register(db, heir, "heir", 60)
        await _claim(db, dead, "dead", 1)
    async with database.transaction() as db:
        (orphan,) = await worker_repository.lock_orphans(db, heir, (), 10)
    assert orphan.chunks_stored == 0
    async with database.transaction() as db:
        await create_response(db, orphan.command.command_id, {}, 1, False)
    async with database.transaction() as db:
        assert await worker_repository.take_over(db, heir, "heir", orphan) is None
    account = (await read_ledger(database_url)).of(str(orphan.command.command_id))
    assert (account.attempt, account.events) == (1, ["submitted", "in_progress"])


async def _later(event: asyncio.Event) -> None:
    await asyncio.sleep(0.5)  # the stop has begun by then
    event.set()


async def _codes_left(app: RunningApp, vehicle: str) -> int:
    command = await app.submit(vehicle)
    await app.ended(command)
    items = (await app.admin.get(f"/api/v1/commands/{command}/responses")).json()["items"]
    return int(items[-1]["response_payload"]["totalDtcs"])
