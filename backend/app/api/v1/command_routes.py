"""Commands over REST (contract 4.1)."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import StreamingResponse

from app.api import text_forms
from app.api.dependencies import Caller, Client, Paging, State
from app.api.moments import Moment
from app.api.stream.sse_routes import After
from app.api.v1.command_models import (
    CancelRequest,
    CommandList,
    CommandOut,
    ResponseList,
    ResponseOut,
    SubmitRequest,
    Timeline,
    TimelineItem,
)
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, UserId, VehicleId
from app.repositories.command_repository import CommandFilter
from app.services.command_service import Origin, Submission
from app.services.stored_answer import StoredAnswer

router = APIRouter(prefix="/commands", tags=["commands"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=text_forms.IDEMPOTENCY_KEY,
        description="Same key and body: the same command again, sent once. Same key, other body: 409.",
    ),
]


MostChunks = Annotated[int | None, Query(ge=1, le=1000, description="how many chunks at most; left out: all")]


@router.post("", status_code=201, summary="Send a command to a vehicle")
async def submit_command(
    body: SubmitRequest,
    caller: Caller,
    client: Client,
    state: State,
    response: Response,
    *,
    idempotency_key: IdempotencyKey = None,
) -> CommandOut:
    """Once this answers 201 the command is stored and reaches a truthful end, whatever dies on the way.

    It waits as `pending` until the vehicle is connected and its lane is free, at most until `expires_at`.
    """
    await state.rate_limits.admit_command(caller.user_id)
    with state.tracing.span("command.submit", attributes={"command_name": body.command_name}):
        submitted = await state.commands.submit(
            caller,
            Submission(
                vehicle_id=VehicleId(body.vehicle_id),
                command_name=body.command_name,
                command_params=body.command_params,
                expires_in_s=body.expires_in_s,
                timeout_s=body.timeout_s,
                reason=body.reason,
                idempotency_key=idempotency_key,
            ),
            Origin(client=client, trace_context=state.tracing.traceparent()),
        )
    response.headers["Location"] = f"/api/v1/commands/{submitted.command.command_id}"
    if submitted.replayed:
        response.headers["Idempotent-Replay"] = "true"
    return CommandOut.of(submitted.command)


async def get_filter(
    *,
    vehicle_id: UUID | None = None,
    user_id: UUID | None = None,
    status: CommandStatus | None = None,
    command_name: Annotated[str | None, Query(max_length=64)] = None,
    since: Annotated[Moment | None, Query(description="submitted at or after; with a zone")] = None,
    until: Annotated[Moment | None, Query(description="submitted before; with a zone")] = None,
) -> CommandFilter:
    """What to list, from the query parameters."""
    return CommandFilter(
        vehicle_id=VehicleId(vehicle_id) if vehicle_id else None,
        user_id=UserId(user_id) if user_id else None,
        status=status,
        command_name=command_name,
        since=since,
        until=until,
    )


@router.get("", summary="List commands")
async def list_commands(
    caller: Caller, client: Client, state: State, page: Paging, wanted: Annotated[CommandFilter, Depends(get_filter)]
) -> CommandList:
    """Commands on the vehicles the caller may see, newest first."""
    items, total = await state.commands.list_commands(
        caller, wanted, client=client, limit=page.limit, offset=page.offset
    )
    return CommandList(items=[CommandOut.of(item) for item in items], total=total, limit=page.limit, offset=page.offset)


@router.get("/{command_id}", summary="Look at a command")
async def get_command(command_id: UUID, caller: Caller, client: Client, state: State) -> CommandOut:
    """The command as it stands now."""
    return CommandOut.of(await state.commands.find(caller, CommandId(command_id), client))


@router.get("/{command_id}/responses", summary="Stored chunks of the answer", response_model=ResponseList)
async def list_responses(
    command_id: UUID, caller: Caller, client: Client, *, state: State, after: After = 0, limit: MostChunks = None
) -> Response:
    """All chunks stored so far, in order 1, 2, 3, … without a gap; or those after `after`, at most `limit`.

    Sent as it is read, however long it is. `total` is how many are stored; `offset` is `after`.
    """
    answer = await state.commands.answer(caller, CommandId(command_id), client, after=after, limit=limit)
    return StreamingResponse(_as_list(answer, limit), media_type="application/json")


async def _as_list(answer: StoredAnswer, limit: int | None) -> AsyncIterator[bytes]:
    """A `ResponseList` in pieces."""
    before = b'{"items":['
    async for page in answer.pages():
        yield before + ",".join(ResponseOut.of(chunk).model_dump_json() for chunk in page).encode()
        before = b","
    if before != b",":
        yield before
    most = max(answer.end - answer.after, 0) if limit is None else limit
    yield f'],"total":{answer.total},"limit":{most},"offset":{answer.after}}}'.encode()


@router.get("/{command_id}/timeline", summary="What happened to a command, and when")
async def get_timeline(command_id: UUID, caller: Caller, client: Client, state: State) -> Timeline:
    """Every change of state with time, actor and reason; read from the audit trail."""
    entries = await state.commands.timeline(caller, CommandId(command_id), client)
    items = [TimelineItem.of(entry) for entry in entries]
    return Timeline(items=items, total=len(items), limit=len(items), offset=0)


@router.post("/{command_id}/cancel", status_code=202, summary="Ask for an end")
async def cancel_command(
    command_id: UUID, caller: Caller, client: Client, state: State, body: CancelRequest | None = None
) -> CommandOut:
    """A waiting command is cancelled at once; a running one is stopped where that is possible.

    The answer shows the command as it is now. A cancel that came too late leaves the ended command as it is; watch
    `status` for what becomes of a running one.
    """
    reason = body.reason if body else None
    return CommandOut.of(await state.commands.cancel(caller, CommandId(command_id), reason, client))
