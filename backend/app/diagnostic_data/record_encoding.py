"""From the values a person gives to the bytes of a record, each checked against its range or choices."""

import struct
from collections.abc import Sequence

from app.diagnostic_data.conversions import ConversionError, Limits, Linear, TextTable
from app.diagnostic_data.record_layout import Field, RecordLayout
from app.domain.errors import FieldError, InvalidRequest
from app.domain.json_values import JsonObject, JsonValue


def encode_record(layout: RecordLayout, value: JsonValue, pointer: str) -> bytes:
    """The bytes of a record. A record of one value takes the bare value; one of several an object by name.

    Raises InvalidRequest that names each wrong value by JSON pointer below `pointer`, with its range or choices.
    """
    given = _by_name(layout, value, pointer)
    errors: list[FieldError] = []
    record = bytearray(layout.size or 0)
    for part in layout.fields:
        place = f"{pointer}/{part.name}" if isinstance(value, dict) else pointer
        try:
            _put(record, part, _coded(part, given.get(part.name, part.default)))
        except ConversionError as error:
            errors.append(FieldError(place, str(error)))
    if errors:
        raise refused(errors)
    return bytes(record)


def refused(errors: Sequence[FieldError]) -> InvalidRequest:
    """The error for values that the diagnostic data does not allow."""
    shown = "; ".join(f"{error.pointer.rpartition('/')[2]}: {error.message}" for error in errors)
    return InvalidRequest(f"The diagnostic data does not allow this: {shown}.", errors)


def _by_name(layout: RecordLayout, value: JsonValue, pointer: str) -> JsonObject:
    names = [part.name for part in layout.shown]
    if not isinstance(value, dict):
        if len(names) != 1:
            message = f"must be an object with the members {', '.join(names)}" if names else "takes no value"
            raise refused([FieldError(pointer, message)])
        return {names[0]: value}
    unknown = [name for name in value if name not in names]
    if unknown:
        message = f"is no value of this record; it has {', '.join(names) or 'none'}"
        raise refused([FieldError(f"{pointer}/{name}", message) for name in unknown])
    return value


def _coded(part: Field, value: JsonValue) -> int | float | bytes:
    """The value as it stands on the wire. Raises ConversionError."""
    if part.hidden:
        return part.constant or 0
    if value is None:
        raise ConversionError("is missing")
    if part.conversion is None and part.kind in {"text", "bytes"}:
        return _text_bytes(part, value)
    if isinstance(part.conversion, TextTable):
        return part.conversion.to_internal(value)
    number = _number(value)
    internal = number if part.conversion is None else part.conversion.to_internal(number)
    for limits in (part.limits, coded_limits(part)):
        if limits is not None and not limits.hold(internal):
            shown = part.conversion.physical_limits(limits) if isinstance(part.conversion, Linear) else limits
            raise ConversionError(f"must be in {shown}")
    if part.kind != "float" and internal != int(internal):
        raise ConversionError("must be a whole number")
    return internal if part.kind == "float" else int(internal)


def _number(value: JsonValue) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConversionError("must be a number")
    return value


def coded_limits(part: Field) -> Limits | None:
    """What fits into the bits of a number."""
    if part.bits is None or part.kind not in {"uint", "int"}:
        return None
    if part.kind == "uint":
        digits = part.bits // (4 if part.coding == "bcd" else 8)
        return Limits(lower=0, upper=10**digits - 1 if part.coding.startswith("bcd") else (1 << part.bits) - 1)
    highest = (1 << (part.bits - 1)) - 1
    return Limits(lower=-highest if part.coding != "plain" else -highest - 1, upper=highest)


def _text_bytes(part: Field, value: JsonValue) -> bytes:
    if not isinstance(value, str):
        raise ConversionError("must be text" if part.kind == "text" else "must be bytes as hex digits")
    try:
        raw = value.encode(part.charset) if part.kind == "text" else bytes.fromhex(value)
    except UnicodeEncodeError as error:
        raise ConversionError(f"must only have characters of {part.charset}") from error
    except ValueError as error:
        raise ConversionError("must be bytes as hex digits, two for each") from error
    least, most = part.least_bytes, part.most_bytes
    if part.bits is not None:
        least = most = part.bits // 8
    if len(raw) < least or (most is not None and len(raw) > most):
        raise ConversionError(f"must have {least} bytes, it has {len(raw)}" if least == most else _lengths(least, most))
    return raw


def _lengths(least: int, most: int | None) -> str:
    return f"must have {least} bytes or more" if most is None else f"must have {least} to {most} bytes"


def _put(record: bytearray, part: Field, coded: int | float | bytes) -> None:
    if isinstance(coded, bytes):
        end = part.byte + len(coded)
        record.extend(bytes(max(0, end - len(record))))
        record[part.byte : end] = coded
        return
    bits = part.bits or 0
    if part.kind == "float":
        form = ">f" if bits == 32 else ">d"
        try:
            number = int.from_bytes(struct.pack(form, coded), "big")
        except OverflowError as error:
            raise ConversionError("is too large for 32 bits") from error
    else:
        number = _wire_number(part, int(coded), bits)
    length = (part.bit + bits + 7) // 8
    order = "little" if part.little_endian else "big"
    record.extend(bytes(max(0, part.byte + length - len(record))))
    there = record[part.byte : part.byte + length]
    placed = (number << part.bit).to_bytes(length, "little" if order == "little" else "big")
    record[part.byte : part.byte + length] = bytes(old | new for old, new in zip(there, placed, strict=True))


def _wire_number(part: Field, value: int, bits: int) -> int:
    if part.coding.startswith("bcd"):
        step = 4 if part.coding == "bcd" else 8
        return sum(int(digit) << (step * place) for place, digit in enumerate(reversed(str(value))))
    if value >= 0:
        return value
    if part.coding == "sign-magnitude":
        return (1 << (bits - 1)) | -value
    return value + (1 << bits) - (1 if part.coding == "ones-complement" else 0)


def schema_of(layout: RecordLayout) -> JsonObject:
    """JSON Schema of what `encode_record` takes."""
    shown = layout.shown
    if len(shown) == 1:
        return field_schema(shown[0])
    needed = [part.name for part in shown if part.default is None]
    properties = {part.name: field_schema(part) for part in shown}
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def field_schema(part: Field) -> JsonObject:
    """JSON Schema of one value; `unit` is added, as a note for people."""
    notes: JsonObject = {"title": part.title, "description": part.description, "unit": part.unit}
    schema = {name: value for name, value in notes.items() if value}
    if isinstance(part.conversion, TextTable):
        return {**schema, "enum": list(part.conversion.choices)}
    if part.kind == "bytes":
        return {**schema, "type": "string", "pattern": "^([0-9A-Fa-f]{2})*$"}
    if part.kind == "text":
        most = part.most_bytes if part.bits is None else part.bits // 8
        return {**schema, "type": "string"} | ({"maxLength": most} if most else {})
    whole = part.kind != "float" and (part.conversion is None or part.conversion.whole)
    return {**schema, "type": "integer" if whole else "number"} | _range_schema(part)


def _range_schema(part: Field) -> JsonObject:
    linear = part.conversion if isinstance(part.conversion, Linear) else None
    ranges = [part.limits, coded_limits(part), linear.limits if linear else None]
    known = [linear.physical_limits(limits) if linear else limits for limits in ranges if limits is not None]
    lower = max((limits.lower for limits in known if limits.lower is not None), default=None)
    upper = min((limits.upper for limits in known if limits.upper is not None), default=None)
    return {name: value for name, value in (("minimum", lower), ("maximum", upper)) if value is not None}
