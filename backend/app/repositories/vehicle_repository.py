"""The vehicle registry: what callers see and change of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.identifiers import VehicleId
from app.domain.json_values import JsonObject
from app.domain.vehicle import ConnectionStatus, Vehicle
from app.storage.tables import commands, vehicles

UNIQUE_VIN = "uq_vehicles_vin"
"""Constraint that ConstraintViolated names where a VIN is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVehicle:
    """A vehicle to register; all parts have been checked."""

    vehicle_id: VehicleId
    vin: str
    make: str
    model: str
    year: int | None
    address: str
    metadata: JsonObject
    settings: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleFilter:
    """What to list; `vehicle_ids` is the caller's scope (None: whole fleet), `search` plain text, no pattern."""

    vehicle_ids: frozenset[VehicleId] | None = None
    status: ConnectionStatus | None = None
    search: str | None = None


_KEPT_INSIDE = {"next_probe_at", "deleted_at", "vehicle_number", "silent_probes"}
_LIVE = vehicles.c.deleted_at.is_(None)
_SHOWN = tuple(column for column in vehicles.c if column.name not in _KEPT_INSIDE)


async def add(db: AsyncConnection, new: NewVehicle) -> Vehicle:
    """Register a vehicle. A taken VIN breaks the constraint `UNIQUE_VIN` when the statement runs."""
    values = {name: getattr(new, name) for name in NewVehicle.__slots__}
    rows = await db.execute(insert(vehicles).values(**values).returning(*_SHOWN))
    return _read(rows.mappings().one())


async def find(db: AsyncConnection, vehicle_id: VehicleId) -> Vehicle | None:
    """One registered vehicle; removed ones count as unknown."""
    rows = await db.execute(select(*_SHOWN).where(vehicles.c.vehicle_id == vehicle_id, _LIVE))
    row = rows.mappings().one_or_none()
    return None if row is None else _read(row)


async def lock(db: AsyncConnection, vehicle_id: VehicleId) -> Vehicle | None:
    """Like `find`, and nobody else changes it or submits to it until the transaction ends."""
    rows = await db.execute(select(*_SHOWN).where(vehicles.c.vehicle_id == vehicle_id, _LIVE).with_for_update())
    row = rows.mappings().one_or_none()
    return None if row is None else _read(row)


async def list_page(
    db: AsyncConnection, wanted: VehicleFilter, *, limit: int, offset: int
) -> tuple[tuple[Vehicle, ...], int]:
    """A page ordered by VIN, and how many there are in all."""
    conditions = _conditions(wanted)
    rows = await db.execute(
        select(*_SHOWN).where(*conditions).order_by(vehicles.c.vin, vehicles.c.vehicle_id).limit(limit).offset(offset)
    )
    page = tuple(_read(row) for row in rows.mappings())
    if page and len(page) < limit:
        return page, offset + len(page)
    total = await db.scalar(select(func.count()).select_from(vehicles).where(*conditions))
    return page, total or 0


async def registered_vins(db: AsyncConnection, vins: Sequence[str]) -> frozenset[str]:
    """Those of `vins` that were ever registered, removed vehicles included."""
    rows = await db.execute(select(vehicles.c.vin).where(vehicles.c.vin.in_(vins)))
    return frozenset(rows.scalars())


# After a night without workers the time that is not known is that night, and the new address is only its end.
_WHY_UNKNOWN = """
    CASE WHEN greatest(next_probe_at, last_seen_at) < now() - interval '60 s'
        THEN 'it was not asked for a while, and then its address was changed'
        ELSE 'the address was changed' END
"""


async def change(db: AsyncConnection, vehicle_id: VehicleId, values: JsonObject, *, probe_again: bool) -> Vehicle:
    """Change columns of a vehicle that the caller holds locked; `probe_again` forgets what is known of its presence."""
    if probe_again:
        values = {
            **values,
            "connection_status": ConnectionStatus.UNKNOWN,
            "status_cause": text(_WHY_UNKNOWN),
            # a probe that is overdue: nobody has looked since then
            "status_since": text("least(now(), greatest(next_probe_at, last_seen_at))"),
            "silent_probes": 0,
            "next_probe_at": text("now()"),
        }
    rows = await db.execute(
        update(vehicles).where(vehicles.c.vehicle_id == vehicle_id).values(**values).returning(*_SHOWN)
    )
    return _read(rows.mappings().one())


async def has_open_commands(db: AsyncConnection, vehicle_id: VehicleId) -> bool:
    """Whether a command on the vehicle waits or runs."""
    open_ones = select(commands.c.command_id).where(
        commands.c.vehicle_id == vehicle_id, text("status IN ('pending', 'in_progress')")
    )
    return bool(await db.scalar(select(open_ones.exists())))


async def remove(db: AsyncConnection, vehicle_id: VehicleId) -> None:
    """Take a vehicle out of the registry; its row stays for the history of its commands."""
    await db.execute(update(vehicles).where(vehicles.c.vehicle_id == vehicle_id).values(deleted_at=text("now()")))


def _conditions(wanted: VehicleFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_LIVE]
    if wanted.vehicle_ids is not None:
        conditions.append(vehicles.c.vehicle_id.in_(wanted.vehicle_ids))
    if wanted.status is not None:
        conditions.append(vehicles.c.connection_status == wanted.status)
    if wanted.search is not None:
        conditions.append(
            or_(
                vehicles.c.vin.icontains(wanted.search, autoescape=True),
                vehicles.c.make.icontains(wanted.search, autoescape=True),
                vehicles.c.model.icontains(wanted.search, autoescape=True),
            )
        )
    return conditions


def _read(row: Any) -> Vehicle:
    return Vehicle(
        vehicle_id=row["vehicle_id"],
        vin=row["vin"],
        make=row["make"],
        model=row["model"],
        year=row["year"],
        address=row["address"],
        metadata=row["metadata"],
        settings=row["settings"],
        connection_status=ConnectionStatus(row["connection_status"]),
        status_cause=row["status_cause"],
        status_since=row["status_since"],
        last_seen_at=row["last_seen_at"],
        created_at=row["created_at"],
    )
