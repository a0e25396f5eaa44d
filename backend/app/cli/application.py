"""The program as a whole: its commands, and the one place where errors become a line, a hint and an exit code."""

import os
import sys
from typing import Annotated

import typer

from app.cli import (
    account_commands,
    adapter_commands,
    audit_commands,
    odx_commands,
    send_commands,
    service_commands,
    simulate_commands,
    user_commands,
    vehicle_commands,
)
from app.cli.exit_codes import MEANINGS, ExitCode


def build_app() -> typer.Typer:
    """All commands of `sovd`."""
    app = typer.Typer(
        name="sovd",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + ".",
    )
    app.callback()(_root)
    for module in (
        send_commands,
        vehicle_commands,
        account_commands,
        user_commands,
        audit_commands,
        odx_commands,
        service_commands,
        simulate_commands,
        adapter_commands,
    ):
        module.register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - --help must appear at once

        typer.echo(f"sovd {version('sovd-command')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Diagnostic commands to vehicles that are somewhere else, and their answers as they arrive."""


def run(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    try:
        build_app()(arguments, prog_name="sovd")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else ExitCode.DONE
    except BrokenPipeError:
        # Whoever read our output has gone (`sovd run … | head`). Python would complain once more while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception as error:  # noqa: BLE001 - the edge of the program: nobody is shown a traceback
        return _report(error)
    return ExitCode.DONE


def _report(error: Exception) -> int:
    from app.cli.failures import report_failure  # noqa: PLC0415 - only where something went wrong

    report = report_failure(error)
    if report is None:
        return _report_defect(error)
    for line in report.lines():
        print(line, file=sys.stderr)
    return report.exit_code


def _report_defect(error: Exception) -> int:
    if os.environ.get("SOVD_DEBUG"):
        raise error
    print(f"sovd: unexpected {type(error).__name__}: {error}", file=sys.stderr)
    print("  This is a defect. Set SOVD_DEBUG=1 to see where it happened, and report it.", file=sys.stderr)
    return ExitCode.BROKEN
