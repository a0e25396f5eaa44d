"""The ECUs of a virtual vehicle as SOVD components: found by key, asked with the loop's clock, refusals translated."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import VehicleRefused, VehicleTimeout
from app.protocols.sovd.sovd_errors import resource_unknown
from app.protocols.uds.negative_responses import describe_nrc
from app.protocols.uds.services import Service
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.virtual_ecu import VirtualEcu
from app.simulator.virtual_vehicle import VirtualVehicle
from app.sovd_server.entity_tree import Collection, EntityKey

SESSION_NAMES = {1: "DEFAULT", 2: "PROGRAMMING", 3: "EXTENDED"}
"""SOVD names of the sessions that ISO 14229-1 fixes; others are called by their number."""


def session_name(session: int) -> str:
    """What a session is called in `modes/session`."""
    return SESSION_NAMES.get(session, f"0x{session:02X}")


def security_name(level: int) -> str:
    """What an unlocked security level is called in `modes/security`."""
    return f"Level_{level}"


class EcuAccess:
    """Reaches the ECUs of one vehicle. An ECU answers after its latency, or not at all while it starts anew."""

    def __init__(self, vehicle: VirtualVehicle) -> None:
        self.vehicle = vehicle

    def now(self) -> float:
        """The clock of the vehicles: loop time."""
        return asyncio.get_running_loop().time()

    def ecu(self, entity: EntityKey) -> VirtualEcu:
        """The ECU of a component, without asking it anything. Raises SovdRefusal 404."""
        ecu = self.vehicle.component(entity.entity_id) if entity.collection is Collection.COMPONENTS else None
        if ecu is None:
            raise resource_unknown(f"ECU {entity.entity_id}")
        return ecu

    async def awake(self, entity: EntityKey) -> VirtualEcu:
        """The ECU, when it would answer. Raises VehicleTimeout while it is silent after a reset."""
        ecu = self.ecu(entity)
        await asyncio.sleep(ecu.description.latency_s)
        if ecu.is_silent(self.now()):
            raise VehicleTimeout(f"{ecu.description.title} does not answer; it starts anew after a reset.")
        return ecu


@contextmanager
def refusals_of(ecu: VirtualEcu, service: Service) -> Iterator[None]:
    """Turns what the ECU refuses into the error that carries its negative response code."""
    try:
        yield
    except EcuRefused as error:
        raise VehicleRefused(
            f"{ecu.description.title} refused ({describe_nrc(error.nrc).name}): {error.message}.",
            details={
                "nrc": f"0x{error.nrc:02X}",
                "service": f"0x{service:02X}",
                "ecuAddress": f"0x{ecu.description.address:04X}",
            },
        ) from error
