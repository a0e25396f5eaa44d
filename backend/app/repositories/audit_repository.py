"""The audit trail: written and read here, never changed (a trigger in the database refuses it too)."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.audit_entry import AuditRecord
from app.storage.tables import audit_log


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
