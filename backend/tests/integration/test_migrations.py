"""The migrations build exactly the tables of `app.storage.tables`, and the triggers guard what constraints cannot."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.domain.errors import StorageUnavailable
from app.storage.driver_errors import ConstraintViolated
from app.storage.engine import Database, asyncpg_url
from app.storage.migrate import SchemaUnknown, current_and_head, upgrade
from app.storage.tables import metadata
from support.engines import PostgresProcess

_SHAPE = {
    "columns": """
        SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d
             ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0
              AND c.relname <> 'alembic_version'
        ORDER BY 1, 2""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2""",
    "indexes": """
        SELECT tablename, indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1, 2""",
}


_REDECODE = """
    WITH data_set AS (
        INSERT INTO diagnostic_data_sets (data_set_id, checksum, kind, name, version, file_name, size, content, summary,
            report, created_by)
        SELECT gen_random_uuid(), 'c', 'odx', 'n', '1', 'f', 1, 'x', '{}', '{}', user_id FROM users
        RETURNING data_set_id, created_by
    ), command AS (SELECT $1::uuid AS command_id)
    INSERT INTO command_redecodings (redecoding_id, command_id, data_set_id, created_by, chunks)
    SELECT gen_random_uuid(), command_id, data_set_id, created_by, '[]' FROM data_set, command"""


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def command_id(connection: asyncpg.Connection) -> UUID:
    """A command that answers can be stored for."""
    user_id, vehicle_id, command_id = uuid4(), uuid4(), uuid4()
    await connection.execute(
        "INSERT INTO users (user_id, username, password_hash, role) VALUES ($1, 'erika', '-', 'engineer')", user_id
    )
    await connection.execute(
        "INSERT INTO vehicles (vehicle_id, vin, make, model, address) VALUES ($1, 'V1', 'm', 'm', 'sim:')", vehicle_id
    )
    await connection.execute(
        "INSERT INTO commands (command_id, vehicle_id, user_id, lane, command_name, command_params, correlation_id,"
        " expires_at, timeout_s, lane_span) VALUES ($1, $2, $3, 'lane', 'ReadDTC', '{}', 'c', now(), 10, '[0,1)')",
        command_id,
        vehicle_id,
        user_id,
    )
    return command_id


async def _shape(url: str) -> dict[str, list[tuple[object, ...]]]:
    connection = await asyncpg.connect(url)
    try:
        return {part: [tuple(row) for row in await connection.fetch(query)] for part, query in _SHAPE.items()}
    finally:
        await connection.close()


async def test_migrations_build_exactly_the_tables_of_the_program(database_url: str, empty_database_url: str) -> None:
    engine = create_async_engine(asyncpg_url(empty_database_url))
    async with engine.begin() as db:
        await db.run_sync(metadata.create_all)
    await engine.dispose()

    assert await _shape(database_url) == await _shape(empty_database_url)


async def test_alembic_sees_no_difference(database: Database) -> None:
    def differences(db: Connection) -> list[object]:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with database.transaction() as db:
        assert await db.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    before = await current_and_head(empty_database_url)
    await upgrade(empty_database_url)
    first = await _shape(empty_database_url)
    await upgrade(empty_database_url)
    after = await current_and_head(empty_database_url)

    assert before.current is None
    assert not before.is_current
    assert after.is_current
    assert await _shape(empty_database_url) == first


async def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(upgrade(empty_database_url))

    assert (await current_and_head(empty_database_url)).is_current


async def test_a_database_of_a_newer_release_is_left_alone(database: Database, database_url: str) -> None:
    async with database.transaction() as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaUnknown, match="9999"):
        await upgrade(database_url)


async def test_an_unreachable_database_is_named_as_such(tmp_path: object) -> None:
    with pytest.raises(StorageUnavailable):
        await upgrade(f"postgresql://nobody@/none?host={tmp_path}")


@pytest.mark.parametrize("table", ["audit_log", "audit_seals", "responses", "command_redecodings"])
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
async def test_proof_is_append_only(
    connection: asyncpg.Connection, command_id: UUID, table: str, statement: str
) -> None:
    entry = await connection.fetchval(
        "INSERT INTO audit_log (actor_type, action, outcome) VALUES ('user', 'test', 'success') RETURNING entry_id"
    )
    await connection.execute("INSERT INTO audit_seals VALUES (1, $1, '', '')", entry)
    await _store(connection, command_id, (1, False))
    await connection.execute(_REDECODE, command_id)

    columns = {"audit_log": "action", "audit_seals": "entry_digest", "responses": "is_final"}
    column = columns.get(table, "chunks")
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only") as caught:
        await connection.execute(statement.format(table, column))
    if "CASCADE" not in statement:
        assert caught.value.constraint_name == f"{table}_append_only"


async def _store(connection: asyncpg.Connection, command_id: UUID, *rows: tuple[int, bool]) -> None:
    """One INSERT with all rows, in this order."""
    await connection.execute(
        "INSERT INTO responses (command_id, response_id, response_payload, sequence_number, is_final)"
        " SELECT $1, gen_random_uuid(), '{}', number, final FROM unnest($2::int[], $3::bool[]) AS t (number, final)",
        command_id,
        [number for number, _ in rows],
        [final for _, final in rows],
    )


async def test_answers_are_numbered_from_one_without_gap(connection: asyncpg.Connection, command_id: UUID) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="gap") as caught:
        await _store(connection, command_id, (2, False))
    assert caught.value.constraint_name == "responses_no_gap"

    await _store(connection, command_id, (1, False), (2, False), (3, True))
    with pytest.raises(asyncpg.UniqueViolationError):
        await _store(connection, command_id, (2, False))


async def test_nothing_follows_a_final_answer(connection: asyncpg.Connection, command_id: UUID) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="nothing follows") as caught:
        await _store(connection, command_id, (1, True), (2, False))
    assert caught.value.constraint_name == "responses_nothing_follows_final"

    await _store(connection, command_id, (1, True))
    with pytest.raises(asyncpg.CheckViolationError, match="nothing follows"):
        await _store(connection, command_id, (2, True))


async def test_a_refused_answer_reaches_callers_as_a_type(database: Database) -> None:
    async def store(db: AsyncConnection) -> None:
        await db.execute(
            text(
                "INSERT INTO responses (command_id, response_id, response_payload, sequence_number, is_final)"
                " VALUES (gen_random_uuid(), gen_random_uuid(), '{}', 2, false)"
            )
        )

    with pytest.raises(ConstraintViolated) as caught:
        async with database.transaction() as db:
            await store(db)
    assert caught.value.constraint == "responses_no_gap"


async def test_every_test_gets_a_database_of_its_own(database_url: str, postgres: PostgresProcess) -> None:
    assert database_url != postgres.url("migrated")
