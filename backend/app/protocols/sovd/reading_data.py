"""Data read by a client: what an entity offers (ValueMetadata), and values with their parts and units (ReadValue)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.reading import (
    as_object,
    as_text,
    extension_members,
    hex_number_of_id,
    items_of,
    matches_identifier,
)
from app.protocols.sovd.reading_errors import SovdProblem, read_problems

MOST_PARTS = 200
_DEEPEST = 5
_FIXED_NAMES = MappingProxyType(  # ISO 14229-1 Annex C.1, where servers use the name as id
    {
        0xF186: ("activediagnosticsession",),
        0xF187: ("vehiclemanufacturersparepartnumber", "sparepartnumber", "partnumber"),
        0xF189: ("vehiclemanufacturerecusoftwareversionnumber", "ecusoftwareversion"),
        0xF18A: ("systemsupplieridentifier", "supplieridentifier"),
        0xF18B: ("ecumanufacturingdate",),
        0xF18C: ("ecuserialnumber", "serialnumber"),
        0xF190: ("vin", "vindataidentifier", "vehicleidentificationnumber"),
        0xF191: ("vehiclemanufacturerecuhardwarenumber", "ecuhardwarenumber", "hardwarenumber"),
        0xF193: ("systemsupplierecuhardwareversionnumber", "hardwareversion"),
        0xF195: ("systemsupplierecusoftwareversionnumber", "softwareversion"),
        0xF197: ("systemname", "systemnameorenginetype"),
        0xF19E: ("odxfile", "asamodxfileidentifier"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataItem:
    """A data resource or a configuration of an entity. `bulk`: a configuration that is a file."""

    item_id: str
    name: str
    category: str | None = None
    aliases: tuple[str, ...] = ()
    bulk: bool = False
    href: str | None = None

    @property
    def identifier(self) -> int | None:
        """The data identifier (ISO 14229-1) it stands for, where its id or a vendor member says so."""
        for text in (self.item_id, *self.aliases):
            if (number := hex_number_of_id(text)) is not None:
                return number
        plain = _plain(self.item_id)
        return next((number for number, names in _FIXED_NAMES.items() if plain in names), None)

    def is_called(self, wanted: str) -> bool:
        """Whether a caller means it: by id, by name, or by the data identifier."""
        if matches_identifier(wanted, (self.item_id, *self.aliases)) or self.name.casefold() == wanted.casefold():
            return True
        number = hex_number_of_id(wanted) if wanted[:2].lower() == "0x" else None
        return number is not None and (self.identifier == number or _plain(self.name) in _FIXED_NAMES.get(number, ()))

    def is_in(self, category: str) -> bool:
        """Whether it belongs to a category; case and separators do not matter (`identData`, `ident-data`)."""
        return self.category is not None and _plain(self.category) == _plain(category)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePart:
    """One simple value inside a data resource, by its path (`Position.Left`); empty: the resource is that value."""

    name: str
    value: JsonValue
    unit: str | None = None

    def as_json(self) -> JsonObject:
        """As it stands in an answer."""
        return {"name": self.name, "value": self.value, "unit": self.unit}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadValue:
    """What reading a data resource gave. `data` None with `problems`: the vehicle could not read it."""

    data_id: str | None
    data: JsonValue
    parts: tuple[ValuePart, ...]
    problems: tuple[SovdProblem, ...]

    @property
    def failed(self) -> bool:
        """Whether there is no value, only the reason why."""
        return bool(self.problems) and self.data in (None, {}, [], "")

    @property
    def value(self) -> JsonValue:
        """The value for people: the only part where there is one, else all of it."""
        return self.parts[0].value if len(self.parts) == 1 else self.data

    @property
    def unit(self) -> str | None:
        """The unit of the only part."""
        return self.parts[0].unit if len(self.parts) == 1 else None

    def as_json(self) -> JsonObject:
        """`value` and `unit`, and `values` for records of several."""
        shown: JsonObject = {"value": self.value, "unit": self.unit}
        if len(self.parts) > 1:
            shown["values"] = [part.as_json() for part in self.parts]
        return shown


def read_data_items(body: object) -> list[DataItem]:
    """The data resources or configurations of a list, each id once."""
    found: dict[str, DataItem] = {}
    for item in items_of(body):
        entry = as_object(item)
        item_id = as_text(entry.get("id")) or as_text(item)
        if item_id is None or item_id in found:
            continue
        found[item_id] = DataItem(
            item_id=item_id,
            name=as_text(entry.get("name")) or item_id,
            category=as_text(entry.get("category")),
            aliases=tuple(extension_members(entry)),
            bulk=(entry.get("type") or entry.get("configurations_type")) == "bulk",
            href=as_text(entry.get("href")),
        )
    return list(found.values())


def find_item(items: Sequence[DataItem], wanted: str) -> DataItem | None:
    """The item a caller means: an equal id goes before a like one."""
    exact = next((item for item in items if item.item_id == wanted), None)
    return exact or next((item for item in items if item.is_called(wanted)), None)


def read_value(body: object, units: JsonObject | None = None) -> ReadValue:
    """A ReadValue, a bare value in an object of its own (Wild), or `{value, unit}`.

    `units`: units by path, from an earlier answer that carried its schema.
    """
    document = as_object(body)
    data: JsonValue = document.get("data", document.get("value"))
    if "data" not in document and "value" not in document:
        data = {key: value for key, value in document.items() if key not in {"id", "errors", "schema", "name"}} or None
    known = units if units is not None else units_of(document.get("schema"))
    flat_unit = as_text(document.get("unit"))
    parts = tuple(_parts(data, known, flat_unit))
    return ReadValue(
        data_id=as_text(document.get("id")),
        data=data,
        parts=parts[:MOST_PARTS],
        problems=tuple(read_problems(document.get("errors", document.get("error")))),
    )


def read_values(body: object) -> list[ReadValue]:
    """The values of a data-list answer; of a single ReadValue, that one."""
    return [read_value(item) for item in items_of(body)] if items_of(body) else [read_value(body)]


def units_of(schema: object) -> JsonObject:
    """Display names of units (`x-sovd-unit`) by path below `data`, from the schema of an answer."""
    properties = as_object(as_object(schema).get("properties"))
    data_schema = as_object(properties["data"]) if "data" in properties else as_object(schema)
    return dict(_units(data_schema, "", 0))


def _units(schema: JsonObject, path: str, depth: int) -> Iterator[tuple[str, str]]:
    unit = schema.get("x-sovd-unit")
    shown = as_text(as_object(unit).get("display_name")) or as_text(unit)
    if shown:
        yield path, shown
    if depth < _DEEPEST:
        for name, inner in as_object(schema.get("properties")).items():
            yield from _units(as_object(inner), f"{path}.{name}" if path else name, depth + 1)


def _parts(data: JsonValue, units: JsonObject, flat_unit: str | None) -> Iterator[ValuePart]:
    for name, value, unit in _walk(data, "", 0):
        yield ValuePart(name=name, value=value, unit=unit or as_text(units.get(name)) or flat_unit)


def _walk(value: JsonValue, path: str, depth: int) -> Iterator[tuple[str, JsonValue, str | None]]:
    if not isinstance(value, dict) or depth >= _DEEPEST:
        yield path, value, None
        return
    if "value" in value and set(value) <= {"value", "unit", "name", "translation_id", "description"}:
        yield path, value["value"], as_text(value.get("unit"))
        return
    for name, inner in value.items():
        yield from _walk(inner, f"{path}.{name}" if path else str(name), depth + 1)


def _plain(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())
