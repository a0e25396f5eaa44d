"""What the server's lists and objects hold, as plain values. `raw` is the object as received: it loses nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from app.client import json_reading as read
from app.domain.command import CommandError
from app.domain.command_states import CommandStatus
from app.domain.json_values import JsonObject

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A part of a list: `total` counts all items there are, `offset` is where this part starts."""

    items: tuple[T, ...]
    total: int
    limit: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """Answer to a login or a refresh. `expires_in_s` is the life of the access token; a refresh token works once."""

    access_token: str
    refresh_token: str
    expires_in_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleView:
    """A vehicle as this account sees it."""

    vehicle_id: str
    vin: str
    make: str
    model: str
    year: int | None
    address: str | None
    connection_status: str
    status_cause: str | None
    last_seen_at: datetime | None
    raw: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandView:
    """A command as this account sees it."""

    command_id: str
    vehicle_id: str
    user_id: str
    command_name: str
    command_params: JsonObject
    status: CommandStatus
    status_reason: str | None
    error: CommandError | None
    submitted_at: datetime
    expires_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    queue_position: int | None
    raw: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkView:
    """A stored piece of an answer."""

    sequence_number: int
    response_payload: JsonObject
    is_final: bool
    received_at: datetime | None
    raw: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """An account."""

    user_id: str
    username: str
    email: str | None
    role: str
    is_active: bool
    raw: JsonObject


def read_tokens(body: JsonObject) -> TokenPair:
    """Read the answer to a login or a refresh."""
    return TokenPair(
        access_token=read.text(body, "access_token"),
        refresh_token=read.text(body, "refresh_token"),
        expires_in_s=read.whole(body, "expires_in"),
    )


def read_vehicle(body: JsonObject) -> VehicleView:
    """Read a vehicle."""
    return VehicleView(
        vehicle_id=read.text(body, "vehicle_id"),
        vin=read.text(body, "vin"),
        make=read.text(body, "make"),
        model=read.text(body, "model"),
        year=read.optional_whole(body, "year"),
        address=read.optional_text(body, "address"),
        connection_status=read.text(body, "connection_status"),
        status_cause=read.optional_text(body, "status_cause"),
        last_seen_at=read.optional_moment(body, "last_seen_at"),
        raw=body,
    )


def read_command(body: JsonObject) -> CommandView:
    """Read a command."""
    return CommandView(
        command_id=read.text(body, "command_id"),
        vehicle_id=read.text(body, "vehicle_id"),
        user_id=read.text(body, "user_id"),
        command_name=read.text(body, "command_name"),
        command_params=read.members(body, "command_params"),
        status=CommandStatus(read.text(body, "status")),
        status_reason=read.optional_text(body, "status_reason"),
        error=_error(read.members(body, "error")),
        submitted_at=read.moment(body, "submitted_at"),
        expires_at=read.moment(body, "expires_at"),
        started_at=read.optional_moment(body, "started_at"),
        completed_at=read.optional_moment(body, "completed_at"),
        queue_position=read.optional_whole(body, "queue_position"),
        raw=body,
    )


def _error(body: JsonObject) -> CommandError | None:
    if not body:
        return None
    return CommandError(
        code=read.text(body, "code"), message=read.text(body, "message"), details=read.members(body, "details")
    )


def read_chunk(body: JsonObject) -> ChunkView:
    """Read a stored chunk."""
    return ChunkView(
        sequence_number=read.whole(body, "sequence_number"),
        response_payload=read.members(body, "response_payload"),
        is_final=read.flag(body, "is_final"),
        received_at=read.optional_moment(body, "received_at"),
        raw=body,
    )


def read_user(body: JsonObject) -> UserView:
    """Read an account."""
    return UserView(
        user_id=read.text(body, "user_id"),
        username=read.text(body, "username"),
        email=read.optional_text(body, "email"),
        role=read.text(body, "role"),
        is_active=read.flag(body, "is_active"),
        raw=body,
    )
