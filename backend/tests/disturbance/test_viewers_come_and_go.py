"""Viewers that vanish and return, and one that stops reading: everybody sees everything once, nobody slows another."""

import asyncio
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil
import pytest

from app.domain.command_states import CommandStatus
from app.eventbus.event_bus import EventBus
from app.storage.engine import Database
from support.disturbing import all_ended, fleet, submit_all
from support.processes import QUICK_LEASES, Install
from support.resuming_viewers import ResumingViewer, check_viewers
from support.running_app import Service
from support.stored_commands import StoredCommand, store_command
from support.viewers import token_of

pytestmark = pytest.mark.disturbance

SEED = 20251028
CHUNK_TEXT = "x" * 60_000
CHUNKS = 400
ROOM_MB = 60


async def test_five_hundred_viewers_that_vanish_at_random_see_every_chunk_once(
    install: Install, database_url: str
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - repeatable on purpose
    vehicles = await fleet(database_url, *["sim:?delay=0.1"] * 40)
    async with install(**QUICK_LEASES) as processes:
        service = await processes.service(processes.api(worker=True))
        token = token_of(service.admin)
        commands = await submit_all(service, vehicles * 5)
        async with asyncio.TaskGroup() as tasks:
            viewers = [
                ResumingViewer(service.base_url, chance.choice(commands), token, random.Random(chance.random()))  # noqa: S311 - repeatable on purpose
                for _ in range(500)
            ]
            for viewer in viewers:
                tasks.create_task(viewer.watch(within_s=60))
        ledger = await all_ended(database_url, commands, within_s=30)
    check_viewers(viewers, ledger)
    assert sum(viewer.connections for viewer in viewers) > 800


async def test_viewer_that_stops_reading_slows_nobody_and_fills_no_memory(
    install: Install, database: Database, redis_url: str
) -> None:
    async with install() as processes, EventBus(redis_url).running() as bus:
        api = processes.api()
        service = await processes.service(api)
        assert await bus.wait_connected(5)
        command = await store_command(database, bus)
        server = psutil.Process(api.pid)
        with stalled_viewers(service, str(command.command_id), count=5):
            reader = ResumingViewer(service.base_url, str(command.command_id), token_of(service.admin))
            watching = asyncio.create_task(reader.watch(within_s=60))
            before_mb = server.memory_info().rss / 1e6
            await answer_much(command)
            await watching
            grown_mb = server.memory_info().rss / 1e6 - before_mb
        assert reader.numbers == list(range(1, CHUNKS + 1))
        assert grown_mb < ROOM_MB, f"{CHUNKS * len(CHUNK_TEXT) / 1e6:.0f} MB for 5 stalled viewers took {grown_mb} MB"
        assert reader.outcomes == [CommandStatus.COMPLETED]


async def answer_much(command: StoredCommand) -> None:
    """Many megabytes of chunks, stored and published as a worker does."""
    await command.become(CommandStatus.IN_PROGRESS)
    for number in range(1, CHUNKS + 1):
        await command.answer(is_final=number == CHUNKS, text=CHUNK_TEXT)


@contextmanager
def stalled_viewers(service: Service, command_id: str, *, count: int) -> Iterator[None]:
    """Viewers that open a WebSocket and never read what comes."""
    address = urlsplit(service.base_url)
    assert address.hostname is not None
    sockets = []
    for _ in range(count):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((address.hostname, address.port))
        connection.sendall(_handshake(command_id, token_of(service.admin)))
        sockets.append(connection)
    try:
        yield
    finally:
        for connection in sockets:
            connection.close()


def _handshake(command_id: str, token: str) -> bytes:
    lines = (
        f"GET /ws/responses/{command_id} HTTP/1.1",
        "Host: test",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {token}",
    )
    return "\r\n".join((*lines, "", "")).encode()
