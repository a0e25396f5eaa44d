"""`sovd serve`, `worker`, `migrate`, `doctor`: declarations; they read the settings and hand over."""

from typing import Annotated

import typer

from app.cli.options import JsonOption, ServerOption, finish
from app.stop_signals import leave_at_once_when_stopped

_PANEL = "The service itself"
HostOption = Annotated[
    str | None, typer.Option("--host", help="Address to listen on. Default: SOVD_HOST or 127.0.0.1.")
]
PortOption = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Default: SOVD_PORT or 8000.")]


def serve(
    no_worker: Annotated[bool, typer.Option("--no-worker", help="API only; run `sovd worker` beside it.")] = False,
    host: HostOption = None,
    port: PortOption = None,
) -> None:
    """Start the service: API and worker in one process. Ctrl-C or SIGTERM stops it cleanly."""
    leave_at_once_when_stopped()
    from app.cli.greeting import announcer_for  # noqa: PLC0415 - --help must appear at once
    from app.cli.service_acts import read_settings  # noqa: PLC0415 - --help must appear at once
    from app.main import serve as work  # noqa: PLC0415 - --help must appear at once

    settings = read_settings(host=host, port=port)
    raise typer.Exit(work(settings, announcer_for(settings.log_format), with_worker=not no_worker))


def worker() -> None:
    """Start a worker only. Needs SOVD_DATABASE_URL and SOVD_REDIS_URL, the same as its API processes."""
    leave_at_once_when_stopped()
    from app.cli.service_acts import read_settings  # noqa: PLC0415 - --help must appear at once
    from app.main import run_worker  # noqa: PLC0415 - --help must appear at once

    raise typer.Exit(run_worker(read_settings()))


def migrate() -> None:
    """Bring the database to this version's schema. Safe to run again."""
    from app.cli.service_acts import read_settings  # noqa: PLC0415 - --help must appear at once
    from app.main import migrate as work  # noqa: PLC0415 - --help must appear at once

    raise typer.Exit(work(read_settings()))


def doctor(as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Check everything the service depends on, and say what to do about what is wrong. Exit code 1 if something is."""
    from app.cli.doctor_acts import examine  # noqa: PLC0415 - --help must appear at once

    finish(examine(server, as_json))


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for function in (serve, worker, migrate, doctor):
        app.command(rich_help_panel=_PANEL)(function)
