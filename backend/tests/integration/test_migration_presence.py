"""The presence history comes to a database in use, is written whoever changes presence, and can be taken back."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from app.storage.engine import asyncpg_url
from app.storage.migrate import make_config


async def _migrate(url: str, step: Callable[[Connection], None]) -> None:
    engine = create_async_engine(asyncpg_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(step)
    await engine.dispose()


async def _up_to(url: str, revision: str) -> None:
    await _migrate(url, lambda connection: command.upgrade(make_config(connection), revision))


async def _down_to(url: str, revision: str) -> None:
    await _migrate(url, lambda connection: command.downgrade(make_config(connection), revision))


@pytest.fixture
async def filled(empty_database_url: str) -> AsyncIterator[tuple[str, asyncpg.Connection]]:
    """A database of the release before, with a connected, a silent and a removed vehicle."""
    await _up_to(empty_database_url, "0002")
    connection = await asyncpg.connect(empty_database_url)
    for vin, status, cause, removed in (
        ("V1", "connected", None, False),
        ("V2", "disconnected", "no answer", False),
        ("V3", "connected", None, True),
    ):
        await connection.execute(
            "INSERT INTO vehicles (vehicle_id, vin, make, model, address, connection_status, status_cause, deleted_at)"
            " VALUES ($1, $2, 'm', 'm', 'sim:', $3, $4, CASE WHEN $5 THEN now() END)",
            uuid4(),
            vin,
            status,
            cause,
            removed,
        )
    yield empty_database_url, connection
    await connection.close()


async def _history(connection: asyncpg.Connection) -> list[tuple[str, str, str | None]]:
    rows = await connection.fetch(
        "SELECT v.vin, p.connection_status, p.status_cause FROM presence_changes p JOIN vehicles v USING (vehicle_id)"
        " ORDER BY v.vin, p.since"
    )
    return [tuple(row) for row in rows]


async def test_the_record_begins_with_what_each_vehicle_is(filled: tuple[str, asyncpg.Connection]) -> None:
    url, connection = filled
    await _up_to(url, "0003")
    assert await _history(connection) == [("V1", "connected", None), ("V2", "disconnected", "no answer")]
    assert await connection.fetchval(
        "SELECT bool_and(p.since = v.status_since) FROM presence_changes p JOIN vehicles v USING (vehicle_id)"
    )


async def test_a_worker_of_the_release_before_writes_it_too(filled: tuple[str, asyncpg.Connection]) -> None:
    """It knows nothing of `status_since`: while both releases run, no change is missing."""
    url, connection = filled
    await _up_to(url, "0003")
    for status, cause in (("connected", None), ("connected", None), ("error", "refused"), ("error", "odd")):
        await connection.execute(
            "UPDATE vehicles SET connection_status = $1, status_cause = $2, last_seen_at = now() WHERE vin = 'V2'",
            status,
            cause,
        )
    assert (await _history(connection))[1:] == [
        ("V2", "disconnected", "no answer"),
        ("V2", "connected", None),
        ("V2", "error", "refused"),
        ("V2", "error", "odd"),
    ]


async def test_it_can_be_taken_back_and_brought_again(filled: tuple[str, asyncpg.Connection]) -> None:
    url, connection = filled
    before = await connection.fetch("SELECT * FROM vehicles ORDER BY vin")
    await _up_to(url, "0003")
    await _down_to(url, "0002")
    await connection.reload_schema_state()
    assert await connection.fetch("SELECT * FROM vehicles ORDER BY vin") == before
    assert await connection.fetchval("SELECT to_regclass('presence_changes')") is None
    await connection.execute("UPDATE vehicles SET connection_status = 'unknown' WHERE vin = 'V1'")  # no trigger is left
    await _up_to(url, "0003")
    assert await _history(connection) == [("V1", "unknown", None), ("V2", "disconnected", "no answer")]
