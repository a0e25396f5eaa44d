"""Writes what a vehicle answered: chunks and endings of many running commands in one statement.

The fencing token decides: a worker that lost its lease changes nothing. The last chunk and the change to `completed`
are one transaction because they are one statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import Ending, NewChunk
from app.domain.command_change import CommandChange
from app.domain.identifiers import CommandId, UserId, VehicleId, WorkerId
from app.domain.json_values import encode_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One step of one running command: a chunk, an ending, or both. `chunks_stored` counts this step's chunk too."""

    command_id: CommandId
    lease_token: int
    chunks_stored: int
    chunk: NewChunk | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The step is durable; `completed_at` and `change` are set when it ended the command."""

    completed_at: datetime | None
    change: CommandChange | None = None


_RECORD = text(
    """
WITH held AS (
    SELECT c.command_id, c.vehicle_id, c.user_id, c.command_name, c.correlation_id FROM commands c
    JOIN unnest(CAST(:held_id AS uuid[]), CAST(:held_token AS bigint[])) AS h (command_id, lease_token)
        ON h.command_id = c.command_id AND h.lease_token = c.lease_token
    WHERE c.status = 'in_progress'
    ORDER BY c.command_id
    FOR UPDATE OF c
), stored AS (
    INSERT INTO responses (command_id, sequence_number, response_id, response_payload, is_final)
    SELECT n.command_id, n.sequence_number, n.response_id, n.response_payload, n.is_final
    FROM unnest(CAST(:chunk_of AS uuid[]), CAST(:sequence_number AS integer[]), CAST(:response_id AS uuid[]),
        CAST(:response_payload AS json[]), CAST(:is_final AS boolean[]))
        AS n (command_id, sequence_number, response_id, response_payload, is_final)
    JOIN held h ON h.command_id = n.command_id
    ORDER BY n.command_id, n.sequence_number
    ON CONFLICT (response_id) DO NOTHING
), ended AS (
    UPDATE commands c SET status = e.status, status_reason = e.status_reason, error = e.error,
        completed_at = clock_timestamp()
    FROM unnest(CAST(:ended_id AS uuid[]), CAST(:status AS text[]), CAST(:status_reason AS text[]),
        CAST(:error AS json[]), CAST(:chunks AS integer[])) AS e (command_id, status, status_reason, error, chunks),
        held h
    WHERE c.command_id = e.command_id AND h.command_id = e.command_id
    RETURNING c.command_id, c.status, c.status_reason, c.error, c.attempt, c.completed_at, h.correlation_id, e.chunks
), audited AS (
    INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
        correlation_id)
    SELECT 'worker', CAST(CAST(:worker_id AS uuid) AS text), CAST(:worker_name AS text),
        'command.' || status, 'success', 'command',
        CAST(command_id AS text),
        json_build_object('reason', status_reason, 'error', error, 'attempt', attempt, 'chunks', chunks),
        correlation_id
    FROM ended
)
SELECT h.command_id, h.vehicle_id, h.user_id, h.command_name, e.completed_at
FROM held h LEFT JOIN ended e ON e.command_id = h.command_id
"""
)

_ENDED_BY_US = text(
    """
SELECT c.command_id, c.vehicle_id, c.user_id, c.command_name, c.completed_at
FROM commands c JOIN unnest(CAST(:held_id AS uuid[]), CAST(:held_token AS bigint[])) AS h (command_id, lease_token)
    ON h.command_id = c.command_id AND h.lease_token = c.lease_token
WHERE c.status <> 'in_progress' AND c.lease_owner = :worker_id
"""
)


async def record(
    db: AsyncConnection, worker_id: WorkerId, worker_name: str, group: Sequence[Recording]
) -> list[Recorded | None]:
    """Store a group of steps; per step `Recorded`, or None where the lease is lost and nothing was changed.

    Storing the same step twice (after a commit whose answer got lost) is harmless: the chunk is there already, and an
    ending that this worker wrote is recognised: whoever takes a command away from a worker moves its fencing token on.
    """
    held = {step.command_id: step.lease_token for step in group}
    values = {"worker_id": worker_id, "worker_name": worker_name} | _held(held)
    values |= _chunk_arrays([step.chunk for step in group if step.chunk is not None])
    values |= _ending_arrays(group)
    rows = await db.execute(_RECORD, values)
    found: dict[CommandId, Row[Any]] = {CommandId(row.command_id): row for row in rows}
    lost = {key: token for key, token in held.items() if key not in found}
    if lost:
        ended = await db.execute(_ENDED_BY_US, _held(lost) | {"worker_id": worker_id})
        found |= {CommandId(row.command_id): row for row in ended}
    return [_recorded(step, found) for step in group]


def _recorded(step: Recording, found: dict[CommandId, Row[Any]]) -> Recorded | None:
    row = found.get(step.command_id)
    if row is None:
        return None
    if step.ending is None:
        return Recorded(None)
    change = CommandChange(
        command_id=step.command_id,
        vehicle_id=VehicleId(row.vehicle_id),
        user_id=UserId(row.user_id),
        command_name=row.command_name,
        status=step.ending.status,
        at=row.completed_at,
    )
    return Recorded(row.completed_at, change)


def _held(held: dict[CommandId, int]) -> dict[str, Any]:
    return {"held_id": list(held), "held_token": list(held.values())}


def _chunk_arrays(chunks: Sequence[NewChunk]) -> dict[str, Any]:
    return {
        "chunk_of": [chunk.command_id for chunk in chunks],
        "sequence_number": [chunk.sequence_number for chunk in chunks],
        "response_id": [chunk.response_id for chunk in chunks],
        "response_payload": [encode_json(chunk.response_payload) for chunk in chunks],
        "is_final": [chunk.is_final for chunk in chunks],
    }


def _ending_arrays(group: Sequence[Recording]) -> dict[str, Any]:
    endings = [(step, step.ending) for step in group if step.ending is not None]
    return {
        "ended_id": [step.command_id for step, _ in endings],
        "status": [ending.status for _, ending in endings],
        "status_reason": [ending.status_reason for _, ending in endings],
        "error": [encode_json(ending.error.to_json()) if ending.error else None for _, ending in endings],
        "chunks": [step.chunks_stored for step, _ in endings],
    }
