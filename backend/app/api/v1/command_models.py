"""Bodies of the command routes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.domain.command import Chunk, Command
from app.domain.command_definition import MAX_EXPIRES_IN_S, MAX_TIMEOUT_S, MIN_EXPIRES_IN_S, MIN_TIMEOUT_S
from app.domain.command_states import CommandStatus
from app.repositories.command_repository import TimelineEntry

ReasonText = Annotated[str, Field(min_length=1, max_length=1000)]


class SubmitRequest(BaseModel):
    """A command for a vehicle. Durations are in seconds; left out, the command's defaults count."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "vehicle_id": "5f1c0c2e-7d43-4c53-9d0a-0b0f6a1f2a11",
                    "command_name": "ReadDTC",
                    "command_params": {"ecuAddress": "0x10"},
                    "reason": "engine light is on",
                }
            ]
        },
    )

    vehicle_id: UUID
    command_name: Annotated[str, Field(min_length=1, max_length=64)]
    command_params: dict[str, Any] = Field(default_factory=dict)
    expires_in_s: Annotated[float, Field(ge=MIN_EXPIRES_IN_S, le=MAX_EXPIRES_IN_S, strict=True)] | None = None
    timeout_s: Annotated[float, Field(ge=MIN_TIMEOUT_S, le=MAX_TIMEOUT_S, strict=True)] | None = None
    reason: ReasonText | None = None


class CancelRequest(BaseModel):
    """Why a command is cancelled."""

    model_config = ConfigDict(extra="forbid")

    reason: ReasonText | None = None


class CommandErrorOut(BaseModel):
    """Why a command ended badly: stable code, words for people, evidence."""

    code: str
    message: str
    details: dict[str, Any]


class CommandOut(BaseModel):
    """A command. `queue_position` (1 is next) is set while it waits; `status_reason` says what to do next."""

    command_id: UUID
    vehicle_id: UUID
    user_id: UUID
    command_name: str
    command_params: dict[str, Any]
    status: CommandStatus
    status_reason: str | None
    error: CommandErrorOut | None
    reason: str | None
    correlation_id: str
    submitted_at: datetime
    expires_at: datetime
    timeout_s: float
    started_at: datetime | None
    completed_at: datetime | None
    cancel_requested_at: datetime | None
    attempt: int
    queue_position: int | None

    @classmethod
    def of(cls, command: Command) -> "CommandOut":
        """The command as the contract shows it."""
        error = command.error
        return cls.model_construct(
            **{name: getattr(command, name) for name in cls.model_fields if name != "error"},
            error=CommandErrorOut(**error.to_json()) if error else None,
        )


class CommandList(BaseModel):
    """A page of commands, newest first."""

    items: list[CommandOut]
    total: int
    limit: int
    offset: int


class ResponseOut(BaseModel):
    """A stored chunk."""

    command_id: UUID
    response_id: UUID
    sequence_number: int
    response_payload: dict[str, Any]
    is_final: bool
    received_at: datetime

    @classmethod
    def of(cls, chunk: Chunk) -> "ResponseOut":
        """The chunk as the contract shows it."""
        return cls.model_construct(**{name: getattr(chunk, name) for name in cls.model_fields})


class ResponseList(BaseModel):
    """Stored chunks of a command, in order; `total` is how many are stored, `offset` the number before the first."""

    items: list[ResponseOut]
    total: int
    limit: int
    offset: int


class TimelineItem(BaseModel):
    """One thing that happened to a command."""

    event: str = Field(
        description="`submitted`, `in_progress`, `cancel_requested`, `taken_over`, or the status reached"
    )
    occurred_at: datetime
    actor_name: str | None
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: TimelineEntry) -> "TimelineItem":
        """The entry as the contract shows it."""
        return cls.model_construct(**{name: getattr(entry, name) for name in cls.model_fields})


class Timeline(BaseModel):
    """Everything that happened to a command, in order."""

    items: list[TimelineItem]
    total: int
    limit: int
    offset: int
