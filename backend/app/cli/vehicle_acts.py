"""The vehicle registry."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from app.cli.connection import signed_in
from app.cli.exit_codes import ExitCode
from app.cli.given_files import read_file
from app.cli.parameter_parsing import parse_parameters
from app.cli.tables import vehicle_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.cli.vehicle_lookup import find_vehicle
from app.domain.json_values import JsonObject


async def list_vehicles(
    server: str | None, *, status: str | None, search: str | None, limit: int, show_all: bool, as_json: bool
) -> int:
    """List the vehicles this account may see."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        if show_all:
            vehicles = [vehicle async for vehicle in client.vehicles.all(status=status, search=search)]
            total = len(vehicles)
        else:
            page = await client.vehicles.list(status=status, search=search, limit=limit)
            vehicles, total = list(page.items), page.total
    if as_json:
        terminal.json({"items": [vehicle.raw for vehicle in vehicles], "total": total})
        return ExitCode.DONE
    if not vehicles:
        terminal.note("no vehicle that you may see fits" if status or search else "you may see no vehicle yet")
        return ExitCode.DONE
    terminal.show(vehicle_table(vehicles, datetime.now(UTC)))
    if total > len(vehicles):
        terminal.note(f"{len(vehicles)} of {total} shown; --all shows the rest")
    return ExitCode.DONE


def vehicle_body(
    *,
    vin: str | None = None,
    make: str | None = None,
    model: str | None = None,
    year: int | None = None,
    address: str | None = None,
    metadata: Sequence[str] = (),
    settings: str | None = None,
) -> JsonObject:
    """The members that were given; `settings` names a JSON file. Raises UsageRefused where it is none."""
    given: JsonObject = {"vin": vin, "make": make, "model": model, "year": year, "address": address}
    body = {name: value for name, value in given.items() if value is not None}
    if metadata:
        body["metadata"] = parse_parameters(metadata)
    if settings is not None:
        body["settings"] = _read_settings(settings)
    return body


def _read_settings(file: str) -> object:
    try:
        return json.loads(read_file(file))
    except ValueError as error:
        raise UsageRefused(
            f"{file} is no JSON: {error}", 'Write an object such as {"safe_state": {"policy": "checked"}}.'
        ) from error


async def add_vehicle(server: str | None, body: JsonObject, as_json: bool) -> int:
    """Register a vehicle."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        vehicle = await client.vehicles.add(body)
    if as_json:
        terminal.json(vehicle.raw)
    else:
        terminal.line(f"added {vehicle.vin} ({vehicle.vehicle_id})")
    return ExitCode.DONE


async def change_vehicle(server: str | None, wanted: str, body: JsonObject, as_json: bool) -> int:
    """Change what was given, leave the rest."""
    if not body:
        raise UsageRefused("nothing to change was given", "Name at least one member, for example --address.")
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        found = await find_vehicle(client, wanted)
        if "metadata" in body:
            body = body | {"metadata": (found.raw.get("metadata") or {}) | body["metadata"]}
        vehicle = await client.vehicles.change(found.vehicle_id, body)
    if as_json:
        terminal.json(vehicle.raw)
    else:
        terminal.line(f"changed {vehicle.vin}: {', '.join(body)}")
    return ExitCode.DONE


async def remove_vehicle(server: str | None, wanted: str, *, confirmed: bool) -> int:
    """Take a vehicle out of the registry; its history stays."""
    terminal = Terminal()
    async with signed_in(server) as client:
        vehicle = await find_vehicle(client, wanted)
        if not confirmed:
            raise UsageRefused(
                f"this removes {vehicle.vin} ({vehicle.make} {vehicle.model}) from the registry",
                "Say so with --yes. Its commands and their answers stay in the history.",
            )
        await client.vehicles.remove(vehicle.vehicle_id)
    terminal.line(f"removed {vehicle.vin}")
    return ExitCode.DONE
