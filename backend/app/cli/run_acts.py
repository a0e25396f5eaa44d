"""Sending, watching and cancelling commands."""

import asyncio
import json
import uuid
from dataclasses import dataclass

from app.cli.connection import signed_in
from app.cli.exit_codes import ExitCode
from app.cli.following import Watch, watch_to_the_end
from app.cli.parameter_parsing import parse_parameters
from app.cli.preview_acts import show_preview
from app.cli.run_view import Recorded, RunView
from app.cli.tables import definition_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.cli.vehicle_lookup import find_vehicle
from app.client import SovdClient, UnknownObject
from app.client.values import CommandView, VehicleView
from app.domain.catalogue import parameter_types


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What `sovd run` was asked to do. Durations in seconds; None leaves the server's default."""

    server: str | None
    command_name: str
    vehicle: str
    parameters: tuple[str, ...]
    timeout_s: float | None
    expires_in_s: float | None
    reason: str | None
    idempotency_key: str | None
    preview: bool
    wait: bool
    reconnect_for_s: float
    as_json: bool


async def run_command(request: RunRequest) -> int:
    """Send a command and, unless told not to wait, watch it to its end; or only show what would be sent."""
    terminal = Terminal(request.as_json)
    parameters = parse_parameters(request.parameters, parameter_types(request.command_name))
    async with signed_in(request.server) as client:
        vehicle = await find_vehicle(client, request.vehicle)
        if request.preview:
            return await show_preview(client, terminal, vehicle, request.command_name, parameters)
        began_at = asyncio.get_running_loop().time()
        command = await client.commands.submit(
            vehicle_id=vehicle.vehicle_id,
            command_name=request.command_name,
            command_params=parameters,
            timeout_s=request.timeout_s,
            expires_in_s=request.expires_in_s,
            reason=request.reason,
            idempotency_key=request.idempotency_key,
        )
        _tell_accepted(terminal, command, vehicle, wait=request.wait)
        if not request.wait:
            return ExitCode.DONE
        watch = Watch(
            command_id=command.command_id,
            view=_view(command, vehicle),
            began_at=began_at,
            reconnect_for_s=request.reconnect_for_s,
        )
        return await watch_to_the_end(client, terminal, watch)


def _tell_accepted(terminal: Terminal, command: CommandView, vehicle: VehicleView, *, wait: bool) -> None:
    if terminal.as_json:
        # First line of the stream: it tells the script the id before the vehicle has said a word.
        terminal.line(json.dumps({"event": "accepted", **command.raw, "vin": vehicle.vin}, ensure_ascii=False))
    elif not wait:
        terminal.line(command.command_id)
        terminal.note(f"accepted as {command.status}; watch it with: sovd watch {command.command_id}")
    if vehicle.connection_status != "connected" and not terminal.as_json:
        terminal.note(
            f"{vehicle.vin} is {vehicle.connection_status}: the command waits until the vehicle is back or it expires"
        )


def _view(command: CommandView, vehicle: VehicleView) -> RunView:
    return RunView(
        title=f"{command.command_name} on {vehicle.vin} ({vehicle.make} {vehicle.model}), command {command.command_id}",
        status=command.status,
        queue_position=command.queue_position,
    )


async def watch_command(server: str | None, command_id: str, after: int, reconnect_for_s: float, as_json: bool) -> int:
    """Watch a command that is already on its way, or see again what it answered."""
    command_id = check_command_id(command_id)
    began_at = asyncio.get_running_loop().time()
    async with signed_in(server) as client:
        command = await client.commands.get(command_id)
        vehicle_name = command.vehicle_id if as_json else await name_vehicle(client, command.vehicle_id)
        view = RunView(
            title=f"{command.command_name} on {vehicle_name}, command {command_id}",
            status=command.status,
            queue_position=command.queue_position,
            recorded=Recorded() if as_json else await _recorded(client, command),
        )
        watch = Watch(command_id=command_id, view=view, began_at=began_at, after=after, reconnect_for_s=reconnect_for_s)
        return await watch_to_the_end(client, Terminal(as_json), watch)


async def _recorded(client: SovdClient, command: CommandView) -> Recorded:
    """How long it took, where it has ended already: replaying it now takes no time at all."""
    started, ended = command.started_at, command.completed_at
    if ended is None:
        return Recorded()
    if started is None:
        return Recorded(end=(ended - command.submitted_at).total_seconds())
    chunks = await client.commands.responses(command.command_id)
    times = {
        chunk.sequence_number: (chunk.received_at - started).total_seconds()
        for chunk in chunks
        if chunk.received_at is not None
    }
    return Recorded(chunks=times, end=(ended - started).total_seconds())


async def cancel_command(server: str | None, command_id: str, reason: str | None, as_json: bool) -> int:
    """Ask to cancel, and tell what that led to."""
    command_id = check_command_id(command_id)
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        command = await client.commands.cancel(command_id, reason)
    if as_json:
        terminal.json(command.raw)
    else:
        terminal.line(f"{command.status}{f': {command.status_reason}' if command.status_reason else ''}")
        if not command.status.is_terminal:
            terminal.note(f"the vehicle is being asked to stop; watch it with: sovd watch {command_id}")
    return ExitCode.DONE


async def list_definitions(server: str | None, as_json: bool) -> int:
    """The commands there are."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        definitions = await client.commands.definitions()
    if as_json:
        terminal.json({"items": definitions})
    else:
        terminal.show(definition_table(definitions))
    return ExitCode.DONE


def check_command_id(text: str) -> str:
    """The id in its one form. Raises UsageRefused: a mistyped id need not travel to the server."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise UsageRefused(f"{text!r} is no command id", "Take it from `sovd history`.") from error


async def name_vehicle(client: SovdClient, vehicle_id: str) -> str:
    """The VIN for people; the id where the vehicle is no longer in the registry."""
    names = await name_vehicles(client, {vehicle_id})
    return names.get(vehicle_id, vehicle_id)


async def name_vehicles(client: SovdClient, vehicle_ids: set[str]) -> dict[str, str]:
    """VINs by vehicle id, asked for side by side; removed vehicles are left out."""
    gate = asyncio.Semaphore(8)

    async def look_up(vehicle_id: str) -> tuple[str, str] | None:
        async with gate:
            try:
                return vehicle_id, (await client.vehicles.get(vehicle_id)).vin
            except UnknownObject:
                return None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(look_up(vehicle_id)) for vehicle_id in vehicle_ids]
    return dict(found for task in tasks if (found := task.result()) is not None)
