"""How the values of a data identifier or a routine lie in bytes, both ways. Pure.

All numbers are big endian, as ISO 14229-1 (clause 7.2) transmits parameters of several bytes.
"""

from dataclasses import dataclass

from app.domain.json_values import JsonValue


class ValueOutOfRange(ValueError):
    """The value does not fit the format; the message says what would fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """physical value = raw * `scale` + `offset`, in `length` bytes."""

    length: int = 1
    scale: float = 1.0
    offset: float = 0.0
    signed: bool = False
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFormat:
    """ASCII text of exactly `length` bytes, filled up with spaces."""

    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceFormat:
    """A number that stands for a text."""

    length: int = 1
    choices: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesFormat:
    """Bytes nobody interprets, as hex text."""

    length: int


ValueFormat = NumberFormat | TextFormat | ChoiceFormat | BytesFormat


def encode_value(form: ValueFormat, value: JsonValue) -> bytes:
    """The bytes of a value. Raises ValueOutOfRange saying what would fit."""
    match form:
        case NumberFormat():
            return _encode_number(form, value)
        case TextFormat():
            return _encode_text(form, value)
        case ChoiceFormat():
            return _encode_choice(form, value)
        case BytesFormat():
            return _encode_hex(form, value)


def decode_value(form: ValueFormat, raw: bytes) -> JsonValue:
    """The value of bytes. Raises ValueOutOfRange where they are too few, too many, or outside the range."""
    if len(raw) != form.length:
        raise ValueOutOfRange(f"{len(raw)} bytes where {form.length} belong")
    match form:
        case NumberFormat():
            return _decode_number(form, raw)
        case TextFormat():
            return raw.decode("ascii", errors="replace").rstrip(" \x00")
        case ChoiceFormat():
            number = int.from_bytes(raw, "big")
            text = dict(form.choices).get(number)
            if text is None:
                raise ValueOutOfRange(f"{number} is none of {_choices(form)}")
            return text
        case BytesFormat():
            return raw.hex().upper()


def _encode_number(form: NumberFormat, value: JsonValue) -> bytes:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueOutOfRange("must be a number")
    _check_range(form, value)
    try:
        return round((value - form.offset) / form.scale).to_bytes(form.length, "big", signed=form.signed)
    except (OverflowError, ValueError) as error:  # also NaN and infinity, which have no integer
        raise ValueOutOfRange(f"{value} does not fit into {form.length} bytes") from error


def _decode_number(form: NumberFormat, raw: bytes) -> JsonValue:
    number = int.from_bytes(raw, "big", signed=form.signed) * form.scale + form.offset
    value = int(number) if form.scale == int(form.scale) and form.offset == int(form.offset) else round(number, 6)
    _check_range(form, value)
    return value


def _check_range(form: NumberFormat, value: float) -> None:
    low, high = form.minimum, form.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise ValueOutOfRange(f"{value} is outside {low} to {high}")


def _encode_text(form: TextFormat, value: JsonValue) -> bytes:
    if not isinstance(value, str) or not value.isascii() or len(value) > form.length:
        raise ValueOutOfRange(f"must be ASCII text of at most {form.length} characters")
    return value.encode("ascii").ljust(form.length, b" ")


def _encode_choice(form: ChoiceFormat, value: JsonValue) -> bytes:
    number = value
    if isinstance(value, str):
        number = next((key for key, text in form.choices if text.casefold() == value.casefold()), None)
    if isinstance(number, bool) or not isinstance(number, int) or number not in dict(form.choices):
        raise ValueOutOfRange(f"must be one of {_choices(form)}")
    return number.to_bytes(form.length, "big")


def _encode_hex(form: BytesFormat, value: JsonValue) -> bytes:
    try:
        raw = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != form.length:
        raise ValueOutOfRange(f"must be {form.length} bytes as hex text")
    return raw


def _choices(form: ChoiceFormat) -> str:
    return ", ".join(text for _, text in form.choices)
