"""Diagnostic data over REST: ODX, PDX and identifier files."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.requests import Request
from starlette.exceptions import HTTPException

from app.api import text_forms
from app.api.dependencies import Caller, Client, Paging, State
from app.api.v1.diagnostic_data_models import (
    AssignmentIn,
    AssignmentList,
    AssignmentOut,
    DataSetDetails,
    DataSetList,
    DataSetOut,
    DecodedMessage,
    DecodingIn,
    DecodingOut,
    EncodingIn,
    EncodingOut,
    VariantName,
)
from app.domain.errors import FieldError, InvalidRequest, Overloaded
from app.services.diagnostic_data_service import MOST_BYTES, Upload

UPLOAD = ("POST", "/api/v1/diagnostic-data")
"""The route that reads its body itself."""

MOST_UPLOADS = 4
"""Files that are taken in at the same time, per process: each is held in memory while it is loaded."""


router = APIRouter(prefix="/diagnostic-data", tags=["diagnostic-data"])
FileName = Annotated[
    str, Query(min_length=1, max_length=255, pattern=text_forms.WITHOUT_CONTROLS, description="name of the file")
]
WantedVariant = Annotated[VariantName | None, Query()]
SetName = Annotated[
    str | None,
    Query(min_length=1, max_length=200, pattern=text_forms.WITHOUT_CONTROLS, description="instead of the file's"),
]
SetVersion = Annotated[
    str | None,
    Query(min_length=1, max_length=100, pattern=text_forms.WITHOUT_CONTROLS, description="instead of the file's"),
]
_FILE_BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get("", summary="List data sets")
async def list_data_sets(caller: Caller, client: Client, state: State, page: Paging) -> DataSetList:
    """All sets, newest first."""
    found, total = await state.diagnostic_data.list_sets(caller, client, limit=page.limit, offset=page.offset)
    items = [DataSetOut.of(one) for one in found]
    return DataSetList.model_construct(items=items, total=total, limit=page.limit, offset=page.offset)


@router.post("", status_code=201, summary="Add a file", openapi_extra={"requestBody": _FILE_BODY})
async def add_data_set(
    request: Request,
    response: Response,
    caller: Caller,
    client: Client,
    *,
    state: State,
    file_name: FileName,
    name: SetName = None,
    version: SetVersion = None,
) -> DataSetDetails:
    """Engineers. The body is the file itself: PDX, ODX, or YAML of identifiers, 64 MiB at most.

    It is loaded before this answers; `report` says what could not be. The same bytes again give the set that is there.
    """
    await state.diagnostic_data.require_may_add(caller, client)
    slots: asyncio.Semaphore = request.app.state.uploads
    if slots.locked():
        raise Overloaded(f"{MOST_UPLOADS} files are being added already; send it again shortly")
    async with slots:
        content = await _body(request)
        upload = Upload(file_name=file_name, content=content, name=name, version=version)
        found, is_new = await state.diagnostic_data.add(caller, upload, client)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/api/v1/diagnostic-data/{found.data_set_id}"
    return DataSetDetails.of(found)


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise HTTPException(413)
        parts.append(part)
    if not size:
        raise InvalidRequest("The body is empty; send the file itself.", [FieldError("", "must be the file itself")])
    return b"".join(parts)


@router.get("/{data_set_id}", summary="Look at a data set")
async def get_data_set(data_set_id: UUID, caller: Caller, client: Client, state: State) -> DataSetDetails:
    """What the set describes, and the report of its loading; of a removed set too."""
    return DataSetDetails.of(await state.diagnostic_data.find(caller, data_set_id, client))


@router.delete("/{data_set_id}", status_code=204, summary="Remove a data set")
async def remove_data_set(data_set_id: UUID, caller: Caller, client: Client, state: State) -> None:
    """Its file is thrown away. Who added it, or an admin; refused while it is assigned anywhere.

    Stored answers keep their bytes and values, and `GET` of the set goes on telling what it was. The same file, added
    again, is the same set again.
    """
    await state.diagnostic_data.remove(caller, data_set_id, client)


@router.get("/{data_set_id}/description", summary="What a set says about a variant")
async def get_description(
    data_set_id: UUID, caller: Caller, client: Client, state: State, variant: WantedVariant = None
) -> dict[str, Any]:
    """Identifiers, routines, trouble codes and services of a variant (default: the base variant)."""
    return await state.diagnostic_data.variant(caller, data_set_id, variant, client)


@router.get("/{data_set_id}/assignments", summary="Where a set counts")
async def list_assignments(data_set_id: UUID, caller: Caller, client: Client, state: State) -> AssignmentList:
    """As far as the caller sees the vehicles."""
    found = await state.diagnostic_data.assignments(caller, data_set_id, client)
    items = [AssignmentOut.of(one) for one in found]
    return AssignmentList.model_construct(items=items, total=len(items), limit=len(items), offset=0)


@router.post("/{data_set_id}/assignments", status_code=201, summary="Assign a set")
async def assign_data_set(
    data_set_id: UUID, body: AssignmentIn, caller: Caller, client: Client, *, state: State, response: Response
) -> AssignmentOut:
    """Engineers, for vehicles in their scope; admins for the whole fleet. It counts from the next command on."""
    found = await state.diagnostic_data.assign(caller, data_set_id, body.place(), client)
    response.headers["Location"] = f"/api/v1/diagnostic-data/{data_set_id}/assignments/{found.assignment_id}"
    return AssignmentOut.of(found)


@router.delete("/{data_set_id}/assignments/{assignment_id}", status_code=204, summary="Unassign a set")
async def unassign_data_set(
    data_set_id: UUID, assignment_id: UUID, caller: Caller, client: Client, state: State
) -> None:
    """Stored answers keep the values and the `source` they were decoded with."""
    await state.diagnostic_data.unassign(caller, data_set_id, assignment_id, client)


@router.post("/{data_set_id}/encodings", summary="Preview the bytes of a request")
async def preview_encoding(
    data_set_id: UUID, body: EncodingIn, caller: Caller, client: Client, state: State
) -> EncodingOut:
    """Encodes values with ranges and choices checked. Nothing is sent, nothing is stored."""
    raw = await state.diagnostic_data.preview(caller, data_set_id, body.preview(), client)
    return EncodingOut(raw=raw.hex().upper())


@router.post("/{data_set_id}/decodings", summary="Decode a UDS message")
async def decode_message(
    data_set_id: UUID, body: DecodingIn, caller: Caller, client: Client, state: State
) -> DecodingOut:
    """Every service of the variant that the message fits. Nothing is stored."""
    raw = bytes.fromhex(body.raw)
    found = await state.diagnostic_data.decode(caller, data_set_id, body.variant, raw, client)
    return DecodingOut(messages=[DecodedMessage(**message) for message in found])
