"""Reads rows of the table `commands` into values; shared by all queries that return commands."""

from collections.abc import Mapping
from typing import Any

from app.domain.command import Command, CommandError
from app.domain.command_states import CommandStatus
from app.domain.json_values import JsonObject, decode_json_object

COMMAND_COLUMNS = (
    "command_id, vehicle_id, user_id, command_name, command_params, status, status_reason, error, reason, "
    "correlation_id, submitted_at, expires_at, timeout_s, started_at, completed_at, cancel_requested_at, attempt"
)
"""Columns that `read_command` needs, for statements in SQL text."""


def as_json_object(value: str | JsonObject) -> JsonObject:
    """JSON columns arrive as text from SQL text, decoded from typed selects."""
    return decode_json_object(value) if isinstance(value, str) else value


def read_command(row: Mapping[str, Any]) -> Command:
    """A row with at least `COMMAND_COLUMNS` as a value; `queue_position` is optional."""
    return Command(
        command_id=row["command_id"],
        vehicle_id=row["vehicle_id"],
        user_id=row["user_id"],
        command_name=row["command_name"],
        command_params=as_json_object(row["command_params"]),
        status=CommandStatus(row["status"]),
        status_reason=row["status_reason"],
        error=_read_error(row["error"]),
        reason=row["reason"],
        correlation_id=row["correlation_id"],
        submitted_at=row["submitted_at"],
        expires_at=row["expires_at"],
        timeout_s=row["timeout_s"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        cancel_requested_at=row["cancel_requested_at"],
        attempt=row["attempt"],
        queue_position=row.get("queue_position"),
    )


def _read_error(value: str | JsonObject | None) -> CommandError | None:
    if value is None:
        return None
    error = as_json_object(value)
    return CommandError(code=error["code"], message=error["message"], details=error.get("details") or {})
