"""Sets of diagnostic data, what they are assigned to, and answers that were decoded again with them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.ext.asyncio import AsyncConnection

from app.diagnostic_data.port import DataSetRef
from app.domain.identifiers import CommandId, UserId, VehicleId
from app.domain.json_values import JsonObject
from app.storage.tables import command_redecodings, diagnostic_data_assignments, diagnostic_data_sets, vehicles

UNIQUE_PLACE = "uq_diagnostic_data_assignments_place"
"""Constraint that ConstraintViolated names where a set is assigned to the same place already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A stored set without its file. `checksum` is SHA-256 of the file in hex; `kind` is odx or identifiers.

    `removed_at`: since then its file is gone; what it was stays known, because stored answers name it.
    """

    data_set_id: UUID
    checksum: str
    kind: str
    name: str
    version: str
    file_name: str
    size: int
    summary: JsonObject
    report: JsonObject
    created_at: datetime
    created_by: UserId
    removed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDataSet:
    """A set to store; all parts have been checked."""

    data_set_id: UUID
    checksum: str
    kind: str
    name: str
    version: str
    file_name: str
    size: int
    content: bytes
    summary: JsonObject
    report: JsonObject
    created_by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssignment:
    """Where a set counts: None of `vehicle_id` is every vehicle, of `ecu_address` every ECU it describes."""

    assignment_id: UUID
    data_set_id: UUID
    vehicle_id: VehicleId | None
    ecu_address: int | None
    variant: str | None
    created_by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(NewAssignment):
    """A stored assignment."""

    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRedecoding:
    """An answer as a data set reads it; `chunks` have `sequence_number`, `response_payload` and `is_final`."""

    redecoding_id: UUID
    command_id: CommandId
    data_set_id: UUID
    created_by: UserId
    chunks: list[JsonObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redecoding(NewRedecoding):
    """A stored re-decoding."""

    created_at: datetime


_SETS, _ASSIGNED, _REDECODED = diagnostic_data_sets, diagnostic_data_assignments, command_redecodings
_SHOWN = tuple(column for column in _SETS.c if column.name != "content")


async def add(db: AsyncConnection, new: NewDataSet) -> DataSet | None:
    """Store a set; None where one with this checksum is there already."""
    values = {name: getattr(new, name) for name in NewDataSet.__slots__}
    statement = insert_or_not(_SETS).values(**values).on_conflict_do_nothing(index_elements=["checksum"])
    row = (await db.execute(statement.returning(*_SHOWN))).mappings().one_or_none()
    return None if row is None else DataSet(**row)


async def restore(db: AsyncConnection, checksum: str, content: bytes) -> DataSet | None:
    """Give a removed set its file back, under the name it had; None where there is none that was removed."""
    fitting = (_SETS.c.checksum == checksum, _SETS.c.removed_at.is_not(None))
    statement = update(_SETS).where(*fitting).values(content=content, removed_at=None).returning(*_SHOWN)
    row = (await db.execute(statement)).mappings().one_or_none()
    return None if row is None else DataSet(**row)


async def lock_to_remove(db: AsyncConnection, data_set_id: UUID) -> int | None:
    """Keep anybody from assigning the set until the transaction ends; the number of places where it counts now.

    None where there is no such set, or it has been removed.
    """
    present = (_SETS.c.data_set_id == data_set_id, _SETS.c.removed_at.is_(None))
    if await db.scalar(select(_SETS.c.data_set_id).where(*present).with_for_update()) is None:
        return None
    counting = or_(_ASSIGNED.c.vehicle_id.is_(None), vehicles.c.deleted_at.is_(None))
    joined = _ASSIGNED.outerjoin(vehicles, vehicles.c.vehicle_id == _ASSIGNED.c.vehicle_id)
    places = select(func.count()).select_from(joined).where(_ASSIGNED.c.data_set_id == data_set_id, counting)
    return await db.scalar(places) or 0


async def remove(db: AsyncConnection, data_set_id: UUID) -> None:
    """Throw the file away, and what is left of assignments to vehicles that are gone. Locked before."""
    await db.execute(delete(_ASSIGNED).where(_ASSIGNED.c.data_set_id == data_set_id))
    gone = update(_SETS).where(_SETS.c.data_set_id == data_set_id).values(content=None, removed_at=func.now())
    await db.execute(gone)


async def find(db: AsyncConnection, data_set_id: UUID) -> DataSet | None:
    """A set by its id, a removed one too."""
    row = (await db.execute(select(*_SHOWN).where(_SETS.c.data_set_id == data_set_id))).mappings().one_or_none()
    return None if row is None else DataSet(**row)


async def find_by_checksum(db: AsyncConnection, checksum: str) -> DataSet | None:
    """A set by the checksum of its file, a removed one too."""
    row = (await db.execute(select(*_SHOWN).where(_SETS.c.checksum == checksum))).mappings().one_or_none()
    return None if row is None else DataSet(**row)


async def content_of(db: AsyncConnection, checksum: str) -> bytes | None:
    """The file itself."""
    content: bytes | None = await db.scalar(select(_SETS.c.content).where(_SETS.c.checksum == checksum))
    return content


async def list_page(db: AsyncConnection, *, limit: int, offset: int) -> tuple[tuple[DataSet, ...], int]:
    """A page of the sets that have a file, newest first, and how many there are in all."""
    order, present = (_SETS.c.created_at.desc(), _SETS.c.data_set_id), _SETS.c.removed_at.is_(None)
    rows = await db.execute(select(*_SHOWN).where(present).order_by(*order).limit(limit).offset(offset))
    total = await db.scalar(select(func.count()).select_from(_SETS).where(present))
    return tuple(DataSet(**row) for row in rows.mappings()), total or 0


async def assign(db: AsyncConnection, new: NewAssignment) -> Assignment | None:
    """Store an assignment; None where the set has been removed.

    A taken place breaks the constraint `UNIQUE_PLACE` when the statement runs.
    """
    present = (_SETS.c.data_set_id == new.data_set_id, _SETS.c.removed_at.is_(None))
    if await db.scalar(select(_SETS.c.data_set_id).where(*present).with_for_update(key_share=True, read=True)) is None:
        return None
    values = {name: getattr(new, name) for name in NewAssignment.__slots__}
    row = (await db.execute(insert(_ASSIGNED).values(**values).returning(*_ASSIGNED.c))).mappings().one()
    return Assignment(**row)


async def find_assignment(db: AsyncConnection, assignment_id: UUID) -> Assignment | None:
    """An assignment by its id."""
    rows = await db.execute(select(_ASSIGNED).where(_ASSIGNED.c.assignment_id == assignment_id))
    row = rows.mappings().one_or_none()
    return None if row is None else Assignment(**row)


async def unassign(db: AsyncConnection, assignment_id: UUID) -> bool:
    """Take an assignment away; False where there was none (any more)."""
    gone = delete(_ASSIGNED).where(_ASSIGNED.c.assignment_id == assignment_id).returning(_ASSIGNED.c.assignment_id)
    return await db.scalar(gone) is not None


async def list_assignments(
    db: AsyncConnection, data_set_id: UUID, vehicle_ids: Collection[VehicleId] | None
) -> tuple[Assignment, ...]:
    """Where a set counts, of what lies in the scope (None: whole fleet); what counts for all is in every scope."""
    conditions: list[Any] = [_ASSIGNED.c.data_set_id == data_set_id]
    if vehicle_ids is not None:
        conditions.append(or_(_ASSIGNED.c.vehicle_id.is_(None), _ASSIGNED.c.vehicle_id.in_(vehicle_ids)))
    rows = await db.execute(select(_ASSIGNED).where(*conditions).order_by(_ASSIGNED.c.created_at))
    return tuple(Assignment(**row) for row in rows.mappings())


async def data_sets_of(db: AsyncConnection, vehicle_id: VehicleId) -> tuple[DataSetRef, ...]:
    """What is assigned to a vehicle, the most specific first: own before fleet-wide, an ECU before all, then newest."""
    statement = (
        select(_SETS.c.data_set_id, _SETS.c.name, _SETS.c.version, _SETS.c.checksum)
        .add_columns(_ASSIGNED.c.ecu_address, _ASSIGNED.c.variant)
        .join(_SETS, _SETS.c.data_set_id == _ASSIGNED.c.data_set_id)
        .where(or_(_ASSIGNED.c.vehicle_id == vehicle_id, _ASSIGNED.c.vehicle_id.is_(None)))
        .order_by(_ASSIGNED.c.vehicle_id.is_(None), _ASSIGNED.c.ecu_address.is_(None), _ASSIGNED.c.created_at.desc())
    )
    rows = await db.execute(statement)
    return tuple(DataSetRef(**{**row, "data_set_id": str(row["data_set_id"])}) for row in rows.mappings())


async def add_redecoding(db: AsyncConnection, new: NewRedecoding) -> Redecoding:
    """Store a re-decoding beside the answer."""
    values = {name: getattr(new, name) for name in NewRedecoding.__slots__}
    row = (await db.execute(insert(_REDECODED).values(**values).returning(*_REDECODED.c))).mappings().one()
    return Redecoding(**row)


async def list_redecodings(db: AsyncConnection, command_id: CommandId) -> tuple[Redecoding, ...]:
    """All re-decodings of a command, oldest first."""
    order = (_REDECODED.c.created_at, _REDECODED.c.redecoding_id)
    rows = await db.execute(select(_REDECODED).where(_REDECODED.c.command_id == command_id).order_by(*order))
    return tuple(Redecoding(**row) for row in rows.mappings())
