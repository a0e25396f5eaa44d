"""The queue: claiming, expiring, and how long it is.

Claiming takes the head of each free lane, first come first served within the lane; between lanes, users take turns
(fewest running commands first), so that one user's flood delays nobody else. A command to a whole vehicle and those to
its control units stand in different lanes that overlap: among overlapping heads the oldest goes first, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access_policy import Actor
from app.domain.address_schemes import ONE_WORKER_SCHEMES
from app.domain.catalogue import COMMANDS
from app.domain.command import Command
from app.domain.command_change import CommandChange
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, UserId, VehicleId, WorkerId
from app.domain.json_values import JsonObject, encode_json
from app.domain.roles import Role
from app.repositories.command_rows import COMMAND_COLUMNS, read_command

ONE_PER_LANE = "ex_commands_active_lane"
"""Constraint that ConstraintViolated names where another worker has just taken an overlapping lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCommand:
    """A command that this worker may run, with what it needs: fencing token, address, and who asked for it.

    `chunks_stored` and `is_late` (its expiry has passed) are about one that another worker has left behind.
    """

    command: Command
    lease_token: int
    address: str
    vin: str
    actor: Actor
    trace_context: str | None
    chunks_stored: int = 0
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """How many commands wait, and since when the oldest of them does, in seconds."""

    waiting: int
    oldest_age_s: float


_RETURNED = ", ".join(f"c.{name.strip()}" for name in COMMAND_COLUMNS.split(","))

_CLAIM = text(
    f"""
WITH RECURSIVE heads AS (
    (SELECT lane, queue_number, command_id, vehicle_id, user_id, command_name, lane_span FROM commands
     WHERE status = 'pending' AND expires_at > clock_timestamp() ORDER BY lane, queue_number LIMIT 1)
    UNION ALL
    SELECT n.*
    FROM heads h CROSS JOIN LATERAL (
        SELECT lane, queue_number, command_id, vehicle_id, user_id, command_name, lane_span FROM commands
        WHERE status = 'pending' AND expires_at > clock_timestamp() AND lane > h.lane
        ORDER BY lane, queue_number LIMIT 1
    ) n
), active AS (
    SELECT vehicle_id, user_id, lane_span, lease_owner FROM commands WHERE status = 'in_progress'
), running AS (
    SELECT user_id, count(*) AS active FROM active GROUP BY user_id
), foremost AS (  -- the head of a lane is the oldest in it, so what is older and overlaps is a head too
    SELECT f.* FROM (
        SELECT h.*, position('/' IN lane) = 0 AS is_whole,
            min(queue_number) FILTER (WHERE position('/' IN lane) = 0) OVER vehicle AS oldest_whole,
            min(queue_number) FILTER (WHERE position('/' IN lane) > 0) OVER vehicle AS oldest_part
        FROM heads h WINDOW vehicle AS (PARTITION BY vehicle_id)
    ) f
    WHERE queue_number <= coalesce(CASE WHEN is_whole THEN oldest_part ELSE oldest_whole END, queue_number)
), ready AS (
    SELECT h.command_id, h.vehicle_id, h.queue_number, v.serves_one_worker,
        coalesce(r.active, 0) + row_number() OVER (PARTITION BY h.user_id ORDER BY h.queue_number) AS turn
    FROM foremost h
    CROSS JOIN LATERAL (
        SELECT split_part(lower(address), ':', 1) = ANY(CAST(:one_worker_schemes AS text[])) AS serves_one_worker
        FROM vehicles WHERE vehicle_id = h.vehicle_id AND connection_status = 'connected' AND deleted_at IS NULL
    ) v
    LEFT JOIN running r ON r.user_id = h.user_id
    WHERE NOT EXISTS (
            SELECT 1 FROM active a
            WHERE a.vehicle_id = h.vehicle_id AND (
                a.lane_span && h.lane_span OR v.serves_one_worker AND a.lease_owner <> CAST(:worker_id AS uuid))
        )
        AND h.command_name = ANY(CAST(:known_names AS text[]))
), picked AS (
    SELECT c.command_id FROM (SELECT * FROM ready ORDER BY turn, queue_number) r
    CROSS JOIN LATERAL (
        SELECT command_id FROM commands WHERE command_id = r.command_id AND status = 'pending'
            AND (NOT r.serves_one_worker OR vehicle_is_free_for(r.vehicle_id, CAST(:worker_id AS uuid)))
        FOR UPDATE SKIP LOCKED
    ) c
    LIMIT :slots
), claimed AS (
    UPDATE commands c SET status = 'in_progress', status_reason = NULL, started_at = clock_timestamp(),
        attempt = c.attempt + 1, lease_owner = :worker_id, lease_token = c.lease_token + 1
    FROM picked p WHERE c.command_id = p.command_id
    RETURNING {_RETURNED}, c.lease_token, c.trace_context, c.queue_number
), audited AS (
    INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
        correlation_id)
    SELECT 'worker', CAST(CAST(:worker_id AS uuid) AS text), CAST(:worker_name AS text),
        'command.in_progress', 'success', 'command',
        CAST(command_id AS text), json_build_object('attempt', attempt), correlation_id
    FROM claimed
)
SELECT c.*, v.address, v.vin, u.username, u.role, u.is_active, u.vehicle_ids
FROM claimed c JOIN vehicles v ON v.vehicle_id = c.vehicle_id JOIN users u ON u.user_id = c.user_id
ORDER BY c.queue_number
"""  # noqa: S608 - only the constant list of columns is put into the text
)

