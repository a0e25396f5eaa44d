"""Diagnostic data: add files, look at them, assign them, preview bytes, decode answers again."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.cli.connection import signed_in
from app.cli.exit_codes import ExitCode
from app.cli.odx_tables import description_tables, report_table, set_table, variant_table
from app.cli.parameter_parsing import parse_parameters, parse_value
from app.cli.payloads import describe_payload
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.cli.vehicle_lookup import find_vehicle
from app.client import SovdClient
from app.domain.json_values import JsonObject


async def add_file(server: str | None, file: Path, *, name: str | None, version: str | None, as_json: bool) -> int:
    """Add a file and show what became of it."""
    terminal = Terminal(as_json)
    content = await asyncio.to_thread(file.read_bytes)
    async with signed_in(server) as client:
        with terminal.working(f"loading {file.name}"):
            found = await client.diagnostic_data.add(file.name, content, name=name, version=version)
    if as_json:
        terminal.json(found)
        return ExitCode.DONE
    terminal.line(f"{found['name']} {found['version']} ({found['data_set_id']})")
    terminal.show(variant_table(found))
    _tell_report(terminal, found)
    return ExitCode.DONE


def _tell_report(terminal: Terminal, found: JsonObject) -> None:
    report = found["report"]
    if report["findings"]:
        terminal.show(report_table(report))
    terminal.note(f"{report['skipped']} skipped, {report['noticed']} noticed while loading")


async def list_sets(server: str | None, as_json: bool) -> int:
    """List all sets."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        found = [one async for one in client.diagnostic_data.all()]
    if as_json:
        terminal.json({"items": found, "total": len(found)})
    else:
        terminal.show(set_table(found))
    return ExitCode.DONE


async def show_set(server: str | None, wanted: str, variant: str | None, as_json: bool) -> int:
    """Show a set, or one variant of it."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        data_set_id = await _find(client, wanted)
        if variant is not None:
            description = await client.diagnostic_data.description(data_set_id, variant)
            if as_json:
                terminal.json(description)
            else:
                terminal.show(*description_tables(description))
            return ExitCode.DONE
        found = await client.diagnostic_data.get(data_set_id)
        assignments = await client.diagnostic_data.assignments(data_set_id)
    if as_json:
        terminal.json(found | {"assignments": list(assignments)})
        return ExitCode.DONE
    terminal.line(f"{found['name']} {found['version']} ({found['data_set_id']})")
    terminal.line(f"{found['file_name']}, {found['size']} bytes, SHA-256 {found['checksum']}")
    terminal.show(variant_table(found))
    for assignment in assignments:
        terminal.line(f"assigned to {_place(assignment)}")
    _tell_report(terminal, found)
    return ExitCode.DONE


async def assign_set(
    server: str | None,
    wanted: str,
    vehicle: str | None,
    place: Mapping[str, str | None],
    *,
    all_vehicles: bool,
    as_json: bool,
) -> int:
    """Assign a set to a vehicle or to the fleet."""
    if (vehicle is None) is not all_vehicles:
        raise UsageRefused(
            "it is not clear which vehicles are meant", "Name one with --vehicle, or say --all-vehicles."
        )
    terminal = Terminal(as_json)
    body: JsonObject = {name: value for name, value in place.items() if value is not None}
    async with signed_in(server) as client:
        if vehicle is not None:
            body["vehicle_id"] = (await find_vehicle(client, vehicle)).vehicle_id
        assignment = await client.diagnostic_data.assign(await _find(client, wanted), body)
    if as_json:
        terminal.json(assignment)
    else:
        terminal.line(f"assigned to {_place(assignment)}")
    return ExitCode.DONE


async def unassign_set(server: str | None, wanted: str, vehicle: str | None, ecu: str | None) -> int:
    """Take one assignment away: the one that fits, if it is the only one."""
    terminal = Terminal()
    async with signed_in(server) as client:
        data_set_id = await _find(client, wanted)
        vehicle_id = None if vehicle is None else (await find_vehicle(client, vehicle)).vehicle_id
        fitting = [
            one
            for one in await client.diagnostic_data.assignments(data_set_id)
            if (vehicle_id is None or one["vehicle_id"] == vehicle_id)
            and (ecu is None or (one["ecu_address"] and int(one["ecu_address"], 16) == _address(ecu)))
        ]
        if len(fitting) != 1:
            places = "; ".join(_place(one) for one in fitting) or "none"
            raise UsageRefused(f"{len(fitting)} assignments fit: {places}", "Say which with --vehicle and --ecu.")
        await client.diagnostic_data.unassign(data_set_id, fitting[0]["assignment_id"])
    terminal.line(f"no longer assigned to {_place(fitting[0])}")
    return ExitCode.DONE


async def remove_set(server: str | None, wanted: str, *, confirmed: bool) -> int:
    """Throw the file of a set away; what the set was stays known."""
    terminal = Terminal()
    async with signed_in(server) as client:
        data_set_id = await _find(client, wanted)
        if not confirmed:
            raise UsageRefused(
                f"this throws the file of {wanted!r} away",
                "Say so with --yes. Answers stay as they were decoded; the same file can be added again.",
            )
        await client.diagnostic_data.remove(data_set_id)
    terminal.line(f"removed {wanted}; GET /api/v1/diagnostic-data/{data_set_id} goes on telling what it was")
    return ExitCode.DONE


async def redecode_command(server: str | None, command_id: str, data_set: str | None, as_json: bool) -> int:
    """Decode a stored answer again and show it beside the original."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        data_set_id = None if data_set is None else await _find(client, data_set)
        found = await client.diagnostic_data.redecode(command_id, data_set_id)
        originals = await client.commands.responses(command_id)
    if as_json:
        terminal.json(found)
        return ExitCode.DONE
    differs = False
    before = {chunk.sequence_number: chunk.response_payload for chunk in originals}
    for chunk in found["chunks"]:
        number, payload = chunk["sequence_number"], chunk["response_payload"]
        was = before.get(number, {})
        if was == payload:
            continue
        differs = True
        for word, shown in (("was", was), ("now", payload)):
            for line in describe_payload(shown):
                terminal.line(f"{number}  {word}  {line}")
    if not differs:
        terminal.note("it reads as before with these data")
    terminal.note(f"kept as {found['redecoding_id']}; the original stays as it was")
    return ExitCode.DONE


