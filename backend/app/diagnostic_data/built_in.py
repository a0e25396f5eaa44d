"""What is known without any data set: identifiers that standards fix, and how trouble codes are spelled."""

from collections.abc import Sequence

from app.diagnostic_data.port import Decoded, DecodedValue, IdentifierInfo
from app.domain.errors import FieldError, InvalidRequest
from app.domain.json_values import JsonValue
from app.protocols.uds.dtc import spell_dtc
from app.protocols.uds.errors import UdsFormatError
from app.protocols.uds.identifiers import KNOWN_IDENTIFIERS, find_by_name, range_name

BUILT_IN = "built-in"
VALUE_POINTER = "/command_params/value"


def id_of_name(name: str) -> int | None:
    """The identifier of a standard's name; None where no standard has it."""
    found = find_by_name(name)
    return None if found is None else found.data_id


def known_identifiers() -> Sequence[IdentifierInfo]:
    """All identifiers that standards fix. Which of them an ECU has, only the ECU knows."""
    return tuple(
        IdentifierInfo(data_id=known.data_id, name=known.name, description=known.description)
        for known in KNOWN_IDENTIFIERS.values()
    )


def decode_standard(data_id: int, record: bytes) -> Decoded:
    """Decode a record by the standards; where they say nothing, the value is the record in hex."""
    known = KNOWN_IDENTIFIERS.get(data_id)
    name = f"0x{data_id:04X}" if known is None else known.name
    description = range_name(data_id) if known is None else known.description
    value: JsonValue = record.hex().upper()
    problem = None if known is not None else "no diagnostic data describes this identifier; the value is its bytes"
    if known is not None:
        try:
            value = known.form.decode(record)
        except UdsFormatError as error:
            problem = f"the record is not what the standard says: {error}"
    shown = DecodedValue(name=name, value=value, unit=known.unit if known else None, raw=record)
    return Decoded(name=name, description=description, values=(shown,), source=BUILT_IN, problem=problem)


def size_of(data_id: int) -> int | None:
    """The length of an identifier's record, where a standard fixes it."""
    known = KNOWN_IDENTIFIERS.get(data_id)
    return None if known is None else known.length


def encode_standard(data_id: int, value: JsonValue) -> bytes:
    """The record to write by the standards. Raises InvalidRequest."""
    known = KNOWN_IDENTIFIERS.get(data_id)
    if known is None:
        raise _refused("no diagnostic data describes this identifier; give its bytes as `raw` instead of a value")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _refused("must be text or a number")
    try:
        return known.form.encode(value)
    except UdsFormatError as error:
        raise _refused(str(error)) from error


def _refused(message: str) -> InvalidRequest:
    return InvalidRequest(f"The value cannot be written: {message}.", [FieldError(VALUE_POINTER, message)])


def spelled(dtc: int) -> str:
    """`P0420` or `P0420-11`; hex digits for what has more than three bytes."""
    try:
        return spell_dtc(dtc)
    except UdsFormatError:
        return f"0x{dtc:06X}"
