"""Every connector with a vehicle of its own kind, for tests of what all connectors promise."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.connectors.doip_connector import DoipConnector
from app.connectors.port import Connector, Progress, ResponseChunk, VehicleRequest
from app.connectors.sovd_connector import SovdConnector
from app.connectors.vehicle_connector import VehicleConnector
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.catalogue import COMMANDS
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject, encode_json
from app.links.doip_pool import DoipLinks
from app.protocols.uds.timing import UdsTiming
from app.simulator.disturbances import Disturbance, DisturbanceKind
from app.simulator.fleet import SimulatedFleet, SimulatedVehicle
from app.simulator.virtual_ecu import VirtualEcu
from support.act_counts import count_acts
from support.loaded_data import shelf_at
from support.simulated_fleet import quick_fleet
from support.waiting import until

ENGINE = 0x1010
ON_ENGINE: JsonObject = {"ecuAddress": "0x1010"}
QUICK = UdsTiming(p2_star_s=0.2, network_s=0.1, busy_pause_s=0.01, busy_repeats=4, busy_limit_s=0.5)
"""For a simulated ECU without latency: what takes longer is a disturbance, or a machine that has much to do."""
NOTE = "A note of the test   "[:20]
"""What WriteDataByID writes: the note of the workshop, twenty signs that any session may write."""

REAL_PARAMS: Mapping[str, JsonObject] = {
    "DiscoverECUs": {},
    "ReadIdentification": {},
    "ReadDTC": {},
    "ClearDTC": ON_ENGINE,
    "ReadDataByID": {**ON_ENGINE, "dataIds": ["0xF190", "0xF40C"]},
    "SubscribeData": {**ON_ENGINE, "dataIds": ["0xF40C"], "intervalMs": 20, "durationS": 0.1},
    "RoutineControl": {**ON_ENGINE, "routineId": "0x0203", "action": "start"},
    "ECUReset": {**ON_ENGINE, "resetType": "soft"},
    "ControlDTCSetting": {**ON_ENGINE, "setting": "off"},
    "SOVDRequest": {"method": "GET", "path": "components"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorCase:
    """One connector and vehicles that behave as the contract needs them."""

    connector: Connector
    healthy: str
    offline: str
    silent: str
    """Takes `silent_params` of ReadDTC and never finishes the answer."""
    malformed: str
    params: Mapping[str, JsonObject]
    """Of the commands that its vehicles know; anything else is not supported and never leaves."""
    silent_params: JsonObject = field(default_factory=dict)
    is_asked: Callable[[], bool] = lambda: False
    """Whether the silent vehicle has swallowed a request."""
    fleet: SimulatedFleet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RealVehicle:
    """A simulated vehicle of a real protocol and the connector that talks to it."""

    connector: Connector
    address: str
    simulated: SimulatedVehicle
    fleet: SimulatedFleet
    params: Mapping[str, JsonObject]
    acts: Counter[str]
    """Command → how often the engine has carried it out."""

    @property
    def engine(self) -> VirtualEcu:
        """The engine's control unit itself: its own record of what it did."""
        return engine_of(self.simulated)


def engine_of(vehicle: SimulatedVehicle) -> VirtualEcu:
    """The engine's control unit of a simulated vehicle."""
    found = vehicle.vehicle.ecu(ENGINE)
    assert found is not None
    return found


@asynccontextmanager
async def real_vehicle(
    kind: str, home: Path, *, timing: UdsTiming | None = None, vehicles: int = 1
) -> AsyncIterator[RealVehicle]:
    """A fresh vehicle (`doip` or `sovd`) and its connector; at the end, no task and no socket may be left.

    `timing` is that of UDS; None: the connector's default.
    """
    before = _other_tasks()
    async with AsyncExitStack() as stack:
        fleet = await stack.enter_async_context(quick_fleet(with_sovd=kind == "sovd", vehicles=vehicles))
        simulated = fleet.vehicles[0]
        connector: Connector
        if kind == "doip":
            connector, address = await doip_connector(stack, home, timing), simulated.doip_address
            write: JsonObject = {"raw": NOTE.encode().hex()}
        else:
            connector, address = await sovd_connector(stack), simulated.sovd_address or ""
            write = {"value": NOTE}
        params = {name: given for name, given in REAL_PARAMS.items() if kind == "sovd" or name != "SOVDRequest"}
        yield RealVehicle(
            connector=connector,
            address=address,
            simulated=simulated,
            fleet=fleet,
            acts=count_acts(engine_of(simulated)),
            params={**params, "WriteDataByID": {**ON_ENGINE, "dataId": "0x0130", **write}},
        )
    assert fleet.open_sockets == 0
    await until(lambda: _other_tasks() <= before, what="no task left")


