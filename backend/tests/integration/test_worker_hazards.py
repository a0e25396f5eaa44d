"""A whole worker against what should not happen: commands it does not know, a vehicle's link that will not close."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from sqlalchemy import text

from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.port import (
    NO_CONTEXT,
    Connector,
    ConnectorRegistry,
    Progress,
    ResponseChunk,
    VehicleContext,
    VehicleRequest,
)
from app.domain.command import Command
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId
from app.eventbus.event_bus import EventBus
from app.observability.metrics import Metrics
from app.observability.tracing import NoTracing
from app.repositories import command_repository, submission_repository
from app.repositories.submission_repository import NewCommand
from app.repositories.unit_of_work import UnitOfWork
from app.security.sealing import Sealing
from app.services.audit_service import AuditService
from app.storage.engine import Database
from app.worker.supervisor import Worker, WorkerSettings
from support.builders import add_user, add_vehicle, count, new_command
from support.waiting import eventually, until


class Vehicle:
    """Answers with one final chunk; while it `waits`, with nothing, and then lets nobody go before `may_close`."""

    schemes = ("test",)

    def __init__(self) -> None:
        self.asked: list[CommandId] = []
        self.waits = False
        self.may_close = asyncio.Event()

    def check_address(self, address: str) -> None:
        """Any address will do."""

    async def preview(self, wanted: PreviewWanted) -> CommandPreview:
        return CommandPreview()

    async def probe(self, address: str, deadline: float, context: VehicleContext = NO_CONTEXT) -> None:
        """Always there."""

    async def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        self.asked.append(request.command_id)
        if self.waits:
            try:
                await asyncio.Event().wait()
            finally:
                await self.may_close.wait()
        yield ResponseChunk(response_payload={"status": "complete"}, is_final=True)


@asynccontextmanager
async def working(database: Database, redis_url: str, vehicle: Connector) -> AsyncIterator[None]:
    bus = EventBus(redis_url, name="test")
    unit_of_work = UnitOfWork(database, bus)
    settings = WorkerSettings(
        slots=8, lease_s=3.0, heartbeat_s=0.2, poll_s=0.1, drain_s=1.0, probe_interval_s=5.0, presence_history_days=30
    )
    stop, now = asyncio.Event(), asyncio.Event()
    worker = Worker(
        database=database,
        unit_of_work=unit_of_work,
        bus=bus,
        registry=ConnectorRegistry([vehicle]),
        sealing=Sealing("a key of the tests"),
        audit=AuditService(unit_of_work),
        metrics=Metrics(),
        tracing=NoTracing(),
        settings=settings,
    )
    async with bus.running():
        task = asyncio.create_task(worker.run(stop, now))
        try:
            yield
            assert not task.done(), "the worker ended by itself"
        finally:
            stop.set()
            await task


async def stored(database: Database, *items: NewCommand) -> None:
    async with database.autocommit() as db:
        await submission_repository.submit(db, items, 100)


async def look(database: Database, command_id: CommandId) -> Command:
    async with database.autocommit() as db:
        command = await command_repository.find(db, command_id)
    assert command is not None
    return command


async def ended(database: Database, item: NewCommand) -> Command:
    async def is_over() -> bool:
        return (await look(database, item.command_id)).status.is_terminal

    await eventually(is_over, what="the command has ended")
    return await look(database, item.command_id)


async def run_sql(database: Database, statement: str, **values: object) -> None:
    async with database.autocommit() as db:
        await db.execute(text(statement), values)


async def test_commands_of_a_newer_release_wait_for_it_and_hold_up_nobody_else(
    database: Database, redis_url: str
) -> None:
    async with database.transaction() as db:
        user = await add_user(db)
        unknown = new_command(user, await add_vehicle(db, address="test:"))
        known = new_command(user, await add_vehicle(db, address="test:"))
    await stored(database, unknown, known)
    await run_sql(database, "UPDATE commands SET command_name = 'Future' WHERE command_id = :id", id=unknown.command_id)
    async with working(database, redis_url, Vehicle()):
        assert (await ended(database, known)).status is CommandStatus.COMPLETED
        assert (await look(database, unknown.command_id)).status is CommandStatus.PENDING


async def test_orphans_of_a_newer_release_are_ended_as_unknown_and_hold_up_no_other_orphan(
    database: Database, redis_url: str
) -> None:
    async with database.transaction() as db:
        user = await add_user(db)
        unknown = new_command(user, await add_vehicle(db, address="test:"))
        known = new_command(user, await add_vehicle(db, address="test:"))
    await stored(database, unknown, known)
    await run_sql(
        database,
        "UPDATE commands SET status = 'in_progress', started_at = now(), attempt = 1, lease_token = 1,"
        " lease_owner = :dead",
        dead=uuid4(),
    )
    await run_sql(database, "UPDATE commands SET command_name = 'Future' WHERE command_id = :id", id=unknown.command_id)
    async with working(database, redis_url, Vehicle()):
        assert (await ended(database, known)).status is CommandStatus.COMPLETED
        assert (await ended(database, unknown)).status is CommandStatus.OUTCOME_UNKNOWN


async def test_orphaned_read_is_not_run_again_after_its_expiry(database: Database, redis_url: str) -> None:
    vehicle = Vehicle()
    async with database.transaction() as db:
        item = new_command(await add_user(db), await add_vehicle(db, address="test:"))
    await stored(database, item)
    await run_sql(
        database,
        "UPDATE commands SET status = 'in_progress', started_at = now() - interval '1 minute', attempt = 1,"
        " expires_at = now() - interval '30 seconds', lease_token = 1, lease_owner = :dead",
        dead=uuid4(),
    )
    async with working(database, redis_url, vehicle):
        assert (await ended(database, item)).status is CommandStatus.FAILED
    assert vehicle.asked == []


async def test_command_whose_run_is_still_being_left_is_not_run_a_second_time_beside_it(
    database: Database, redis_url: str
) -> None:
    vehicle = Vehicle()
    vehicle.waits = True
    async with database.transaction() as db:
        item = new_command(await add_user(db), await add_vehicle(db, address="test:"))
    await stored(database, item)

    async def has_new_lease() -> bool:
        async with database.autocommit() as db:
            return await count(db, "SELECT count(*) FROM workers WHERE lease_expires_at > now()") > 0

    async with working(database, redis_url, vehicle):
        await until(lambda: bool(vehicle.asked), what="the vehicle is asked")
        await run_sql(database, "UPDATE workers SET lease_expires_at = now() - interval '1 second'")
        await eventually(has_new_lease, what="a new lease begins")
        vehicle.waits = False
        await asyncio.sleep(0.5)  # several rounds of recovery; nothing may happen, so there is nothing to wait for
        asked_meanwhile = len(vehicle.asked)
        vehicle.may_close.set()
        assert asked_meanwhile == 1
        assert (await ended(database, item)).status is CommandStatus.COMPLETED
        assert vehicle.asked == [item.command_id] * 2
