"""Listings as tables. Pure: values in, rich tables out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from app.cli.listings import Listing
from app.cli.payloads import describe_payload
from app.cli.plain_text import one_line
from app.cli.quantities import show_age, show_seconds, show_time
from app.client.values import ChunkView, CommandView, UserView, VehicleView
from app.domain.command_states import CommandStatus
from app.domain.json_values import JsonObject, encode_json

PRESENCE_STYLES = {"connected": "green", "disconnected": "yellow", "error": "red"}
STATUS_STYLES = {
    CommandStatus.PENDING: "yellow",
    CommandStatus.IN_PROGRESS: "cyan",
    CommandStatus.COMPLETED: "green",
    CommandStatus.FAILED: "red",
    CommandStatus.OUTCOME_UNKNOWN: "magenta",
    CommandStatus.EXPIRED: "yellow",
    CommandStatus.CANCELLED: "yellow",
}


def plain_table(*columns: str) -> Table:
    """A table without frames: easy to read, to copy and to cut with other tools. Ids and VINs are never cut."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in {"Command id", "VIN", "Time"})
    return table


def cell(text: object, style: str = "") -> Text:
    """Outside text as a cell: safe, and never read as markup."""
    return Text(one_line("" if text is None else str(text)), style=style)


def vehicle_table(vehicles: Sequence[VehicleView], now: datetime) -> Listing:
    """The fleet: presence, and why, and the age of the last answer."""
    table = Listing(("VIN", "Vehicle", "Last answer", "Presence", "Address"), frozenset({"Presence", "Address"}))
    for vehicle in vehicles:
        model = f"{vehicle.make} {vehicle.model}" + (f" ({vehicle.year})" if vehicle.year else "")
        presence = vehicle.connection_status + (f": {vehicle.status_cause}" if vehicle.status_cause else "")
        table.add_row(
            cell(vehicle.vin),
            cell(model),
            cell(show_age(vehicle.last_seen_at, now)),
            cell(presence, PRESENCE_STYLES.get(vehicle.connection_status, "dim")),
            cell(vehicle.address or ""),
        )
    return table


def history_table(commands: Sequence[CommandView], vins: Mapping[str, str], now: datetime) -> Listing:
    """Commands, newest first; `vins` names the vehicles by id."""
    table = Listing(("Command id", "Command", "VIN", "Status", "Submitted", "Took"), frozenset({"Command id"}))
    for command in commands:
        table.add_row(
            cell(command.command_id),
            cell(command.command_name),
            cell(vins.get(command.vehicle_id, command.vehicle_id)),
            cell(command.status, STATUS_STYLES[command.status]),
            cell(show_age(command.submitted_at, now)),
            cell(_took(command)),
        )
    return table


def _took(command: CommandView) -> str:
    if command.started_at is None or command.completed_at is None:
        return ""
    return show_seconds((command.completed_at - command.started_at).total_seconds())


def command_facts(command: CommandView, vin: str, now: datetime) -> Table:
    """One command, member by member."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    error = command.error
    facts: list[tuple[str, object, str]] = [
        ("Command", command.command_name, ""),
        ("Parameters", encode_json(command.command_params), ""),
        ("Command id", command.command_id, ""),
        ("Vehicle", vin, ""),
        ("Status", command.status, STATUS_STYLES[command.status]),
        ("Why", command.status_reason, ""),
        ("Error", f"{error.code}: {error.message}" if error else None, "red"),
        ("Place in queue", command.queue_position, ""),
        ("Reason given", command.raw.get("reason"), ""),
        ("Submitted", _when(command.submitted_at, now), ""),
        ("Expires", show_time(command.expires_at) if command.status is CommandStatus.PENDING else None, ""),
        ("Started", _when(command.started_at, now), ""),
        ("Ended", _when(command.completed_at, now), ""),
        ("Took", _took(command) or None, ""),
        ("Correlation id", command.raw.get("correlation_id"), ""),
    ]
    for name, value, style in facts:
        if value is not None:
            table.add_row(name, cell(value, style))
    return table


def _when(moment: datetime | None, now: datetime) -> str | None:
    return None if moment is None else f"{show_time(moment)} ({show_age(moment, now)})"


def chunk_table(chunks: Sequence[ChunkView], started_at: datetime | None) -> Table:
    """Stored chunks, with the time since the command started."""
    table = plain_table("#", "After", "Answer")
    for chunk in chunks:
        after = ""
        if started_at is not None and chunk.received_at is not None:
            after = show_seconds(max(0.0, (chunk.received_at - started_at).total_seconds()))
        number = f"{chunk.sequence_number}{' final' if chunk.is_final else ''}"
        table.add_row(cell(number), cell(after), answer_text(chunk.response_payload))
    return table


def answer_text(payload: JsonObject) -> Text:
    """A payload as a cell of one or more lines."""
    return Text("\n".join(describe_payload(payload)))


def timeline_table(entries: Sequence[JsonObject]) -> Table:
    """Every change of state with its time, who did it, and its details."""
    table = plain_table("Time", "Event", "By", "Details")
    for entry in entries:
        details = entry.get("details") or {}
        table.add_row(
            cell(_time_of(entry)), cell(entry.get("event")), cell(entry.get("actor_name")), cell(_details(details))
        )
    return table


def _details(details: JsonObject) -> str:
    return ", ".join(
        f"{name} {value if isinstance(value, str) else encode_json({'': value})[4:-1]}"
        for name, value in details.items()
        if value is not None
    )


def _time_of(entry: JsonObject) -> str:
    try:
        return show_time(datetime.fromisoformat(str(entry.get("occurred_at"))))
    except ValueError:
        return str(entry.get("occurred_at", ""))


def definition_table(definitions: Sequence[JsonObject]) -> Table:
    """The commands there are and what they take."""
    table = plain_table("Command", "What it does", "Parameters", "Risk", "Role")
    for definition in definitions:
        schema = definition.get("parameters") or {}
        needed = set(schema.get("required") or ())
        names = [f"{name}{'' if name in needed else ' (optional)'}" for name in schema.get("properties") or {}]
        table.add_row(
            cell(definition.get("name")),
            cell(definition.get("description") or definition.get("title")),
            cell(", ".join(names)),
            cell(definition.get("risk")),
            cell(definition.get("minimum_role")),
        )
    return table


def user_table(users: Sequence[UserView]) -> Listing:
    """Accounts."""
    columns = ("User", "Role", "Active", "Vehicles", "User id", "E-mail")
    table = Listing(columns, frozenset({"User id", "E-mail"}))
    for user in users:
        scope = user.raw.get("vehicle_ids")
        table.add_row(
            cell(user.username),
            cell(user.role),
            cell("yes" if user.is_active else "no", "" if user.is_active else "red"),
            cell("all" if scope is None else f"{len(scope)} vehicles"),
            cell(user.user_id),
            cell(user.email or ""),
        )
    return table


def audit_table(entries: Sequence[JsonObject]) -> Listing:
    """Entries of the audit trail."""
    table = Listing(("Entry", "Time", "Who", "Did", "Outcome", "To", "Details"), frozenset({"To", "Details"}))
    for entry in entries:
        refused = entry.get("outcome") == "refused"
        target = " ".join(str(entry[name]) for name in ("object_type", "object_id") if entry.get(name))
        table.add_row(
            cell(entry.get("entry_id")),
            cell(_time_of(entry)),
            cell(entry.get("actor_name") or entry.get("actor_id") or entry.get("actor_type")),
            cell(entry.get("action")),
            cell(entry.get("outcome"), "red" if refused else ""),
            cell(target),
            cell(_details(entry.get("details") or {})),
        )
    return table
