"""What became of commands."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

from app.cli.connection import signed_in
from app.cli.exit_codes import ExitCode
from app.cli.quantities import parse_moment
from app.cli.run_acts import check_command_id, name_vehicle, name_vehicles
from app.cli.tables import chunk_table, command_facts, history_table, timeline_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.cli.vehicle_lookup import find_vehicle
from app.client import SovdClient
from app.client.values import CommandView

_OWN = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """Filters of `sovd history`; None means any."""

    server: str | None
    vehicle: str | None
    status: str | None
    command_name: str | None
    user: str | None
    since: str | None
    until: str | None
    limit: int
    show_all: bool
    as_json: bool


async def list_history(request: HistoryRequest) -> int:
    """List commands, newest first."""
    terminal = Terminal(request.as_json)
    async with signed_in(request.server) as client:
        query = await _query(client, request)
        commands, total = await _read(client, query, request)
        if request.as_json:
            terminal.json({"items": [command.raw for command in commands], "total": total})
            return ExitCode.DONE
        vins = await name_vehicles(client, {command.vehicle_id for command in commands})
    if not commands:
        terminal.note("no command that you may see fits")
        return ExitCode.DONE
    terminal.show(history_table(commands, vins, datetime.now(UTC)))
    if total > len(commands):
        terminal.note(f"{len(commands)} of {total} shown; --all shows the rest")
    return ExitCode.DONE


async def _read(
    client: SovdClient, query: dict[str, str | int | None], request: HistoryRequest
) -> tuple[list[CommandView], int]:
    if request.show_all:
        # New commands push older ones to the next page while we read: each is listed once all the same.
        found = {command.command_id: command async for command in client.commands.all(query)}
        return list(found.values()), len(found)
    page = await client.commands.list({**query, "limit": request.limit})
    return list(page.items), page.total


async def _query(client: SovdClient, request: HistoryRequest) -> dict[str, str | int | None]:
    vehicle = await find_vehicle(client, request.vehicle) if request.vehicle else None
    user_id = (await client.account.me()).user_id if request.user == _OWN else request.user
    return {
        "vehicle_id": vehicle.vehicle_id if vehicle else None,
        "status": request.status,
        "command_name": request.command_name,
        "user_id": user_id,
        "since": moment_text("--since", request.since),
        "until": moment_text("--until", request.until),
    }


def moment_text(option: str, text: str | None) -> str | None:
    """A time option as the server reads it. Raises UsageRefused."""
    if text is None:
        return None
    try:
        return parse_moment(text, datetime.now(UTC)).isoformat()
    except ValueError as error:
        raise UsageRefused(
            f"{option} cannot read {text!r}", "Write an age like 30min, 2h, 7d, or a time like 2026-03-01T08:00."
        ) from error


async def show_command(server: str | None, command_id: str, as_json: bool) -> int:
    """One command: facts, chunks and timeline."""
    command_id = check_command_id(command_id)
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        command = await client.commands.get(command_id)
        chunks = await client.commands.responses(command_id)
        timeline = await client.commands.timeline(command_id)
        if as_json:
            terminal.json({**command.raw, "responses": [chunk.raw for chunk in chunks], "timeline": timeline})
            return ExitCode.DONE
        vin = await name_vehicle(client, command.vehicle_id)
    terminal.show(command_facts(command, vin, datetime.now(UTC)))
    sections = (
        ("Answer", chunk_table(chunks, command.started_at) if chunks else "no chunks"),
        ("Timeline", timeline_table(timeline)),
    )
    terminal.show(*itertools.chain.from_iterable(("", f"{title}:", body) for title, body in sections))
    return ExitCode.DONE
