"""Stored answers decoded again with other diagnostic data."""

from uuid import UUID

from fastapi import APIRouter

from app.api.dependencies import Caller, Client, State
from app.api.v1.diagnostic_data_models import RedecodingIn, RedecodingList, RedecodingOut
from app.domain.identifiers import CommandId

router = APIRouter(prefix="/commands", tags=["commands"])


@router.post("/{command_id}/redecodings", status_code=201, summary="Decode a stored answer again")
async def redecode_command(
    command_id: UUID, caller: Caller, client: Client, state: State, body: RedecodingIn | None = None
) -> RedecodingOut:
    """Engineers. From the raw bytes, with the set given or the one assigned now; the original stays what it was."""
    data_set_id = body.data_set_id if body else None
    found = await state.redecodings.redecode(caller, CommandId(command_id), data_set_id, client)
    return RedecodingOut.of(found)


@router.get("/{command_id}/redecodings", summary="Re-decodings of an answer")
async def list_redecodings(command_id: UUID, caller: Caller, client: Client, state: State) -> RedecodingList:
    """All of them, oldest first; each names the set it was made with."""
    found = await state.redecodings.list_of(caller, CommandId(command_id), client)
    items = [RedecodingOut.of(one) for one in found]
    return RedecodingList(items=items, total=len(items), limit=len(items), offset=0)
