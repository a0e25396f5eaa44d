"""Promise 2: whatever is published is stored already, seen from outside by somebody who looks at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import redis.asyncio
from redis.asyncio.client import PubSub

from app.domain.json_values import JsonObject, decode_json_object
from support.running_app import RunningApp

_COMMANDS = 40


@asynccontextmanager
async def all_events(redis_url: str) -> AsyncIterator[PubSub]:
    async with redis.asyncio.from_url(redis_url, decode_responses=True) as client, client.pubsub() as pubsub:
        await pubsub.psubscribe("response:*")
        yield pubsub


async def is_stored(db: asyncpg.Connection, event: JsonObject) -> bool:
    """Whether the database, asked now, knows what the event says."""
    if event["event"] == "response":
        query, value = "SELECT count(*) FROM responses WHERE response_id = $1", event["response_id"]
        return bool(await db.fetchval(query, value))
    query = "SELECT count(*) FROM commands WHERE command_id = $1 AND status <> 'pending'"
    return bool(await db.fetchval(query, event["command_id"]))


async def test_nothing_is_published_before_it_is_stored(
    running_app: RunningApp, redis_url: str, database_url: str
) -> None:
    vehicles = [await running_app.add_vehicle(number=number) for number in range(1, 5)]
    connection = await asyncpg.connect(database_url)
    early: list[JsonObject] = []
    ended = chunks = 0
    try:
        async with all_events(redis_url) as pubsub, asyncio.timeout(30):
            for number in range(_COMMANDS):
                await running_app.submit(vehicles[number % len(vehicles)])
            while ended < _COMMANDS:
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=1.0)
                if message is None:
                    continue
                event = decode_json_object(message["data"])
                if not await is_stored(connection, event):
                    early.append(event)
                ended += event.get("status") == "completed"
                chunks += event["event"] == "response"
    finally:
        await connection.close()
    assert early == []
    assert chunks == 3 * _COMMANDS
