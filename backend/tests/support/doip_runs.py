"""Runs commands of the DoIP connector on simulated vehicles over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from app.connectors.doip_connector import DoipConnector
from app.connectors.port import Progress, ResponseChunk, VehicleContext, VehicleRequest
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.errors import NotFound
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject, encode_json
from app.links.doip_pool import DoipLinks
from app.protocols.uds.timing import UdsTiming
from app.simulator.description import VehicleDescription
from app.simulator.disturbances import Disturbance, DisturbanceKind, Disturbances
from app.simulator.fleet import SimulatedVehicle
from app.simulator.virtual_ecu import VirtualEcu
from support.simulated_fleet import quick_fleet

TIMING = UdsTiming(p2_s=0.05, p2_star_s=0.4, network_s=0.25, busy_pause_s=0.02, s3_s=2.0)
KEYS = VehicleContext(
    secrets={
        "security_access": json.dumps({"provider": "xor-demo", "masks": {"1": "A5C35A3C", "3": "0F1E2D3C4B5A6978"}})
    }
)
ENGINE: JsonObject = {"ecuAddress": "0x1010"}


@dataclass
class DrivenVehicle:
    """A simulated vehicle and a connector that drives it."""

    connector: DoipConnector
    simulated: SimulatedVehicle
    address: str
    context: VehicleContext = KEYS
    progress: list[Progress] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The address without settings."""
        return self.address.partition("?")[0]

    @property
    def disturbances(self) -> Disturbances:
        """What goes wrong in the vehicle."""
        return self.simulated.served.disturbances

    def ecu(self, address: int = 0x1010) -> VirtualEcu:
        """One of its ECUs."""
        found = self.simulated.vehicle.ecu(address)
        assert found is not None
        return found

    def disturb(self, kind: DisturbanceKind, **settings: float | None) -> int:
        """Put a disturbance in force."""
        return self.disturbances.add(Disturbance(kind=kind, **settings))  # type: ignore[arg-type]  # numbers of the members that the kind names

    def request(self, command_name: str, params: JsonObject, *, within_s: float = 10.0) -> VehicleRequest:
        """A command for it."""
        return VehicleRequest(
            command_id=CommandId(uuid4()),
            vehicle_id=VehicleId(uuid4()),
            address=self.address,
            command_name=command_name,
            command_params=params,
            correlation_id="test",
            deadline=asyncio.get_running_loop().time() + within_s,
            context=self.context,
        )

    async def run(self, command_name: str, params: JsonObject, *, within_s: float = 10.0) -> list[JsonObject]:
        """The payloads of the answer; exactly the last one was final. Progress is kept in `progress`."""
        chunks: list[ResponseChunk] = []
        async with aclosing(self.connector.execute(self.request(command_name, params, within_s=within_s))) as parts:
            async for part in parts:
                if isinstance(part, Progress):
                    self.progress.append(part)
                else:
                    chunks.append(part)
        assert [chunk.is_final for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
        assert all(encode_json(chunk.response_payload) for chunk in chunks)
        return [chunk.response_payload for chunk in chunks]


async def _no_file(checksum: str) -> bytes:
    raise NotFound(f"There is no file {checksum}.")


@asynccontextmanager
async def driven_vehicle(
    home: Path, *, timing: UdsTiming = TIMING, description: VehicleDescription | None = None
) -> AsyncIterator[DrivenVehicle]:
    """A vehicle with its connector; at the end no socket and no task is left."""
    library = DiagnosticDataLibrary(home, _no_file)
    try:
        async with quick_fleet(description=description) as fleet, DoipLinks() as links:
            simulated = fleet.vehicles[0]
            connector = DoipConnector(links, library, timing=timing)
            yield DrivenVehicle(connector=connector, simulated=simulated, address=simulated.doip_address)
    finally:
        await library.close()
