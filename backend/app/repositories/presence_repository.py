"""Presence of vehicles: which to probe next, and what the probes found. For the workers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.identifiers import VehicleId
from app.domain.json_values import encode_json
from app.domain.presence import PresenceChange
from app.domain.vehicle import ConnectionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DueProbe:
    """A vehicle whose presence should be looked at now."""

    vehicle_id: VehicleId
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceObservation:
    """What a probe, or a command on the way, found. `cause` says for people why the status is so.

    `address` is where it was looked for: an observation of an address that has been changed since counts for nothing.
    """

    vehicle_id: VehicleId
    address: str
    status: ConnectionStatus
    cause: str | None = None


LONGEST_BACK_OFF = 6
"""A vehicle that stays silent is probed every so many intervals."""

# NO KEY: commands are submitted meanwhile, and each holds the key of its vehicle for a moment.
_CLAIM = text(
    """
    UPDATE vehicles
    SET next_probe_at = now()
        + make_interval(secs => :interval_s * least(2 ^ silent_probes, :longest) * (0.9 + 0.2 * random()))
    WHERE vehicle_id IN (
        SELECT vehicle_id FROM vehicles
        WHERE deleted_at IS NULL AND next_probe_at <= now()
        ORDER BY next_probe_at
        LIMIT :limit
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING vehicle_id, address
    """
)

_RECORD = text(
    """
    WITH observed AS (
        SELECT * FROM json_to_recordset(CAST(:observations AS json))
            AS o(vehicle_id uuid, address text, status text, cause text)
    ), found AS (
        SELECT v.vehicle_id, v.connection_status AS before, v.last_seen_at, o.status, o.cause
        FROM vehicles v JOIN observed o ON o.vehicle_id = v.vehicle_id AND o.address = v.address
        WHERE v.deleted_at IS NULL
        ORDER BY v.vehicle_id
        FOR NO KEY UPDATE OF v
    ), recorded AS (
        UPDATE vehicles v
        SET connection_status = f.status,
            status_cause = f.cause,
            silent_probes = CASE WHEN f.status = 'connected' THEN 0 ELSE least(v.silent_probes + 1, 16) END,
            last_seen_at = CASE WHEN f.status = 'connected' THEN now() ELSE v.last_seen_at END
        FROM found f
        WHERE v.vehicle_id = f.vehicle_id
        RETURNING v.vehicle_id, v.last_seen_at
    ), audited AS (
        INSERT INTO audit_log (actor_type, actor_name, action, outcome, object_type, object_id, details)
        SELECT 'worker', :worker, 'vehicle.presence_changed', 'success', 'vehicle', CAST(vehicle_id AS text),
            json_build_object('before', before, 'after', status, 'cause', cause)
        FROM found WHERE before <> status
    )
    SELECT f.vehicle_id, f.status, f.cause, r.last_seen_at
    FROM found f JOIN recorded r ON r.vehicle_id = f.vehicle_id WHERE f.before <> f.status
    """
)


async def claim_due_probes(db: AsyncConnection, limit: int, interval_s: float) -> tuple[DueProbe, ...]:
    """At most `limit` vehicles to probe now, longest overdue first.

    Each is due again in about `interval_s` seconds (± 10 %), whether or not the probe ends: several workers share the
    work without asking each other, and a worker that dies costs one interval. A vehicle that was silent is asked less
    and less often, at last every `LONGEST_BACK_OFF` intervals.
    """
    rows = await db.execute(_CLAIM, {"limit": limit, "interval_s": interval_s, "longest": LONGEST_BACK_OFF})
    return tuple(DueProbe(vehicle_id=row.vehicle_id, address=row.address) for row in rows)


async def record_presence(
    db: AsyncConnection, observations: Sequence[PresenceObservation], *, worker: str | None = None
) -> tuple[PresenceChange, ...]:
    """Record findings in one statement; only changes of status get an audit entry. At most one finding per vehicle.

    Returns the changes of status; the waiting commands of a vehicle that has just become connected may start. `worker`
    names the worker for people.
    """
    if not observations:
        return ()
    listed = [
        {
            "vehicle_id": str(found.vehicle_id),
            "address": found.address,
            "status": found.status.value,
            "cause": found.cause,
        }
        for found in observations
    ]
    rows = await db.execute(_RECORD, {"observations": _as_array(listed), "worker": worker})
    return tuple(
        PresenceChange(
            vehicle_id=VehicleId(row.vehicle_id),
            status=ConnectionStatus(row.status),
            cause=row.cause,
            last_seen_at=row.last_seen_at,
        )
        for row in rows
    )


def _as_array(items: Sequence[dict[str, str | None]]) -> str:
    return "[" + ",".join(encode_json(item) for item in items) + "]"
