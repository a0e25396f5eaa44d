"""The vehicle registry as a service: one use case per method, each change with its audit entry in one transaction."""

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import uuid4

from app.domain.access_policy import Action, Actor, Target
from app.domain.audit_entry import AuditRecord
from app.domain.bus_messages import WAKE_PRESENCE, BusMessage
from app.domain.errors import Conflict
from app.domain.identifiers import VehicleId
from app.domain.json_values import JsonObject
from app.domain.session import ClientInfo
from app.domain.vehicle import Vehicle
from app.repositories import vehicle_repository, vehicle_secret_repository
from app.repositories.unit_of_work import UnitOfWork, Work
from app.repositories.vehicle_repository import NewVehicle, VehicleFilter
from app.services.access_guard import AccessGuard, unknown
from app.services.audit_records import act_of
from app.storage.driver_errors import ConstraintViolated

_RECORDED = ("vin", "make", "model", "year", "address", "metadata", "settings")


class AddressCheck(Protocol):
    """Knows which addresses can be spoken to."""

    def check_address(self, address: str) -> None:
        """Raises InvalidRequest (pointer `/address`) for an address nobody could connect to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleEntry:
    """What a caller says of a vehicle when registering it. The VIN is in normal form (`domain.vin`)."""

    vin: str
    make: str
    model: str
    year: int | None
    address: str
    metadata: JsonObject
    settings: JsonObject


class VehicleService:
    """Use cases of the registry. Access is decided first; vehicles outside the caller's scope look unknown."""

    def __init__(self, unit_of_work: UnitOfWork, guard: AccessGuard, addresses: AddressCheck) -> None:
        self._unit_of_work = unit_of_work
        self._guard = guard
        self._addresses = addresses

    async def list_vehicles(
        self, caller: Actor, wanted: VehicleFilter, client: ClientInfo, *, limit: int, offset: int
    ) -> tuple[tuple[Vehicle, ...], int]:
        """A page of the vehicles in the caller's scope, by VIN, and their number. `wanted.vehicle_ids` is set here."""
        await self._guard.require(caller, Action.READ_VEHICLE, object_type="vehicle", client=client)
        async with self._unit_of_work.reading() as db:
            return await vehicle_repository.list_page(db, _within_scope(caller, wanted), limit=limit, offset=offset)

    async def find(self, caller: Actor, vehicle_id: VehicleId, client: ClientInfo) -> Vehicle:
        """One vehicle. Raises NotFound where it is unknown, removed or hidden."""
        await self._require(caller, Action.READ_VEHICLE, vehicle_id, client)
        async with self._unit_of_work.reading() as db:
            vehicle = await vehicle_repository.find(db, vehicle_id)
        if vehicle is None:
            raise unknown("vehicle")
        return vehicle

    async def register(self, caller: Actor, entry: VehicleEntry, client: ClientInfo) -> Vehicle:
        """Add a vehicle; it is probed at once. Raises Conflict (`vin_taken`), InvalidRequest (address), Forbidden."""
        await self._guard.require(caller, Action.MANAGE_VEHICLE, object_type="vehicle", client=client)
        self._addresses.check_address(entry.address)
        new = NewVehicle(
            vehicle_id=VehicleId(uuid4()),
            vin=entry.vin,
            make=entry.make,
            model=entry.model,
            year=entry.year,
            address=entry.address,
            metadata=entry.metadata,
            settings=entry.settings,
        )
        try:
            async with self._unit_of_work.begin() as work:
                vehicle = await vehicle_repository.add(work.db, new)
                details = {"after": _recorded(vehicle)}
                await work.audit(_act(caller, client, "vehicle.registered", vehicle.vehicle_id, details))
                work.publish(BusMessage(WAKE_PRESENCE, str(vehicle.vehicle_id)))
        except ConstraintViolated as error:
            raise _translated(error) from error
        return vehicle

    async def change(self, caller: Actor, vehicle_id: VehicleId, changes: JsonObject, client: ClientInfo) -> Vehicle:
        """Change the given fields (names of `VehicleEntry`). A new address is probed at once.

        Raises NotFound, Conflict (`vin_taken`), InvalidRequest (address), Forbidden.
        """
        await self._require(caller, Action.MANAGE_VEHICLE, vehicle_id, client)
        if "address" in changes:
            self._addresses.check_address(changes["address"])
        try:
            async with self._unit_of_work.begin() as work:
                return await self._change_locked(work, caller, vehicle_id, changes, client)
        except ConstraintViolated as error:
            raise _translated(error) from error

    async def _change_locked(
        self, work: Work, caller: Actor, vehicle_id: VehicleId, changes: JsonObject, client: ClientInfo
    ) -> Vehicle:
        before = await vehicle_repository.lock(work.db, vehicle_id)
        if before is None:
            raise unknown("vehicle")
        real = {name: value for name, value in changes.items() if getattr(before, name) != value}
        if not real:
            return before
        moved = "address" in real
        after = await vehicle_repository.change(work.db, vehicle_id, real, probe_again=moved)
        details = {
            "before": {name: value for name, value in _recorded(before).items() if name in real},
            "after": {name: value for name, value in _recorded(after).items() if name in real},
        }
        await work.audit(_act(caller, client, "vehicle.updated", vehicle_id, details))
        if moved:
            work.publish(BusMessage(WAKE_PRESENCE, str(vehicle_id)))
        return after

    async def remove(self, caller: Actor, vehicle_id: VehicleId, client: ClientInfo) -> None:
        """Take a vehicle out of the registry; its history stays, its secrets do not.

        Raises NotFound, Forbidden, Conflict (`vehicle_busy`) while a command on it waits or runs.
        """
        await self._require(caller, Action.MANAGE_VEHICLE, vehicle_id, client)
        async with self._unit_of_work.begin() as work:
            vehicle = await vehicle_repository.lock(work.db, vehicle_id)
            if vehicle is None:
                raise unknown("vehicle")
            if await vehicle_repository.has_open_commands(work.db, vehicle_id):
                raise Conflict(
                    "a command on this vehicle is pending or in progress; cancel it or wait for its end",
                    code="vehicle_busy",
                )
            await vehicle_repository.remove(work.db, vehicle_id)
            forgotten = await vehicle_secret_repository.remove_all(work.db, vehicle_id)
            details = {"before": _recorded(vehicle), "secrets_removed": list(forgotten)}
            await work.audit(_act(caller, client, "vehicle.removed", vehicle_id, details))

    async def _require(self, caller: Actor, action: Action, vehicle_id: VehicleId, client: ClientInfo) -> None:
        target = Target(vehicle_id=vehicle_id)
        await self._guard.require(caller, action, target, object_type="vehicle", object_id=vehicle_id, client=client)


def _within_scope(caller: Actor, wanted: VehicleFilter) -> VehicleFilter:
    return replace(wanted, vehicle_ids=caller.scope)


def _act(caller: Actor, client: ClientInfo, action: str, vehicle_id: VehicleId, details: JsonObject) -> AuditRecord:
    return act_of(caller, client, action, object_type="vehicle", object_id=vehicle_id, details=details)


def _recorded(vehicle: Vehicle) -> JsonObject:
    return {name: getattr(vehicle, name) for name in _RECORDED}


def _translated(error: ConstraintViolated) -> Exception:
    if error.constraint == vehicle_repository.UNIQUE_VIN:
        return Conflict("a vehicle with this VIN is registered already", code="vin_taken")
    return error
