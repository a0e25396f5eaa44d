"""The events of the live stream (contract 4.2) as a client sees them."""

from dataclasses import dataclass
from datetime import datetime

from app.client import json_reading as read
from app.client.client_errors import UnexpectedAnswer
from app.domain.command_states import CommandStatus
from app.domain.json_values import JsonObject, decode_json_object


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseEvent:
    """One piece of the vehicle's answer. `text` is the event exactly as the server sent it."""

    command_id: str
    response_payload: JsonObject
    sequence_number: int
    is_final: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """The command changed its state; `completed_at` is set once it has ended."""

    command_id: str
    status: CommandStatus
    completed_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEvent:
    """Why the command ends badly; the status follows."""

    command_id: str
    code: str
    error_message: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressEvent:
    """The vehicle is still working. Not stored: a viewer that joins later does not see it."""

    command_id: str
    message: str
    pending_since: datetime
    text: str


Event = ResponseEvent | StatusEvent | ErrorEvent | ProgressEvent


def read_event(text: str) -> Event | None:
    """Read one event; None for a kind this version does not know. Raises UnexpectedAnswer where it is none at all."""
    try:
        body = decode_json_object(text)
    except ValueError as error:
        raise UnexpectedAnswer("the live stream sent something that is no event") from error
    match body.get("event"):
        case "response":
            return _response(body, text)
        case "status":
            return _status(body, text)
        case "error":
            return ErrorEvent(
                command_id=read.text(body, "command_id"),
                code=read.text(body, "code"),
                error_message=read.text(body, "error_message"),
                text=text,
            )
        case "progress":
            return ProgressEvent(
                command_id=read.text(body, "command_id"),
                message=read.text(body, "message"),
                pending_since=read.moment(body, "pending_since"),
                text=text,
            )
        case _:
            return None


def _response(body: JsonObject, text: str) -> ResponseEvent:
    return ResponseEvent(
        command_id=read.text(body, "command_id"),
        response_payload=read.members(body, "response_payload"),
        sequence_number=read.whole(body, "sequence_number"),
        is_final=read.flag(body, "is_final"),
        text=text,
    )


def _status(body: JsonObject, text: str) -> StatusEvent:
    status = read.text(body, "status")
    try:
        known = CommandStatus(status)
    except ValueError as error:
        raise UnexpectedAnswer(f"the server names a state this program does not know: {status!r}") from error
    return StatusEvent(
        command_id=read.text(body, "command_id"),
        status=known,
        completed_at=read.optional_moment(body, "completed_at"),
        text=text,
    )
