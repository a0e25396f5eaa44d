"""Leases of workers, and what happens to the commands of a worker that died.

A worker holds one lease for all its commands: a row in `workers` that its heartbeat moves on. A lease that ran out is
never revived: the worker has to register anew under another id.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.address_schemes import scheme_of
from app.domain.command import Ending
from app.domain.identifiers import CommandId, WorkerId
from app.domain.json_values import encode_json
from app.repositories.command_rows import COMMAND_COLUMNS
from app.repositories.queue_repository import ClaimedCommand, read_claimed

_CLAIM_GRACE_S = 5.0
"""A claim and the start of its run lie moments apart; only after this long does a missing run mean trouble."""

_REGISTER = text(
    """
INSERT INTO workers (worker_id, name, lease_expires_at)
VALUES (:worker_id, :name, clock_timestamp() + make_interval(secs => :lease_s))
"""
)

_HEARTBEAT = text(
    """
WITH beat AS (
    UPDATE workers SET lease_expires_at = clock_timestamp() + make_interval(secs => :lease_s)
    WHERE worker_id = :worker_id AND lease_expires_at > clock_timestamp()
    RETURNING worker_id
)
SELECT b.worker_id, array(
    SELECT c.command_id FROM commands c
    WHERE c.lease_owner = b.worker_id AND c.status = 'in_progress' AND c.cancel_requested_at IS NOT NULL
) AS cancelled
FROM beat b
"""
)

_RETIRE = text("DELETE FROM workers WHERE worker_id = :worker_id")

_FORGET_DEAD = text(
    """
DELETE FROM workers w WHERE w.lease_expires_at < clock_timestamp() - interval '1 minute'
    AND NOT EXISTS (SELECT 1 FROM commands c WHERE c.lease_owner = w.worker_id AND c.status = 'in_progress')
"""
)

_ORPHANS = text(
    f"""
SELECT {", ".join(f"c.{name.strip()}" for name in COMMAND_COLUMNS.split(","))}, c.lease_token, c.trace_context,
    v.address, v.vin, u.username, u.role, u.is_active, u.vehicle_ids, c.expires_at <= clock_timestamp() AS is_late,
    (SELECT coalesce(max(r.sequence_number), 0) FROM responses r WHERE r.command_id = c.command_id) AS chunks_stored
FROM commands c JOIN vehicles v ON v.vehicle_id = c.vehicle_id JOIN users u ON u.user_id = c.user_id
WHERE c.status = 'in_progress' AND c.command_id <> ALL(CAST(:running AS uuid[])) AND (
    NOT EXISTS (
        SELECT 1 FROM workers w WHERE w.worker_id = c.lease_owner AND w.lease_expires_at > clock_timestamp()
    ) OR (
        c.lease_owner = :worker_id
        AND c.started_at < clock_timestamp() - make_interval(secs => :grace_s)
    )
)
ORDER BY c.queue_number LIMIT :limit
FOR UPDATE OF c SKIP LOCKED
"""  # noqa: S608 - only the constant list of columns is put into the text
)

_TAKE_OVER = text(
    """
WITH taken AS (
    UPDATE commands SET lease_owner = :worker_id, lease_token = lease_token + 1, attempt = attempt + 1,
        started_at = clock_timestamp()
    WHERE command_id = :command_id
        AND NOT EXISTS (SELECT 1 FROM responses r WHERE r.command_id = :command_id)
        AND (NOT CAST(:serves_one_worker AS boolean) OR vehicle_is_free_for(vehicle_id, CAST(:worker_id AS uuid)))
    RETURNING command_id, attempt, lease_token, correlation_id
), audited AS (
    INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
        correlation_id)
    SELECT 'worker', CAST(CAST(:worker_id AS uuid) AS text), CAST(:worker_name AS text),
        'command.taken_over', 'success', 'command',
        CAST(command_id AS text),
        json_build_object('attempt', attempt, 'reason', 'the worker that ran it is gone; nothing had arrived yet'),
        correlation_id
    FROM taken
)
SELECT lease_token, attempt FROM taken
"""
)

_END_ORPHAN = text(
    """
