"""Promise 2: a chunk is stored before it is published, seen from outside by holding the storing up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import redis.asyncio
from redis.asyncio.client import PubSub

from app.domain.json_values import JsonObject, decode_json_object
from support.running_app import RunningApp

_QUIET_S = 0.3
_WAITING = "SELECT count(*) FROM pg_locks WHERE relation = 'responses'::regclass AND NOT granted"


@asynccontextmanager
async def events_of(redis_url: str, command_id: str) -> AsyncIterator[PubSub]:
    async with redis.asyncio.from_url(redis_url, decode_responses=True) as client, client.pubsub() as pubsub:
        await pubsub.subscribe(f"response:{command_id}")
        await pubsub.get_message(timeout=5)
        yield pubsub


@asynccontextmanager
async def nothing_can_be_stored(database_url: str) -> AsyncIterator[None]:
    """Answers wait at the table's door until the block ends."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE responses IN SHARE ROW EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def somebody_waits(database_url: str) -> None:
    """Return once a statement waits for the lock on the answers."""
    connection = await asyncpg.connect(database_url)
    try:
        async with asyncio.timeout(10):
            while True:
                if await connection.fetchval(_WAITING):
                    return
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


async def received(pubsub: PubSub, wait_s: float) -> list[JsonObject]:
    """Events until nothing came for `wait_s` seconds."""
    events: list[JsonObject] = []
    while (message := await pubsub.get_message(ignore_subscribe_messages=True, timeout=wait_s)) is not None:
        events.append(decode_json_object(message["data"]))
    return events


async def test_nothing_is_shown_before_it_is_stored(running_app: RunningApp, redis_url: str, database_url: str) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    command_id = await running_app.submit(vehicle_id)
    async with events_of(redis_url, command_id) as pubsub:
        async with nothing_can_be_stored(database_url):
            await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"address": "sim:?delay=0"})
            await somebody_waits(database_url)
            early = await received(pubsub, _QUIET_S)
        await running_app.ended(command_id)
        late = await received(pubsub, _QUIET_S)
    assert [event.get("status") for event in early] == ["in_progress"]
    assert [event.get("sequence_number") or event.get("status") for event in late] == [1, 2, 3, "completed"]
