"""The bare floor: asyncpg and redis-py alone, doing the same rows with one commit per step.

Five steps per command, each one statement and one commit: the command with its audit entry; the claim with its audit
entry; the first chunk; the second chunk; the last chunk with the change to `completed` and its audit entry. The same
six events are published after the commits. No HTTP, no access decision, no queue order, no lease check, no simulated
vehicle: nothing but the rows and events that have to be.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import orjson
from redis.asyncio import Redis

from app.domain.lanes import LANE_BITS, lane_of
from app.storage.migrate import upgrade

_SUBMIT = """
WITH created AS (
    INSERT INTO commands (command_id, vehicle_id, user_id, lane, command_name, command_params, correlation_id,
        timeout_s, expires_at, lane_span)
    VALUES ($1, $2, $3, $4, 'ReadDTC', $5, $6, 30, now() + interval '1 hour', $8)
)
INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
    correlation_id)
VALUES ('user', $3::uuid::text, 'admin', 'command.submitted', 'success', 'command', $1::uuid::text, $7, $6)
"""
_CLAIM = """
WITH claimed AS (
    UPDATE commands SET status = 'in_progress', started_at = clock_timestamp(), attempt = attempt + 1, lease_owner = $2,
        lease_token = lease_token + 1
    WHERE command_id = $1 AND status = 'pending' RETURNING command_id, correlation_id
)
INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
    correlation_id)
SELECT 'worker', $2::uuid::text, 'floor', 'command.in_progress', 'success', 'command', command_id::text, $3,
    correlation_id FROM claimed
"""
_CHUNK = """
INSERT INTO responses (command_id, sequence_number, response_id, response_payload, is_final)
VALUES ($1, $2, $3, $4, false)
"""
_LAST = """
WITH stored AS (
    INSERT INTO responses (command_id, sequence_number, response_id, response_payload, is_final)
    VALUES ($1, $2, $3, $4, true)
), ended AS (
    UPDATE commands SET status = 'completed', status_reason = 'the vehicle answered', completed_at = clock_timestamp()
    WHERE command_id = $1 AND status = 'in_progress' RETURNING command_id, correlation_id
)
INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
    correlation_id)
SELECT 'worker', $5::uuid::text, 'floor', 'command.completed', 'success', 'command', command_id::text, $6,
    correlation_id FROM ended
"""
_PARAMS = '{"ecuAddress":"0x10"}'
_LANE = lane_of({"ecuAddress": "0x10"})
_DETAILS = orjson.dumps({"command_name": "ReadDTC", "command_params": {"ecuAddress": "0x10"}, "reason": None}).decode()


def _payloads() -> list[dict[str, object]]:
    codes = {"P0420": "Catalyst System Efficiency Below Threshold (Bank 1)", "P0171": "System Too Lean (Bank 1)"}
    found: list[dict[str, object]] = [
        {
            "dtcs": [{"dtcCode": code, "description": text, "status": "confirmed", "ecuAddress": "0x10"}],
            "ecuAddress": "0x10",
        }
        for code, text in codes.items()
    ]
    return [*found, {"status": "complete", "totalDtcs": 2, "ecuAddress": "0x10"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Open connections and rows to refer to."""

    connections: "Sequence[asyncpg.Connection[asyncpg.Record]]"
    redis: Redis
    user_id: UUID
    vehicles: "Sequence[tuple[UUID, asyncpg.Range[int]]]"
    """Each with the span of the lane that its commands take."""
    worker_id: UUID

    @classmethod
    async def prepare(cls, admin_url: str, url: str, redis_url: str, *, clients: int, vehicles: int) -> "Floor":
        """A database of its own on the same PostgreSQL, with the program's own schema."""
        admin = await asyncpg.connect(admin_url)
        await admin.execute("CREATE DATABASE floor")
        await admin.close()
        await upgrade(url)
        connections = [await asyncpg.connect(url, server_settings={"jit": "off"}) for _ in range(clients)]
        user_id, vehicle_ids = uuid4(), [uuid4() for _ in range(vehicles)]
        await connections[0].execute(
            "INSERT INTO users (user_id, username, password_hash, role) VALUES ($1, 'floor', '', 'admin')", user_id
        )
        await connections[0].executemany(
            "INSERT INTO vehicles (vehicle_id, vin, make, model, address) VALUES ($1, $2, '', '', 'sim:')",
            [(vehicle_id, str(number)) for number, vehicle_id in enumerate(vehicle_ids)],
        )
        rows = await connections[0].fetch("SELECT vehicle_id, vehicle_number << $1 AS base FROM vehicles", LANE_BITS)
        spans = [(row["vehicle_id"], asyncpg.Range(row["base"] + _LANE.first, row["base"] + _LANE.end)) for row in rows]
        redis = Redis.from_url(redis_url, max_connections=clients)
        return cls(connections=connections, redis=redis, user_id=user_id, vehicles=spans, worker_id=uuid4())

    async def close(self) -> None:
        """Close all connections."""
        for connection in self.connections:
            await connection.close()
        await self.redis.aclose()

    async def commands_per_second(self, seconds: float) -> float:
        """All connections at once, each one command after the other."""
        began = time.perf_counter()
        counts = await asyncio.gather(
            *(self._client(number, began + seconds) for number in range(len(self.connections)))
        )
        return sum(counts) / (time.perf_counter() - began)

    async def _client(self, number: int, until: float) -> int:
        connection = self.connections[number]
        own_vehicles = self.vehicles[number :: len(self.connections)]
        count = 0
        while time.perf_counter() < until:
            await self._command(connection, *own_vehicles[count % len(own_vehicles)])
            count += 1
        return count

    async def _command(
        self, connection: "asyncpg.Connection[asyncpg.Record]", vehicle_id: UUID, span: "asyncpg.Range[int]"
    ) -> None:
        command_id = uuid4()
        name = str(command_id)
        await connection.execute(
            _SUBMIT, command_id, vehicle_id, self.user_id, str(vehicle_id), _PARAMS, str(uuid4()), _DETAILS, span
        )
        await connection.execute(_CLAIM, command_id, self.worker_id, '{"attempt": 1}')
        await self._publish(name, _status(name, "in_progress"))
        *parts, last = enumerate(_payloads(), start=1)
        for number, payload in parts:
            response_id = uuid4()
            await connection.execute(_CHUNK, command_id, number, response_id, orjson.dumps(payload).decode())
            await self._publish(name, _response(name, response_id, payload, number))
        response_id, (number, payload) = uuid4(), last
        text = orjson.dumps(payload).decode()
        await connection.execute(_LAST, command_id, number, response_id, text, self.worker_id, '{"chunks": 3}')
        await self._publish(name, _response(name, response_id, payload, number))
        await self._publish(name, _status(name, "completed"))

    async def _publish(self, command_id: str, event: dict[str, object]) -> None:
        await self.redis.publish(f"response:{command_id}", orjson.dumps(event))


def _status(command_id: str, status: str) -> dict[str, object]:
    return {"event": "status", "command_id": command_id, "status": status, "completed_at": "2025-10-28T10:00:01.500Z"}


def _response(command_id: str, response_id: UUID, payload: dict[str, object], number: int) -> dict[str, object]:
    return {
        "event": "response",
        "command_id": command_id,
        "response_id": str(response_id),
        "response_payload": payload,
        "sequence_number": number,
        "is_final": number == 3,
    }
