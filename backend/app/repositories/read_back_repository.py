"""Commands whose outcome is not known, with later readings that may settle them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import Command, Ending
from app.repositories.command_rows import COMMAND_COLUMNS, read_command


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An unknown outcome (its row is locked), and the newest completed reading after it."""

    unknown: Command
    read: Command


_COLUMNS = [name.strip() for name in COMMAND_COLUMNS.split(",")]

_CANDIDATES = text(
    f"""
SELECT {", ".join(f"u.{name} AS u_{name}, r.{name} AS r_{name}" for name in _COLUMNS)}
FROM commands u CROSS JOIN LATERAL (
    SELECT * FROM commands r
    WHERE r.vehicle_id = u.vehicle_id AND r.queue_number > u.queue_number AND r.command_name = :read_name
        AND r.status = 'completed' AND r.started_at >= u.completed_at
        AND r.completed_at > clock_timestamp() - make_interval(secs => :fresh_s)
    ORDER BY r.queue_number DESC LIMIT 1
) r
WHERE u.status = 'outcome_unknown' AND u.command_name = :unknown_name
ORDER BY u.queue_number DESC LIMIT :limit
FOR UPDATE OF u SKIP LOCKED
"""  # noqa: S608 - only the constant list of columns is put into the text
)

_SETTLE = text(
    """
WITH settled AS (
    UPDATE commands SET status = :status, status_reason = :status_reason, error = NULL,
        completed_at = clock_timestamp()
    WHERE command_id = :command_id AND status = 'outcome_unknown'
    RETURNING command_id, completed_at, correlation_id
), audited AS (
    INSERT INTO audit_log (actor_type, actor_name, action, outcome, object_type, object_id, details, correlation_id)
    SELECT 'worker', :worker_name, 'command.' || CAST(:status AS text), 'success', 'command', CAST(command_id AS text),
        json_build_object('reason', CAST(:status_reason AS text), 'read_back', CAST(CAST(:read_id AS uuid) AS text)),
        correlation_id
    FROM settled
)
SELECT completed_at FROM settled
"""
)


async def lock_candidates(
    db: AsyncConnection, *, unknown_name: str, read_name: str, fresh_s: float, limit: int
) -> list[Candidate]:
    """Unknown outcomes with a reading that ended within the last `fresh_s` seconds, locked; locked ones are skipped."""
    values = {"unknown_name": unknown_name, "read_name": read_name, "fresh_s": fresh_s, "limit": limit}
    rows = (await db.execute(_CANDIDATES, values)).mappings().all()
    return [
        Candidate(
            unknown=read_command({name: row[f"u_{name}"] for name in _COLUMNS}),
            read=read_command({name: row[f"r_{name}"] for name in _COLUMNS}),
        )
        for row in rows
    ]


async def settle(db: AsyncConnection, candidate: Candidate, ending: Ending, worker_name: str) -> datetime:
    """Move a locked candidate to its proven end; the timeline keeps both times."""
    values = {
        "status": ending.status,
        "status_reason": ending.status_reason,
        "command_id": candidate.unknown.command_id,
        "read_id": candidate.read.command_id,
        "worker_name": worker_name,
    }
    settled: datetime = (await db.execute(_SETTLE, values)).scalar_one()
    return settled
