"""`sovd vehicles` and `sovd vehicle …`: declarations only, the work is in `vehicle_acts`."""

from typing import Annotated

import typer

from app.cli.options import AllOption, JsonOption, LimitOption, ServerOption, VehicleArgument, finish
from app.domain.vehicle import ConnectionStatus

vehicle_app = typer.Typer(no_args_is_help=True, help="Add, change and remove vehicles (administrators).")

MakeOption = Annotated[str | None, typer.Option("--make", help="Make, for example Volkswagen.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="Model, for example Golf.")]
YearOption = Annotated[int | None, typer.Option("--year", help="Model year.")]
MetadataOption = Annotated[
    list[str] | None, typer.Option("--metadata", "-m", metavar="NAME=VALUE", help="A free note, for example bench=7.")
]


def vehicles(
    *,
    status: Annotated[ConnectionStatus | None, typer.Option("--status", help="Only this presence.")] = None,
    search: Annotated[str | None, typer.Option("--search", help="Text in VIN, make or model.")] = None,
    limit: LimitOption = 50,
    show_all: AllOption = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """List vehicles with their presence."""
    from app.cli.vehicle_acts import list_vehicles  # noqa: PLC0415 - --help must appear at once

    finish(list_vehicles(server, status=status, search=search, limit=limit, show_all=show_all, as_json=as_json))


@vehicle_app.command("add")
def add(
    *,
    vin: Annotated[str, typer.Argument(metavar="VIN", help="Vehicle identification number, 17 characters.")],
    make: Annotated[str, typer.Option("--make", help="Make, for example Volkswagen.")],
    model: Annotated[str, typer.Option("--model", help="Model, for example Golf.")],
    address: Annotated[str, typer.Option("--address", help="How to reach it, for example sim:?delay=0.5.")],
    year: YearOption = None,
    metadata: MetadataOption = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Register a vehicle."""
    from app.cli.vehicle_acts import add_vehicle, vehicle_body  # noqa: PLC0415 - --help must appear at once

    body = vehicle_body(vin=vin, make=make, model=model, year=year, address=address, metadata=metadata or ())
    finish(add_vehicle(server, body, as_json))


@vehicle_app.command("set")
def change(
    *,
    vehicle: VehicleArgument,
    make: MakeOption = None,
    model: ModelOption = None,
    year: YearOption = None,
    address: Annotated[str | None, typer.Option("--address", help="How to reach it.")] = None,
    metadata: MetadataOption = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Change what is given, leave the rest."""
    from app.cli.vehicle_acts import change_vehicle, vehicle_body  # noqa: PLC0415 - --help must appear at once

    body = vehicle_body(make=make, model=model, year=year, address=address, metadata=metadata or ())
    finish(change_vehicle(server, vehicle, body, as_json))


@vehicle_app.command("remove")
def remove(
    vehicle: VehicleArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask back.")] = False,
    server: ServerOption = None,
) -> None:
    """Take a vehicle out of the registry. Its history stays."""
    from app.cli.vehicle_acts import remove_vehicle  # noqa: PLC0415 - --help must appear at once

    finish(remove_vehicle(server, vehicle, confirmed=yes))


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command(rich_help_panel="Fleet and accounts")(vehicles)
    app.add_typer(vehicle_app, name="vehicle", rich_help_panel="Fleet and accounts")
