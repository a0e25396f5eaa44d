"""Plays a worker that answers as fast as it can: stores chunks, then publishes their events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID, uuid4

import asyncpg
from redis.asyncio import Redis

from app.domain.command import NewChunk
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, ResponseId
from app.domain.json_values import encode_json
from app.domain.stream_events import StreamEvent, response_event, status_event

_BATCH = 50
_AHEAD = 300

_START = "UPDATE commands SET status = 'in_progress', started_at = now(), lease_owner = $2 WHERE command_id = $1"
_STORE = """
INSERT INTO responses (command_id, sequence_number, response_id, response_payload, is_final)
SELECT $1, n.number, n.id, n.payload, n.final FROM unnest($2::int[], $3::uuid[], $4::json[], $5::bool[])
    AS n (number, id, payload, final)
"""
_END = "UPDATE commands SET status = 'completed', completed_at = now() WHERE command_id = $1 RETURNING completed_at"


class PlayedWorker:
    """Use within `ready`."""

    def __init__(self, database: "asyncpg.Connection[asyncpg.Record]", redis: Redis) -> None:
        self._database = database
        self._redis = redis
        self._worker_id = uuid4()
        self.text_length = len(response_event(_chunk(CommandId(uuid4()), 1000, is_final=False)).text)

    @classmethod
    @asynccontextmanager
    async def ready(cls, database_url: str, redis_url: str) -> AsyncIterator[Self]:
        """Connected, and with a lease that outlasts the benchmark, so that no real worker takes over."""
        database = await asyncpg.connect(database_url)
        redis = Redis.from_url(redis_url)
        worker = cls(database, redis)
        await database.execute(
            "INSERT INTO workers (worker_id, name, lease_expires_at) VALUES ($1, 'played', now() + interval '1 hour')",
            worker._worker_id,
        )
        try:
            yield worker
        finally:
            await redis.aclose()
            await database.close()

    async def answer(self, command_id: str, chunks: int, slowest: Callable[[], int]) -> None:
        """Answer with so many chunks, at most `_AHEAD` further than the slowest viewer (how many frames it has)."""
        command = CommandId(UUID(command_id))
        await self.begin(command)
        for first in range(1, chunks + 1, _BATCH):
            batch = [_chunk(command, number, is_final=number == chunks) for number in range(first, first + _BATCH)]
            while slowest() < first - _AHEAD:  # noqa: ASYNC110 - counters, not events: they cost less
                await asyncio.sleep(0.001)
            await self.put(command, batch)
        await self.end(command)

    async def begin(self, command: CommandId) -> None:
        """The command runs from now on."""
        await self._database.execute(_START, command, self._worker_id)
        await self._publish([status_event(command, CommandStatus.IN_PROGRESS, None)])

    async def put(self, command: CommandId, batch: list[NewChunk]) -> None:
        """Store the chunks, then publish them."""
        await self._store(command, batch)
        await self._publish([response_event(chunk) for chunk in batch])

    async def end(self, command: CommandId) -> None:
        """The command has completed; the last chunk has been put."""
        completed_at = await self._database.fetchval(_END, command)
        await self._publish([status_event(command, CommandStatus.COMPLETED, completed_at)])

    async def _store(self, command: CommandId, batch: list[NewChunk]) -> None:
        await self._database.execute(
            _STORE,
            command,
            [chunk.sequence_number for chunk in batch],
            [chunk.response_id for chunk in batch],
            [encode_json(chunk.response_payload) for chunk in batch],
            [chunk.is_final for chunk in batch],
        )

    async def _publish(self, events: list[StreamEvent]) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for event in events:
                message = event.as_message()
                pipeline.publish(message.channel, message.body)
            await pipeline.execute()


def _chunk(command_id: CommandId, number: int, *, is_final: bool) -> NewChunk:
    dtc = {
        "dtcCode": f"P{number:04d}",
        "description": "Catalyst System Efficiency Below Threshold (Bank 1)",
        "status": "confirmed",
        "ecuAddress": "0x10",
    }
    return NewChunk(
        command_id=command_id,
        response_id=ResponseId(uuid4()),
        sequence_number=number,
        response_payload={"dtcs": [dtc], "ecuAddress": "0x10"},
        is_final=is_final,
    )
