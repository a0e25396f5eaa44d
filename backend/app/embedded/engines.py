"""The embedded engines as the rest of the program sees them: addresses while a block runs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from app.embedded.engine_account import engine_account
from app.embedded.errors import EmbeddedError
from app.embedded.file_lock import exclusive_lock
from app.embedded.home import home_errors, prepared_engines, prepared_home, prepared_postgres, prepared_valkey
from app.embedded.postgres_engine import PostgresEngine
from app.embedded.shared_engine import SharedEngine
from app.embedded.supervision import in_thread, supervise
from app.embedded.valkey_engine import ValkeyEngine
from app.embedded.wheels import find_postgres, find_valkey

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAddresses:
    """Where the engines answer; None for one that was not asked for. The database's address carries its password."""

    home: Path
    database_url: str | None
    redis_url: str | None


class EmbeddedEngines:
    """A private PostgreSQL and a private Valkey under one data directory."""

    @staticmethod
    @asynccontextmanager
    async def running(home: Path | None, database: bool = True, redis: bool = True) -> AsyncIterator[EngineAddresses]:
        """Start the wanted engines side by side and keep them running until the block ends; then stop them.

        Engines that other processes of the same home still use are left to them, and engines left behind by a killed
        process are taken over. Without `home` the platform's place for user data is used. Raises EmbeddedError; every
        kind of it says what to do.
        """
        with home_errors(home or Path("~")):
            chosen = await in_thread(lambda: prepared_home(home))
        with home_errors(chosen):
            postgres = await in_thread(lambda: _postgres(chosen)) if database else None
            valkey = await in_thread(lambda: _valkey(chosen)) if redis else None
        shared = [SharedEngine(engine) for engine in (postgres, valkey) if engine is not None]
        try:
            await _acquire(shared, chosen)
            addresses = EngineAddresses(
                home=chosen,
                database_url=postgres.url() if postgres else None,
                redis_url=valkey.url() if valkey else None,
            )
            async with _supervised(shared):
                yield addresses
        finally:
            await _release(shared)


def _postgres(home: Path) -> PostgresEngine:
    account = engine_account()
    install = find_postgres()
    engines = prepared_engines(home, account)
    # Two processes that start together must not choose two places.
    with exclusive_lock(engines / "postgres.place.lock", wait_s=10):
        places = prepared_postgres(home, engines, account)
    return PostgresEngine(install=install, places=places, engines=engines, account=account)


def _valkey(home: Path) -> ValkeyEngine:
    program = find_valkey()
    engines = prepared_engines(home, engine_account())
    return ValkeyEngine(program=program, places=prepared_valkey(home, engines), engines=engines)


async def _acquire(shared: Sequence[SharedEngine], home: Path) -> None:
    results = await asyncio.gather(*(in_thread(engine.acquire) for engine in shared), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            with home_errors(home):
                raise result


async def _release(shared: Sequence[SharedEngine]) -> None:
    """Goes through to the end whatever happens, a second Ctrl-C included: nothing may be left running."""
    tasks = [asyncio.ensure_future(in_thread(engine.release)) for engine in shared]
    interrupted: asyncio.CancelledError | None = None
    while pending := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as cancelled:
            interrupted = cancelled
    for engine, task in zip(shared, tasks, strict=True):
        if (error := task.exception()) is not None:
            if not isinstance(error, EmbeddedError | OSError):
                raise error
            _log.error("engine was not stopped", engine=engine.name, reason=str(error))
    if interrupted is not None:
        raise interrupted


@asynccontextmanager
async def _supervised(shared: Sequence[SharedEngine]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(supervise(engine), name=f"supervise {engine.name}") for engine in shared]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
