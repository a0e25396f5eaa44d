"""Entries of the audit trail: what is written down, and what is read back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.domain.json_values import JsonObject


class ActorType(StrEnum):
    """Who did it."""

    USER = "user"
    WORKER = "worker"
    SYSTEM = "system"


class AuditOutcome(StrEnum):
    """Whether it was done or refused."""

    SUCCESS = "success"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One act to write down, in the same transaction as what it records.

    `action` is `object.verb`, for example `command.submitted`, `auth.login`, `user.updated`.
    `details` must hold no secret.
    """

    actor_type: ActorType
    actor_id: str | None = None
    actor_name: str | None = None
    action: str
    outcome: AuditOutcome = AuditOutcome.SUCCESS
    object_type: str | None = None
    object_id: str | None = None
    details: JsonObject = field(default_factory=dict)
    correlation_id: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A stored entry: numbered, with the database's time."""

    entry_id: int
    occurred_at: datetime
    record: AuditRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries to read; None does not filter. `actor` is an id or a name, `since` is included, `until` is not."""

    actor: str | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    outcome: AuditOutcome | None = None
    since: datetime | None = None
    until: datetime | None = None
