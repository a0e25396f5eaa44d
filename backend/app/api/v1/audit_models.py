"""Bodies of the audit routes."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.domain.audit_chain import ChainFault, FaultKind, Verification
from app.domain.audit_entry import ActorType, AuditEntry, AuditOutcome


class AuditEntryOut(BaseModel):
    """One act: who did what to which object, whether it was done or refused."""

    entry_id: int
    occurred_at: datetime
    actor_type: ActorType
    actor_id: str | None
    actor_name: str | None
    action: str
    outcome: AuditOutcome
    object_type: str | None
    object_id: str | None
    details: dict[str, Any]
    correlation_id: str | None
    ip_address: str | None

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditEntryOut":
        """The entry as the contract shows it."""
        record = entry.record
        return cls(
            entry_id=entry.entry_id,
            occurred_at=entry.occurred_at,
            actor_type=record.actor_type,
            actor_id=record.actor_id,
            actor_name=record.actor_name,
            action=record.action,
            outcome=record.outcome,
            object_type=record.object_type,
            object_id=record.object_id,
            details=record.details,
            correlation_id=record.correlation_id,
            ip_address=record.ip_address,
        )


class AuditList(BaseModel):
    """A page of entries, newest first."""

    items: list[AuditEntryOut]
    total: int
    limit: int
    offset: int


class ChainHeadOut(BaseModel):
    """Where the chain ends. Note it somewhere else: only that shows later whether the end was cut off."""

    position: int
    chain_digest: str = Field(description="SHA-256, hexadecimal")


class FirstBadRow(BaseModel):
    """The first row that is not as it was sealed."""

    kind: FaultKind
    position: int = Field(description="place in the chain")
    entry_id: int | None = Field(description="the entry it is about; null where that cannot be told")
    message: str

    @classmethod
    def of(cls, fault: ChainFault) -> "FirstBadRow":
        """The fault as the contract shows it."""
        return cls(kind=fault.kind, position=fault.position, entry_id=fault.entry_id, message=fault.message)


class VerificationOut(BaseModel):
    """Whether the trail is intact, as far as it is sealed."""

    intact: bool
    checked: int = Field(description="sealed entries found good, from the first on")
    unsealed: int = Field(description="entries too young to be sealed")
    head: ChainHeadOut
    first_bad: FirstBadRow | None

    @classmethod
    def of(cls, result: Verification) -> "VerificationOut":
        """The result as the contract shows it."""
        return cls(
            intact=result.is_intact,
            checked=result.checked,
            unsealed=result.unsealed,
            head=ChainHeadOut(position=result.head.position, chain_digest=result.head.chain_digest.hex()),
            first_bad=FirstBadRow.of(result.fault) if result.fault else None,
        )
