"""The live events of contract 4.2: built once as JSON text, read back with only what a viewer's merge needs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.bus_messages import BusMessage, response_channel
from app.domain.command import CommandError, NewChunk
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId
from app.domain.json_values import decode_json_object, encode_json, format_time


class EventKind(StrEnum):
    """The member `event` of a live event."""

    RESPONSE = "response"
    STATUS = "status"
    ERROR = "error"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """A live event: the text that goes to viewers as it is, and the parts that decide about its place in the stream.

    `sequence_number` and `is_final` are set for `response`, `status` for `status` events.
    """

    kind: EventKind
    command_id: CommandId
    text: str
    sequence_number: int | None = None
    is_final: bool = False
    status: CommandStatus | None = None

    def as_message(self) -> BusMessage:
        """The bus message that carries this event."""
        return BusMessage(response_channel(self.command_id), self.text)


def response_event(chunk: NewChunk) -> StreamEvent:
    """A chunk as an event; publish it only once it is stored."""
    text = encode_json(
        {
            "event": EventKind.RESPONSE,
            "command_id": str(chunk.command_id),
            "response_id": str(chunk.response_id),
            "response_payload": chunk.response_payload,
            "sequence_number": chunk.sequence_number,
            "is_final": chunk.is_final,
        }
    )
    return StreamEvent(
        kind=EventKind.RESPONSE,
        command_id=chunk.command_id,
        text=text,
        sequence_number=chunk.sequence_number,
        is_final=chunk.is_final,
    )


def status_event(command_id: CommandId, status: CommandStatus, completed_at: datetime | None) -> StreamEvent:
    """A change of state; `completed_at` is null while the command has not ended."""
    text = encode_json(
        {
            "event": EventKind.STATUS,
            "command_id": str(command_id),
            "status": status,
            "completed_at": format_time(completed_at) if completed_at else None,
        }
    )
    return StreamEvent(kind=EventKind.STATUS, command_id=command_id, text=text, status=status)


def error_event(command_id: CommandId, error: CommandError) -> StreamEvent:
    """Why a command ends badly; the `status` event follows."""
    text = encode_json(
        {"event": EventKind.ERROR, "command_id": str(command_id), "code": error.code, "error_message": error.message}
    )
    return StreamEvent(kind=EventKind.ERROR, command_id=command_id, text=text)


def progress_event(command_id: CommandId, message: str, pending_since: datetime) -> StreamEvent:
    """The vehicle says it is still working (for UDS: 0x78, requestCorrectlyReceived-ResponsePending). Not stored."""
    text = encode_json(
        {
            "event": EventKind.PROGRESS,
            "command_id": str(command_id),
            "message": message,
            "pending_since": format_time(pending_since),
        }
    )
    return StreamEvent(kind=EventKind.PROGRESS, command_id=command_id, text=text)


def parse_event(command_id: CommandId, text: str) -> StreamEvent:
    """Read an event that came over the bus. Raises ValueError where it is none of ours."""
    body = decode_json_object(text)
    kind = EventKind(str(body.get("event")))
    match kind:
        case EventKind.RESPONSE:
            number = body.get("sequence_number")
            if not isinstance(number, int) or number < 1:
                raise ValueError(f"sequence_number must be a whole number from 1, got {number!r}")
            return StreamEvent(
                kind=kind,
                command_id=command_id,
                text=text,
                sequence_number=number,
                is_final=body.get("is_final") is True,
            )
        case EventKind.STATUS:
            return StreamEvent(
                kind=kind, command_id=command_id, text=text, status=CommandStatus(str(body.get("status")))
            )
        case EventKind.ERROR | EventKind.PROGRESS:
            return StreamEvent(kind=kind, command_id=command_id, text=text)
