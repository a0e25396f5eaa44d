"""A database of the first release, with commands in every state, goes on in this one: nothing is lost or run twice."""

from uuid import uuid4

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, UserId, VehicleId, WorkerId
from app.domain.lanes import lane_of
from app.repositories import queue_repository
from app.repositories.submission_repository import NewCommand, submit
from app.storage.engine import Database, asyncpg_url
from app.storage.migrate import make_config, upgrade

_CARS = 3


async def _first_release(url: str) -> None:
    engine = create_async_engine(asyncpg_url(url))

    def migrate(connection: Connection) -> None:
        command.upgrade(make_config(connection), "0001")

    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


async def _fill(connection: asyncpg.Connection) -> tuple[UserId, list[VehicleId]]:
    """Vehicles, the first of them removed, each with a command in every state and two that wait."""
    user = UserId(uuid4())
    await connection.execute(
        "INSERT INTO users (user_id, username, password_hash, role) VALUES ($1, 'erika', '-', 'engineer')", user
    )
    cars = [VehicleId(uuid4()) for _ in range(_CARS)]
    for number, car in enumerate(cars):
        await connection.execute(
            "INSERT INTO vehicles (vehicle_id, vin, make, model, address, connection_status, deleted_at)"
            " VALUES ($1, $2, 'm', 'm', 'sim:', 'connected', CASE WHEN $3 THEN now() END)",
            car,
            f"V{number}",
            number == 0,
        )
        for status in (*CommandStatus, CommandStatus.PENDING):
            await connection.execute(
                "INSERT INTO commands (command_id, vehicle_id, user_id, lane, command_name, command_params, status,"
                " correlation_id, expires_at, timeout_s) VALUES ($1, $2, $3, $4, 'ReadDTC', '{}', $5, 'c',"
                " now() + interval '1 hour', 10)",
                uuid4(),
                car,
                user,
                str(car),
                status.value,
            )
    return user, cars


async def _counts(connection: asyncpg.Connection) -> dict[str, int]:
    rows = await connection.fetch("SELECT status, count(*)::int AS many FROM commands GROUP BY status")
    return {row["status"]: row["many"] for row in rows}


@pytest.fixture
async def upgraded(empty_database_url: str) -> tuple[str, UserId, list[VehicleId]]:
    """The address of such a database after the upgrade."""
    await _first_release(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    try:
        user, cars = await _fill(connection)
        before = await _counts(connection)
        await upgrade(empty_database_url)
        assert await _counts(connection) == before
    finally:
        await connection.close()
    return empty_database_url, user, cars


def _new(user: UserId, car: VehicleId, params: dict[str, str]) -> NewCommand:
    return NewCommand(
        command_id=CommandId(uuid4()),
        vehicle_id=car,
        user_id=user,
        username="erika",
        lane=lane_of(params),
        command_name="ReadDTC",
        command_params=params,
        reason=None,
        correlation_id="c",
        trace_context=None,
        idempotency_key=None,
        request_digest=None,
        timeout_s=10,
        expires_in_s=100,
    )


async def test_what_runs_keeps_its_vehicle_and_what_waits_is_claimed_after_it(
    upgraded: tuple[str, UserId, list[VehicleId]],
) -> None:
    url, user, cars = upgraded
    database = Database(url, name="tests")
    connection = await asyncpg.connect(url)
    worker = WorkerId(uuid4())

    async def claim() -> list[VehicleId]:
        async with database.transaction() as db:
            claimed = await queue_repository.claim(db, worker, "test", 100)
        return [item.command.vehicle_id for item in claimed]

    async def end_all() -> None:
        await connection.execute(
            "UPDATE commands SET status = 'completed', completed_at = now() WHERE status = 'in_progress'"
        )

    try:
        async with database.transaction() as db:  # of this release, to one control unit
            stored = await submit(db, [_new(user, car, {"ecuAddress": "0x1010"}) for car in cars[1:]], 100)
        assert [item.status for item in stored if not isinstance(item, str)] == [CommandStatus.PENDING] * (_CARS - 1)

        assert await claim() == []  # each vehicle runs a command of the first release
        for _ in range(3):  # two that waited before the upgrade, then the one after it
            await end_all()
            assert sorted(await claim()) == sorted(cars[1:])
            assert await claim() == []
        await end_all()
        assert await claim() == []
    finally:
        await connection.close()
        await database.close()


async def test_the_database_itself_keeps_overlapping_lanes_apart_after_the_upgrade(
    upgraded: tuple[str, UserId, list[VehicleId]],
) -> None:
    url, _, cars = upgraded
    connection = await asyncpg.connect(url)
    try:
        with pytest.raises(asyncpg.ExclusionViolationError):
            await connection.execute(
                "UPDATE commands SET status = 'in_progress' WHERE status = 'pending' AND vehicle_id = $1", cars[1]
            )
    finally:
        await connection.close()
