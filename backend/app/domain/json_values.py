"""JSON as it enters and leaves: types, one encoder, and the time format of the contracts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

JsonObject = dict[str, Any]
"""A decoded JSON object. `Any` ends here: whoever reads a member narrows it at once."""

JsonValue = None | bool | int | float | str | list[Any] | dict[str, Any]
"""Any JSON value."""


def encode_json(value: Mapping[str, Any]) -> str:
    """Encode once, compactly; every viewer gets this very text."""
    return orjson.dumps(value).decode()


def encode_json_canonical(value: Mapping[str, Any]) -> bytes:
    """Encode so that equal values give equal bytes (members sorted): for digests."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def decode_json_object(text: str | bytes) -> JsonObject:
    """Decode a JSON object. Raises ValueError on anything else."""
    value = orjson.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {type(value).__name__}")
    return value


def format_time(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`: `2025-10-28T10:00:01.500Z`. Naive times are refused."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
