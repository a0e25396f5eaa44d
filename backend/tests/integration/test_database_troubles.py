"""A database that does not answer, or says "not now": the program gives up in time and says so with one type."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from app.domain.errors import StorageUnavailable
from app.storage.engine import Database, PoolSettings

POOL = PoolSettings(size=2, wait_s=1.0, statement_timeout_s=0.5, give_up_s=1.5)
_SOCKET = ".s.PGSQL.5432"


class Link:
    """A way to the database that can be frozen: bytes are taken and not passed on, as behind a cut network."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self.open.wait()
            writer.write(data)
        writer.close()


@asynccontextmanager
async def linked(database_url: str) -> AsyncIterator[tuple[Link, Database]]:
    link = Link()
    folder = parse_qs(urlsplit(database_url).query)["host"][0]
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(f"{folder}/{_SOCKET}")
        tasks.add(asyncio.create_task(link.pass_on(reader, back)))
        tasks.add(asyncio.create_task(link.pass_on(there, writer)))

    with TemporaryDirectory(prefix="sovd-link-") as own:  # a short path: a socket's name has 107 characters at most
        server = await asyncio.start_unix_server(accept, f"{own}/{_SOCKET}")
        database = Database(database_url.replace(folder, own), name="linked", pool=POOL)
        try:
            yield link, database
        finally:
            await database.close()
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_database_that_never_answers_is_given_up_and_used_again_when_it_is_back(database_url: str) -> None:
    async with linked(database_url) as (link, database):
        async with database.autocommit() as db:
            await db.execute(text("SELECT 1"))
        link.open.clear()
        async with asyncio.timeout(10):
            with pytest.raises(StorageUnavailable):
                async with database.autocommit() as db:
                    await db.execute(text("SELECT 1"))
            with pytest.raises(StorageUnavailable):
                async with database.transaction() as db:
                    await db.execute(text("SELECT 1"))
        link.open.set()
        async with asyncio.timeout(20), database.autocommit() as db:
            assert await db.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize("state", ["57014", "53100", "40P01", "40001", "25006", "57P01"])
async def test_passing_trouble_is_storage_unavailable(database: Database, state: str) -> None:
    with pytest.raises(StorageUnavailable):
        async with database.autocommit() as db:
            await db.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"))


async def test_slow_statement_is_storage_unavailable(database_url: str) -> None:
    database = Database(database_url, name="slow", pool=POOL)
    try:
        with pytest.raises(StorageUnavailable):
            async with database.autocommit() as db:
                await db.execute(text("SELECT pg_sleep(5)"))
    finally:
        await database.close()
