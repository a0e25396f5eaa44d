"""JSON Schema of what page and server say over `/ws/events`."""

from typing import Any

from app.api.stream.events_frames import LONGEST_ID, Topic
from app.api.stream_events_schema import STREAM_EVENTS_SCHEMA, TIME, UUID
from app.domain.command_states import CommandStatus
from app.domain.vehicle import ConnectionStatus

_ID = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID, "description": "chosen by the page"}
_TEXT_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def _frame(title: str, description: str, *, optional: tuple[str, ...] = (), **members: Any) -> dict[str, Any]:
    return {
        "title": title,
        "description": description,
        "type": "object",
        "required": [name for name in members if name not in optional],
        "properties": members,
    }


def _subscribe(title: str, description: str, topic: Topic, *, optional: tuple[str, ...] = (), **more: Any) -> Any:
    members = {"op": {"const": "subscribe"}, "id": _ID, "topic": {"const": topic.value}, **more}
    return _frame(title, description, optional=optional, **members)


_OF_PAGE = [
    _subscribe(
        "subscribeCommand",
        "The stream of one command, after the chunk `after` (0: from the start): exactly once and in order.",
        Topic.COMMAND,
        optional=("after",),
        command_id=UUID,
        after={"type": "integer", "minimum": 0},
    ),
    _subscribe("subscribePresence", "Presence of all vehicles in scope.", Topic.PRESENCE),
    _subscribe(
        "subscribeVehicle",
        "Presence, and each command's changes of state, of one vehicle.",
        Topic.VEHICLE,
        vehicle_id=UUID,
    ),
    _subscribe("subscribeCommands", "Changes of state of all commands the caller may see.", Topic.COMMANDS),
    _frame("unsubscribe", "Watch it no more.", op={"const": "unsubscribe"}, id=_ID),
    _frame(
        "token",
        "A fresh access token of the same account: the socket lives on past the end of the old one.",
        op={"const": "token"},
        token={"type": "string"},
    ),
    _frame("ping", "Asks whether the server is still there.", op={"const": "ping"}),
]


def _event_of_stream(event: dict[str, Any]) -> dict[str, Any]:
    properties = {"sub": _ID, **event["properties"]}
    return {
        **event,
        "title": f"sub{event['title'].capitalize()}",
        "required": list(properties),
        "properties": properties,
    }


_OF_SERVER = [
    _frame("subscribed", "From here on, all is told.", event={"const": "subscribed"}, id=_ID),
    _frame(
        "unsubscribed",
        "Nothing more of this subscription follows. `reason`: the server ended it (`ended`: the command has ended and "
        "all was told; `not_found`: it went out of the caller's sight).",
        optional=("reason",),
        event={"const": "unsubscribed"},
        id=_ID,
        reason={"enum": ["ended", "not_found"]},
    ),
    _frame(
        "error",
        "A frame that could not be served. With `id`: this subscription does not exist; `id_in_use` alone leaves the "
        "one that has the id.",
        optional=("id",),
        event={"const": "error"},
        id=_ID,
        code={"type": "string", "description": "stable; programs decide by this"},
        message={"type": "string", "description": "for people"},
        retry_can_help={"type": "boolean", "description": "subscribe again after a pause"},
    ),
    _frame(
        "token",
        "The fresh token was taken and is good for so many seconds.",
        event={"const": "token"},
        expires_in={"type": "integer"},
    ),
    _frame("pong", "The answer to `ping`.", event={"const": "pong"}),
    _frame("resync", "Changes may have been missed: read the lists anew.", sub=_ID, event={"const": "resync"}),
    _frame(
        "presence",
        "A vehicle's presence changed.",
        sub=_ID,
        event={"const": "presence"},
        vehicle_id=UUID,
        connection_status={"enum": [status.value for status in ConnectionStatus]},
        status_cause=_TEXT_OR_NULL,
        status_since=TIME,
        last_seen_at={"anyOf": [TIME, {"type": "null"}]},
    ),
    _frame(
        "command",
        "A command entered another state at `at`; of two about one command, the one with the later `at` is true.",
        sub=_ID,
        event={"const": "command"},
        command_id=UUID,
        vehicle_id=UUID,
        user_id=UUID,
        command_name={"type": "string"},
        status={"enum": [status.value for status in CommandStatus]},
        at=TIME,
    ),
    *(_event_of_stream(event) for event in STREAM_EVENTS_SCHEMA["oneOf"]),
]

PAGE_EVENTS_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Frames of /ws/events",
    "description": "UTF-8 JSON texts, one per message. Readers ignore members and events they do not know.",
    "$defs": {
        "PageFrame": {"title": "PageFrame", "description": "What a page sends.", "oneOf": _OF_PAGE},
        "ServerFrame": {"title": "ServerFrame", "description": "What the server sends.", "oneOf": _OF_SERVER},
    },
    "oneOf": [{"$ref": "#/$defs/PageFrame"}, {"$ref": "#/$defs/ServerFrame"}],
}
