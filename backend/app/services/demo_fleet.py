"""Vehicles to try everything on: twelve mock vehicles, each with a character of its own, and those of the simulator,
which speak DoIP and SOVD over real sockets (`app.services.demo_simulation`).
"""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from app.domain.audit_entry import ActorType, AuditRecord
from app.domain.bus_messages import WAKE_PRESENCE, BusMessage
from app.domain.identifiers import VehicleId
from app.domain.vin import check_digit
from app.repositories import vehicle_repository
from app.repositories.unit_of_work import UnitOfWork
from app.repositories.vehicle_repository import NewVehicle
from app.storage.driver_errors import ConstraintViolated

_Row = tuple[str, str, str, int, str, str]

_FLEET: Sequence[_Row] = (
    ("WVWZZZAUXRP000101", "Volkswagen", "Golf", 2024, "sim:", "two stored trouble codes, answers at once"),
    ("WBA5R11XXMF000102", "BMW", "330i", 2021, "sim:?dtcs=", "healthy: no trouble codes"),
    (
        "WDD2130XXLA000103",
        "Mercedes-Benz",
        "E 220 d",
        2020,
        "sim:?dtcs=P0420,P0171,P0300,U0100,B1000,C0035&seed=3",
        "six trouble codes in four systems",
    ),
    ("1HGCV1F3XNA000104", "Honda", "Accord", 2022, "sim:?delay=3&seed=4", "slow: three seconds between answers"),
    ("JTDKARFUXL3000105", "Toyota", "Prius", 2020, "sim:?offline", "offline: commands wait until they expire"),
    ("1FTFW1E8XMF000106", "Ford", "F-150", 2021, "sim:?silent_after=1&seed=6", "falls silent after its first answer"),
    ("YV1LFA2BXK1000107", "Volvo", "XC90", 2019, "sim:?pending=4&seed=7", "thinks for four seconds before it answers"),
    ("KMHL14JAXPA000108", "Hyundai", "Sonata", 2023, "sim:?fail_after=1&seed=8", "fails after its first answer"),
    ("5YJ3E1EAXLF000109", "Tesla", "Model 3", 2020, "sim:?delay=0&dtcs=B1000&seed=9", "answers without any delay"),
    ("VF1RFB00XK0000110", "Renault", "Megane", 2019, "sim:?silent_after=0&seed=10", "takes commands, never answers"),
    ("WAUZZZF4XMA000111", "Audi", "A4", 2021, "sim:?delay=1&dtcs=P0171&seed=11", "one trouble code, one second"),
    ("ZFA3340XXM0000112", "Fiat", "500X", 2021, "sim:?fail_after=0&seed=12", "refuses every command"),
)


def demo_vehicle_id(name: str) -> VehicleId:
    """The same on every machine, so that instructions can name it."""
    return VehicleId(uuid5(NAMESPACE_URL, f"sovd-command:demo:{name}"))


def demo_vehicles() -> tuple[NewVehicle, ...]:
    """The fleet. Ids and VINs are the same on every machine, so that instructions can name them."""
    return tuple(
        NewVehicle(
            vehicle_id=demo_vehicle_id(vin[-3:]),
            vin=_with_check_digit(vin),
            make=make,
            model=model,
            year=year,
            address=address,
            metadata={"demo": True, "character": character},
        )
        for vin, make, model, year, address, character in _FLEET
    )


async def register_demo_fleet(unit_of_work: UnitOfWork, simulated: Sequence[NewVehicle] = ()) -> int:
    """Register what is not there yet and was never there; gives how many. Several processes may call it at once.

    A demo vehicle that somebody removed stays away. `simulated` are those of the simulator that runs just now: one that
    is served at another address than the last time has its address mended.
    """
    fleet = (*demo_vehicles(), *simulated)
    async with unit_of_work.reading() as db:
        known = await vehicle_repository.registered_vins(db, [new.vin for new in fleet])
    added = 0
    for new in fleet:
        if new.vin not in known and await _register(unit_of_work, new):
            added += 1
    for new in simulated:
        if new.vin in known:
            await _mend_address(unit_of_work, new)
    return added


async def _mend_address(unit_of_work: UnitOfWork, new: NewVehicle) -> None:
    async with unit_of_work.begin() as work:
        stored = await vehicle_repository.lock(work.db, new.vehicle_id)
        if stored is None or stored.address == new.address:
            return
        await vehicle_repository.change(work.db, new.vehicle_id, {"address": new.address}, probe_again=True)
        await work.audit(
            AuditRecord(
                actor_type=ActorType.SYSTEM,
                actor_name="demo fleet",
                action="vehicle.updated",
                object_type="vehicle",
                object_id=str(new.vehicle_id),
                details={"before": {"address": stored.address}, "after": {"address": new.address}},
            )
        )
        work.publish(BusMessage(WAKE_PRESENCE, str(new.vehicle_id)))


async def _register(unit_of_work: UnitOfWork, new: NewVehicle) -> bool:
    """False where another process was faster."""
    try:
        async with unit_of_work.begin() as work:
            vehicle = await vehicle_repository.add(work.db, new)
            await work.audit(_entry_of(new))
            work.publish(BusMessage(WAKE_PRESENCE, str(vehicle.vehicle_id)))
    except ConstraintViolated:
        return False
    return True


def _entry_of(new: NewVehicle) -> AuditRecord:
    return AuditRecord(
        actor_type=ActorType.SYSTEM,
        actor_name="demo fleet",
        action="vehicle.registered",
        object_type="vehicle",
        object_id=str(new.vehicle_id),
        details={"after": {"vin": new.vin, "make": new.make, "model": new.model, "address": new.address}},
    )


def _with_check_digit(vin: str) -> str:
    return vin[:8] + check_digit(vin[:8] + "0" + vin[9:]) + vin[9:]
