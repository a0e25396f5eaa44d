"""`sovd login` and `sovd logout`: declarations only, the work is in `account_acts`."""

from typing import Annotated

import typer

from app.cli.options import PasswordStdinOption, ServerOption, finish


def login(
    username: Annotated[str | None, typer.Option("--username", "-u", help="User name; asked for if not given.")] = None,
    password_stdin: PasswordStdinOption = False,
    server: ServerOption = None,
) -> None:
    """Sign in. The tokens are kept in a file only you can read (SOVD_CONFIG names another one)."""
    from app.cli.account_acts import login as work  # noqa: PLC0415 - --help must appear at once

    finish(work(server, username, password_stdin))


def logout(server: ServerOption = None) -> None:
    """Sign out: end the session on the server and forget the tokens."""
    from app.cli.account_acts import logout as work  # noqa: PLC0415 - --help must appear at once

    finish(work(server))


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for function in (login, logout):
        app.command(rich_help_panel="Fleet and accounts")(function)
