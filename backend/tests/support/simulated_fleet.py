"""Small simulated fleets for tests, quick to answer."""

from dataclasses import replace

from app.simulator.control_api import control_app
from app.simulator.description import VehicleDescription
from app.simulator.description_reading import built_in_description
from app.simulator.doip_server import DoipPlaces
from app.simulator.fleet import FleetSettings, SimulatedFleet
from app.simulator.sovd_backend import sovd_app_for


def quick_description(*, boot_s: float = 0.05, delay_s: float = 0.05) -> VehicleDescription:
    """The built-in vehicle without latency; resets and the delay after wrong keys are short."""
    known = built_in_description()
    ecus = tuple(
        replace(
            ecu,
            latency_s=0.0,
            boot_s=boot_s,
            security=tuple(replace(item, delay_s=delay_s) for item in ecu.security),
            routines=tuple(replace(item, duration_s=min(item.duration_s, 0.2)) for item in ecu.routines),
        )
        for ecu in known.ecus
    )
    return replace(known, ecus=ecus)


def quick_fleet(
    vehicles: int = 1,
    *,
    description: VehicleDescription | None = None,
    doip: DoipPlaces | None = None,
    with_control: bool = False,
    with_sovd: bool = False,
) -> SimulatedFleet:
    """A fleet on free ports of 127.0.0.1."""
    settings = FleetSettings(
        description=description or quick_description(),
        vehicles=vehicles,
        doip=doip or DoipPlaces(),
        control_port=0 if with_control else None,
        sovd_port=0 if with_sovd else None,
    )
    return SimulatedFleet(
        settings,
        control_app=control_app if with_control else None,
        sovd_app=sovd_app_for if with_sovd else None,
    )
