"""Engines that may be killed, and a short way to put vehicles into the registry."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from app.settings import Settings
from app.storage.migrate import upgrade
from support.engines import PostgresProcess, ValkeyProcess
from support.processes import Install, installation
from support.running_app import RunningApp, running

_numbers = itertools.count(1)


@pytest.fixture
def install(database_url: str, redis_url: str, tmp_path: Path) -> Install:
    """Processes over this test's own database and the run's Valkey; give settings by name."""
    return lambda **settings: installation(tmp_path, database_url, redis_url, **settings)


@pytest.fixture
def own_valkey(engine_folder: Path) -> Iterator[ValkeyProcess]:
    """A Valkey that this test may kill."""
    server = ValkeyProcess(engine_folder / f"own-valkey-{next(_numbers)}")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def crashing_postgres(engine_folder: Path) -> Iterator[PostgresProcess]:
    """A PostgreSQL that tests may kill, if they start it again."""
    server = PostgresProcess(engine_folder / "crashing-postgres")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def service(app_settings: Settings) -> AsyncIterator[RunningApp]:
    """An undisturbed API without a worker, in the test's own process: starting one more process takes seconds."""
    async with running(app_settings, with_worker=False) as app:
        yield app


@pytest.fixture
async def crashing_database_url(crashing_postgres: PostgresProcess) -> str:
    """Address of a new, migrated database of this test's own, on the server that may be killed."""
    name = f"crashing_{next(_numbers)}"
    connection = await asyncpg.connect(crashing_postgres.url())
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    await upgrade(crashing_postgres.url(name))
    return crashing_postgres.url(name)
