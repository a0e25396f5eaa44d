"""`sovd user …`: declarations only, the work is in `user_acts`."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, PasswordStdinOption, ServerOption, finish
from app.domain.json_values import JsonObject
from app.domain.roles import Role

user_app = typer.Typer(no_args_is_help=True, help="Accounts (administrators).")

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="User name or user id.")]
EmailOption = Annotated[str | None, typer.Option("--email", help="E-mail address.")]
ScopeOption = Annotated[
    list[str] | None,
    typer.Option("--vehicle", "-V", metavar="VEHICLE", help="May see only this vehicle; give it once per vehicle."),
]


@user_app.command("list")
def list_(as_json: JsonOption = False, server: ServerOption = None) -> None:
    """List all accounts."""
    from app.cli.user_acts import list_users  # noqa: PLC0415 - --help must appear at once

    finish(list_users(server, as_json))


@user_app.command("add")
def add(
    *,
    username: Annotated[str, typer.Argument(metavar="USER", help="User name.")],
    role: Annotated[Role, typer.Option("--role", help="viewer reads, engineer also sends, admin administers.")],
    email: EmailOption = None,
    vehicle: ScopeOption = None,
    password_stdin: PasswordStdinOption = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Create an account. The password is asked for, twice."""
    from app.cli.account_acts import read_password  # noqa: PLC0415 - --help must appear at once
    from app.cli.user_acts import add_user  # noqa: PLC0415 - --help must appear at once

    password = read_password(f"Password for {username}: ", from_stdin=password_stdin, twice=True)
    body: JsonObject = {"username": username, "password": password, "role": role.value}
    if email is not None:
        body["email"] = email
    finish(add_user(server, body, vehicle or (), as_json))


@user_app.command("set")
def change(
    *,
    user: UserArgument,
    role: Annotated[Role | None, typer.Option("--role", help="The new role.")] = None,
    email: EmailOption = None,
    vehicle: ScopeOption = None,
    all_vehicles: Annotated[bool, typer.Option("--all-vehicles", help="May see the whole fleet.")] = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Change what is given, leave the rest."""
    from app.cli.user_acts import change_user  # noqa: PLC0415 - --help must appear at once

    body: JsonObject = {}
    if role is not None:
        body["role"] = role.value
    if email is not None:
        body["email"] = email
    if all_vehicles:
        body["vehicle_ids"] = None
    finish(change_user(server, user, body, told="changed", vehicles=vehicle or (), as_json=as_json))


@user_app.command("disable")
def disable(user: UserArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Switch an account off. Its sessions and open streams end at once; its history stays."""
    from app.cli.user_acts import change_user  # noqa: PLC0415 - --help must appear at once

    finish(change_user(server, user, {"is_active": False}, told="switched off", as_json=as_json))


@user_app.command("enable")
def enable(user: UserArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Switch an account on again."""
    from app.cli.user_acts import change_user  # noqa: PLC0415 - --help must appear at once

    finish(change_user(server, user, {"is_active": True}, told="switched on", as_json=as_json))


@user_app.command("password")
def password(
    *,
    user: UserArgument,
    password_stdin: PasswordStdinOption = False,
    local: Annotated[
        bool, typer.Option("--local", help="Directly in the database of this machine: for an admin who is locked out.")
    ] = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Set an account's password. It is asked for, twice. The account's sessions end."""
    from app.cli.account_acts import read_password  # noqa: PLC0415 - --help must appear at once
    from app.cli.user_acts import change_user  # noqa: PLC0415 - --help must appear at once

    new = read_password(f"New password for {user}: ", from_stdin=password_stdin, twice=True)
    if local:
        from app.cli.local_acts import set_password  # noqa: PLC0415 - loads the whole service, rarely wanted

        finish(set_password(user, new))
    finish(change_user(server, user, {"password": new}, told="new password for", as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(user_app, name="user", rich_help_panel="Fleet and accounts")
