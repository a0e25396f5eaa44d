"""When a vehicle was there, and why not."""

from datetime import datetime

from rich.text import Text

from app.cli.connection import signed_in
from app.cli.exit_codes import ExitCode
from app.cli.history_acts import moment_text
from app.cli.listings import Listing
from app.cli.quantities import show_seconds, show_time
from app.cli.tables import PRESENCE_STYLES, cell
from app.cli.terminal import Terminal
from app.cli.vehicle_lookup import find_vehicle
from app.client import SovdClient
from app.client.presence_values import PeriodView, PresenceHistoryView

_LARGEST_PAGE = 1000


async def show_presence(
    server: str | None,
    wanted: str,
    *,
    since: str | None,
    until: str | None,
    limit: int,
    show_all: bool,
    as_json: bool,
) -> int:
    """The periods of one status and cause, newest first, and the share of time online."""
    terminal = Terminal(as_json)
    span = {"since": moment_text("--since", since), "until": moment_text("--until", until)}
    async with signed_in(server) as client:
        vehicle = await find_vehicle(client, wanted)
        history = await client.vehicles.presence_history(
            vehicle.vehicle_id, {**span, "limit": _LARGEST_PAGE if show_all else limit}
        )
        periods = list(history.items)
        if show_all:
            periods += await _the_rest(client, vehicle.vehicle_id, history)
    if as_json:
        terminal.json({**history.raw, "items": [period.raw for period in periods]})
        return ExitCode.DONE
    terminal.line(f"{vehicle.vin}: {_share(history)}")
    terminal.show(presence_listing(periods, history.until))
    if history.total > len(periods):
        terminal.note(f"{len(periods)} of {history.total} shown; --all shows the rest")
    return ExitCode.DONE


async def _the_rest(client: SovdClient, vehicle_id: str, first: PresenceHistoryView) -> list[PeriodView]:
    periods: list[PeriodView] = []
    span: dict[str, str | int | None] = {
        "since": first.since.isoformat(),
        "until": first.until.isoformat(),
        "limit": _LARGEST_PAGE,
    }
    before = first.next_before
    while before is not None:
        page = await client.vehicles.presence_history(vehicle_id, {**span, "before": before.isoformat()})
        periods += page.items
        before = page.next_before
    return periods


def _share(history: PresenceHistoryView) -> str:
    span = f"{show_time(history.since)} to {show_time(history.until)}"
    if history.online_share is None or history.recorded_since is None:
        return f"nothing is recorded from {span}"
    share = f"online {show_share(history.online_share)} of the recorded time from {span}"
    if history.recorded_since > history.since:
        return f"{share}; recorded since {show_time(history.recorded_since)}"
    return share


def show_share(share: float) -> str:
    """A share in percent that says `100 %` and `0 %` only where nothing is missing: `99.9 %` for a second offline."""
    if share in {0.0, 1.0}:
        return f"{share:.0%}".replace("%", " %")
    return f"{min(max(share * 100, 0.1), 99.9):.1f} %"


def _why(period: PeriodView) -> str | None:
    if period.connection_status == "unknown" and period.status_cause is None:
        return "it was new, and not asked yet"
    return period.status_cause


def presence_listing(periods: list[PeriodView], now: datetime) -> Listing:
    """Periods, newest first; `now` ends the one that goes on."""
    listing = Listing(("Since", "Until", "Lasted", "Presence", "Why"), frozenset({"Why"}))
    for period in periods:
        lasted = ((period.until or now) - period.since).total_seconds()
        listing.add_row(
            cell(show_time(period.since)),
            cell("now" if period.until is None else show_time(period.until)),
            cell(show_seconds(max(0.0, lasted))),
            Text(period.connection_status, style=PRESENCE_STYLES.get(period.connection_status, "dim")),
            cell(_why(period)),
        )
    return listing
