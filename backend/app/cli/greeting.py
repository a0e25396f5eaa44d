"""What the person who starts the server reads: where it is, how to sign in, what to type next."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import structlog

from app.api.page.page_files import PAGE_FOLDER, is_built
from app.main import Announcer, Serving
from app.observability.logs import LogFormat

_log = structlog.get_logger(__name__)


def announcer_for(log_format: LogFormat) -> Announcer:
    """Lines for people, but where the log was set to `json`: what reads that wants nothing else."""
    return LogAnnouncer() if log_format == "json" else TerminalAnnouncer()


class LogAnnouncer:
    """Tells the log. A generated password is told to nobody: logs are kept and shown to others."""

    def ready(self, serving: Serving) -> None:
        """See `app.main.Announcer`."""
        _log.info("serving", url=serving.url, data=None if serving.data is None else str(serving.data))
        if serving.new_password is not None:
            _log.warning(
                "the account admin was made, and nobody knows its password: set one",
                command=f"{program_name()} user password admin --local",
            )

    def stopping(self) -> None:
        """See `app.main.Announcer`."""
        _log.info("stopping")


class TerminalAnnouncer:
    """Prints to standard output, at once."""

    def ready(self, serving: Serving) -> None:
        """See `app.main.Announcer`."""
        lines = greeting(
            serving,
            program=program_name(),
            folder=Path.cwd(),
            home=os.environ.get("SOVD_HOME"),
            has_page=is_built(PAGE_FOLDER),
        )
        print("\n".join(lines), flush=True)

    def stopping(self) -> None:
        """See `app.main.Announcer`."""
        if sys.stdout.isatty():
            print("\nStopping (Ctrl-C again does not wait for running commands) ...", flush=True)


def program_name() -> str:
    """What to type to get this program again: its path as it was given, or its name where the shell finds it."""
    given = sys.argv[0]
    found = shutil.which("sovd")
    return "sovd" if found is not None and Path(found) == Path(given) else given


def greeting(serving: Serving, *, program: str, folder: Path, home: str | None, has_page: bool) -> list[str]:
    """The lines, for a terminal of 80 columns. Pure.

    `folder` is where `program` is to be typed; `home` is `SOVD_HOME` where it is set: what works on the data directly
    has to be told the same.
    """
    lines = [
        "",
        f"SOVD Command serves on {serving.url}   (Ctrl-C stops it)",
        "",
        f"  In the browser    {f'{serving.url}/' if has_page else 'not built: run `make page`, then load again'}",
        f"  API, to try out   {serving.url}/docs",
        f"  Health            {serving.url}/health/ready",
    ]
    if serving.data is not None:
        lines.append(f"  Data              {serving.data}")
    return [*lines, "", *_account_lines(serving, program, home), "", *_next_lines(serving, program, folder), ""]


def _account_lines(serving: Serving, program: str, home: str | None) -> list[str]:
    if serving.new_password is None:
        same_data = f"SOVD_HOME={shlex.quote(home)} " if home else ""
        return ["Forgot the admin's password?", "", f"  {same_data}{shlex.quote(program)} user password admin --local"]
    return [
        "First start: this account was made. The password is shown only this once.",
        "",
        "  User name   admin",
        f"  Password    {serving.new_password}",
    ]


def _next_lines(serving: Serving, program: str, folder: Path) -> list[str]:
    typed = shlex.quote(program)
    lines = ["Next, in a second terminal:", ""]
    if "/" in program and not Path(program).is_absolute():
        lines.append(f"  cd {shlex.quote(str(folder))}")
    lines += [f"  {typed} login --server {serving.url} --username admin", f"  {typed} vehicles"]
    if serving.demo_fleet:
        lines.append(f"  {typed} run ReadDTC --vehicle 103")
    return lines
