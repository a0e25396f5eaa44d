"""The audit trail: written and read here, never changed (a trigger in the database refuses it too)."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.audit_chain import SealableEntry
from app.domain.audit_entry import ActorType, AuditEntry, AuditFilter, AuditOutcome, AuditRecord
from app.domain.json_values import decode_json_object
from app.storage.tables import audit_log

SEALABLE = (
    audit_log.c.entry_id,
    audit_log.c.occurred_at,
    audit_log.c.actor_type,
    audit_log.c.actor_id,
    audit_log.c.actor_name,
    audit_log.c.action,
    audit_log.c.outcome,
    audit_log.c.object_type,
    audit_log.c.object_id,
    cast(audit_log.c.details, Text).label("details"),
    audit_log.c.correlation_id,
    audit_log.c.ip_address,
)
"""The columns of a `SealableEntry`, in its order; the details as the text that is stored."""


async def record(db: AsyncConnection, records: Sequence[AuditRecord]) -> None:
    """Write entries in the caller's transaction, in the given order."""
    if not records:
        return
    await db.execute(
        insert(audit_log),
        [
            {
                "actor_type": entry.actor_type,
                "actor_id": entry.actor_id,
                "actor_name": entry.actor_name,
                "action": entry.action,
                "outcome": entry.outcome,
                "object_type": entry.object_type,
                "object_id": entry.object_id,
                "details": entry.details,
                "correlation_id": entry.correlation_id,
                "ip_address": entry.ip_address,
            }
            for entry in records
        ],
    )


async def list_entries(
    db: AsyncConnection, filters: AuditFilter, *, limit: int, offset: int
) -> tuple[tuple[AuditEntry, ...], int]:
    """Entries that match, newest first, and how many match in all."""
    matching = [condition for condition in _conditions(filters) if condition is not None]
    statement = select(*SEALABLE).where(*matching).order_by(audit_log.c.entry_id.desc()).limit(limit).offset(offset)
    rows = await db.execute(statement)
    total = await db.scalar(select(func.count()).select_from(audit_log).where(*matching))
    return tuple(_entry(sealable_of(row)) for row in rows), int(total or 0)


def sealable_of(row: Sequence[Any]) -> SealableEntry:
    """An entry from a row that begins with the columns of `SEALABLE`."""
    return SealableEntry._make(row[: len(SEALABLE)])


def _conditions(filters: AuditFilter) -> Iterator[ColumnElement[bool] | None]:
    yield _actor_is(filters.actor) if filters.actor is not None else None
    for column, value in (
        (audit_log.c.action, filters.action),
        (audit_log.c.object_type, filters.object_type),
        (audit_log.c.object_id, filters.object_id),
        (audit_log.c.outcome, filters.outcome),
    ):
        yield column == value if value is not None else None
    yield audit_log.c.occurred_at >= filters.since if filters.since is not None else None
    yield audit_log.c.occurred_at < filters.until if filters.until is not None else None


def _actor_is(actor: str) -> ColumnElement[bool]:
    return or_(audit_log.c.actor_id == actor, audit_log.c.actor_name == actor)


def _entry(stored: SealableEntry) -> AuditEntry:
    try:
        details = decode_json_object(stored.details)
    except ValueError:  # PostgreSQL takes texts that are no Unicode (a lone surrogate): shown as they are
        details = {"text": stored.details}
    record = AuditRecord(
        actor_type=ActorType(stored.actor_type),
        actor_id=stored.actor_id,
        actor_name=stored.actor_name,
        action=stored.action,
        outcome=AuditOutcome(stored.outcome),
        object_type=stored.object_type,
        object_id=stored.object_id,
        details=details,
        correlation_id=stored.correlation_id,
        ip_address=stored.ip_address,
    )
    return AuditEntry(entry_id=stored.entry_id, occurred_at=stored.occurred_at, record=record)
