"""What the control interface shows of vehicles: their live state as JSON. Pure but for settling the ECUs' time."""

from app.domain.json_values import JsonObject
from app.protocols.uds.dtc import names_of_status
from app.simulator.disturbances import MEMBERS, ActiveDisturbance
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.fleet import SimulatedVehicle
from app.simulator.identifier_reading import ACTIVE_SESSION
from app.simulator.virtual_ecu import VirtualEcu


def vehicle_line(simulated: SimulatedVehicle) -> JsonObject:
    """A vehicle in a list."""
    return {
        "vin": simulated.vin,
        "number": simulated.vehicle.number,
        "doip_address": simulated.doip_address,
        "doip_tls_address": simulated.doip_tls_address,
        "sovd_address": simulated.sovd_address,
        "open_connections": len(simulated.served.entity.connections),
        "disturbances": len(simulated.served.disturbances.active),
    }


def vehicle_view(simulated: SimulatedVehicle, now: float) -> JsonObject:
    """A vehicle with all its state."""
    vehicle = simulated.vehicle
    signals = vehicle.signals
    return {
        **vehicle_line(simulated),
        "uptime_s": round(now - vehicle.started_at, 3),
        "signals": {
            name: {"value": round(signals.value(name, now), 3), "held": name in signals.held} for name in signals.names
        },
        "disturbances": [disturbance_view(item) for item in simulated.served.disturbances.active],
        "ecus": [ecu_view(ecu, now) for ecu in vehicle.ecus],
    }


def ecu_view(ecu: VirtualEcu, now: float) -> JsonObject:
    """An ECU with all its state. Looking changes nothing: no session is kept alive by it."""
    ecu.settle(now)
    return {
        "component": ecu.description.component,
        "address": f"0x{ecu.description.address:04X}",
        "title": ecu.description.title,
        "variant": ecu.description.variant,
        "session": f"0x{ecu.session:02X}",
        "security_level": ecu.security.unlocked_level,
        "is_silent": ecu.is_silent(now),
        "resets": ecu.resets,
        "records_faults": ecu.records_faults,
        "dtcs": [
            {
                "code": fault.spelling,
                "title": fault.title,
                "status": f"0x{fault.status:02X}",
                "status_bits": names_of_status(fault.status),
                "occurrences": fault.occurrences,
            }
            for fault in ecu.faults(now)
        ],
        "values": {item.name: ecu_value(ecu, item.data_id, now) for item in ecu.data.identifiers},
        "routines": {item.name: _routine_state(ecu, item.routine_id, now) for item in ecu.routines.descriptions},
    }


def ecu_value(ecu: VirtualEcu, data_id: int, now: float) -> JsonObject:
    """One identifier, whoever may read it."""
    known = ecu.data.description(data_id)
    value = ecu.session if data_id == ACTIVE_SESSION else ecu.data.value(data_id, now)
    return {"data_id": f"0x{data_id:04X}", "value": value, "unit": known.unit}


def disturbance_view(item: ActiveDisturbance) -> JsonObject:
    """A disturbance in force."""
    known = item.disturbance
    members: JsonObject = {
        "seconds": known.seconds,
        "times": known.times,
        "nrc": f"0x{known.nrc:02X}",
        "code": f"0x{known.code:02X}",
    }
    return {
        "number": item.number,
        "kind": known.kind.value,
        "ecu": None if known.ecu_address is None else f"0x{known.ecu_address:04X}",
        "service": None if known.service is None else f"0x{known.service:02X}",
        "left": item.left,
        "chance": known.chance,
        **{name: value for name, value in members.items() if name in MEMBERS.get(known.kind, ())},
    }


def _routine_state(ecu: VirtualEcu, routine_id: int, now: float) -> str:
    try:
        return ecu.routines.last_run(routine_id, now).state.name.lower()
    except EcuRefused:
        return "never started"
