"""The light form of diagnostic data: a YAML file of identifiers and trouble codes, for vehicles without ODX.

It compiles to the same JSON as ODX does. `docs/reference/identifiers-file.md` describes it.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from app.diagnostic_data.conversions import ConversionError, Limits, Linear, TextScale, TextTable
from app.diagnostic_data.pdx_archive import DataRefused
from app.diagnostic_data.record_encoding import schema_of
from app.diagnostic_data.record_layout import Field, RecordLayout, fixed_size
from app.domain.json_values import JsonObject
from app.protocols.uds.dtc import parse_dtc
from app.protocols.uds.errors import UdsFormatError

_TYPES = {"uint", "int", "float", "text", "hex"}
_FIELD_MEMBERS = {"name", "type", "byte", "bit", "bits", "length", "unit", "description", "factor", "offset"}
_FIELD_MEMBERS |= {"minimum", "maximum", "values", "byteOrder", "charset"}
_IDENTIFIER_MEMBERS = _FIELD_MEMBERS | {"id", "writable", "fields"}
_PLACE_MEMBERS = {"identifiers", "dtcs"}
_FILE_MEMBERS = _PLACE_MEMBERS | {"name", "version", "ecus"}
_MOST_BYTES = 4093
"""What fits into one answer, ISO 15765-2: 4095 bytes less service and identifier are the usual limit."""


class _Loader(yaml.SafeLoader):
    """Without aliases: a few of them, nested, unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise DataRefused("the YAML file has an alias (*name), which is not taken; write the value out")
        return super().compose_node(parent, index)


def compile_identifiers(content: bytes, file_name: str) -> tuple[JsonObject, list[JsonObject]]:
    """The head of the set and its variants: one for each ECU, and one for all. Raises DataRefused."""
    try:
        document = yaml.load(content, _Loader)  # noqa: S506 - a SafeLoader, only stricter
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DataRefused(f"{file_name} is no YAML file: {' '.join(str(error).split())[:300]}") from error
    whole = _members(document, _FILE_MEMBERS, "the file")
    shared = _variant("all ECUs", whole, "the file")
    variants, heads = [shared], [_head("all ECUs", None)]
    for number, entry in enumerate(_list(whole.get("ecus"), "ecus"), 1):
        place = f"ECU {number}"
        ecu = _members(entry, _PLACE_MEMBERS | {"address", "name"}, place)
        address = _number(ecu.get("address"), f"the address of {place}", 0xFFFF)
        own = _variant(str(ecu.get("name") or f"0x{address:04X}"), ecu, place)
        for part in ("identifiers", "dtcs"):
            own[part] = {**shared[part], **own[part]}
        variants.append(own)
        heads.append(_head(own["name"], address))
    if not any(variant["identifiers"] or variant["dtcs"] for variant in variants):
        raise DataRefused("the YAML file names no identifiers and no dtcs")
    stem = file_name.rpartition("/")[2].rsplit(".", 1)[0]
    head: JsonObject = {
        "name": str(whole.get("name") or stem),
        "version": str(whole.get("version") or "1"),
        "variants": heads,
    }
    return head, variants


def _head(name: str, address: int | None) -> JsonObject:
    return {
        "name": name,
        "title": None,
        "description": None,
        "is_base": address is None,
        "base": None,
        "ecu_address": address,
        "patterns": [],
    }


def _variant(name: str, place: JsonObject, where: str) -> JsonObject:
    identifiers = dict(_identifiers(place, where))
    dtcs = dict(_dtcs(place, where))
    environment: JsonObject = {"all": None, "by_dtc": {}}
    parts: JsonObject = {"routines": {}, "services": [], "environment": environment}
    return {"name": name, "identifiers": identifiers, "dtcs": dtcs, **parts}


def _identifiers(place: JsonObject, where: str) -> Iterator[tuple[str, JsonObject]]:
    for number, entry in enumerate(_list(place.get("identifiers"), f"identifiers of {where}"), 1):
        called = f"identifier {number} of {where}"
        members = _members(entry, _IDENTIFIER_MEMBERS, called)
        data_id = _number(members.get("id"), f"the id of {called}", 0xFFFF)
        name = str(members.get("name") or f"0x{data_id:04X}")
        layout = _layout(members, name)
        side: JsonObject = {"service": None, "layout": layout.to_json(), "units": {}, "constants": []}
        writable = members.get("writable") is True
        yield (
            f"{data_id:04x}",
            {
                "name": name,
                "title": None,
                "description": _text(members.get("description")),
                "read": side,
                "write": {**side, "schema": schema_of(layout)} if writable else None,
            },
        )


def _layout(members: JsonObject, name: str) -> RecordLayout:
    parts = _list(members.get("fields"), f"fields of {name}")
    if not parts:
        field = _field({**members, "name": name}, name, 0)
        return RecordLayout(fields=(field,), size=fixed_size([field]))
    fields: list[Field] = []
    after = 0
    for number, part in enumerate(parts, 1):
        called = f"field {number} of {name}"
        fields.append(_field(_members(part, _FIELD_MEMBERS, called), called, after))
        after = fields[-1].byte + (fields[-1].bit + (fields[-1].bits or 0) + 7) // 8
        if fields[-1].bits is None and number < len(parts):
            raise DataRefused(f"{called} needs a length: only the last field may reach to the end of the record")
    return RecordLayout(fields=tuple(fields), size=fixed_size(fields))


