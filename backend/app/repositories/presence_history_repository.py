"""The presence history of vehicles: read here, thrown away here when it is old. Triggers on `vehicles` write it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.identifiers import VehicleId
from app.domain.presence_history import PresencePeriod
from app.domain.vehicle import ConnectionStatus

# What reaches into a span began in it, or was the last to begin before it.
_REACHING_IN = """
    p.vehicle_id = :vehicle_id AND p.since < :until AND p.since >= coalesce((
        SELECT max(e.since) FROM presence_changes e WHERE e.vehicle_id = :vehicle_id AND e.since <= :since
    ), :since)
"""
_NOW = text(
    "SELECT clock_timestamp() AS now, (SELECT min(since) FROM presence_changes WHERE vehicle_id = :vehicle_id) AS first"
)
_BEGINNINGS = text(
    f"SELECT p.since, p.connection_status FROM presence_changes p WHERE {_REACHING_IN} ORDER BY p.since"  # noqa: S608 - our own text
)
_PERIODS = text(
    f"""
    SELECT p.*, (
        SELECT min(n.since) FROM presence_changes n WHERE n.vehicle_id = p.vehicle_id AND n.since > p.since
    ) AS until
    FROM presence_changes p
    WHERE {_REACHING_IN} AND p.since < :before
    ORDER BY p.since DESC
    LIMIT :limit
    """  # noqa: S608 - our own text
)

# A period is over when the next one begins: the one that reaches over the border stays, and so does the newest.
_DELETE_ENDED = text(
    """
    DELETE FROM presence_changes d USING (
        SELECT p.vehicle_id, p.since FROM presence_changes p
        WHERE p.since < now() - make_interval(days => :days) AND EXISTS (
            SELECT FROM presence_changes n WHERE n.vehicle_id = p.vehicle_id AND n.since > p.since
                AND n.since < now() - make_interval(days => :days)
        )
        LIMIT :limit
    ) old
    WHERE d.vehicle_id = old.vehicle_id AND d.since = old.since
    """
)
_DELETE_TOO_MANY = text(
    """
    DELETE FROM presence_changes d USING (
        SELECT p.vehicle_id, p.since FROM vehicles v
        CROSS JOIN LATERAL (
            SELECT m.since FROM presence_changes m WHERE m.vehicle_id = v.vehicle_id
            ORDER BY m.since DESC OFFSET :most LIMIT 1
        ) last
        JOIN presence_changes p ON p.vehicle_id = v.vehicle_id AND p.since <= last.since
        LIMIT :limit
    ) old
    WHERE d.vehicle_id = old.vehicle_id AND d.since = old.since
    """
)


async def recorded(db: AsyncConnection, vehicle_id: VehicleId) -> tuple[datetime, datetime | None]:
    """The database's time now, and since when the vehicle's presence is on record."""
    row = (await db.execute(_NOW, {"vehicle_id": vehicle_id})).one()
    return row.now, row.first


async def beginnings(
    db: AsyncConnection, vehicle_id: VehicleId, since: datetime, until: datetime
) -> Sequence[tuple[datetime, ConnectionStatus]]:
    """When each period that reaches into the span began, and its status; oldest first."""
    values = {"vehicle_id": vehicle_id, "since": since, "until": until}
    rows = await db.execute(_BEGINNINGS, values)
    return [(row.since, ConnectionStatus(row.connection_status)) for row in rows]


async def periods(
    db: AsyncConnection, vehicle_id: VehicleId, since: datetime, until: datetime, *, before: datetime, limit: int
) -> tuple[PresencePeriod, ...]:
    """At most `limit` periods that reach into the span and began before `before`, newest first."""
    values = {"vehicle_id": vehicle_id, "since": since, "until": until, "before": before, "limit": limit}
    return tuple(
        PresencePeriod(
            status=ConnectionStatus(row.connection_status),
            cause=row.status_cause,
            since=row.since,
            until=row.until,
            last_seen_at=row.last_seen_at,
        )
        for row in await db.execute(_PERIODS, values)
    )


async def delete_ended(db: AsyncConnection, *, days: int, limit: int) -> int:
    """Delete up to `limit` periods that ended more than `days` days ago; how many."""
    return (await db.execute(_DELETE_ENDED, {"days": days, "limit": limit})).rowcount


async def delete_too_many(db: AsyncConnection, *, most: int, limit: int) -> int:
    """Delete up to `limit` periods, so that each vehicle keeps its newest `most`; how many."""
    return (await db.execute(_DELETE_TOO_MANY, {"most": most, "limit": limit})).rowcount
