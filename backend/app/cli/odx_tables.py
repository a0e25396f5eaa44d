"""Diagnostic data as tables. Pure: values in, rich tables out."""

from collections.abc import Sequence

from rich.table import Table

from app.cli.tables import cell, plain_table
from app.domain.json_values import JsonObject

_SHOWN = 40


def set_table(sets: Sequence[JsonObject]) -> Table:
    """All sets."""
    table = plain_table("Data set id", "Name", "Version", "File", "Bytes", "Skipped")
    for one in sets:
        skipped = cell(one["skipped"], "yellow" if one["skipped"] else "")
        columns = (one["data_set_id"], one["name"], one["version"], one["file_name"], one["size"])
        table.add_row(*(cell(column) for column in columns), skipped)
    return table


def variant_table(data_set: JsonObject) -> Table:
    """The variants of a set, with how much each describes."""
    table = plain_table("Variant", "Kind", "ECU", "Identifiers", "DTCs", "Routines", "Services")
    for one in data_set["variants"]:
        counts = one["counts"]
        address = one["ecu_address"]
        table.add_row(
            cell(one["name"]),
            cell("base" if one["is_base"] else f"of {one['base']}" if one["base"] else "variant"),
            cell("" if address is None else f"0x{address:04X}"),
            *(cell(counts[part]) for part in ("identifiers", "dtcs", "routines", "services")),
        )
    return table


def report_table(report: JsonObject) -> Table:
    """What was skipped or noticed when a file was loaded."""
    table = plain_table("", "Where", "What", "Why")
    for finding in report["findings"][:_SHOWN]:
        kind = cell("skipped", "yellow") if finding["skipped"] else cell("noticed", "dim")
        table.add_row(kind, cell(finding["document"]), cell(finding["what"]), cell(finding["why"]))
    return table


def description_tables(description: JsonObject) -> tuple[Table, ...]:
    """Identifiers, trouble codes and services of a variant."""
    identifiers = plain_table("Identifier", "Name", "Can be", "Description")
    for number, one in sorted(description["identifiers"].items()):
        able = " and ".join(word for word, side in (("read", one["read"]), ("written", one["write"])) if side)
        about = one["description"] or one["title"]
        identifiers.add_row(cell(f"0x{number.upper()}"), cell(one["name"]), cell(able), cell(about))
    codes = plain_table("DTC", "Name", "Text")
    for number, one in sorted(description["dtcs"].items()):
        codes.add_row(cell(one["display"] or f"0x{number.upper()}"), cell(one["name"]), cell(one["text"]))
    services = plain_table("Service", "Parameters")
    for one in description["services"]:
        services.add_row(cell(one["name"]), cell(", ".join(each["name"] for each in one["parameters"])))
    return tuple(table for table in (identifiers, codes, services) if table.row_count)
