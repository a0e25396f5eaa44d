"""`sovd vehicles` and `sovd vehicle …`: declarations only, the work is in `vehicle_acts`."""

from typing import Annotated

import typer

from app.cli.options import AllOption, JsonOption, LimitOption, ServerOption, VehicleArgument, finish
from app.domain.vehicle import ConnectionStatus
from app.domain.vehicle_secrets import SecretName

vehicle_app = typer.Typer(
    no_args_is_help=True, help="Look back at a vehicle's presence; add, change and remove vehicles (administrators)."
)

secret_app = typer.Typer(
    no_args_is_help=True, help="Keep what a vehicle asks for: token, certificates, security access settings."
)
SettingsOption = Annotated[
    str | None,
    typer.Option(
        "--settings", metavar="FILE", help="JSON file with the settings, such as safe_state; - for standard input."
    ),
]
SecretArgument = Annotated[SecretName, typer.Argument(metavar="NAME", help="Which secret.")]
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


@vehicle_app.command("presence")
def presence(
    *,
    vehicle: VehicleArgument,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Age (2h, 7d) or time. Default: 7 days before the end."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Age (30min) or time. Default: now.")
    ] = None,
    limit: LimitOption = 50,
    show_all: AllOption = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Show when a vehicle was there and why not, newest first, and the share of time online."""
    from app.cli.presence_acts import show_presence  # noqa: PLC0415 - --help must appear at once

    finish(show_presence(server, vehicle, since=since, until=until, limit=limit, show_all=show_all, as_json=as_json))


@vehicle_app.command("add")
def add(
    *,
    vin: Annotated[str, typer.Argument(metavar="VIN", help="Vehicle identification number, 17 characters.")],
    make: Annotated[str, typer.Option("--make", help="Make, for example Volkswagen.")],
    model: Annotated[str, typer.Option("--model", help="Model, for example Golf.")],
    address: Annotated[str, typer.Option("--address", help="How to reach it, for example sim:?delay=0.5.")],
    year: YearOption = None,
    metadata: MetadataOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Register a vehicle."""
    from app.cli.vehicle_acts import add_vehicle, vehicle_body  # noqa: PLC0415 - --help must appear at once

    body = vehicle_body(
        vin=vin, make=make, model=model, year=year, address=address, metadata=metadata or (), settings=settings
    )
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
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Change what is given, leave the rest."""
    from app.cli.vehicle_acts import change_vehicle, vehicle_body  # noqa: PLC0415 - --help must appear at once

    body = vehicle_body(make=make, model=model, year=year, address=address, metadata=metadata or (), settings=settings)
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


@secret_app.command("set")
def set_secret(
    vehicle: VehicleArgument,
    name: SecretArgument,
    file: Annotated[
        str, typer.Option("--file", metavar="FILE", help="File that holds the secret; - for standard input.")
    ] = "-",
    server: ServerOption = None,
) -> None:
    """Keep a secret of a vehicle. It is never shown again, nor written to a log."""
    from app.cli.vehicle_secret_acts import put_secret  # noqa: PLC0415 - --help must appear at once

    finish(put_secret(server, vehicle, name, file))


@secret_app.command("list")
def list_secrets(vehicle: VehicleArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """List which secrets are kept for a vehicle, and since when."""
    from app.cli.vehicle_secret_acts import list_secrets as act  # noqa: PLC0415 - --help must appear at once

    finish(act(server, vehicle, as_json=as_json))


@secret_app.command("remove")
def remove_secret(vehicle: VehicleArgument, name: SecretArgument, server: ServerOption = None) -> None:
    """Forget a secret of a vehicle."""
    from app.cli.vehicle_secret_acts import remove_secret as act  # noqa: PLC0415 - --help must appear at once

    finish(act(server, vehicle, name))


vehicle_app.add_typer(secret_app, name="secret")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command(rich_help_panel="Fleet and accounts")(vehicles)
    app.add_typer(vehicle_app, name="vehicle", rich_help_panel="Fleet and accounts")
