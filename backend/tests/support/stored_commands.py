"""Puts commands and chunks straight into the database, as a worker would, for tests of what reads them."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.bus_messages import BusMessage
from app.domain.command import CommandError
from app.domain.command_states import TERMINAL, CommandStatus
from app.domain.identifiers import CommandId
from app.domain.json_values import JsonObject, encode_json
from app.domain.stream_events import error_event, response_event, status_event
from app.repositories.response_repository import create_response
from app.repositories.unit_of_work import Publisher
from app.storage.engine import Database

_INSERT_USER = text("INSERT INTO users (user_id, username, password_hash, role) VALUES (:id, :name, '-', 'engineer')")
_INSERT_VEHICLE = text(
    "INSERT INTO vehicles (vehicle_id, vin, make, model, address) VALUES (:id, :vin, 'Test', 'Car', 'sim:')"
)
_INSERT_COMMAND = text(
    """
INSERT INTO commands (command_id, vehicle_id, user_id, lane, command_name, command_params, status, correlation_id,
    expires_at, timeout_s, lane_span)
SELECT :id, vehicle_id, :user, CAST(vehicle_id AS text), 'ReadDTC', '{}', :status, 'test',
    now() + interval '1 hour', 30, int8range(vehicle_number << 32, (vehicle_number + 1) << 32)
FROM vehicles WHERE vehicle_id = CAST(:vehicle AS uuid)
"""
)
_SET_STATUS = text(
    "UPDATE commands SET status = :status, error = CAST(:error AS json), completed_at ="
    " CASE WHEN :over THEN clock_timestamp() END WHERE command_id = :id RETURNING completed_at"
)


@dataclass
class StoredCommand:
    """A command that answers when told. Everything is stored first, then published, unless `quietly`."""

    command_id: CommandId
    database: Database
    publisher: Publisher
    chunks: int = 0

    async def answer(
        self, count: int = 1, *, is_final: bool = False, quietly: bool = False, text: str | None = None
    ) -> None:
        """Store `count` chunks, the last of them final where asked; a final one completes the command."""
        messages: list[BusMessage] = []
        async with self.database.transaction() as db:
            for step in range(1, count + 1):
                self.chunks += 1
                final = is_final and step == count
                payload: JsonObject = {"n": self.chunks} if text is None else {"n": self.chunks, "text": text}
                chunk = await create_response(db, self.command_id, payload, self.chunks, final)
                messages.append(response_event(chunk).as_message())
            if is_final:
                messages += await self._move(db, CommandStatus.COMPLETED, None)
        await self._publish(messages, quietly=quietly)

    async def become(self, status: CommandStatus, error: CommandError | None = None, *, quietly: bool = False) -> None:
        """Change the status."""
        async with self.database.transaction() as db:
            messages = await self._move(db, status, error)
        await self._publish(messages, quietly=quietly)

    async def _move(self, db: AsyncConnection, status: CommandStatus, error: CommandError | None) -> list[BusMessage]:
        encoded = encode_json(error.to_json()) if error else None
        values = {"status": status, "error": encoded, "over": status in TERMINAL, "id": self.command_id}
        completed_at = (await db.execute(_SET_STATUS, values)).scalar_one()
        before = [error_event(self.command_id, error).as_message()] if error else []
        return [*before, status_event(self.command_id, status, completed_at).as_message()]

    async def _publish(self, messages: list[BusMessage], *, quietly: bool) -> None:
        if not quietly:
            await self.publisher.publish(messages)


async def store_command(
    database: Database, publisher: Publisher, status: CommandStatus = CommandStatus.PENDING
) -> StoredCommand:
    """A new command of a new user on a new vehicle."""
    command, user, vehicle = CommandId(uuid4()), uuid4(), uuid4()
    async with database.transaction() as db:
        await db.execute(_INSERT_USER, {"id": user, "name": f"user-{user}"})
        await db.execute(_INSERT_VEHICLE, {"id": vehicle, "vin": _vin(vehicle)})
        await db.execute(_INSERT_COMMAND, {"id": command, "vehicle": vehicle, "user": user, "status": status})
    return StoredCommand(command, database, publisher)


def _vin(vehicle: UUID) -> str:
    return f"W{vehicle.int % 10**16:016d}"
