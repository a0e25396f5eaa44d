"""Checks what a caller gives beside the parameters: how long a command may take, and why it is sent."""

from dataclasses import dataclass

from app.domain.command_definition import (
    MAX_EXPIRES_IN_S,
    MAX_TIMEOUT_S,
    MIN_EXPIRES_IN_S,
    MIN_TIMEOUT_S,
    CommandDefinition,
)
from app.domain.errors import FieldError, InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long a command may wait and how long it may run, in seconds."""

    timeout_s: float
    expires_in_s: float


def check_durations(definition: CommandDefinition, *, timeout_s: float | None, expires_in_s: float | None) -> Durations:
    """Fill in the command's defaults. Raises InvalidRequest that names the field and its bounds."""
    errors = [
        *_outside("timeout_s", timeout_s, MIN_TIMEOUT_S, MAX_TIMEOUT_S),
        *_outside("expires_in_s", expires_in_s, MIN_EXPIRES_IN_S, MAX_EXPIRES_IN_S),
    ]
    if errors:
        raise InvalidRequest("the command has a duration that is out of bounds", errors)
    return Durations(
        timeout_s=definition.default_timeout_s if timeout_s is None else timeout_s,
        expires_in_s=definition.default_expires_in_s if expires_in_s is None else expires_in_s,
    )


def check_reason(definition: CommandDefinition, reason: str | None) -> None:
    """What moves things in a vehicle takes a reason, for the record. Raises InvalidRequest with pointer `/reason`."""
    if definition.risk.needs_safe_state and not (reason or "").strip():
        raise InvalidRequest(
            f"{definition.name} is of risk class {definition.risk} here, which needs a reason.",
            [FieldError("/reason", "say why it is sent; the reason is kept in the audit trail")],
            code="reason_required",
        )


def _outside(field: str, value: float | None, lowest: float, highest: float) -> list[FieldError]:
    if value is None or lowest <= value <= highest:
        return []
    return [FieldError(f"/{field}", f"must be between {lowest:g} and {highest:g} seconds")]
