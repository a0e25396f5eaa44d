"""How data records become values: text, dates, numbers with a scale, choices; and back again for an ECU."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.protocols.uds.errors import UdsFormatError

Value = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """ASCII, padded at its end with spaces, NUL or FF. What is no text is shown in hex."""

    length: int | None = None

    def decode(self, record: bytes) -> Value:
        """The text without its padding; hex digits where it is none."""
        stripped = record.rstrip(b" \x00\xff")
        is_text = all(0x20 <= byte < 0x7F for byte in stripped)
        return stripped.decode("ascii") if is_text else record.hex().upper()

    def encode(self, value: Value) -> bytes:
        """ASCII, padded with spaces to the length. Raises UdsFormatError for what does not fit."""
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise UdsFormatError("the value must be printable ASCII text")
        if self.length is not None and len(value) > self.length:
            raise UdsFormatError(f"the text may have {self.length} characters at most")
        return value.encode("ascii").ljust(self.length or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """A date: BCD `YYYYMMDD` or `YYMMDD`, or the same as text. Shown as `YYYY-MM-DD`."""

    def decode(self, record: bytes) -> Value:
        """The date; hex digits, or the text, where it is none."""
        digits = record.hex() if len(record) in {3, 4} else str(Text().decode(record)).replace("-", "")
        if not digits.isdecimal() or len(digits) not in {6, 8}:
            return Text().decode(record)
        year, month, day = digits[:-4], digits[-4:-2], digits[-2:]
        return f"{year if len(year) == 4 else '20' + year}-{month}-{day}"

    def encode(self, value: Value) -> bytes:
        """BCD `YYYYMMDD`. Raises UdsFormatError for what is no date."""
        digits = str(value).replace("-", "")
        if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
            raise UdsFormatError("the value must be a date like 2025-10-28")
        return bytes.fromhex(digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An unsigned or signed number, high byte first: value = raw * scale + offset."""

    length: int
    scale: float = 1
    offset: float = 0
    signed: bool = False
    decimals: int | None = None

    def decode(self, record: bytes) -> Value:
        """The scaled value. Raises UdsFormatError for a record of another length."""
        if len(record) != self.length:
            raise UdsFormatError(f"the record has {len(record)} bytes where {self.length} are expected")
        value = int.from_bytes(record, "big", signed=self.signed) * self.scale + self.offset
        return value if isinstance(value, int) else round(value, 6 if self.decimals is None else self.decimals)

    def encode(self, value: Value) -> bytes:
        """The nearest raw number. Raises UdsFormatError for what is no number or out of range."""
        if isinstance(value, str | bool):
            raise UdsFormatError("the value must be a number")
        lowest, highest = (self._value(raw) for raw in self._limits())
        if not lowest <= value <= highest:
            raise UdsFormatError(f"the value must be from {lowest:g} to {highest:g}")
        return round((value - self.offset) / self.scale).to_bytes(self.length, "big", signed=self.signed)

    def _limits(self) -> tuple[int, int]:
        bits = 8 * self.length
        return (-(1 << bits - 1), (1 << bits - 1) - 1) if self.signed else (0, (1 << bits) - 1)

    def _value(self, raw: int) -> float:
        return raw * self.scale + self.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One byte that stands for one of several things."""

    names: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))

    def decode(self, record: bytes) -> Value:
        """The name, or the number in hex where it has none. Raises UdsFormatError unless it is one byte."""
        if len(record) != 1:
            raise UdsFormatError(f"the record has {len(record)} bytes where 1 is expected")
        return self.names.get(record[0], f"0x{record[0]:02X}")

    def encode(self, value: Value) -> bytes:
        """The number of a name. Raises UdsFormatError that lists the choices."""
        for number, name in self.names.items():
            if value in {name, number}:
                return bytes((number,))
        raise UdsFormatError(f"the value must be one of {', '.join(self.names.values())}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Bytes that only the manufacturer's description explains, shown in hex."""

    def decode(self, record: bytes) -> Value:
        """Hex digits."""
        return record.hex().upper()

    def encode(self, value: Value) -> bytes:
        """The bytes that hex digits spell. Raises UdsFormatError for any other text."""
        try:
            return bytes.fromhex(str(value))
        except ValueError:
            raise UdsFormatError("the value must be hexadecimal digits, two for each byte") from None


RecordFormat = Text | Date | Number | Choice | Raw
"""All formats. Text, Date and Raw decode any bytes."""
