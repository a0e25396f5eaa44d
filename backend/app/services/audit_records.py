"""Audit entries from a caller and where the request came from."""

from app.domain.access_policy import Actor
from app.domain.audit_entry import ActorType, AuditOutcome, AuditRecord
from app.domain.json_values import JsonObject
from app.domain.session import ClientInfo


def act_of(
    caller: Actor | None,
    client: ClientInfo,
    action: str,
    *,
    outcome: AuditOutcome = AuditOutcome.SUCCESS,
    object_type: str | None = None,
    object_id: object | None = None,
    details: JsonObject | None = None,
) -> AuditRecord:
    """An act of a user; without `caller`, of somebody who is not known (yet)."""
    return AuditRecord(
        actor_type=ActorType.USER,
        actor_id=str(caller.user_id) if caller else None,
        actor_name=caller.username if caller else None,
        action=action,
        outcome=outcome,
        object_type=object_type,
        object_id=str(object_id) if object_id is not None else None,
        details=details or {},
        correlation_id=client.correlation_id,
        ip_address=client.ip_address,
    )
