"""The compiled form of a data record whose places are known beforehand: decoded and encoded here, in microseconds.

What cannot be said in this form (lengths that other values give, multiplexers, tables) is left to odxtools in another
process. Places and conversions follow ISO 22901-1 (ODX), 7.3.6. A layout is plain JSON and back: no code is loaded
with it.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from app.diagnostic_data.conversions import ConversionError, Limits, Linear, TextScale, TextTable
from app.diagnostic_data.port import DecodedValue
from app.domain.json_values import JsonObject, JsonValue

Kind = Literal["uint", "int", "float", "text", "bytes"]
NumberCoding = Literal["plain", "bcd", "bcd-unpacked", "ones-complement", "sign-magnitude"]


class RecordError(Exception):
    """The record does not have this layout. The text says which value, and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value at a fixed place. `bits` None: it reaches to the end of the record, or to `terminator`.

    `hidden`: constant or reserved, neither shown nor asked for; `constant` is then what is written.
    """

    name: str
    kind: Kind
    byte: int
    bit: int = 0
    bits: int | None = None
    title: str | None = None
    description: str | None = None
    unit: str | None = None
    little_endian: bool = False
    coding: NumberCoding = "plain"
    charset: str = "iso-8859-1"
    least_bytes: int = 0
    most_bytes: int | None = None
    terminator: bytes = b""
    conversion: Linear | TextTable | None = None
    limits: Limits | None = None
    hidden: bool = False
    constant: int | None = None
    default: JsonValue = None

    def raw_of(self, record: bytes) -> bytes:
        """The bytes this value is read from. Raises RecordError where the record is too short."""
        start = self.byte
        if self.bits is not None:
            end = start + (self.bit + self.bits + 7) // 8
            if end > len(record):
                raise RecordError(f"{self.name} needs {end} bytes, the record has {len(record)}")
            return record[start:end]
        if len(record) < start + self.least_bytes:
            raise RecordError(f"{self.name} needs {start + self.least_bytes} bytes, the record has {len(record)}")
        end = len(record) if self.most_bytes is None else min(len(record), start + self.most_bytes)
        return record[start : _terminated(record, start + self.least_bytes, end, start, self.terminator)]

    def value_of(self, raw: bytes) -> JsonValue:
        """The value in its physical form. Raises RecordError."""
        internal = self._internal(raw)
        if self.conversion is not None and not isinstance(internal, str):
            try:
                return self.conversion.to_physical(internal)
            except ConversionError as error:
                raise RecordError(f"{self.name}: {error}") from error
        return internal

    def _internal(self, raw: bytes) -> int | float | str:
        if self.bits is None or (self.kind in {"text", "bytes"} and not self.bit and not self.bits % 8):
            return self._text(raw)
        number = int.from_bytes(raw, "little" if self.little_endian else "big") >> self.bit
        number &= (1 << self.bits) - 1
        match self.kind:
            case "uint":
                return _from_bcd(number, self.coding) if self.coding.startswith("bcd") else number
            case "int":
                return _signed(number, self.bits, self.coding)
            case "float":
                form = ">f" if self.bits == 32 else ">d"
                unpacked: float = struct.unpack(form, number.to_bytes(self.bits // 8, "big"))[0]
                return unpacked
            case _:
                return self._text(number.to_bytes((self.bits + 7) // 8, "big"))

    def _text(self, raw: bytes) -> str:
        if self.kind == "bytes":
            return raw.hex().upper()
        try:
            return raw.decode(self.charset).rstrip("\x00").replace("\x00", "\N{SYMBOL FOR NULL}")
        except UnicodeDecodeError as error:
            raise RecordError(f"{self.name} is no text in {self.charset}") from error

    def to_json(self) -> JsonObject:
        """As it is kept: what has its default value is left out."""
        kept = {name: value for name, value in asdict(self).items() if value != _DEFAULTS.get(name, _MISSING)}
        if self.terminator:
            kept["terminator"] = self.terminator.hex()
        if self.conversion is not None:
            kept["conversion"] = self.conversion.to_json()
        if self.limits is not None:
            kept["limits"] = self.limits.to_json()
        return kept

    @classmethod
    def of_json(cls, kept: JsonObject) -> "Field":
        """The inverse of `to_json`."""
        parts = dict(kept)
        if "terminator" in parts:
            parts["terminator"] = bytes.fromhex(parts["terminator"])
        if "conversion" in parts:
            parts["conversion"] = _conversion_of(parts["conversion"])
        if "limits" in parts:
            parts["limits"] = Limits(**parts["limits"])
        return cls(**parts)


_MISSING = object()
_DEFAULTS: Mapping[str, object] = {
    name: default.default for name, default in Field.__dataclass_fields__.items() if default.default is not _MISSING
}


def _conversion_of(kept: JsonObject) -> Linear | TextTable:
    if "scales" in kept:
        return TextTable(scales=tuple(TextScale(**scale) for scale in kept["scales"]), default=kept.get("default"))
    limits = kept.get("limits")
    return Linear(**{**kept, "limits": None if limits is None else Limits(**limits)})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLayout:
    """All values of a record, in their order. `size` is the record's length in bytes where that is fixed."""

    fields: tuple[Field, ...]
    size: int | None = field(default=None)

    def decode(self, record: bytes) -> tuple[DecodedValue, ...]:
        """The values of a record. Raises RecordError where it does not fit."""
        values = []
        for part in self.fields:
            raw = part.raw_of(record)
            if part.hidden:
                continue
            values.append(
                DecodedValue(
                    name=part.name,
                    value=part.value_of(raw),
                    unit=part.unit,
                    description=part.description or part.title,
                    raw=raw,
                )
            )
        return tuple(values)

    @property
    def shown(self) -> tuple[Field, ...]:
        """The values that people see and give."""
        return tuple(part for part in self.fields if not part.hidden)

    def to_json(self) -> JsonObject:
        """As it is kept."""
        return {"fields": [part.to_json() for part in self.fields], "size": self.size}

    @classmethod
    def of_json(cls, kept: JsonObject) -> "RecordLayout":
        """The inverse of `to_json`."""
        return cls(fields=tuple(Field.of_json(part) for part in kept["fields"]), size=kept.get("size"))


def fixed_size(fields: Sequence[Field]) -> int | None:
    """The length in bytes of a record with these values; None where one of them has no fixed length."""
    ends = [None if part.bits is None else part.byte + (part.bit + part.bits + 7) // 8 for part in fields]
    known = [end for end in ends if end is not None]
    return max(known, default=0) if len(known) == len(ends) else None


def _terminated(record: bytes, begin: int, end: int, start: int, terminator: bytes) -> int:
    """Where a value of variable length ends; a terminator counts only at a whole multiple of its own length."""
    place = begin
    while terminator:
        place = record.find(terminator, place, end)
        if place < 0:
            break
        if (place - start) % len(terminator) == 0:
            return place
        place += 1
    return end


def _from_bcd(number: int, coding: NumberCoding) -> int:
    step = 4 if coding == "bcd" else 8
    result, factor = 0, 1
    while number:
        result += (number & 0xF) * factor
        factor *= 10
        number >>= step
    return result


def _signed(number: int, bits: int, coding: NumberCoding) -> int:
    sign = 1 << (bits - 1)
    if number < sign:
        return number
    if coding == "sign-magnitude":
        return -(number - sign)
    if coding == "ones-complement":
        return -((1 << bits) - number - 1)
    return number - (1 << bits)
