"""What the latest completed commands of a vehicle tell about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.identifiers import CommandId, VehicleId

LOOKED_AT = 2000
"""So many of a vehicle's commands, the newest, are looked at: a question about an old vehicle stays cheap."""

_LAST_COMPLETED = text(
    """
SELECT DISTINCT ON (command_name) command_name, command_id, completed_at, queue_number
FROM (
    SELECT command_name, command_id, completed_at, queue_number, status FROM commands
    WHERE vehicle_id = :vehicle_id ORDER BY queue_number DESC LIMIT :looked_at
) latest
WHERE status = 'completed' AND command_name = ANY(CAST(:names AS text[]))
ORDER BY command_name, queue_number DESC
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedCommand:
    """A command that has ended well; of two, the one with the higher `queue_number` was asked for later."""

    command_id: CommandId
    completed_at: datetime
    queue_number: int


async def last_completed(
    db: AsyncConnection, vehicle_id: VehicleId, names: Sequence[str]
) -> dict[str, CompletedCommand]:
    """Of each of these commands the last one that completed on the vehicle; names without one are left out."""
    values = {"vehicle_id": vehicle_id, "names": list(names), "looked_at": LOOKED_AT}
    return {
        row.command_name: CompletedCommand(
            command_id=CommandId(row.command_id), completed_at=row.completed_at, queue_number=row.queue_number
        )
        for row in await db.execute(_LAST_COMPLETED, values)
    }