def _field(members: JsonObject, called: str, after: int) -> Field:
    kind = members.get("type", "hex")
    if kind not in _TYPES:
        raise DataRefused(f"the type of {called} must be one of {', '.join(sorted(_TYPES))}")
    limits = _limits(members, called)
    conversion = _conversion(members, kind, called, limits)
    bits = _bits(members, kind, called)
    return Field(
        name=str(members.get("name") or called),
        kind="bytes" if kind == "hex" else kind,
        byte=_number(members.get("byte", after), f"byte of {called}", _MOST_BYTES),
        bit=_number(members.get("bit", 0), f"bit of {called}", 7),
        bits=bits,
        unit=_text(members.get("unit")),
        description=_text(members.get("description")),
        little_endian=members.get("byteOrder") == "little",
        charset="utf-8" if members.get("charset") == "utf-8" else "iso-8859-1",
        conversion=conversion,
        limits=limits if conversion is None else None,
    )


def _bits(members: JsonObject, kind: str, called: str) -> int | None:
    if "bits" in members:
        bits = _number(members["bits"], f"bits of {called}", 8 * _MOST_BYTES)
    elif "length" in members:
        bits = 8 * _number(members["length"], f"length of {called}", _MOST_BYTES)
    elif kind in {"text", "hex"}:
        return None
    else:
        raise DataRefused(f"{called} is a number and needs a length in bytes, or bits")
    most, whole = (8 * _MOST_BYTES, bits % 8 == 0) if kind in {"text", "hex"} else (64, True)
    if not 0 < bits <= most or not whole or (kind == "float" and bits not in {32, 64}):
        raise DataRefused(f"{called} cannot be a {kind} of {bits} bits")
    return bits


def _limits(members: JsonObject, called: str) -> Limits | None:
    ends = [members.get("minimum"), members.get("maximum")]
    for end in ends:
        if end is not None and (isinstance(end, bool) or not isinstance(end, int | float)):
            raise DataRefused(f"minimum and maximum of {called} must be numbers")
    return None if ends == [None, None] else Limits(lower=ends[0], upper=ends[1])


def _conversion(members: JsonObject, kind: str, called: str, limits: Limits | None) -> Linear | TextTable | None:
    values = members.get("values")
    if values is not None:
        if kind != "uint" or not isinstance(values, dict) or not all(isinstance(code, int) for code in values):
            raise DataRefused(f"values of {called} must say a text for each number, and its type must be uint")
        return TextTable(
            scales=tuple(
                TextScale(lower=code, upper=code, text=str(text), inverse=code) for code, text in values.items()
            )
        )
    factor, offset = members.get("factor", 1), members.get("offset", 0)
    for part in (factor, offset):
        if isinstance(part, bool) or not isinstance(part, int | float):
            raise DataRefused(f"factor and offset of {called} must be numbers")
    if kind in {"text", "hex"} or (factor == 1 and offset == 0):
        return None
    whole = isinstance(factor, int) and isinstance(offset, int)
    linear = Linear(factor=factor, offset=offset, whole=whole, whole_inside=kind != "float")
    if limits is None:
        return linear
    try:
        ends = [None if end is None else linear.to_internal(end) for end in (limits.lower, limits.upper)]
    except ConversionError as error:
        raise DataRefused(f"factor of {called}: {error}") from error
    if factor < 0:
        ends.reverse()
    return Linear(
        factor=factor,
        offset=offset,
        whole=whole,
        whole_inside=kind != "float",
        limits=Limits(lower=ends[0], upper=ends[1]),
    )


def _dtcs(place: JsonObject, where: str) -> Iterator[tuple[str, JsonObject]]:
    given = place.get("dtcs") or {}
    if not isinstance(given, dict):
        raise DataRefused(f"dtcs of {where} must say a text for each trouble code")
    for code, text in given.items():
        number = dtc_number(code)
        if number is None:
            raise DataRefused(f"{code!r} of {where} is no trouble code; write P0420, P0420-11 or 0x042011")
        display = code.upper() if isinstance(code, str) and not code.lower().startswith("0x") else None
        yield f"{number:06x}", {"name": str(text), "display": display, "text": str(text), "level": None}


def dtc_number(code: object) -> int | None:
    """The three bytes of a trouble code as SAE J2012 spells it (without failure type: 00), or of a number."""
    if isinstance(code, int) and not isinstance(code, bool):
        return code if 0 <= code <= 0xFFFFFF else None
    text = str(code).strip()
    if re.fullmatch(r"0[xX][0-9a-fA-F]{6}", text):
        return int(text, 16)
    try:
        return parse_dtc(text)
    except UdsFormatError:
        return None


def _members(value: object, known: set[str], where: str) -> JsonObject:
    if not isinstance(value, dict):
        raise DataRefused(f"{where} must be a mapping of names to values")
    unknown = [str(name) for name in value if name not in known]
    if unknown:
        raise DataRefused(
            f"{where} has unknown members: {', '.join(unknown[:5])}; known are {', '.join(sorted(known))}"
        )
    return value


def _list(value: object, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise DataRefused(f"{where} must be a list")
    return value


def _number(value: object, where: str, most: int) -> int:
    try:
        number = int(value, 0) if isinstance(value, str) else value
    except ValueError:
        number = None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= most:
        raise DataRefused(f"{where} must be a number from 0 to {most}, for example 0xF190")
    return number


def _text(value: object) -> str | None:
    return None if value is None else str(value)