def _other_tasks() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


async def doip_connector(stack: AsyncExitStack, home: Path, timing: UdsTiming | None = None) -> DoipConnector:
    """A DoIP connector whose links and data end with the stack."""
    data: DiagnosticDataLibrary = (await stack.enter_async_context(shelf_at(home))).library
    links = await stack.enter_async_context(DoipLinks())
    return DoipConnector(links, data, timing=timing)


async def sovd_connector(stack: AsyncExitStack) -> SovdConnector:
    """A SOVD connector whose connections end with the stack."""
    connector = SovdConnector()
    stack.push_async_callback(connector.close)
    return connector


def request_for(address: str, name: str, params: JsonObject, *, within_s: float = 10.0) -> VehicleRequest:
    """A command as the worker hands it over."""
    return VehicleRequest(
        command_id=CommandId(uuid4()),
        vehicle_id=VehicleId(uuid4()),
        address=address,
        command_name=name,
        command_params=params,
        correlation_id="contract",
        deadline=asyncio.get_running_loop().time() + within_s,
    )


async def chunks_of(connector: Connector, request: VehicleRequest) -> list[ResponseChunk]:
    """All chunks of an answer; checks what holds for each, whatever comes."""
    chunks: list[ResponseChunk] = []
    async with aclosing(connector.execute(request)) as answer:
        async for part in answer:
            assert not (chunks and chunks[-1].is_final), "something came after the final part"
            if isinstance(part, Progress):
                assert part.message
                assert part.pending_since.tzinfo is not None
            else:
                assert encode_json(part.response_payload)
                chunks.append(part)
    assert [chunk.is_final for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    return chunks


KINDS = ("sim", "doip", "sovd")


@asynccontextmanager
async def connector_case(kind: str, home: Path) -> AsyncIterator[ConnectorCase]:
    """The case of one kind of connector."""
    if kind == "sim":
        yield _mock_case()
        return
    async with real_vehicle(kind, home, vehicles=2) as real:
        silent = real.fleet.vehicles[1]
        disturbances = silent.served.disturbances
        disturbances.add(Disturbance(kind=DisturbanceKind.SILENT, ecu_address=ENGINE, count=1000))
        yield ConnectorCase(
            connector=real.connector,
            healthy=real.address,
            offline="doip://127.0.0.1:1?ecus=0x1010" if kind == "doip" else "sovd+http://127.0.0.1:1/",
            silent=silent.doip_address if kind == "doip" else silent.sovd_address or "",
            silent_params=ON_ENGINE,
            is_asked=lambda: disturbances.active[0].left != 1000,
            malformed="doip://127.0.0.1?ecus=engine" if kind == "doip" else "sovd+http://127.0.0.1:port/",
            params=real.params,
            fleet=real.fleet,
        )


def _mock_case() -> ConnectorCase:
    return ConnectorCase(
        connector=VehicleConnector(),
        healthy="sim:?delay=0",
        offline="sim:?offline",
        silent="sim:?delay=0&silent_after=1",
        malformed="sim:?delay=soon",
        params={
            "ReadDTC": {},
            "ClearDTC": {"ecuAddress": "0x10"},
            "ReadDataByID": {"ecuAddress": "0x10", "dataId": "0xF190"},
        },
    )


assert set(REAL_PARAMS) | {"WriteDataByID"} == set(COMMANDS)
