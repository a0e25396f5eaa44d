"""What the control interface does to vehicles. No I/O; every refusal names what is wrong."""

import math
from dataclasses import replace

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.uds.dtc import parse_dtc
from app.simulator.description import FaultDescription
from app.simulator.disturbance_reading import check_disturbed_ecu, read_disturbance
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.fault_reading import read_status
from app.simulator.fleet import SimulatedFleet, SimulatedVehicle
from app.simulator.strict_reading import DescriptionError, Members
from app.simulator.virtual_ecu import VirtualEcu
from app.simulator.virtual_vehicle import VirtualVehicle

CONFIRMED = 0x2F


class ControlRefused(Exception):
    """The control interface refuses; nothing has changed. `status`: HTTP status."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def vehicle_of(fleet: SimulatedFleet, vin: str) -> SimulatedVehicle:
    """A vehicle. Raises ControlRefused where there is none."""
    found = fleet.find(vin.upper())
    if found is None:
        raise ControlRefused(f"there is no vehicle {vin}", status=404)
    return found


def ecu_of(fleet: SimulatedFleet, vin: str, ecu: str) -> VirtualEcu:
    """An ECU by component id or logical address. Raises ControlRefused where there is none."""
    vehicle = vehicle_of(fleet, vin).vehicle
    found = vehicle.component(ecu) or _by_address(vehicle, ecu)
    if found is None:
        raise ControlRefused(f"vehicle {vin} has no ECU {ecu}", status=404)
    return found


def add_disturbance(fleet: SimulatedFleet, vin: str, body: JsonObject) -> int:
    """Put a disturbance in force; gives its number. Raises ControlRefused."""
    served = vehicle_of(fleet, vin).served
    members = Members(body)
    try:
        disturbance = read_disturbance(members)
        members.done()
        check_disturbed_ecu(disturbance, served.vehicle.description.ecus, "ecu")
    except DescriptionError as error:
        raise ControlRefused(str(error)) from error
    return served.disturbances.add(disturbance)


def set_dtc(ecu: VirtualEcu, code: str, body: JsonObject, now: float) -> None:
    """Let a trouble code appear. Raises ControlRefused."""
    number = _code(code)
    members = Members(body)
    known = ecu.fault_memory.description(number)
    try:
        title = members.text("title", known.title if known else code.upper())
        status = read_status(members.take("status", known.status if known else CONFIRMED), "status")
        members.done()
    except DescriptionError as error:
        raise ControlRefused(str(error)) from error
    described = known or FaultDescription(code=number, title=title, status=status)
    ecu.set_fault(replace(described, title=title, status=status), now)


def clear_dtc(ecu: VirtualEcu, code: str) -> None:
    """Take a trouble code out. Raises ControlRefused where the ECU does not have it."""
    try:
        ecu.fault_memory.remove(_code(code))
    except EcuRefused as refusal:
        raise ControlRefused(refusal.message, status=404) from refusal


def set_value(ecu: VirtualEcu, name: str, value: JsonValue) -> None:
    """Set an identifier, writable over diagnostics or not. Raises ControlRefused."""
    data_id = _data_id(ecu, name)
    try:
        ecu.data.write(data_id, ecu.data.encoded(data_id, value))
    except EcuRefused as refusal:
        raise ControlRefused(refusal.message) from refusal


def restore_value(ecu: VirtualEcu, name: str) -> None:
    """Give an identifier its described value again. Raises ControlRefused."""
    ecu.data.restore(_data_id(ecu, name))


def hold_signal(vehicle: VirtualVehicle, name: str, value: float) -> None:
    """Hold a moving value. Raises ControlRefused."""
    if name not in vehicle.signals.names:
        raise ControlRefused(f"there is no signal {name}", status=404)
    if not math.isfinite(value):
        raise ControlRefused("value must be a finite number")
    vehicle.signals.hold(name, value)


def release_signal(vehicle: VirtualVehicle, name: str) -> None:
    """Let it move again. Raises ControlRefused."""
    if name not in vehicle.signals.names:
        raise ControlRefused(f"there is no signal {name}", status=404)
    vehicle.signals.release(name)


def _by_address(vehicle: VirtualVehicle, text: str) -> VirtualEcu | None:
    try:
        return vehicle.ecu(int(text, 16))
    except ValueError:
        return None


def _code(text: str) -> int:
    try:
        return parse_dtc(text)
    except ValueError as error:
        raise ControlRefused(f"{text}: {error}") from error


def _data_id(ecu: VirtualEcu, name: str) -> int:
    for item in ecu.data.identifiers:
        if name in {item.name, f"0x{item.data_id:04X}", f"{item.data_id:04X}"}:
            return item.data_id
    raise ControlRefused(f"the ECU has no identifier {name}", status=404)
