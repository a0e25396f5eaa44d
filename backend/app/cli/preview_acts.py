"""`sovd run --preview`: what a command would send. Nothing is sent."""

from rich.table import Table

from app.cli.exit_codes import ExitCode
from app.cli.tables import cell, plain_table
from app.cli.terminal import Terminal
from app.client import SovdClient
from app.client.values import VehicleView
from app.domain.json_values import JsonObject, encode_json


async def show_preview(
    client: SovdClient, terminal: Terminal, vehicle: VehicleView, command_name: str, command_params: JsonObject
) -> int:
    """Ask the server and show it: requests as a table, what is to be said about them below."""
    found = await client.commands.preview(vehicle.vehicle_id, command_name, command_params)
    if terminal.as_json:
        terminal.json(found)
        return ExitCode.DONE
    if found["requests"]:
        terminal.show(_request_table(found["requests"]))
    for note in found["notes"]:
        terminal.line(note)
    terminal.note(f"a preview: nothing was sent to {vehicle.vin}")
    return ExitCode.DONE


def _request_table(requests: list[JsonObject]) -> Table:
    """UDS: address and bytes; SOVD: method, address and body."""
    table = plain_table("To", "What is sent", "Meaning")
    for request in requests:
        raw, body = request["raw"], request["body"]
        if raw is not None:
            to, sent = request["ecu_address"], " ".join(raw[at : at + 2] for at in range(0, len(raw), 2))
        else:
            to, sent = request["method"], f"{request['uri']}{'' if body is None else f' {encode_json(body)}'}"
        table.add_row(cell(to), cell(sent), cell(request["meaning"]))
    return table
