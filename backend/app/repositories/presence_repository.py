"""Presence of vehicles: which to probe next, and what the probes found. For the workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.identifiers import VehicleId
from app.domain.json_values import JsonObject, encode_json
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
    It was asked `asked_ago_s` and known `found_ago_s` seconds ago: one that was overtaken by newer evidence, from
    whichever worker, counts for nothing either.
    """

    vehicle_id: VehicleId
    address: str
    status: ConnectionStatus
    cause: str | None = None
    asked_ago_s: float = 0.0
    found_ago_s: float = 0.0


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

# A time in the future can only come from a clock that was put back: it is no evidence, else presence would stand still.
_RECORD = text(
    """
    WITH observed AS (
        SELECT vehicle_id, address, status, cause,
            clock_timestamp() - make_interval(secs => asked_ago_s) AS asked_at,
            clock_timestamp() - make_interval(secs => found_ago_s) AS found_at
        FROM json_to_recordset(CAST(:observations AS json)) AS o(vehicle_id uuid, address text, status text,
            cause text, asked_ago_s double precision, found_ago_s double precision)
    ), found AS (
        SELECT v.vehicle_id, v.connection_status AS before, v.status_cause AS cause_before,
            o.status, o.cause, o.found_at
        FROM vehicles v JOIN observed o ON o.vehicle_id = v.vehicle_id AND o.address = v.address
        WHERE v.deleted_at IS NULL
            AND (o.found_at >= v.status_since OR v.status_since > clock_timestamp())
            AND (o.status = 'connected' OR v.last_seen_at IS NULL OR o.asked_at >= v.last_seen_at
                OR v.last_seen_at > clock_timestamp())
        ORDER BY v.vehicle_id
        FOR NO KEY UPDATE OF v
    ), recorded AS (
        UPDATE vehicles v
        SET connection_status = f.status,
            status_cause = f.cause,
            status_since = CASE WHEN (f.before, f.cause_before) IS DISTINCT FROM (f.status, f.cause) THEN f.found_at
                ELSE v.status_since END,
            silent_probes = CASE WHEN f.status = 'connected' THEN 0 ELSE least(v.silent_probes + 1, 16) END,
            last_seen_at = CASE WHEN f.status <> 'connected' THEN v.last_seen_at
                ELSE greatest(f.found_at, CASE WHEN v.last_seen_at <= clock_timestamp() THEN v.last_seen_at END) END
        FROM found f
        WHERE v.vehicle_id = f.vehicle_id
        RETURNING v.vehicle_id, v.status_since, v.last_seen_at
    ), audited AS (
        INSERT INTO audit_log (actor_type, actor_name, action, outcome, object_type, object_id, details)
        SELECT 'worker', :worker, 'vehicle.presence_changed', 'success', 'vehicle', CAST(vehicle_id AS text),
            json_build_object('before', before, 'after', status, 'cause', cause)
        FROM found WHERE before <> status
    )
    SELECT f.vehicle_id, f.status, f.cause, r.status_since, r.last_seen_at
    FROM found f JOIN recorded r ON r.vehicle_id = f.vehicle_id
    WHERE (f.before, f.cause_before) IS DISTINCT FROM (f.status, f.cause)
    """
)

# Commands find vehicles too: one that answered after its probe was due is known until that answer.
_DOUBT = text(
    """
    WITH unwatched AS (
        SELECT vehicle_id, connection_status AS before,
            greatest(next_probe_at, CASE WHEN last_seen_at <= now() THEN last_seen_at END) AS left_at
        FROM vehicles
        WHERE deleted_at IS NULL AND connection_status <> 'unknown'
            AND next_probe_at < now() - make_interval(secs => :overdue_s)
            AND (last_seen_at IS NULL OR last_seen_at > now()
                OR last_seen_at < now() - make_interval(secs => :overdue_s))
            AND (status_since > now() OR status_since < now() - make_interval(secs => :overdue_s))
        ORDER BY next_probe_at
        LIMIT :limit
        FOR NO KEY UPDATE SKIP LOCKED
    ), doubted AS (
        UPDATE vehicles v
        SET connection_status = 'unknown', status_cause = :cause, status_since = u.left_at
        FROM unwatched u
        WHERE v.vehicle_id = u.vehicle_id
        RETURNING v.vehicle_id, v.status_since, v.last_seen_at
    ), audited AS (
        INSERT INTO audit_log (actor_type, actor_name, action, outcome, object_type, object_id, details)
        SELECT 'worker', :worker, 'vehicle.presence_changed', 'success', 'vehicle', CAST(vehicle_id AS text),
            json_build_object('before', before, 'after', 'unknown', 'cause', CAST(:cause AS text))
        FROM unwatched
    )
    SELECT vehicle_id, 'unknown' AS status, CAST(:cause AS text) AS cause, status_since, last_seen_at FROM doubted
    """
)
_DOUBTED_AT_ONCE = 1000
UNWATCHED = "it was not asked for a while: no worker was there, or they had too much to do"
"""The cause of presence that nobody looked after."""


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
    """Record findings in one statement, at most one per vehicle.

    Returns the changes of status or cause, which are also in the presence history (a trigger writes it); only changes
    of status get an audit entry, which nobody could ever delete. The waiting commands of a vehicle that has just become
    connected may start. `worker` names the worker for people.
    """
    if not observations:
        return ()
    listed = [
        {
            "vehicle_id": str(found.vehicle_id),
            "address": found.address,
            "status": found.status.value,
            "cause": found.cause,
            "asked_ago_s": found.asked_ago_s,
            "found_ago_s": found.found_ago_s,
        }
        for found in observations
    ]
    rows = await db.execute(_RECORD, {"observations": _as_array(listed), "worker": worker})
    return tuple(_change(row) for row in rows)


async def doubt_unwatched(
    db: AsyncConnection, *, overdue_s: float, worker: str | None = None
) -> tuple[PresenceChange, ...]:
    """Vehicles that nobody asked although they were due more than `overdue_s` seconds ago become `unknown`, since then.

    Those of which something was found meanwhile, by a command that ran, count from that.

    Call it before `claim_due_probes`, in one transaction: what was found before a night without workers must not stand
    in the history as the truth about that night. A thousand at a time, longest overdue first.
    """
    values = {"overdue_s": overdue_s, "limit": _DOUBTED_AT_ONCE, "cause": UNWATCHED, "worker": worker}
    return tuple(_change(row) for row in await db.execute(_DOUBT, values))


def _change(row: Any) -> PresenceChange:
    return PresenceChange(
        vehicle_id=VehicleId(row.vehicle_id),
        status=ConnectionStatus(row.status),
        cause=row.cause,
        since=row.status_since,
        last_seen_at=row.last_seen_at,
    )


def _as_array(items: Sequence[JsonObject]) -> str:
    return "[" + ",".join(encode_json(item) for item in items) + "]"
