"""JSON Schemas of the values of a virtual ECU, with units as ISO 17978-3 describes them (`x-sovd-unit`)."""

from collections.abc import Iterable

from app.domain.json_values import JsonObject
from app.simulator.data_formats import BytesFormat, ChoiceFormat, NumberFormat, TextFormat, ValueFormat
from app.simulator.description import FieldDescription, IdentifierDescription

_FACTOR_AND_OFFSET = {
    "rpm": (60.0, 0.0),
    "km/h": (3.6, 0.0),
    "°C": (1.0, -273.15),
    "%": (100.0, 0.0),
    "bar": (1e-5, 0.0),
    "kPa": (1e-3, 0.0),
    "mm": (1e3, 0.0),
}
"""Value in the unit = value in SI units * factor + offset; units that are not here are SI units."""


def identifier_schema(known: IdentifierDescription) -> JsonObject:
    """The schema of a data identifier's value."""
    return {"title": known.title, **value_schema(known.form, known.unit)}


def fields_schema(fields: Iterable[FieldDescription]) -> JsonObject:
    """The schema of an object of parameters or results."""
    members: JsonObject = {field.name: value_schema(field.form, field.unit) for field in fields}
    return {"type": "object", "properties": members}


def value_schema(form: ValueFormat, unit: str | None) -> JsonObject:
    """The schema of one value."""
    match form:
        case NumberFormat():
            return _number_schema(form) | _unit(unit)
        case ChoiceFormat():
            return {"type": "string", "enum": [text for _, text in form.choices]}
        case TextFormat():
            return {"type": "string", "maxLength": form.length}
        case BytesFormat():
            return {"type": "string", "pattern": f"^([0-9A-Fa-f]{{2}}){{{form.length}}}$"}


def _number_schema(form: NumberFormat) -> JsonObject:
    schema: JsonObject = {"type": "number"}
    if form.minimum is not None:
        schema["minimum"] = form.minimum
    if form.maximum is not None:
        schema["maximum"] = form.maximum
    return schema


def _unit(unit: str | None) -> JsonObject:
    if unit is None:
        return {}
    factor, offset = _FACTOR_AND_OFFSET.get(unit, (1.0, 0.0))
    return {"x-sovd-unit": {"display_name": unit, "factor_si_to_unit": factor, "offset_si_to_unit": offset}}
