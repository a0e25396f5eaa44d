"""Reads members of received JSON and narrows them at once. A missing or wrong member raises `UnexpectedAnswer`."""

from datetime import datetime

from app.client.client_errors import UnexpectedAnswer
from app.domain.json_values import JsonObject


def _wrong(name: str, expected: str, value: object) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"the server's answer has no usable `{name}`: expected {expected}, got {type(value).__name__}"
    )


def text(body: JsonObject, name: str) -> str:
    """A text that must be there."""
    value = body.get(name)
    if not isinstance(value, str):
        raise _wrong(name, "text", value)
    return value


def optional_text(body: JsonObject, name: str) -> str | None:
    """A text that may be null or missing."""
    return None if body.get(name) is None else text(body, name)


def whole(body: JsonObject, name: str) -> int:
    """A whole number that must be there."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, "a whole number", value)
    return value


def optional_whole(body: JsonObject, name: str) -> int | None:
    """A whole number that may be null or missing."""
    return None if body.get(name) is None else whole(body, name)


def number(body: JsonObject, name: str) -> float:
    """A number that must be there."""
    value = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(name, "a number", value)
    return float(value)


def flag(body: JsonObject, name: str) -> bool:
    """A truth value that must be there."""
    value = body.get(name)
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def members(body: JsonObject, name: str) -> JsonObject:
    """An object; null or missing gives an empty one."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(name, "an object", value)
    return value


def objects(body: JsonObject, name: str) -> list[JsonObject]:
    """A list of objects that must be there."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _wrong(name, "a list of objects", value)
    return value


def moment(body: JsonObject, name: str) -> datetime:
    """A time with its zone that must be there."""
    value = text(body, name)
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise _wrong(name, "an ISO 8601 time", value) from error
    if parsed.tzinfo is None:
        raise _wrong(name, "a time with its zone", value)
    return parsed


def optional_moment(body: JsonObject, name: str) -> datetime | None:
    """A time that may be null or missing."""
    return None if body.get(name) is None else moment(body, name)