_EXPIRE = text(
    """
WITH late AS (
    SELECT command_id FROM commands WHERE status = 'pending' AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE commands c SET status = 'expired', status_reason = :reason, error = CAST(:error AS json),
        completed_at = clock_timestamp()
    FROM late l WHERE c.command_id = l.command_id
    RETURNING c.command_id, c.vehicle_id, c.user_id, c.completed_at, c.correlation_id, c.command_name
), audited AS (
    INSERT INTO audit_log (actor_type, action, outcome, object_type, object_id, details, correlation_id)
    SELECT 'system', 'command.expired', 'success', 'command', CAST(command_id AS text),
        json_build_object('reason', CAST(:reason AS text)), correlation_id
    FROM expired
)
SELECT command_id, vehicle_id, user_id, completed_at, command_name FROM expired
"""
)

_DEPTH = text(
    """
SELECT count(*) AS waiting, coalesce(extract(epoch FROM clock_timestamp() - min(submitted_at)), 0) AS oldest
FROM commands WHERE status = 'pending'
"""
)


async def claim(db: AsyncConnection, worker_id: WorkerId, worker_name: str, slots: int) -> list[ClaimedCommand]:
    """Move up to `slots` waiting commands to `in_progress` under this worker's lease, oldest first.

    Only commands of connected vehicles whose lane is free and whose expiry lies ahead, and only those of this
    release's catalogue: what a newer release accepted waits, with its lane, for a worker that knows it. Two workers
    never get the same command, nor two commands of overlapping lanes (an exclusion constraint refuses it:
    ConstraintViolated with `ONE_PER_LANE`, then claim again).

    While another worker runs something on a vehicle that serves one worker at a time (`app.domain.address_schemes`),
    its other lanes are left to that worker; of workers that claim at the same moment, one gets the vehicle.
    """
    values = {
        "worker_id": worker_id,
        "worker_name": worker_name,
        "slots": slots,
        "known_names": list(COMMANDS),
        "one_worker_schemes": list(ONE_WORKER_SCHEMES),
    }
    rows = (await db.execute(_CLAIM, values)).mappings().all()
    return [read_claimed(dict(row)) for row in rows]


def read_claimed(row: dict[str, Any]) -> ClaimedCommand:
    """A row of a claiming statement as a value."""
    scope = row["vehicle_ids"]
    return ClaimedCommand(
        command=read_command(row),
        lease_token=row["lease_token"],
        address=row["address"],
        vin=row["vin"],
        trace_context=row["trace_context"],
        chunks_stored=row.get("chunks_stored", 0),
        is_late=row.get("is_late", False),
        actor=Actor(
            user_id=UserId(row["user_id"]),
            username=row["username"],
            role=Role(row["role"]),
            is_active=row["is_active"],
            vehicle_ids=None if scope is None else frozenset(VehicleId(item) for item in scope),
        ),
    )


async def expire(db: AsyncConnection, *, reason: str, error: JsonObject, limit: int = 500) -> Sequence[CommandChange]:
    """End commands whose expiry passed before they started: the change of each."""
    rows = await db.execute(_EXPIRE, {"reason": reason, "error": encode_json(error), "limit": limit})
    return [
        CommandChange(
            command_id=CommandId(row.command_id),
            vehicle_id=VehicleId(row.vehicle_id),
            user_id=UserId(row.user_id),
            command_name=row.command_name,
            status=CommandStatus.EXPIRED,
            at=row.completed_at,
        )
        for row in rows
    ]


async def depth(db: AsyncConnection) -> QueueDepth:
    """Length and age of the whole queue."""
    row = (await db.execute(_DEPTH)).one()
    return QueueDepth(waiting=row.waiting, oldest_age_s=float(row.oldest))
