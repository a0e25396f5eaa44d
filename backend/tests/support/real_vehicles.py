"""Simulated vehicles of real protocols, registered with a running application."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.simulator.disturbances import Disturbance, DisturbanceKind
from app.simulator.fleet import SimulatedFleet, SimulatedVehicle
from support.connector_cases import engine_of
from support.running_app import Service

SPEED_IS_ZERO = {
    "safe_state": {
        "conditions": [{"reading": "vehicle speed", "ecuAddress": "0x1010", "dataId": "0xF40D", "equals": 0}]
    }
}
COMPONENTS = {0x1000: "gateway", 0x1010: "engine", 0x1020: "transmission", 0x1030: "brakes", 0x1040: "body"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A simulated vehicle and its id in the application. `protocol` is `doip` or `sovd`."""

    service: Service
    simulated: SimulatedVehicle
    vehicle_id: str
    protocol: str

    def unit(self, ecu_address: int) -> dict[str, str]:
        """How a command names a control unit of this vehicle."""
        if self.protocol == "doip":
            return {"ecuAddress": f"0x{ecu_address:04X}"}
        return {"component": COMPONENTS[ecu_address]}

    async def send(
        self,
        command_name: str,
        ecu_address: int | None = None,
        *,
        more: Mapping[str, object] | None = None,
        **body: Any,
    ) -> str:
        """Submit a command; gives its id."""
        unit = {} if ecu_address is None else self.unit(ecu_address)
        params = {**unit, **(more or {})}
        return await self.service.submit(self.vehicle_id, command_name, command_params=params, **body)

    async def run(self, command_name: str, ecu_address: int | None = None, **more: Any) -> dict[str, Any]:
        """Submit a command and wait for its end."""
        return await self.service.ended(await self.send(command_name, ecu_address, **more), within_s=30)

    async def shown(self) -> dict[str, Any]:
        """The vehicle as the API shows it."""
        return await self.service.vehicle(self.vehicle_id)

    def stall(self, ecu_address: int, **more: Any) -> None:
        """Let the control unit take half a minute for its answers, without being silent."""
        kind = DisturbanceKind.PENDING_STORM if self.protocol == "doip" else DisturbanceKind.DELAY
        self.disturb(kind, ecu_address=ecu_address, seconds=30.0, times=30, **more)

    def disturb(self, kind: DisturbanceKind, **more: Any) -> None:
        """Put a disturbance in force."""
        self.simulated.served.disturbances.add(Disturbance(kind=kind, **more))

    def undisturbed(self) -> None:
        """End all disturbances."""
        self.simulated.served.disturbances.clear()

    def hold_speed(self, speed: float) -> None:
        """The vehicle drives, or stands."""
        self.simulated.vehicle.signals.hold("speed", speed)

    @property
    def stored_faults(self) -> int:
        """How many trouble codes the engine really has."""
        return len(engine_of(self.simulated).faults(asyncio.get_running_loop().time(), 0x2F))


async def register(service: Service, fleet: SimulatedFleet, protocol: str, number: int = 1) -> Registered:
    """Register vehicle `number` of the fleet, standing safely only at speed 0, and wait for its presence."""
    simulated = fleet.vehicles[number - 1]
    address = simulated.doip_address if protocol == "doip" else simulated.sovd_address
    assert address is not None
    vehicle_id = await service.add_vehicle(address, number=number)
    answer = await service.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"settings": SPEED_IS_ZERO})
    assert answer.status_code == 200, answer.text
    found = Registered(service=service, simulated=simulated, vehicle_id=vehicle_id, protocol=protocol)
    found.hold_speed(0)
    return found
