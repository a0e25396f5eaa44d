"""The vehicle registry over REST (contract 4.1)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.dependencies import Caller, Client, Paging, State
from app.api.v1.vehicle_models import VehicleChanges, VehicleList, VehicleOut, VehicleRegistration
from app.domain.identifiers import VehicleId
from app.domain.vehicle import ConnectionStatus
from app.repositories.vehicle_repository import VehicleFilter
from app.services.vehicle_service import VehicleEntry

router = APIRouter(prefix="/vehicles", tags=["vehicles"])

Search = Annotated[
    str | None, Query(min_length=1, max_length=100, description="part of the VIN, make or model; upper or lower case")
]


@router.get("", summary="List vehicles")
async def list_vehicles(
    caller: Caller,
    client: Client,
    state: State,
    page: Paging,
    *,
    status: Annotated[ConnectionStatus | None, Query(description="presence")] = None,
    search: Search = None,
) -> VehicleList:
    """The vehicles the caller may see, ordered by VIN."""
    wanted = VehicleFilter(status=status, search=search)
    found, total = await state.vehicles.list_vehicles(caller, wanted, client, limit=page.limit, offset=page.offset)
    items = [VehicleOut.of(vehicle) for vehicle in found]
    return VehicleList.model_construct(items=items, total=total, limit=page.limit, offset=page.offset)


@router.post("", status_code=201, summary="Register a vehicle")
async def register_vehicle(
    body: VehicleRegistration, caller: Caller, client: Client, state: State, response: Response
) -> VehicleOut:
    """Admins only. The vehicle is probed at once; watch its `connection_status`."""
    entry = VehicleEntry(
        vin=body.vin,
        make=body.make,
        model=body.model,
        year=body.year,
        address=body.address,
        metadata=body.metadata,
        settings=body.settings.stored(),
    )
    vehicle = await state.vehicles.register(caller, entry, client)
    response.headers["Location"] = f"/api/v1/vehicles/{vehicle.vehicle_id}"
    return VehicleOut.of(vehicle)


@router.get("/{vehicle_id}", summary="Look at a vehicle")
async def get_vehicle(vehicle_id: UUID, caller: Caller, client: Client, state: State) -> VehicleOut:
    """The vehicle and its presence as they are now."""
    return VehicleOut.of(await state.vehicles.find(caller, VehicleId(vehicle_id), client))


@router.patch("/{vehicle_id}", summary="Change a vehicle")
async def change_vehicle(
    vehicle_id: UUID, body: VehicleChanges, caller: Caller, client: Client, state: State
) -> VehicleOut:
    """Admins only. A new address makes the presence `unknown` until it has been probed, which happens at once."""
    return VehicleOut.of(await state.vehicles.change(caller, VehicleId(vehicle_id), body.changed(), client))


@router.delete("/{vehicle_id}", status_code=204, summary="Remove a vehicle")
async def remove_vehicle(vehicle_id: UUID, caller: Caller, client: Client, state: State) -> None:
    """Admins only. Its commands and their answers stay; 409 while a command on it is pending or in progress."""
    await state.vehicles.remove(caller, VehicleId(vehicle_id), client)
