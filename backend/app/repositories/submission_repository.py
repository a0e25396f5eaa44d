"""Accepts commands: a whole group in one statement, audit entries included, so that accepted means durable."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import Command
from app.domain.identifiers import CommandId, UserId, VehicleId
from app.domain.json_values import JsonObject, encode_json
from app.domain.lanes import LANE_BITS, Lane
from app.repositories.command_rows import COMMAND_COLUMNS, read_command


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommand:
    """A checked command on its way into the queue. Durations in seconds; `request_digest` is set with the key."""

    command_id: CommandId
    vehicle_id: VehicleId
    user_id: UserId
    username: str
    lane: Lane
    command_name: str
    command_params: JsonObject
    reason: str | None
    correlation_id: str
    trace_context: str | None
    idempotency_key: str | None
    request_digest: bytes | None
    timeout_s: float
    expires_in_s: float


class Refusal(StrEnum):
    """Why a command was not stored."""

    NO_VEHICLE = "no_vehicle"
    INACTIVE_USER = "inactive_user"
    LANE_FULL = "lane_full"
    KEY_USED = "key_used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The command stored before under the same idempotency key, and the digest of its request."""

    command: Command
    request_digest: bytes | None


_SUBMIT = text(
    f"""
WITH input AS (
    SELECT i.*, row_number() OVER (PARTITION BY i.lane ORDER BY i.place) AS lane_place
    FROM unnest(
        CAST(:command_id AS uuid[]), CAST(:vehicle_id AS uuid[]), CAST(:user_id AS uuid[]), CAST(:username AS text[]),
        CAST(:lane AS text[]), CAST(:command_name AS text[]), CAST(:command_params AS json[]), CAST(:reason AS text[]),
        CAST(:correlation_id AS text[]), CAST(:trace_context AS text[]), CAST(:idempotency_key AS text[]),
        CAST(:request_digest AS bytea[]), CAST(:timeout_s AS float8[]), CAST(:expires_in_s AS float8[]),
        CAST(:lane_first AS int8[]), CAST(:lane_end AS int8[])
    ) WITH ORDINALITY AS i (command_id, vehicle_id, user_id, username, lane, command_name, command_params, reason,
        correlation_id, trace_context, idempotency_key, request_digest, timeout_s, expires_in_s, lane_first, lane_end,
        place)
), present AS (  -- locked, so that none of them is removed before the command is stored
    SELECT vehicle_id, vehicle_number << {LANE_BITS} AS lane_base FROM vehicles
    WHERE vehicle_id = ANY(CAST(:vehicle_id AS uuid[])) AND deleted_at IS NULL
    ORDER BY vehicle_id FOR KEY SHARE
), checked AS (
    SELECT i.*, int8range(v.lane_base + i.lane_first, v.lane_base + i.lane_end) AS lane_span,
        v.vehicle_id IS NOT NULL AS has_vehicle, u.user_id IS NOT NULL AS has_user,
        w.waiting + i.lane_place AS queue_position
    FROM input i
    LEFT JOIN present v ON v.vehicle_id = i.vehicle_id
    LEFT JOIN users u ON u.user_id = i.user_id AND u.is_active
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting FROM commands p WHERE p.lane = i.lane AND p.status = 'pending'
    ) w
), created AS (
    INSERT INTO commands (command_id, vehicle_id, user_id, lane, command_name, command_params, reason, correlation_id,
        trace_context, idempotency_key, request_digest, timeout_s, expires_at, lane_span)
    SELECT command_id, vehicle_id, user_id, lane, command_name, command_params, reason, correlation_id,
        trace_context, idempotency_key, request_digest, timeout_s, now() + make_interval(secs => expires_in_s),
        lane_span
    FROM checked
    WHERE has_vehicle AND has_user AND queue_position <= :lane_limit
    ORDER BY place
    ON CONFLICT (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING {COMMAND_COLUMNS}
), audited AS (
    INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
        correlation_id)
    SELECT 'user', CAST(c.user_id AS text), k.username, 'command.submitted', 'success', 'command',
        CAST(c.command_id AS text),
        json_build_object('command_name', c.command_name, 'vehicle_id', c.vehicle_id,
            'command_params', c.command_params, 'reason', c.reason, 'expires_at', c.expires_at),
        c.correlation_id
    FROM created c JOIN checked k ON k.command_id = c.command_id
    ORDER BY k.place
)
SELECT k.command_id AS asked_id, k.has_vehicle, k.has_user, k.queue_position, k.place, c.*
FROM checked k LEFT JOIN created c ON c.command_id = k.command_id
ORDER BY k.place
"""  # noqa: S608 - only the constant list of columns is put into the text
)

_EARLIER = text(
    f"""
SELECT {COMMAND_COLUMNS}, request_digest FROM commands WHERE user_id = :user_id AND idempotency_key = :idempotency_key
"""  # noqa: S608 - only the constant list of columns is put into the text
)

_ARRAYS = (
    "command_id",
    "vehicle_id",
    "user_id",
    "username",
    "command_name",
    "reason",
    "correlation_id",
    "trace_context",
    "idempotency_key",
    "request_digest",
    "timeout_s",
    "expires_in_s",
)


async def submit(db: AsyncConnection, group: Sequence[NewCommand], lane_limit: int) -> list[Command | Refusal]:
    """Store a group; one answer per command, in order.

    A lane takes no more once `lane_limit` commands wait in it; API processes that store at the same moment may
    overshoot by what they store then. Of several commands with one idempotency key, one is
    stored; the others get `Refusal.KEY_USED` and may look it up with `find_earlier`.
    """
    values: dict[str, Any] = {name: [getattr(item, name) for item in group] for name in _ARRAYS}
    values["lane"] = [_lane_text(item) for item in group]
    values["lane_first"] = [item.lane.first for item in group]
    values["lane_end"] = [item.lane.end for item in group]
    values["command_params"] = [encode_json(item.command_params) for item in group]
    rows = (await db.execute(_SUBMIT, values | {"lane_limit": lane_limit})).mappings().all()
    return [_answer(dict(row), lane_limit) for row in rows]


async def find_earlier(db: AsyncConnection, user_id: UserId, idempotency_key: str) -> Earlier | None:
    """The command that a user stored under an idempotency key."""
    row = (
        (await db.execute(_EARLIER, {"user_id": user_id, "idempotency_key": idempotency_key})).mappings().one_or_none()
    )
    if row is None:
        return None
    return Earlier(command=read_command(dict(row)), request_digest=row["request_digest"])


def _lane_text(item: NewCommand) -> str:
    """Names the lane among all lanes; without a slash it is a whole vehicle."""
    return str(item.vehicle_id) if item.lane.is_whole_vehicle else f"{item.vehicle_id}/{item.lane.name}"


def _answer(row: dict[str, Any], lane_limit: int) -> Command | Refusal:
    if row["command_id"] is not None:
        return read_command(row)
    if not row["has_vehicle"]:
        return Refusal.NO_VEHICLE
    if not row["has_user"]:
        return Refusal.INACTIVE_USER
    if row["queue_position"] > lane_limit:
        return Refusal.LANE_FULL
    return Refusal.KEY_USED
