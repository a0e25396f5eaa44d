"""Steps that most disturbance tests share: a fleet, who runs what, waiting for a state of the database."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import uuid4

import asyncpg

from support.engines import EngineDidNotStart, PostgresProcess
from support.ledger import Ledger, read_ledger
from support.resuming_viewers import ResumingViewer
from support.running_app import Service
from support.viewers import token_of

_INSERT_VEHICLE = """
INSERT INTO vehicles (vehicle_id, vin, make, model, address, connection_status) VALUES ($1, $2, 'Test', 'Car', $3, $4)
"""
_LOOK_EVERY_S = 0.05


async def fleet(database_url: str, *addresses: str) -> list[str]:
    """Vehicles that are connected from the start; gives their ids."""
    connection = await asyncpg.connect(database_url)
    try:
        ids = [uuid4() for _ in addresses]
        rows = [(key, f"W{key.int % 10**16:016d}", url, "connected") for key, url in zip(ids, addresses, strict=True)]
        await connection.executemany(_INSERT_VEHICLE, rows)
    finally:
        await connection.close()
    return [str(key) for key in ids]


async def submit_all(service: Service, vehicle_ids: Iterable[str], **more: Any) -> list[str]:
    """One command to each of the vehicles, all at once; gives the command ids in the same order."""
    return list(await asyncio.gather(*(service.submit(vehicle_id, **more) for vehicle_id in vehicle_ids)))


async def when(database_url: str, holds: Callable[[Ledger], bool], *, within_s: float, what: str) -> Ledger:
    """Look at the database until it is so; gives what was seen then."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                ledger = await read_ledger(database_url)
                if holds(ledger):
                    return ledger
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        states = {item.command_id: (item.status, len(item.chunks)) for item in ledger.accounts.values()}
        raise AssertionError(f"not within {within_s} s: {what}; {states}") from None


async def all_ended(database_url: str, accepted: Sequence[str], *, within_s: float) -> Ledger:
    """Wait until every accepted command has ended; then check everything that must always be true."""
    ledger = await when(
        database_url,
        lambda seen: all(key in seen.accounts and seen.of(key).status.is_terminal for key in accepted),
        within_s=within_s,
        what="all commands have ended",
    )
    ledger.check(accepted)
    return ledger


def watch_all(
    tasks: asyncio.TaskGroup, service: Service, command_ids: Iterable[str], *, each: int = 1, within_s: float = 30.0
) -> list[ResumingViewer]:
    """Start `each` viewers per command; they end when the task group ends."""
    token = token_of(service.admin)
    viewers = [ResumingViewer(service.base_url, key, token) for key in command_ids for _ in range(each)]
    for viewer in viewers:
        tasks.create_task(viewer.watch(within_s=within_s))
    return viewers


def started_again(server: PostgresProcess) -> None:
    """Start a killed PostgreSQL; the children of the killed one need a moment to let go of its memory.

    Blocks the loop on purpose: an engine ends with the thread that started it.
    """
    deadline = time.monotonic() + 10
    while True:
        try:
            server.start()
        except EngineDidNotStart:
            if time.monotonic() > deadline:
                raise
            server.kill()
            time.sleep(0.1)
        else:
            return
