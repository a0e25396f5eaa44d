"""Asks the access policy and writes down each refusal: what every service calls before it acts."""

from app.domain.access_policy import Action, Actor, Target, Verdict, decide
from app.domain.errors import Forbidden, NotFound
from app.domain.session import ClientInfo
from app.observability.correlation import current_correlation_id
from app.services.audit_service import AuditService

_ANYTHING = Target()
_NOT_SAID = ClientInfo()


def unknown(object_type: str) -> NotFound:
    """The answer for an id that does not exist, and word for word for one that is hidden from the caller."""
    return NotFound(f"no such {object_type}")


class AccessGuard:
    """The one way from a decision to an answer."""

    def __init__(self, audit: AuditService) -> None:
        self._audit = audit

    async def require(
        self,
        actor: Actor,
        action: Action,
        target: Target = _ANYTHING,
        *,
        object_type: str,
        object_id: object | None = None,
        client: ClientInfo = _NOT_SAID,
    ) -> None:
        """Return when `actor` may; else audit the refusal and raise Forbidden, or NotFound where hidden."""
        decision = decide(actor, action, target)
        if decision.allowed:
            return
        await self._audit.record_refusal(
            actor,
            action,
            object_type,
            str(object_id) if object_id is not None else None,
            decision.reason,
            client.correlation_id or current_correlation_id(),
            client.ip_address,
        )
        if decision.verdict is Verdict.HIDDEN:
            raise unknown(object_type)
        raise Forbidden(decision.reason)
