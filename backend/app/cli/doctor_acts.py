"""`sovd doctor`: runs all checks, shows what they found and what to do."""

from pathlib import Path

from rich.table import Table

from app.api.page.page_files import PAGE_FOLDER
from app.cli.connection import choose_server, credential_file
from app.cli.doctor_checks import (
    Check,
    Level,
    check_data_directory,
    check_database,
    check_migrations,
    check_port,
    check_python,
    check_redis,
    check_server,
)
from app.cli.doctor_set_up import check_disk, check_exposure, check_keys, check_page
from app.cli.exit_codes import ExitCode
from app.cli.service_acts import read_settings
from app.cli.tables import cell, plain_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.client import ClientError
from app.embedded.engines import EmbeddedEngines
from app.embedded.errors import EmbeddedError
from app.embedded.home import default_home
from app.observability.logs import configure_logging
from app.settings import Settings

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red", Level.SKIPPED: "dim"}


async def examine(server: str | None, as_json: bool) -> int:
    """Run every check. Exit code 1 where one fails."""
    terminal = Terminal(as_json)
    configure_logging("warning", "console")
    checks = await run_checks(server)
    if as_json:
        terminal.json(
            {
                "items": [
                    {"name": c.name, "level": c.level, "found": c.found, "what_to_do": c.what_to_do} for c in checks
                ]
            }
        )
    else:
        terminal.show(check_table(checks))
    return ExitCode.FAILED if any(check.level is Level.FAIL for check in checks) else ExitCode.DONE


def check_table(checks: list[Check]) -> Table:
    """The findings; what to do stands beneath what was found. Pure."""
    table = plain_table("Check", "Result", "Found")
    for check in checks:
        found = cell(check.found)
        if check.what_to_do:
            found.append(f"\n→ {check.what_to_do}")
        table.add_row(cell(check.name), cell(check.level, _STYLES[check.level]), found)
    return table


async def run_checks(server: str | None) -> list[Check]:
    """All checks in the order in which a person would mend things."""
    checks = [check_python()]
    try:
        settings = read_settings()
    except UsageRefused as error:
        return [*checks, Check(name="Settings", level=Level.FAIL, found=error.message, what_to_do=error.next_step)]
    checks.append(Check(name="Settings", level=Level.OK, found="valid"))
    home = (settings.home or default_home()).expanduser().absolute()
    checks += [check_data_directory(home), check_disk(home)]
    checks += await _check_stores(settings, home)
    checks += [check_keys(settings, home), check_page(PAGE_FOLDER), check_exposure(settings)]
    checks.append(await check_port(settings.host, settings.port))
    checks.append(await _check_server(server, settings))
    return checks


async def _check_server(named: str | None, settings: Settings) -> Check:
    try:
        file = credential_file()
        known = named or file.last_server()
        return await check_server(choose_server(known or f"http://{settings.host}:{settings.port}", file))
    except ClientError as error:
        return Check(
            name="Server", level=Level.FAIL, found=error.message, what_to_do="Correct the address or the file."
        )


async def _check_stores(settings: Settings, home: Path) -> list[Check]:
    """PostgreSQL, schema, clock and Redis: the user's own, or the embedded ones, started for the check if need be."""
    own_database = settings.database_url.get_secret_value() if settings.database_url else None
    own_redis = settings.redis_url.get_secret_value() if settings.redis_url else None
    try:
        async with EmbeddedEngines.running(home, database=own_database is None, redis=own_redis is None) as engines:
            database_url = own_database or engines.database_url or ""
            redis_url = own_redis or engines.redis_url or ""
            database, clock = await check_database(database_url, "embedded" if own_database is None else "your server")
            schema = (
                await check_migrations(database_url)
                if database.level is not Level.FAIL
                else Check(name="Schema", level=Level.SKIPPED, found="no database to look at")
            )
            bus = await check_redis(redis_url, "embedded" if own_redis is None else "your server")
            return [database, schema, bus, clock]
    except EmbeddedError as error:
        return [Check(name="Embedded engines", level=Level.FAIL, found=str(error), what_to_do="Do what it says.")]
