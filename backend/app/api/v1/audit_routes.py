"""The audit trail over REST (contract 4.1). Admins only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from app.api import text_forms
from app.api.dependencies import Caller, Client, Paging, State
from app.api.moments import Moment
from app.api.v1.audit_models import AuditEntryOut, AuditList, VerificationOut
from app.domain.access_policy import Action
from app.domain.audit_chain import ChainHead
from app.domain.audit_entry import AuditFilter, AuditOutcome
from app.domain.errors import FieldError, InvalidRequest
from app.services.access_guard import AccessGuard


async def require_auditor(caller: Caller, client: Client, state: State) -> None:
    """Raises Forbidden for callers who may not read the trail; the attempt is written into it."""
    await AccessGuard(state.audit).require(caller, Action.READ_AUDIT, object_type="audit_log", client=client)


router = APIRouter(prefix="/audit-logs", tags=["audit"], dependencies=[Depends(require_auditor)])

Text = Annotated[str | None, Query(min_length=1, max_length=256)]


@router.get("", summary="Read the audit trail")
async def list_audit_logs(
    *,
    state: State,
    page: Paging,
    actor: Annotated[str | None, Query(min_length=1, max_length=256, description="id or name")] = None,
    action: Annotated[str | None, Query(min_length=1, max_length=256, description="such as `auth.login`")] = None,
    object_type: Text = None,
    object_id: Text = None,
    outcome: AuditOutcome | None = None,
    since: Annotated[Moment | None, Query(description="at or after; with a zone")] = None,
    until: Annotated[Moment | None, Query(description="before; with a zone")] = None,
) -> AuditList:
    """Entries that match all that is given, newest first."""
    wanted = AuditFilter(
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
        outcome=outcome,
        since=since,
        until=until,
    )
    entries, total = await state.audit.list(wanted, limit=page.limit, offset=page.offset)
    items = [AuditEntryOut.of(entry) for entry in entries]
    return AuditList(items=items, total=total, limit=page.limit, offset=page.offset)


@router.get("/verification", summary="Check that nobody changed the trail")
async def verify_audit_logs(
    state: State,
    expected_position: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="a head noted earlier")] = None,
    expected_digest: Annotated[str | None, Query(pattern=text_forms.SHA256, description="its chain digest")] = None,
) -> VerificationOut:
    """Walks the whole chain and names the first bad row.

    That the end was cut off, or the whole chain made anew, only shows against a `head` noted outside earlier: send it
    as `expected_position` and `expected_digest`.
    """
    if (expected_position is None) != (expected_digest is None):
        message = "send expected_position and expected_digest together"
        raise InvalidRequest(message, [FieldError("/expected_position", message)])
    expected = None
    if expected_position is not None and expected_digest is not None:
        expected = ChainHead(position=expected_position, chain_digest=bytes.fromhex(expected_digest))
    return VerificationOut.of(await state.audit.verify(expected))


@router.get("/export", summary="Take the trail along", response_class=StreamingResponse)
async def export_audit_logs(state: State) -> StreamingResponse:
    """All entries, oldest first, one JSON object a line, with the digests that let anybody check the chain."""
    return StreamingResponse(state.audit.export(), media_type="application/x-ndjson")
