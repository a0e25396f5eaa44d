"""A command, its stored answer chunks, and how it ended."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, ResponseId, UserId, VehicleId
from app.domain.json_values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandError:
    """Why a command ended badly: a stable code, words for people, and the evidence."""

    code: str
    message: str
    details: JsonObject

    def to_json(self) -> JsonObject:
        """The object of contract 4.1."""
        return {"code": self.code, "message": self.message, "details": self.details}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as stored. Times are aware UTC, taken from the database's clock; `timeout_s` is in seconds."""

    command_id: CommandId
    vehicle_id: VehicleId
    user_id: UserId
    command_name: str
    command_params: JsonObject
    status: CommandStatus
    status_reason: str | None
    error: CommandError | None
    reason: str | None
    correlation_id: str
    submitted_at: datetime
    expires_at: datetime
    timeout_s: float
    started_at: datetime | None
    completed_at: datetime | None
    cancel_requested_at: datetime | None
    attempt: int
    queue_position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChunk:
    """A piece of an answer on its way into the store."""

    command_id: CommandId
    response_id: ResponseId
    sequence_number: int
    response_payload: JsonObject
    is_final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk(NewChunk):
    """One stored piece of an answer. Numbered 1, 2, 3, … without a gap; nothing follows a final one."""

    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ends: the terminal status, a reason for people, and the error where it ended badly."""

    status: CommandStatus
    status_reason: str
    error: CommandError | None = None
