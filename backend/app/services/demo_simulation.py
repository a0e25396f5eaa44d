"""The simulator beside the demo fleet: vehicles that speak DoIP and SOVD over real sockets of this machine."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import structlog

from app.domain.json_values import JsonObject
from app.repositories.vehicle_repository import NewVehicle
from app.services.demo_fleet import demo_vehicle_id
from app.simulator.description_reading import built_in_description
from app.simulator.doip_server import DoipPlaces
from app.simulator.fleet import FleetSettings, SimulatedFleet, SimulatedVehicle
from app.simulator.sovd_backend import sovd_app_for
from app.sovd_server.http_serving import CannotListen

_log = structlog.get_logger(__name__)

VEHICLES = 4
"""The first half is registered with its DoIP address, the second half with its SOVD server."""
_FIRST_NUMBER = 201
_PLACES = DoipPlaces(port=20_400)
_SOVD_PORT = 20_480


@asynccontextmanager
async def demo_simulation() -> AsyncIterator[tuple[NewVehicle, ...]]:
    """Run the simulator; gives its vehicles as they can be registered.

    The ports are the same each time, so that addresses stay; where something else has them, free ones are taken.
    """
    settings = FleetSettings(
        description=built_in_description(),
        vehicles=VEHICLES,
        first_number=_FIRST_NUMBER,
        doip=_PLACES,
        sovd_port=_SOVD_PORT,
    )
    async with AsyncExitStack() as stack:
        try:
            fleet = await stack.enter_async_context(SimulatedFleet(settings, sovd_app=sovd_app_for))
        except CannotListen as error:
            _log.info("the simulator takes free ports", reason=error.message)
            elsewhere = replace(settings, doip=replace(_PLACES, port=0), sovd_port=0)
            fleet = await stack.enter_async_context(SimulatedFleet(elsewhere, sovd_app=sovd_app_for))
        yield tuple(_as_registered(number, item) for number, item in enumerate(fleet.vehicles))


def _as_registered(number: int, simulated: SimulatedVehicle) -> NewVehicle:
    has_server = number >= VEHICLES // 2
    known = simulated.vehicle.description
    return NewVehicle(
        vehicle_id=demo_vehicle_id(simulated.vin),
        vin=simulated.vin,
        make=known.make,
        model=f"{known.model} ({'SOVD' if has_server else 'DoIP'})",
        year=known.year,
        address=(simulated.sovd_address if has_server else None) or simulated.doip_address,
        metadata={"demo": True, "character": _character(has_server=has_server)},
        settings=_settings(has_server=has_server),
    )


def _character(*, has_server: bool) -> str:
    if has_server:
        return "has its own SOVD server; stands for 90 s, drives for 90 s"
    return "classic ECUs behind a DoIP gateway; stands for 90 s, drives for 90 s"


def _settings(*, has_server: bool) -> JsonObject:
    engine: JsonObject = (
        {"component": "engine", "dataIds": ["VehicleSpeed"]}
        if has_server
        else {
            "ecuAddress": "0x1010",
            "dataId": "0xF40D",
        }
    )
    standing: JsonObject = {"reading": "vehicle speed", **engine, "maximum": 1, "unit": "km/h"}
    return {"safe_state": {"policy": "checked", "conditions": [standing]}}
