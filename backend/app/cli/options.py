"""Options that several commands share, and the way a command's work is run. Light: imported for `sovd --help`."""

from collections.abc import Coroutine
from typing import Annotated, Any, NoReturn

import typer

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="SOVD_SERVER",
        metavar="URL",
        help="Server address. Default: the one signed in to last, else http://127.0.0.1:8000.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=200, help="Items to show.")]
AllOption = Annotated[bool, typer.Option("--all", help="Show all items, however many.")]
VehicleArgument = Annotated[
    str, typer.Argument(metavar="VEHICLE", help="VIN, its unique beginning or end, or vehicle id.")
]
PasswordStdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input (first line).")
]


def finish(work: Coroutine[Any, Any, int]) -> NoReturn:
    """Run the work to its end and leave with its exit code."""
    import asyncio  # noqa: PLC0415 - not needed for --help, which must appear at once

    raise typer.Exit(int(asyncio.run(work)))
