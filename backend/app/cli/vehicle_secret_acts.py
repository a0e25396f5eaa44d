"""Secrets of vehicles."""

from datetime import datetime

from app.cli.connection import signed_in
from app.cli.exit_codes import ExitCode
from app.cli.given_files import read_file
from app.cli.quantities import show_time
from app.cli.tables import cell, plain_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.cli.vehicle_lookup import find_vehicle
from app.domain.vehicle_secrets import SecretName


async def put_secret(server: str | None, wanted: str, name: SecretName, file: str) -> int:
    """Keep what a file holds. One line feed at the end, as editors add it, is left out."""
    value = read_file(file).removesuffix("\n")
    if not value:
        raise UsageRefused("the secret is empty", "Pipe it in, or name a file with --file.")
    async with signed_in(server) as client:
        vehicle = await find_vehicle(client, wanted)
        await client.vehicle_secrets.put(vehicle.vehicle_id, name.value, value)
    Terminal().line(f"kept {name.value} of {vehicle.vin}")
    return ExitCode.DONE


async def list_secrets(server: str | None, wanted: str, *, as_json: bool) -> int:
    """Names and times; the values cannot be read."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        vehicle = await find_vehicle(client, wanted)
        kept = await client.vehicle_secrets.list(vehicle.vehicle_id)
    if as_json:
        terminal.json({"items": list(kept)})
        return ExitCode.DONE
    table = plain_table("Secret", "Set at")
    for entry in kept:
        table.add_row(cell(entry["name"]), cell(show_time(datetime.fromisoformat(str(entry["changed_at"])))))
    if kept:
        terminal.show(table)
    else:
        terminal.line(f"no secrets are kept for {vehicle.vin}")
    return ExitCode.DONE


async def remove_secret(server: str | None, wanted: str, name: SecretName) -> int:
    """Forget one."""
    async with signed_in(server) as client:
        vehicle = await find_vehicle(client, wanted)
        await client.vehicle_secrets.remove(vehicle.vehicle_id, name.value)
    Terminal().line(f"forgot {name.value} of {vehicle.vin}")
    return ExitCode.DONE
