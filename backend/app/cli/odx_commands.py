"""`sovd odx …`: declarations only, the work is in `odx_acts`."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, ServerOption, finish

odx_app = typer.Typer(no_args_is_help=True, help="Diagnostic data: ODX and PDX files, and YAML files of identifiers.")

SetArgument = Annotated[str, typer.Argument(metavar="SET", help="Name of a set, its id, or the beginning of the id.")]
VariantOption = Annotated[
    str | None, typer.Option("--variant", metavar="NAME", help="Short name of an ECU or base variant.")
]
EcuOption = Annotated[str | None, typer.Option("--ecu", metavar="ADDRESS", help="Logical address, for example 0x1010.")]
VehicleOption = Annotated[
    str | None, typer.Option("--vehicle", metavar="VEHICLE", help="VIN, its unique beginning or end, or vehicle id.")
]
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="PDX, ODX or YAML file.")
]


@odx_app.command("add")
def add(
    *,
    file: FileArgument,
    name: Annotated[str | None, typer.Option("--name", help="Name of the set, instead of the file's own.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="Version, instead of the file's own.")] = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Add a file; tells what could not be loaded, and why."""
    from app.cli.odx_acts import add_file  # noqa: PLC0415 - --help must appear at once

    finish(add_file(server, file, name=name, version=version, as_json=as_json))


@odx_app.command("list")
def list_sets(*, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """List all sets, newest first."""
    from app.cli.odx_acts import list_sets as act  # noqa: PLC0415 - --help must appear at once

    finish(act(server, as_json))


@odx_app.command("show")
def show(
    *, data_set: SetArgument, variant: VariantOption = None, as_json: JsonOption = False, server: ServerOption = None
) -> None:
    """Show variants, assignments and the report of loading; with --variant, all identifiers and services of it."""
    from app.cli.odx_acts import show_set  # noqa: PLC0415 - --help must appear at once

    finish(show_set(server, data_set, variant, as_json))


@odx_app.command("assign")
def assign(
    *,
    data_set: SetArgument,
    vehicle: VehicleOption = None,
    all_vehicles: Annotated[bool, typer.Option("--all-vehicles", help="The whole fleet (administrators).")] = False,
    ecu: EcuOption = None,
    variant: VariantOption = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Use a set for a vehicle, or for one ECU of it, from the next command on."""
    from app.cli.odx_acts import assign_set  # noqa: PLC0415 - --help must appear at once

    place = {"ecu_address": ecu, "variant": variant}
    finish(assign_set(server, data_set, vehicle, place, all_vehicles=all_vehicles, as_json=as_json))


@odx_app.command("unassign")
def unassign(
    *, data_set: SetArgument, vehicle: VehicleOption = None, ecu: EcuOption = None, server: ServerOption = None
) -> None:
    """Stop using a set; --vehicle and --ecu say where, if it is assigned to several places."""
    from app.cli.odx_acts import unassign_set  # noqa: PLC0415 - --help must appear at once

    finish(unassign_set(server, data_set, vehicle, ecu))


@odx_app.command("remove")
def remove(
    *,
    data_set: SetArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask back.")] = False,
    server: ServerOption = None,
) -> None:
    """Throw a file away that is assigned nowhere; answers decoded with it stay, and so does what the set was."""
    from app.cli.odx_acts import remove_set  # noqa: PLC0415 - --help must appear at once

    finish(remove_set(server, data_set, confirmed=yes))


@odx_app.command("redecode")
def redecode(
    *,
    command_id: Annotated[str, typer.Argument(metavar="COMMAND_ID", help="Id of a command that has answers.")],
    data_set: Annotated[
        str | None, typer.Option("--data-set", metavar="SET", help="Default: what is assigned to the vehicle now.")
    ] = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Decode a stored answer again from its raw bytes. The original stays; both can be read."""
    from app.cli.odx_acts import redecode_command  # noqa: PLC0415 - --help must appear at once

    finish(redecode_command(server, command_id, data_set, as_json))


@odx_app.command("preview")
def preview(
    *,
    data_set: SetArgument,
    parameters: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A value of the record.")
    ] = None,
    value: Annotated[str | None, typer.Option("--value", help="The value, where the record has only one.")] = None,
    data_id: Annotated[str | None, typer.Option("--data-id", metavar="0x....", help="Identifier to write.")] = None,
    routine: Annotated[str | None, typer.Option("--routine", metavar="0x....", help="Routine to control.")] = None,
    action: Annotated[str, typer.Option("--action", help="start, stop or results.")] = "start",
    service: Annotated[str | None, typer.Option("--service", metavar="NAME", help="Any service, by name.")] = None,
    variant: VariantOption = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Show the bytes that would be sent, with ranges and choices checked. Nothing is sent."""
    from app.cli.odx_acts import preview_bytes  # noqa: PLC0415 - --help must appear at once

    what = {"data_id": data_id, "routine_id": routine, "service": service, "variant": variant}
    finish(
        preview_bytes(server, data_set, what, action=action, value=value, parameters=parameters or (), as_json=as_json)
    )


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(odx_app, name="odx", rich_help_panel="Fleet and accounts")