WITH ended AS (
    UPDATE commands SET status = :status, status_reason = :status_reason, error = CAST(:error AS json),
        completed_at = clock_timestamp(), lease_token = lease_token + 1
    WHERE command_id = :command_id AND status = 'in_progress'
    RETURNING command_id, completed_at, attempt, correlation_id
), audited AS (
    INSERT INTO audit_log (actor_type, actor_id, actor_name, action, outcome, object_type, object_id, details,
        correlation_id)
    SELECT 'worker', CAST(CAST(:worker_id AS uuid) AS text), CAST(:worker_name AS text),
        'command.' || :status, 'success', 'command',
        CAST(command_id AS text),
        json_build_object('reason', CAST(:status_reason AS text), 'error', CAST(:error AS json), 'attempt', attempt,
            'chunks', CAST(:chunks AS integer)),
        correlation_id
    FROM ended
)
SELECT completed_at FROM ended
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A heartbeat that arrived: the running commands of this worker that somebody asked to cancel."""

    cancelled: Sequence[CommandId]


async def register(db: AsyncConnection, worker_id: WorkerId, name: str, lease_s: float) -> None:
    """Start a lease of `lease_s` seconds."""
    await db.execute(_REGISTER, {"worker_id": worker_id, "name": name, "lease_s": lease_s})


async def heartbeat(db: AsyncConnection, worker_id: WorkerId, lease_s: float) -> Heartbeat | None:
    """Move the lease on; None where it had run out: the worker must stop what it runs and register anew."""
    row = (await db.execute(_HEARTBEAT, {"worker_id": worker_id, "lease_s": lease_s})).one_or_none()
    return None if row is None else Heartbeat(cancelled=[CommandId(item) for item in row.cancelled])


async def retire(db: AsyncConnection, worker_id: WorkerId) -> None:
    """End the lease of a worker that stops with nothing running."""
    await db.execute(_RETIRE, {"worker_id": worker_id})


async def forget_dead(db: AsyncConnection) -> None:
    """Remove rows of workers that are long gone and own nothing any more."""
    await db.execute(_FORGET_DEAD)


async def lock_orphans(
    db: AsyncConnection, worker_id: WorkerId, running: Collection[CommandId], limit: int
) -> list[ClaimedCommand]:
    """Lock running commands that nobody runs: their worker's lease ran out, or they are this worker's and were claimed
    longer ago than a moment. Other workers skip them meanwhile.

    Never one of `running`, the commands that run in this process: after a lost lease such a run may still be leaving
    its vehicle, and a second one beside it would be two testers on one vehicle.
    """
    values = {"worker_id": worker_id, "running": list(running), "limit": limit, "grace_s": _CLAIM_GRACE_S}
    rows = (await db.execute(_ORPHANS, values)).mappings().all()
    return [read_claimed(dict(row)) for row in rows]


async def take_over(
    db: AsyncConnection, worker_id: WorkerId, worker_name: str, orphan: ClaimedCommand
) -> ClaimedCommand | None:
    """Move an orphan under this worker's lease, with a new fencing token and the next attempt.

    None, and nothing changed, where a chunk has arrived after all: its former worker stored one while we waited for
    the lock, which the look at the orphan could not see yet. None also where another worker has begun to talk to the
    vehicle and it serves one worker at a time: the orphan is for that worker then, or for a later look.
    """
    values = {
        "worker_id": worker_id,
        "worker_name": worker_name,
        "command_id": orphan.command.command_id,
        "serves_one_worker": scheme_of(orphan.address).serves_one_worker,
    }
    row = (await db.execute(_TAKE_OVER, values)).one_or_none()
    if row is None:
        return None
    return replace(orphan, lease_token=row.lease_token, command=replace(orphan.command, attempt=row.attempt))


async def end_orphan(
    db: AsyncConnection, worker_id: WorkerId, worker_name: str, claimed: ClaimedCommand, ending: Ending
) -> datetime:
    """End an orphan truthfully; its former worker can change nothing any more. Gives the time it ended."""
    values = {
        "worker_id": worker_id,
        "worker_name": worker_name,
        "command_id": claimed.command.command_id,
        "status": ending.status,
        "status_reason": ending.status_reason,
        "error": encode_json(ending.error.to_json()) if ending.error else None,
        "chunks": claimed.chunks_stored,
    }
    ended: datetime = (await db.execute(_END_ORPHAN, values)).scalar_one()
    return ended
