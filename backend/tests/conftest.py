"""What every test can ask for: a fresh database, a clean Valkey. Both real, one engine of each per run."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings

from app.settings import Settings
from app.storage.engine import Database
from app.storage.migrate import upgrade
from support.engines import PostgresProcess, ValkeyProcess, make_engine_folder
from support.running_app import RunningApp, running, settings_for_tests

settings.register_profile("on a machine with much to do", settings(), deadline=None)
settings.load_profile("on a machine with much to do")
_TEMPLATE = "migrated"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def engine_folder() -> Iterator[Path]:
    """A private folder for the run's engines, reachable for PostgreSQL's account."""
    folder = make_engine_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(engine_folder: Path) -> Iterator[PostgresProcess]:
    """The run's PostgreSQL, with a migrated template database. Do not kill this one: make your own."""
    server = PostgresProcess(engine_folder)
    server.start()
    _execute(server, f"CREATE DATABASE {_TEMPLATE}")
    _in_this_thread(upgrade(server.url(_TEMPLATE)))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(engine_folder: Path) -> Iterator[ValkeyProcess]:
    """The run's Valkey. Do not kill this one: make your own."""
    server = ValkeyProcess(engine_folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def empty_database_url(postgres: PostgresProcess) -> Iterator[str]:
    """Address of a new database without any table."""
    yield from _fresh_database(postgres, template="template0")


@pytest.fixture
def database_url(postgres: PostgresProcess) -> Iterator[str]:
    """Address of a new, migrated, empty database of this test's own."""
    yield from _fresh_database(postgres, template=_TEMPLATE)


@pytest.fixture(scope="module")
def module_database_url(postgres: PostgresProcess) -> Iterator[str]:
    """The same for all tests of a file: for files whose tests share one running application."""
    yield from _fresh_database(postgres, template=_TEMPLATE)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The program's connection pool on a fresh database; closed afterwards."""
    database = Database(database_url, name="tests")
    yield database
    await database.close()


@pytest.fixture
def redis_url(valkey: ValkeyProcess) -> str:
    """Address of the run's Valkey, emptied for this test."""
    assert valkey.command("FLUSHALL").startswith(b"+OK")
    return valkey.url


def _fresh_database(server: PostgresProcess, *, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.url(name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: PostgresProcess, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(server.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    _in_thread(lambda: asyncio.run(run()))


def _in_this_thread(work: Coroutine[None, None, None]) -> None:
    """For what makes greenlets: those of a thread that has ended are destroyed in the middle of some later test, where
    Python 3.11 with a tracer (coverage) may never come back from it."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


def _in_thread(work: Callable[[], None]) -> None:
    """Run in a thread of its own, so that the event loop of an asynchronous test is left alone."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        executor.submit(work).result()


@pytest.fixture
def app_settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings of a whole application on this test's own database."""
    return settings_for_tests(database_url, redis_url, tmp_path)


@pytest.fixture
async def running_app(app_settings: Settings) -> AsyncIterator[RunningApp]:
    """The whole application, API and worker, served over real sockets in this process."""
    async with running(app_settings) as app:
        yield app
