"""What a command would send to a vehicle, before it is sent."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.dependencies import Caller, Client, State
from app.connectors.command_preview import CommandPreview, PreviewedRequest
from app.domain.identifiers import VehicleId
from app.services.command_service import Submission

router = APIRouter(prefix="/vehicles", tags=["commands"])


class PreviewIn(BaseModel):
    """A command, as it would be submitted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "command_name": "WriteDataByID",
                    "command_params": {"ecuAddress": "0x1010", "dataId": "0xF199", "raw": "20261122"},
                }
            ]
        },
    )

    command_name: Annotated[str, Field(min_length=1, max_length=64)]
    command_params: dict[str, Any] = Field(default_factory=dict)


class PreviewedRequestOut(BaseModel):
    """One request; `meaning` in words. UDS: `raw`, in hex, to `ecu_address`. SOVD: `method`, `uri` and `body`.

    A `uri` begins with `{base}` where only the vehicle's server knows its base URI.
    """

    meaning: str
    ecu_address: str | None
    raw: str | None
    method: str | None
    uri: str | None
    body: Any

    @classmethod
    def of(cls, request: PreviewedRequest) -> "PreviewedRequestOut":
        """The request as the contract shows it."""
        return cls(
            meaning=request.meaning,
            ecu_address=None if request.ecu_address is None else f"0x{request.ecu_address:04X}",
            raw=None if request.raw is None else request.raw.hex().upper(),
            method=request.method,
            uri=request.uri,
            body=request.body,
        )


class PreviewOut(BaseModel):
    """The requests in the order in which they leave while the vehicle confirms each; nothing was sent.

    Those to several control units leave side by side. `notes` say what comes before and after, what only the vehicle's
    answers decide, and why there is no request where there is none.
    """

    requests: list[PreviewedRequestOut]
    notes: list[str]

    @classmethod
    def of(cls, found: CommandPreview) -> "PreviewOut":
        """The preview as the contract shows it."""
        return cls(requests=[PreviewedRequestOut.of(one) for one in found.requests], notes=list(found.notes))


@router.post("/{vehicle_id}/command-previews", summary="Preview the bytes of a command")
async def preview_command(
    vehicle_id: UUID, body: PreviewIn, caller: Caller, client: Client, state: State
) -> PreviewOut:
    """What would leave for the vehicle, by its address and its diagnostic data. Nothing is sent, nothing is stored.

    For whoever may send the command. Values that cannot be encoded are refused with 422 that names the field.
    """
    wanted = Submission(
        vehicle_id=VehicleId(vehicle_id), command_name=body.command_name, command_params=body.command_params
    )
    return PreviewOut.of(await state.command_previews.preview(caller, wanted, client))
