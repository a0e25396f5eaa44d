"""What page and server say to each other over `/ws/events`: frames read, checked and built. Pure."""

import json
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.errors import NotFound, SovdError
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject, decode_json_object, encode_json

MOST_SUBSCRIPTIONS = 200
LONGEST_FRAME = 16 * 1024
"""Characters; the longest frame that makes sense carries a token."""
LONGEST_ID = 64
_LARGEST_NUMBER = 2**53


class FrameError(SovdError):
    """A frame cannot be served; the socket lives on. `frame_id` names the subscription it was about, where known."""

    code = "malformed_frame"

    def __init__(self, message: str, *, code: str | None = None, frame_id: str | None = None) -> None:
        super().__init__(message, code=code)
        self.frame_id = frame_id


class Topic(StrEnum):
    """What can be watched."""

    COMMAND = "command"
    PRESENCE = "presence"
    VEHICLE = "vehicle"
    COMMANDS = "commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Watch something. `command_id` and `after` belong to the topic command, `vehicle_id` to vehicle.

    None where the id given is none: it is as unknown as one that nobody has.
    """

    frame_id: str
    topic: Topic
    command_id: CommandId | None = None
    after: int = 0
    vehicle_id: VehicleId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """Watch it no more."""

    frame_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """A fresh access token of the same account."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Are you there? A page cannot see the pings of the WebSocket itself, and a cut way looks like silence."""


Operation = Subscribe | Unsubscribe | Renew | Ping


def read_frame(text: str | None) -> Operation:
    """What the page wants; None stands for a binary frame. Raises FrameError."""
    if text is None:
        raise FrameError("frames are JSON text")
    if len(text) > LONGEST_FRAME:
        raise FrameError(f"a frame has at most {LONGEST_FRAME} characters")
    try:
        body = decode_json_object(text)
    except ValueError:
        raise FrameError("a frame is one JSON object") from None
    match body.get("op"):
        case "subscribe":
            return _subscribe(body)
        case "unsubscribe":
            return Unsubscribe(frame_id=_frame_id(body))
        case "token":
            return Renew(token=_text(body, "token"))
        case "ping":
            return Ping()
        case _:
            raise FrameError("op must be subscribe, unsubscribe, token or ping")


def _subscribe(body: JsonObject) -> Subscribe:
    frame_id = _frame_id(body)
    try:
        topic = Topic(str(body.get("topic")))
    except ValueError:
        known = ", ".join(Topic)
        raise FrameError(f"topic must be one of {known}", frame_id=frame_id) from None
    match topic:
        case Topic.COMMAND:
            command = _uuid(_text(body, "command_id", frame_id))
            command_id = None if command is None else CommandId(command)
            return Subscribe(frame_id=frame_id, topic=topic, command_id=command_id, after=_after(body, frame_id))
        case Topic.VEHICLE:
            vehicle = _uuid(_text(body, "vehicle_id", frame_id))
            return Subscribe(frame_id=frame_id, topic=topic, vehicle_id=None if vehicle is None else VehicleId(vehicle))
        case _:
            return Subscribe(frame_id=frame_id, topic=topic)


def _text(body: JsonObject, name: str, frame_id: str | None = None) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise FrameError(f"{name} must be a text", frame_id=frame_id)
    return value


def _frame_id(body: JsonObject) -> str:
    value = _text(body, "id")
    if len(value) > LONGEST_ID:
        raise FrameError(f"id has at most {LONGEST_ID} characters")
    return value


def _after(body: JsonObject, frame_id: str) -> int:
    after = body.get("after", 0)
    if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after <= _LARGEST_NUMBER:
        raise FrameError("after must be a whole number from 0: the last chunk you have", frame_id=frame_id)
    return after


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def labelled(frame_id: str) -> str:
    """The beginning of every event of a subscription; what follows is the event without its opening brace."""
    return f'{{"sub":{json.dumps(frame_id)},'


def subscribed_frame(frame_id: str) -> str:
    """From here on, changes are told: what was read before this frame may be old, what is read after it is not."""
    return encode_json({"event": "subscribed", "id": frame_id})


def unsubscribed_frame(frame_id: str, reason: str | None = None) -> str:
    """Nothing more of this subscription follows. `reason`: the server ended it."""
    body: JsonObject = {"event": "unsubscribed", "id": frame_id}
    return encode_json(body if reason is None else body | {"reason": reason})


def renewed_frame(expires_in_s: float) -> str:
    """The new token was taken; the socket lives at least so many seconds."""
    return encode_json({"event": "token", "expires_in": int(expires_in_s)})


def pong_frame() -> str:
    """The answer to a ping; what was said before it has all been told."""
    return encode_json({"event": "pong"})


def error_frame(error: SovdError, frame_id: str | None = None) -> str:
    """A wish that was not served. A hidden object looks like an unknown one."""
    message = "there is no such object" if isinstance(error, NotFound) else error.message
    body: JsonObject = {
        "event": "error",
        "code": error.error_code,
        "message": message,
        "retry_can_help": error.retry_can_help,
    }
    return encode_json(body if frame_id is None else body | {"id": frame_id})
