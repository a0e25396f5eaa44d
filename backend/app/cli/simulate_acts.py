"""Runs a simulated fleet until Ctrl-C, and says how to reach and register its vehicles."""

import asyncio
import shlex
import ssl
from dataclasses import dataclass
from pathlib import Path

from app.cli.exit_codes import ExitCode
from app.cli.given_files import why_unreadable
from app.cli.open_files import allow_open_files
from app.cli.stopping import until_stopped
from app.cli.tables import cell, plain_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.domain.json_values import JsonObject
from app.simulator.control_api import control_app
from app.simulator.description import VehicleDescription
from app.simulator.description_reading import built_in_description, built_in_text, read_description
from app.simulator.doip_server import DoipPlaces
from app.simulator.fleet import FleetSettings, SimulatedFleet, SimulatedVehicle
from app.simulator.sovd_backend import sovd_app_for
from app.simulator.strict_reading import DescriptionError
from app.sovd_server.http_serving import CannotListen

SHOWN = 20
"""Vehicles in the table; the control interface lists all."""
FILES_PER_VEHICLE, SPARE_FILES = 4, 256
"""Listening sockets of a vehicle and its connections; and what the program itself needs."""
BROADCAST = ("255.255.255.255", 13400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What the options say."""

    vehicles: int
    description: Path | None
    host: str
    doip_port: int
    sovd_port: int
    control_host: str
    control_port: int
    tls_certificate: Path | None
    tls_key: Path | None
    announce: bool
    first_number: int
    seed: int


def print_built_in() -> int:
    """Print the built-in description."""
    Terminal().line(built_in_text().rstrip("\n"))
    return ExitCode.DONE


async def run_simulation(wanted: Simulation, *, as_json: bool) -> int:
    """Serve until Ctrl-C or SIGTERM. Raises UsageRefused for what is wrong with the options."""
    settings = fleet_settings(wanted)
    allow_open_files(FILES_PER_VEHICLE * wanted.vehicles + SPARE_FILES)  # where it cannot, the ports will tell
    terminal = Terminal(as_json)

    async def serve() -> None:
        async with SimulatedFleet(settings, sovd_app=sovd_app_for, control_app=control_app) as fleet:
            if as_json:
                terminal.json(fleet_document(fleet))
            else:
                _show(terminal, fleet)
            await asyncio.get_running_loop().create_future()  # until it is cancelled

    try:
        await until_stopped(serve(), terminal)
    except CannotListen as error:
        raise UsageRefused(error.message, "Check --host, --doip-port, --sovd-port and --control-port.") from error
    except ValueError as error:
        raise UsageRefused(str(error), "Check --vehicles, --first-number and the VIN in the description.") from error
    return ExitCode.DONE


def fleet_settings(wanted: Simulation) -> FleetSettings:
    """What the options mean. Raises UsageRefused for files that cannot be read or are wrong."""
    if wanted.doip_port and wanted.doip_port + wanted.vehicles - 1 > 0xFFFF:
        raise UsageRefused(
            f"{wanted.vehicles} vehicles from port {wanted.doip_port} on do not fit below port 65536",
            "Choose a lower --doip-port, or 0 for free ones.",
        )
    return FleetSettings(
        description=_description(wanted.description),
        vehicles=wanted.vehicles,
        first_number=wanted.first_number,
        seed=wanted.seed,
        doip=DoipPlaces(
            host=wanted.host,
            port=wanted.doip_port,
            tls=_tls(wanted),
            announce_to=BROADCAST if wanted.announce else None,
        ),
        sovd_port=wanted.sovd_port,
        control_host=wanted.control_host,
        control_port=wanted.control_port,
    )


def _description(path: Path | None) -> VehicleDescription:
    if path is None:
        return built_in_description()
    try:
        return read_description(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageRefused(f"{path} cannot be read: {why_unreadable(error)}", "Check --description.") from error
    except DescriptionError as error:
        raise UsageRefused(
            f"{path}: {error}", "Correct it; `sovd simulate --print-description` prints one that works."
        ) from error


def _tls(wanted: Simulation) -> ssl.SSLContext | None:
    if wanted.tls_certificate is None and wanted.tls_key is None:
        return None
    if wanted.tls_certificate is None or wanted.tls_key is None:
        raise UsageRefused("TLS needs a certificate and its key", "Give both --tls-certificate and --tls-key.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(wanted.tls_certificate, wanted.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise UsageRefused(
            f"the TLS certificate or key cannot be used: {error}", "Check --tls-certificate and --tls-key."
        ) from error
    return context


def fleet_document(fleet: SimulatedFleet) -> JsonObject:
    """All vehicles with their addresses, for scripts."""
    return {
        "control_url": fleet.control_url,
        "udp_port": fleet.udp_port,
        "vehicles": [
            {
                "vin": item.vin,
                "make": item.vehicle.description.make,
                "model": item.vehicle.description.model,
                "year": item.vehicle.description.year,
                "doip_address": item.doip_address,
                "doip_tls_address": item.doip_tls_address,
                "sovd_address": item.sovd_address,
            }
            for item in fleet.vehicles
        ],
    }


def _show(terminal: Terminal, fleet: SimulatedFleet) -> None:
    table = plain_table("VIN", "Address")
    for item in fleet.vehicles[:SHOWN]:
        for number, address in enumerate(_addresses(item)):
            table.add_row(cell(item.vin if number == 0 else ""), cell(address))
    terminal.show(table)
    hidden = len(fleet.vehicles) - SHOWN
    if hidden > 0:
        terminal.line(f"… and {hidden} more: {fleet.control_url}/vehicles lists all")
    terminal.line("")
    terminal.line("Register a vehicle, by its DoIP gateway or by its SOVD server:")
    first, last = fleet.vehicles[0], fleet.vehicles[-1]
    terminal.line(f"  {registration(first, first.doip_address)}")
    if last.sovd_address is not None:
        terminal.line(f"  {registration(last, last.sovd_address)}")
    terminal.line("")
    terminal.line(f"See and disturb them: {fleet.control_url}/vehicles")
    terminal.line("Ctrl-C stops the simulation.")


def _addresses(item: SimulatedVehicle) -> list[str]:
    found = (item.doip_address, item.doip_tls_address, item.sovd_address)
    return [address for address in found if address is not None]


def registration(item: SimulatedVehicle, address: str) -> str:
    """The command that registers a vehicle. Pure."""
    known = item.vehicle.description
    parts = ("--make", known.make, "--model", known.model, "--year", str(known.year), "--address", address)
    return f"sovd vehicle add {item.vin} {shlex.join(parts)}"
