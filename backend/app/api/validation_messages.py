"""Turns what pydantic found into words that name the fix, without repeating what was sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.api import text_forms

_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a known field; leave it out",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object; send Content-Type: application/json",
    "list_type": "must be an array",
    "set_type": "must be an array",
    "tuple_type": "must be an array",
    "uuid_type": "must be a UUID, such as 3f2c1a9e-0d6b-4c5e-8f7a-1b2c3d4e5f60",
    "uuid_parsing": "must be a UUID, such as 3f2c1a9e-0d6b-4c5e-8f7a-1b2c3d4e5f60",
    "datetime_type": "must be a time with its zone, such as 2025-10-28T10:00:00Z",
    "datetime_parsing": "must be a time with its zone, such as 2025-10-28T10:00:00Z",
    "datetime_from_date_parsing": "must be a time with its zone, such as 2025-10-28T10:00:00Z",
    "datetime_object_invalid": "must be a time with its zone, such as 2025-10-28T10:00:00Z",
    "timezone_aware": "must name its zone, such as 2025-10-28T10:00:00Z",
    "string_unicode": "must be valid Unicode text",
}

_WORDS_WITH_BOUNDS = {
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be greater than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "string_pattern_mismatch": "must have the form {pattern}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "value_error": "{error}",
}

_PLACES = frozenset({"body", "query", "path", "header", "cookie"})


def explain(found: Mapping[str, Any]) -> dict[str, str]:
    """One entry of `errors`: where (`in`, and a JSON pointer, RFC 6901), and what to do."""
    location: Sequence[object] = found.get("loc", ())
    place = str(location[0]) if location and location[0] in _PLACES else "body"
    steps = location[1:] if location and location[0] in _PLACES else location
    return {"pointer": json_pointer(steps), "in": place, "message": _message(found)}


def json_pointer(steps: Sequence[object]) -> str:
    """Steps into a document as a JSON pointer: `~` and `/` are escaped (RFC 6901, section 3)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _message(found: Mapping[str, Any]) -> str:
    kind = str(found.get("type", ""))
    if kind in _WORDS:
        return _WORDS[kind]
    pattern = _WORDS_WITH_BOUNDS.get(kind)
    if pattern is None:
        return "does not fit the schema; see /docs"
    context: Mapping[str, Any] = found.get("ctx") or {}
    if context.get("pattern") in text_forms.IN_WORDS:
        return text_forms.IN_WORDS[context["pattern"]]
    try:
        return pattern.format(**context)
    except (KeyError, IndexError):
        return "does not fit the schema; see /docs"