async def preview_bytes(
    server: str | None,
    wanted: str,
    what: Mapping[str, str | None],
    *,
    action: str,
    value: str | None,
    parameters: Sequence[str],
    as_json: bool,
) -> int:
    """Show the bytes of a request."""
    if value is not None and parameters:
        raise UsageRefused("--value and --param exclude each other", "Give one value, or values by name.")
    body: JsonObject = {name: given for name, given in what.items() if given is not None}
    if "routine_id" in body:
        body["action"] = action
    body["value"] = parse_value(value) if value is not None else parse_parameters(parameters)
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        raw = await client.diagnostic_data.preview(await _find(client, wanted), body)
    if as_json:
        terminal.json({"raw": raw})
    else:
        terminal.line(" ".join(raw[at : at + 2] for at in range(0, len(raw), 2)))
    return ExitCode.DONE


async def _find(client: SovdClient, wanted: str) -> str:
    """The id of the set a person means. Raises UsageRefused where none or several fit."""
    found = [one async for one in client.diagnostic_data.all()]
    text = wanted.strip()
    for fitting in (
        [one for one in found if text in {one["data_set_id"], one["checksum"], f"{one['name']} {one['version']}"}],
        [one for one in found if one["name"] == text],
        [one for one in found if len(text) >= 4 and one["data_set_id"].startswith(text.lower())],
    ):
        if len(fitting) == 1:
            return str(fitting[0]["data_set_id"])
        if fitting:
            listed = ", ".join(f"{one['name']} {one['version']} ({one['data_set_id']})" for one in fitting[:8])
            raise UsageRefused(
                f"{wanted!r} fits {len(fitting)} sets: {listed}",
                "Give its name and version as they stand here, or its id.",
            )
    raise UsageRefused(f"there is no set of diagnostic data {wanted!r}", "List them with `sovd odx list`.")


def _address(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise UsageRefused(f"{text!r} is no ECU address", "Write it like 0x1010.") from None


def _place(assignment: JsonObject) -> str:
    vehicle = f"vehicle {assignment['vehicle_id']}" if assignment["vehicle_id"] else "all vehicles"
    ecu = f", ECU {assignment['ecu_address']}" if assignment["ecu_address"] else ""
    variant = f", as {assignment['variant']}" if assignment["variant"] else ""
    return f"{vehicle}{ecu}{variant}"
