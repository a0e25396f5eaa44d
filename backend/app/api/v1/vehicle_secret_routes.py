"""Secrets of a vehicle over REST: set, forgotten, named; never given back (design, section 4.3)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from app.api.dependencies import Caller, Client, State
from app.domain.identifiers import VehicleId
from app.domain.vehicle_secrets import SecretName

router = APIRouter(prefix="/vehicles/{vehicle_id}/secrets", tags=["vehicles"])

Name = Annotated[SecretName, Path(description="which secret")]


class SecretValue(BaseModel):
    """The secret itself, as text; certificates as PEM."""

    model_config = ConfigDict(extra="forbid", strict=True)

    value: str = Field(min_length=1, max_length=65_536, json_schema_extra={"writeOnly": True}, repr=False)


class SecretEntry(BaseModel):
    """That a secret is kept, and since when."""

    name: str
    changed_at: datetime


class SecretList(BaseModel):
    """The secrets of a vehicle by name; the list is short and comes whole."""

    items: list[SecretEntry]
    total: int
    limit: int
    offset: int


@router.get("", summary="List the secrets of a vehicle")
async def list_secrets(vehicle_id: UUID, caller: Caller, client: Client, state: State) -> SecretList:
    """Admins only. Names and times; the values cannot be read."""
    kept = await state.vehicle_secrets.names(caller, VehicleId(vehicle_id), client)
    items = [SecretEntry(name=name, changed_at=changed_at) for name, changed_at in kept.items()]
    return SecretList(items=items, total=len(items), limit=len(items), offset=0)


@router.put("/{name}", status_code=204, summary="Set a secret of a vehicle")
async def put_secret(
    vehicle_id: UUID, name: Name, body: SecretValue, caller: Caller, *, client: Client, state: State
) -> None:
    """Admins only. Kept sealed, used towards the vehicle alone, and never returned."""
    await state.vehicle_secrets.put(caller, VehicleId(vehicle_id), name, body.value, client)


@router.delete("/{name}", status_code=204, summary="Forget a secret of a vehicle")
async def remove_secret(vehicle_id: UUID, name: Name, caller: Caller, client: Client, state: State) -> None:
    """Admins only."""
    await state.vehicle_secrets.remove(caller, VehicleId(vehicle_id), name, client)
