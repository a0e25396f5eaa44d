"""What the answers of every kind of vehicle are made of: parts, errors as entries, and the time to tell them."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from app.connectors.port import ResponseChunk
from app.domain.errors import VehicleError, VehicleTimeout
from app.domain.json_values import JsonObject

_RESERVE = 0.1
_LONGEST_RESERVE_S = 2.0
_OF_AN_ECU = ("nrc", "nrcName", "advice")


def chunk(payload: JsonObject) -> ResponseChunk:
    """A part of the answer that is not the last."""
    return ResponseChunk(response_payload=payload, is_final=False)


def final(payload: JsonObject) -> ResponseChunk:
    """The last part of the answer."""
    return ResponseChunk(response_payload=payload, is_final=True)


def utc_now() -> datetime:
    """The time of day, for people: nothing is decided by it."""
    return datetime.now(UTC)


def before_the_end(deadline: float) -> float:
    """A deadline that leaves time to say what came, when some of many did not answer; both in loop seconds."""
    left = max(0.0, deadline - asyncio.get_running_loop().time())
    return deadline - min(_LONGEST_RESERVE_S, left * _RESERVE)


def error_entry(error: VehicleError) -> JsonObject:
    """An error as one entry of an answer about many things."""
    return {"code": error.error_code, "message": error.message, **_said_by_the_ecu(error)}


def not_answered(results: Iterable[tuple[JsonObject, object]]) -> list[JsonObject]:
    """Those that gave no answer, each with its reason. `results`: how each is called, and its error if there is one."""
    return [
        {**names, "reason": result.message, **_said_by_the_ecu(result)}
        for names, result in results
        if isinstance(result, VehicleError)
    ]


def raise_if_none_answered(results: Iterable[object]) -> None:
    """Where all results are errors the command failed: silence before a refusal, as it is the graver of the two."""
    found = list(results)
    errors = [one for one in found if isinstance(one, VehicleError)]
    if errors and len(errors) == len(found):
        raise next((error for error in errors if isinstance(error, VehicleTimeout)), errors[0])


def _said_by_the_ecu(error: VehicleError) -> JsonObject:
    return {name: error.details[name] for name in _OF_AN_ECU if name in error.details}
