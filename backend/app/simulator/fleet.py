"""A fleet of simulated vehicles: what `sovd simulate` runs, and what tests and demonstrations use.

    async with SimulatedFleet(FleetSettings(description=built_in_description(), vehicles=3)) as fleet:
        fleet.vehicles[0].doip_address       # doip://127.0.0.1:41234?ecus=0x1000,0x1010,...

A SOVD server over the same vehicles: give `sovd_app`, which makes one application for all of them, each below its
VIN (`/{VIN}/version-info`); it is served on one port.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp

from app.simulator.description import VehicleDescription
from app.simulator.disturbed_http import DisturbedHttp
from app.simulator.doip_server import DoipPlaces, DoipServer
from app.simulator.served_doip_vehicle import ServedDoipVehicle
from app.simulator.virtual_vehicle import VirtualVehicle
from app.sovd_server.http_serving import host_in_url, http_served

SovdAppMaker = Callable[[Mapping[str, VirtualVehicle]], ASGIApp]
"""Makes the SOVD server's application from the vehicles by VIN. Its lifespan is run by the fleet."""
ControlAppMaker = Callable[["SimulatedFleet"], ASGIApp]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSettings:
    """What to simulate, and where. Ports: 0 takes free ones; None: not served."""

    description: VehicleDescription
    vehicles: int = 1
    first_number: int = 1
    """Number of the first vehicle: fleets with other numbers have other VINs."""
    seed: int = 0
    doip: DoipPlaces = field(default_factory=DoipPlaces)
    sovd_port: int | None = None
    control_host: str = "127.0.0.1"
    control_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedVehicle:
    """A vehicle that is served, and the addresses under which it can be registered."""

    served: ServedDoipVehicle
    doip_address: str
    doip_tls_address: str | None = None
    sovd_address: str | None = None

    @property
    def vehicle(self) -> VirtualVehicle:
        """The vehicle itself."""
        return self.served.vehicle

    @property
    def vin(self) -> str:
        """Its VIN."""
        return self.served.vehicle.vin


class SimulatedFleet:
    """Async context manager; its clock is `loop.time()`. After it, no socket, task or timer is left."""

    def __init__(
        self,
        settings: FleetSettings,
        *,
        sovd_app: SovdAppMaker | None = None,
        control_app: ControlAppMaker | None = None,
    ) -> None:
        self.settings = settings
        self.vehicles: tuple[SimulatedVehicle, ...] = ()
        self.udp_port = 0
        """Where all vehicles answer identification requests."""
        self.control_url: str | None = None
        self._make_sovd_app = sovd_app
        self._make_control_app = control_app
        self._stack = AsyncExitStack()
        self._doip: DoipServer | None = None
        self._by_vin: dict[str, SimulatedVehicle] = {}

    async def __aenter__(self) -> Self:
        """Raises CannotListen, and ValueError where the VIN pattern has no room for so many vehicles."""
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def find(self, vin: str) -> SimulatedVehicle | None:
        """The vehicle with this VIN."""
        return self._by_vin.get(vin)

    def now(self) -> float:
        """The clock of the vehicles."""
        return asyncio.get_running_loop().time()

    @property
    def open_sockets(self) -> int:
        """DoIP connections that are open."""
        return self._doip.open_sockets if self._doip is not None else 0

    async def _start(self) -> None:
        known = self.settings
        served = [ServedDoipVehicle(vehicle) for vehicle in self._make_vehicles()]
        self._doip = await self._stack.enter_async_context(DoipServer(served, known.doip))
        self.udp_port = self._doip.udp_port
        sovd_port = await self._serve_sovd(served)
        self.vehicles = tuple(_simulated(item, self._doip, known.doip.host, sovd_port) for item in served)
        self._by_vin = {item.vin: item for item in self.vehicles}
        if self._make_control_app is not None and known.control_port is not None:
            app = self._make_control_app(self)
            port = await self._stack.enter_async_context(http_served(app, known.control_host, known.control_port))
            self.control_url = f"http://{host_in_url(known.control_host)}:{port}"

    def _make_vehicles(self) -> list[VirtualVehicle]:
        known, now = self.settings, self.now()
        numbers = range(known.first_number, known.first_number + known.vehicles)
        return [VirtualVehicle(known.description, number=number, seed=known.seed, started_at=now) for number in numbers]

    async def _serve_sovd(self, served: Sequence[ServedDoipVehicle]) -> int | None:
        if self._make_sovd_app is None or self.settings.sovd_port is None:
            return None
        app = DisturbedHttp(self._make_sovd_app({item.vehicle.vin: item.vehicle for item in served}), served)
        return await self._stack.enter_async_context(http_served(app, self.settings.doip.host, self.settings.sovd_port))


def _simulated(served: ServedDoipVehicle, doip: DoipServer, host: str, sovd_port: int | None) -> SimulatedVehicle:
    vin, known = served.vehicle.vin, served.vehicle.description
    ecus = ",".join(f"0x{ecu.address:04X}" for ecu in known.ecus)
    rest = f"?ecus={ecus}" + (f"&functional=0x{known.functional_address:04X}" if _is_unusual(known) else "")
    tls_port = doip.tls_ports.get(vin)
    return SimulatedVehicle(
        served=served,
        doip_address=f"doip://{host_in_url(host)}:{doip.ports[vin]}{rest}",
        doip_tls_address=f"doip://{host_in_url(host)}:{tls_port}{rest}&tls=1" if tls_port is not None else None,
        sovd_address=f"sovd+http://{host_in_url(host)}:{sovd_port}/{vin}/" if sovd_port is not None else None,
    )


def _is_unusual(known: VehicleDescription) -> bool:
    return known.functional_address != 0xE400
