"""`sovd run`, `watch`, `cancel`, `commands`, `history`, `show`: the declarations."""

from typing import Annotated

import typer

from app.cli.options import AllOption, JsonOption, LimitOption, ServerOption, finish
from app.domain.command_states import CommandStatus

CommandIdArgument = Annotated[str, typer.Argument(metavar="COMMAND_ID", help="Id of the command.")]
VehicleOption = Annotated[
    str, typer.Option("--vehicle", "-V", metavar="VEHICLE", help="VIN, its unique beginning or end, or vehicle id.")
]
ReconnectOption = Annotated[
    float,
    typer.Option("--reconnect-for", min=0, metavar="SECONDS", help="How long to bear a lost connection to the server."),
]
NdjsonOption = Annotated[bool, typer.Option("--json", help="Print each event as one line of JSON (NDJSON), at once.")]
RUN_HELP = """Send a command to a vehicle and watch its answer arrive.

The exit code tells the outcome: 0 completed, 1 failed, 3 outcome unknown (the vehicle may have acted), 4 expired,
5 cancelled, 2 wrong usage or refused, 6 no connection or not signed in, 130 stopped watching (the command goes on).

Ctrl-C asks whether to cancel the command or only to stop watching; a second Ctrl-C stops watching. With --json it stops
watching at once and says so on standard error.

Example: sovd run ReadDTC --vehicle WVWZZZAU5RP000101 -p ecuAddress=0x10
"""


def run(
    *,
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="Name of the command, for example ReadDTC.")],
    vehicle: VehicleOption,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; JSON values are read as JSON."),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", help="Longest time the vehicle may take.")
    ] = None,
    expires_in: Annotated[
        float | None, typer.Option("--expires-in", metavar="SECONDS", help="If not started by then, it never starts.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the audit trail.")] = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option("--idempotency-key", help="Running again with the same key watches the same command, sent once."),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what would be sent, byte by byte. Nothing is sent.")
    ] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Print the command id and leave.")] = False,
    reconnect_for: ReconnectOption = 60.0,
    as_json: NdjsonOption = False,
    server: ServerOption = None,
) -> None:
    """`sovd run`; `RUN_HELP` is what people read."""
    from app.cli.run_acts import RunRequest, run_command  # noqa: PLC0415 - --help must appear at once

    request = RunRequest(
        server=server,
        command_name=command,
        vehicle=vehicle,
        parameters=tuple(parameter or ()),
        timeout_s=timeout,
        expires_in_s=expires_in,
        reason=reason,
        idempotency_key=idempotency_key,
        preview=preview,
        wait=not no_wait,
        reconnect_for_s=reconnect_for,
        as_json=as_json,
    )
    finish(run_command(request))


def watch(
    *,
    command_id: CommandIdArgument,
    after: Annotated[int, typer.Option("--after", min=0, help="Show only chunks after this number.")] = 0,
    reconnect_for: ReconnectOption = 60.0,
    as_json: NdjsonOption = False,
    server: ServerOption = None,
) -> None:
    """Watch a command, running or long ended. The exit code tells the outcome, as with run."""
    from app.cli.run_acts import watch_command  # noqa: PLC0415 - --help must appear at once

    finish(watch_command(server, command_id, after, reconnect_for, as_json))


def cancel(
    command_id: CommandIdArgument,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the audit trail.")] = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Cancel a command. A waiting one ends at once; a running one only where the vehicle can be stopped for certain."""
    from app.cli.run_acts import cancel_command  # noqa: PLC0415 - --help must appear at once

    finish(cancel_command(server, command_id, reason, as_json))


def commands(as_json: JsonOption = False, server: ServerOption = None) -> None:
    """List the commands there are, and the parameters they take."""
    from app.cli.run_acts import list_definitions  # noqa: PLC0415 - --help must appear at once

    finish(list_definitions(server, as_json))


def history(
    *,
    vehicle: Annotated[
        str | None, typer.Option("--vehicle", "-V", metavar="VEHICLE", help="Only this vehicle.")
    ] = None,
    status: Annotated[CommandStatus | None, typer.Option("--status", help="Only this status.")] = None,
    command: Annotated[str | None, typer.Option("--command", help="Only commands of this name.")] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER_ID", help="Only this user's; 'me': my own.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Age (2h, 7d) or time.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Age (30min) or time.")] = None,
    limit: LimitOption = 20,
    show_all: AllOption = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """List commands, newest first."""
    from app.cli.history_acts import HistoryRequest, list_history  # noqa: PLC0415 - --help must appear at once

    request = HistoryRequest(
        server=server,
        vehicle=vehicle,
        status=status,
        command_name=command,
        user=user,
        since=since,
        until=until,
        limit=limit,
        show_all=show_all,
        as_json=as_json,
    )
    finish(list_history(request))


def show(command_id: CommandIdArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Show one command: what was asked, the stored answer, every change of state."""
    from app.cli.history_acts import show_command  # noqa: PLC0415 - --help must appear at once

    finish(show_command(server, command_id, as_json))


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    panel = "Commands to vehicles"
    app.command(help=RUN_HELP, rich_help_panel=panel)(run)
    for function in (watch, cancel, commands, history, show):
        app.command(rich_help_panel=panel)(function)
