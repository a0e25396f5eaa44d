"""Answer chunks: stored one by one, read back as a list, as a stream's state, or as a glance at many streams."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import Chunk, CommandError
from app.domain.command_states import CommandStatus
from app.domain.errors import Conflict
from app.domain.identifiers import CommandId, ResponseId
from app.domain.json_values import JsonObject, decode_json_object, encode_json
from app.domain.stream_snapshot import HighWaterMark, StreamSnapshot

_INSERT = text(
    """
INSERT INTO responses (command_id, sequence_number, response_id, response_payload, is_final)
SELECT :command_id, :sequence_number, :response_id, CAST(:response_payload AS json), :is_final
WHERE CAST(:sequence_number AS integer) = 1 OR EXISTS (
    SELECT FROM responses
    WHERE command_id = :command_id AND sequence_number = CAST(:sequence_number AS integer) - 1 AND NOT is_final
)
RETURNING received_at
"""
)

_LIST = text(
    """
SELECT command_id, response_id, sequence_number, response_payload, is_final, received_at
FROM responses WHERE command_id = :command_id AND sequence_number > CAST(:after AS bigint)
ORDER BY sequence_number LIMIT :limit
"""
)

_READ_STREAM = text(
    """
SELECT c.command_id, c.status, c.error, c.completed_at, coalesce(l.sequence_number, 0) AS last_sequence_number,
    r.response_id, r.sequence_number, r.response_payload, r.is_final, r.received_at
FROM commands c
LEFT JOIN LATERAL (
    SELECT sequence_number FROM responses WHERE command_id = c.command_id ORDER BY sequence_number DESC LIMIT 1
) l ON true
LEFT JOIN LATERAL (
    SELECT response_id, sequence_number, response_payload, is_final, received_at FROM responses
    WHERE command_id = c.command_id AND sequence_number > CAST(:after AS bigint) ORDER BY sequence_number LIMIT :limit
) r ON true
WHERE c.command_id = :command_id
ORDER BY r.sequence_number
"""
)

_HIGH_WATER_MARKS = text(
    """
SELECT c.command_id, c.status, coalesce(l.sequence_number, 0) AS last_sequence_number
FROM commands c
LEFT JOIN LATERAL (
    SELECT sequence_number FROM responses WHERE command_id = c.command_id ORDER BY sequence_number DESC LIMIT 1
) l ON true
WHERE c.command_id = ANY(CAST(:command_ids AS uuid[]))
"""
)


async def create_response(
    db: AsyncConnection,
    command_id: CommandId,
    response_payload: JsonObject,
    sequence_number: int,
    is_final: bool,
) -> Chunk:
    """Store one chunk in the caller's transaction.

    Raises Conflict where the number would leave a gap or follow a final chunk, ConstraintViolated (when the
    transaction ends) where the number is taken, the command has a final chunk already, or the command is unknown.
    """
    response_id = ResponseId(uuid4())
    result = await db.execute(
        _INSERT,
        {
            "command_id": command_id,
            "sequence_number": sequence_number,
            "response_id": response_id,
            "response_payload": encode_json(response_payload),
            "is_final": is_final,
        },
    )
    row = result.first()
    if row is None:
        raise Conflict(f"chunk {sequence_number} of command {command_id} would leave a gap or follow the final chunk")
    return Chunk(
        command_id=command_id,
        response_id=response_id,
        sequence_number=sequence_number,
        response_payload=response_payload,
        is_final=is_final,
        received_at=row.received_at,
    )


async def list_responses(
    db: AsyncConnection, command_id: CommandId, after: int = 0, limit: int = 1000
) -> tuple[Chunk, ...]:
    """Stored chunks with numbers above `after`, in order, at most `limit`. Empty where the command is unknown."""
    rows = await db.execute(_LIST, {"command_id": command_id, "after": after, "limit": limit})
    return tuple(_read_chunk(row) for row in rows.mappings())


async def read_stream(
    db: AsyncConnection, command_id: CommandId, after: int, limit: int = 500
) -> StreamSnapshot | None:
    """Chunks after `after` (at most `limit`) together with the command's state, in one statement: one moment.

    None where the command is unknown.
    """
    result = await db.execute(_READ_STREAM, {"command_id": command_id, "after": after, "limit": limit})
    rows = result.mappings().all()
    if not rows:
        return None
    head = rows[0]
    return StreamSnapshot(
        command_id=command_id,
        after=after,
        chunks=tuple(_read_chunk(row) for row in rows if row["sequence_number"] is not None),
        last_sequence_number=head["last_sequence_number"],
        status=CommandStatus(head["status"]),
        error=_read_error(head["error"]),
        completed_at=head["completed_at"],
    )


async def high_water_marks(db: AsyncConnection, command_ids: Sequence[CommandId]) -> dict[CommandId, HighWaterMark]:
    """How far each of many commands is, in one statement. Unknown commands are left out."""
    if not command_ids:
        return {}
    rows = await db.execute(_HIGH_WATER_MARKS, {"command_ids": list(command_ids)})
    return {row.command_id: HighWaterMark(row.last_sequence_number, CommandStatus(row.status)) for row in rows}


def _read_chunk(row: RowMapping) -> Chunk:
    return Chunk(
        command_id=row["command_id"],
        response_id=row["response_id"],
        sequence_number=row["sequence_number"],
        response_payload=_as_object(row["response_payload"]),
        is_final=row["is_final"],
        received_at=row["received_at"],
    )


def _read_error(value: str | JsonObject | None) -> CommandError | None:
    if value is None:
        return None
    error = _as_object(value)
    return CommandError(code=error["code"], message=error["message"], details=error.get("details") or {})


def _as_object(value: str | JsonObject) -> JsonObject:
    """The driver gives JSON columns of plain SQL as text."""
    return decode_json_object(value) if isinstance(value, str) else value
