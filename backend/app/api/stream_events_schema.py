"""JSON Schema of the live events (contract 4.2): one message on WebSocket, SSE and the Redis channel alike."""

from typing import Any

from app.domain.command_states import CommandStatus

UUID = {"type": "string", "format": "uuid"}
TIME = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
    "description": "ISO 8601, UTC, milliseconds",
}


def _event(kind: str, description: str, **members: Any) -> dict[str, Any]:
    properties = {"event": {"const": kind}, "command_id": UUID, **members}
    return {
        "title": kind,
        "description": description,
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


STREAM_EVENTS_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Live event of a command",
    "description": "Sent as UTF-8 JSON, one per message. Readers ignore members they do not know.",
    "oneOf": [
        _event(
            "response",
            "A stored piece of the answer. Numbered 1, 2, 3, … without a gap; after a final one only the status comes.",
            response_id=UUID,
            response_payload={"type": "object"},
            sequence_number={"type": "integer", "minimum": 1},
            is_final={"type": "boolean"},
        ),
        _event(
            "status",
            "The command changed its state. A terminal one is the last event of a stream.",
            status={"enum": [status.value for status in CommandStatus]},
            completed_at={"anyOf": [TIME, {"type": "null"}]},
        ),
        _event(
            "error",
            "Why the command ends badly; the status event follows.",
            code={"type": "string", "description": "stable; programs decide by this"},
            error_message={"type": "string", "description": "for people"},
        ),
        _event(
            "progress",
            "The vehicle says that it is still working. Not stored, so a late viewer does not get it.",
            message={"type": "string"},
            pending_since=TIME,
        ),
    ],
}
