"""A simulated vehicle, the adapter on its DoIP gateway, and both connectors: over the adapter and directly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.connectors.doip_address import parse_doip_address
from app.connectors.doip_connector import DoipConnector
from app.connectors.port import Connector, Progress, ResponseChunk, VehicleContext, VehicleRequest
from app.connectors.sovd_connector import SovdConnector
from app.diagnostic_data.port import DataSetRef
from app.domain.json_values import JsonObject
from app.links.doip_pool import DoipLinks
from app.protocols.uds.timing import UdsTiming
from app.simulator.description import VehicleDescription
from app.simulator.disturbances import Disturbance, DisturbanceKind
from app.simulator.fleet import SimulatedFleet, SimulatedVehicle
from app.simulator.virtual_ecu import VirtualEcu
from app.uds_adapter.adapted_vehicle import AdaptedVehicle, adapted_vehicle
from app.uds_adapter.adapter_serving import ServingPlace, vehicle_served
from app.uds_adapter.adapter_settings import AdapterSettings
from app.uds_adapter.described_ecus import DescribedEcus
from support.doip_runs import KEYS, TIMING
from support.engine_odx import ENGINE_IDENTIFIERS, engine_odx
from support.loaded_data import shelf_at
from support.simulated_fleet import quick_fleet
from support.sovd_runs import request_for
from support.waiting import until

ENGINE = 0x1010
ON_ENGINE: JsonObject = {"ecuAddress": "0x1010"}


@dataclass
class Adapted:
    """What a test works with."""

    url: str
    fleet: SimulatedFleet
    vehicle: AdaptedVehicle
    through_adapter: SovdConnector
    direct: DoipConnector
    data_sets: tuple[DataSetRef, ...]
    http: httpx.AsyncClient
    progress: list[Progress] = field(default_factory=list)

    @property
    def simulated(self) -> SimulatedVehicle:
        """The vehicle behind the adapter."""
        return self.fleet.vehicles[0]

    @property
    def ecu(self) -> VirtualEcu:
        """Its engine's control unit."""
        found = self.simulated.vehicle.ecu(ENGINE)
        assert found is not None
        return found

    def disturb(self, kind: DisturbanceKind, **settings: float | None) -> int:
        """Put a disturbance in force on the engine."""
        made = Disturbance(kind=kind, ecu_address=ENGINE, **settings)  # type: ignore[arg-type]  # numbers of the members that the kind names
        return self.simulated.served.disturbances.add(made)

    async def adapted(self, name: str, params: JsonObject) -> list[JsonObject]:
        """The payloads of a command over the adapter."""
        context = VehicleContext(secrets=KEYS.secrets)
        request = request_for(f"sovd+{self.url}/", name, params, within_s=15, context=context)
        return await self._payloads(self.through_adapter, request)

    async def directly(self, name: str, params: JsonObject, vehicle: int = 0) -> list[JsonObject]:
        """The payloads of a command over DoIP, as another tester."""
        address = f"{self.fleet.vehicles[vehicle].doip_address}&tester=0x0E01"
        context = VehicleContext(data_sets=self.data_sets, secrets=KEYS.secrets)
        return await self._payloads(self.direct, request_for(address, name, params, within_s=15, context=context))

    async def _payloads(self, connector: Connector, request: VehicleRequest) -> list[JsonObject]:
        found = []
        answer = connector.execute(request)
        async with answer_closed(answer):
            async for part in answer:
                if isinstance(part, ResponseChunk):
                    found.append(part.response_payload)
                else:
                    self.progress.append(part)
        return found

    async def ask(self, method: str, path: str, body: JsonObject | None = None) -> httpx.Response:
        """Any request below the base path."""
        return await self.http.request(method, f"{self.url}/sovd/v1/{path}", json=body)

    async def lock(self, component: str = "engine", seconds: int = 60) -> str:
        """Take a lock; gives its path."""
        answer = await self.ask("POST", f"components/{component}/locks", {"lock_expiration": seconds})
        assert answer.status_code == 201, answer.text
        return f"components/{component}/locks/{answer.json()['id']}"


@asynccontextmanager
async def answer_closed(answer: Any) -> AsyncIterator[None]:
    """Close an answer at the end, whatever happened."""
    try:
        yield
    finally:
        await answer.aclose()


@asynccontextmanager
async def adapted_fleet(
    home: Path,
    *,
    with_data: bool = True,
    vehicles: int = 1,
    timing: UdsTiming = TIMING,
    place: ServingPlace | None = None,
    description: VehicleDescription | None = None,
    **settings: Any,
) -> AsyncIterator[Adapted]:
    """All of it on free ports; afterwards, no task and no socket may be left."""
    before = _other_tasks()
    async with AsyncExitStack() as stack:
        fleet = await stack.enter_async_context(quick_fleet(vehicles, description=description))
        shelf = await stack.enter_async_context(shelf_at(home))
        files = (ENGINE_IDENTIFIERS, engine_odx()) if with_data else ()
        refs = tuple(
            shelf.ref(content, name=f"engine {number}", ecu_address=ENGINE) for number, content in enumerate(files)
        )
        address = parse_doip_address(fleet.vehicles[0].doip_address)
        wanted = AdapterSettings(gateway=address.settings(KEYS), timing=timing, **{"ecus": address.ecus, **settings})
        described = DescribedEcus(shelf.library, refs)
        vehicle = await stack.enter_async_context(adapted_vehicle(wanted, described))
        url = await stack.enter_async_context(vehicle_served(vehicle, place or ServingPlace()))
        links = await stack.enter_async_context(DoipLinks())
        connector = SovdConnector()
        stack.push_async_callback(connector.close)
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=20))
        yield Adapted(
            url=url,
            fleet=fleet,
            vehicle=vehicle,
            through_adapter=connector,
            direct=DoipConnector(links, shelf.library, timing=timing),
            data_sets=refs,
            http=http,
        )
    assert fleet.open_sockets == 0
    await until(lambda: _other_tasks() <= before, what="no task left")


def _other_tasks() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}
