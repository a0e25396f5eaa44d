"""Rows straight from the driver: a lost connection is named, and is not lent out again."""

import pytest

from app.domain.errors import StorageUnavailable
from app.storage.driver_fetch import fetch_rows
from app.storage.engine import Database, PoolSettings


async def test_rows_come_as_plain_tuples(database: Database) -> None:
    async with database.autocommit() as db:
        rows = await fetch_rows(db, "SELECT n, n::text FROM generate_series(1, $1::int) n", 2)
    assert rows == [(1, "1"), (2, "2")]
    assert type(rows[0]) is tuple


async def test_a_lost_connection_is_named_and_not_lent_out_again(database_url: str) -> None:
    database = Database(database_url, name="tests", pool=PoolSettings(size=1))
    with pytest.raises(StorageUnavailable):
        async with database.autocommit() as db:
            await fetch_rows(db, "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
    async with database.autocommit() as db:
        assert await fetch_rows(db, "SELECT 1") == [(1,)]
    await database.close()


async def test_a_connection_that_was_lost_before_is_named_too(database: Database, database_url: str) -> None:
    small = Database(database_url, name="tests", pool=PoolSettings(size=1))
    async with small.autocommit() as db:
        ((pid,),) = await fetch_rows(db, "SELECT pg_backend_pid()")
        async with database.autocommit() as other:
            await fetch_rows(other, "SELECT pg_terminate_backend($1, 5000)", pid)
        with pytest.raises(StorageUnavailable):
            await fetch_rows(db, "SELECT 1")
    async with small.autocommit() as db:
        assert await fetch_rows(db, "SELECT 1") == [(1,)]
    await small.close()
