"""Reads commands, their timeline, and moves them by a caller's wish (cancel)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import Command, Ending
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, UserId, VehicleId
from app.domain.json_values import JsonObject, encode_json
from app.repositories.command_rows import as_json_object, read_command
from app.storage.tables import audit_log, commands


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFilter:
    """What to list; `vehicle_ids` is the caller's scope (None: whole fleet). Times bound `submitted_at`."""

    vehicle_ids: frozenset[VehicleId] | None = None
    vehicle_id: VehicleId | None = None
    user_id: UserId | None = None
    status: CommandStatus | None = None
    command_name: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened to a command: `event` is `submitted`, `in_progress`, `cancel_requested`, …"""

    event: str
    occurred_at: datetime
    actor_name: str | None
    details: JsonObject


_waiting = commands.alias("waiting")

_QUEUE_POSITION: ColumnElement[int | None] = case(
    (
        commands.c.status == CommandStatus.PENDING,
        select(func.count())
        .select_from(_waiting)
        .where(
            _waiting.c.vehicle_id == commands.c.vehicle_id,
            _waiting.c.lane_span.op("&&")(commands.c.lane_span),
            _waiting.c.status == text("'pending'"),
            _waiting.c.queue_number <= commands.c.queue_number,
        )
        .scalar_subquery(),
    ),
    else_=None,
).label("queue_position")

_SHOWN = select(
    *(
        commands.c[name]
        for name in (
            "command_id",
            "vehicle_id",
            "user_id",
            "command_name",
            "command_params",
            "status",
            "status_reason",
            "error",
            "reason",
            "correlation_id",
            "submitted_at",
            "expires_at",
            "timeout_s",
            "started_at",
            "completed_at",
            "cancel_requested_at",
            "attempt",
        )
    ),
    _QUEUE_POSITION,
)

_CANCEL_PENDING = text(
    """
WITH ended AS (
    UPDATE commands SET status = 'cancelled', status_reason = :status_reason, error = CAST(:error AS json),
        cancel_requested_at = clock_timestamp(), completed_at = clock_timestamp()
    WHERE command_id = :command_id AND status = 'pending'
    RETURNING command_id, completed_at, correlation_id
), audited AS (
    INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
        correlation_id)
    SELECT 'user', CAST(CAST(:user_id AS uuid) AS text), CAST(:username AS text),
        'command.cancelled', 'success', 'command',
        CAST(command_id AS text), json_build_object('reason', CAST(:status_reason AS text)), correlation_id
    FROM ended
)
SELECT completed_at FROM ended
"""
)

_CANCEL_RUNNING = text(
    """
WITH asked AS (
    UPDATE commands SET cancel_requested_at = clock_timestamp()
    WHERE command_id = :command_id AND status = 'in_progress' AND cancel_requested_at IS NULL
    RETURNING command_id, correlation_id
), audited AS (
    INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
        correlation_id)
    SELECT 'user', CAST(CAST(:user_id AS uuid) AS text), CAST(:username AS text),
        'command.cancel_requested', 'success', 'command',
        CAST(command_id AS text), json_build_object('reason', CAST(:reason AS text)), correlation_id
    FROM asked
)
SELECT count(*) FROM asked
"""
)


async def find(db: AsyncConnection, command_id: CommandId) -> Command | None:
    """One command, with its place in the queue while it waits."""
    row = (await db.execute(_SHOWN.where(commands.c.command_id == command_id))).mappings().one_or_none()
    return None if row is None else read_command(dict(row))


async def list_commands(
    db: AsyncConnection, wanted: CommandFilter, *, limit: int, offset: int
) -> tuple[list[Command], int]:
    """A page of commands, newest first, and how many match in all."""
    conditions = _conditions(wanted)
    page: Select[Any] = _SHOWN.where(*conditions).order_by(commands.c.queue_number.desc()).limit(limit).offset(offset)
    rows = (await db.execute(page)).mappings().all()
    total = await db.scalar(select(func.count()).select_from(commands).where(*conditions))
    return [read_command(dict(row)) for row in rows], total or 0


async def timeline(db: AsyncConnection, command_id: CommandId) -> list[TimelineEntry]:
    """Everything that happened to a command, in order: read from the audit trail."""
    query = (
        select(audit_log.c.action, audit_log.c.occurred_at, audit_log.c.actor_name, audit_log.c.details)
        .where(audit_log.c.object_id == str(command_id), audit_log.c.object_type == "command")
        .where(audit_log.c.outcome == "success")
        .order_by(audit_log.c.entry_id)
    )
    return [
        TimelineEntry(
            event=row.action.removeprefix("command."),
            occurred_at=row.occurred_at,
            actor_name=row.actor_name,
            details=as_json_object(row.details),
        )
        for row in await db.execute(query)
    ]


async def cancel_pending(
    db: AsyncConnection, command_id: CommandId, *, user_id: UserId, username: str, ending: Ending
) -> datetime | None:
    """Cancel a command that has not started; None where it is not waiting (any more)."""
    values = {
        "command_id": command_id,
        "user_id": user_id,
        "username": username,
        "status_reason": ending.status_reason,
        "error": encode_json(ending.error.to_json()) if ending.error else None,
    }
    ended: datetime | None = (await db.execute(_CANCEL_PENDING, values)).scalar_one_or_none()
    return ended


async def request_cancel(
    db: AsyncConnection, command_id: CommandId, *, user_id: UserId, username: str, reason: str | None
) -> bool:
    """Ask the worker that runs a command to stop it; False where it is not running or was asked before."""
    values = {"command_id": command_id, "user_id": user_id, "username": username, "reason": reason}
    asked: int = (await db.execute(_CANCEL_RUNNING, values)).scalar_one()
    return asked > 0


def _conditions(wanted: CommandFilter) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [true()]
    columns = commands.c
    if wanted.vehicle_ids is not None:
        found.append(columns.vehicle_id.in_(wanted.vehicle_ids))
    if wanted.vehicle_id is not None:
        found.append(columns.vehicle_id == wanted.vehicle_id)
    if wanted.user_id is not None:
        found.append(columns.user_id == wanted.user_id)
    if wanted.status is not None:
        # written into the statement: only then can PostgreSQL see that an index of some states alone will do
        found.append(columns.status == literal(wanted.status.value, literal_execute=True))
    if wanted.command_name is not None:
        found.append(columns.command_name == wanted.command_name)
    if wanted.since is not None:
        found.append(columns.submitted_at >= wanted.since)
    if wanted.until is not None:
        found.append(columns.submitted_at < wanted.until)
    return found
