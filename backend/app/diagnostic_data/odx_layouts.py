"""Compiles what odxtools knows of a record into a layout, where its places are known beforehand."""

from collections.abc import Iterable, Sequence
from typing import Any

from odxtools.compumethods.compumethod import CompuMethod
from odxtools.compumethods.identicalcompumethod import IdenticalCompuMethod
from odxtools.compumethods.intervaltype import IntervalType
from odxtools.compumethods.limit import Limit
from odxtools.compumethods.linearcompumethod import LinearCompuMethod
from odxtools.compumethods.texttablecompumethod import TexttableCompuMethod
from odxtools.dataobjectproperty import DataObjectProperty
from odxtools.encoding import Encoding, get_string_encoding
from odxtools.minmaxlengthtype import MinMaxLengthType
from odxtools.odxtypes import DataType
from odxtools.parameters.codedconstparameter import CodedConstParameter
from odxtools.parameters.matchingrequestparameter import MatchingRequestParameter
from odxtools.parameters.parameter import Parameter
from odxtools.parameters.reservedparameter import ReservedParameter
from odxtools.parameters.valueparameter import ValueParameter
from odxtools.standardlengthtype import StandardLengthType
from odxtools.structure import Structure
from odxtools.termination import Termination

from app.diagnostic_data.conversions import Limits, Linear, TextScale, TextTable
from app.diagnostic_data.record_layout import Field, Kind, NumberCoding, RecordLayout, fixed_size

_KINDS: dict[DataType, Kind] = {
    DataType.A_UINT32: "uint",
    DataType.A_INT32: "int",
    DataType.A_FLOAT32: "float",
    DataType.A_FLOAT64: "float",
    DataType.A_BYTEFIELD: "bytes",
    DataType.A_ASCIISTRING: "text",
    DataType.A_UTF8STRING: "text",
    DataType.A_UNICODE2STRING: "text",
}
_NUMBERS = ("uint", "int", "float")
_CODINGS: dict[Encoding | None, NumberCoding] = {
    None: "plain",
    Encoding.NONE: "plain",
    Encoding.TWOC: "plain",
    Encoding.BCD_P: "bcd",
    Encoding.BCD_UP: "bcd-unpacked",
    Encoding.ONEC: "ones-complement",
    Encoding.SM: "sign-magnitude",
}


class NotSimpleError(Exception):
    """The record cannot be said as a layout; odxtools has to read it."""


def layout_of(parameters: Iterable[Parameter], *, skip: int) -> RecordLayout:
    """The layout of what follows the first `skip` bytes. Raises NotSimpleError."""
    fields = [part for part in _fields(list(parameters), origin=-skip, prefix="")[0] if part.byte >= 0]
    for part in fields[:-1]:
        if part.bits is None:
            raise NotSimpleError(f"{part.name} has no fixed length and is not the last")
    return RecordLayout(fields=tuple(fields), size=fixed_size(fields))


def _fields(parameters: Sequence[Parameter], *, origin: int, prefix: str) -> tuple[list[Field], int]:
    """The fields from `origin` on, and where the next one would begin."""
    fields: list[Field] = []
    cursor = origin
    for parameter in parameters:
        if parameter.byte_position is not None:
            cursor = origin + parameter.byte_position
        found, cursor = _fields_of(parameter, cursor, prefix)
        fields += found
    return fields, cursor


def _fields_of(parameter: Parameter, cursor: int, prefix: str) -> tuple[list[Field], int]:
    bit = parameter.bit_position or 0
    match parameter:
        case MatchingRequestParameter():
            return [], cursor + parameter.byte_length
        case ReservedParameter():
            part = Field(
                name=parameter.short_name, kind="uint", byte=cursor, bit=bit, bits=parameter.bit_length, hidden=True
            )
            return [part], _after(part)
        case CodedConstParameter():
            return _constant(parameter, cursor, bit)
        case ValueParameter():
            return _value(parameter, cursor, bit, prefix)
        case _:
            raise NotSimpleError(f"{parameter.short_name} is a parameter of type {parameter.parameter_type}")


def _constant(parameter: CodedConstParameter, cursor: int, bit: int) -> tuple[list[Field], int]:
    coded = parameter.diag_coded_type
    if not isinstance(coded, StandardLengthType) or not isinstance(parameter.coded_value, int) or coded.bit_mask:
        raise NotSimpleError(f"{parameter.short_name} is a constant of another form")
    part = Field(
        name=parameter.short_name,
        kind="uint",
        byte=cursor,
        bit=bit,
        bits=coded.bit_length,
        little_endian=not coded.is_highlow_byte_order,
        hidden=True,
        constant=parameter.coded_value,
    )
    return [part], _after(part)


def _value(parameter: ValueParameter, cursor: int, bit: int, prefix: str) -> tuple[list[Field], int]:
    dop = parameter.dop
    name = prefix + parameter.short_name
    if isinstance(dop, Structure):
        fields, end = _fields(list(dop.parameters), origin=cursor, prefix=f"{name}.")
        return fields, cursor + dop.byte_size if dop.byte_size is not None else end
    if not isinstance(dop, DataObjectProperty):
        raise NotSimpleError(f"{name} is a {type(dop).__name__}")
    part = Field(
        **_coded(dop, name),
        **_conversion(dop),
        name=name,
        byte=cursor,
        bit=bit,
        title=parameter.long_name or dop.long_name,
        description=plain_text(parameter.description) or plain_text(dop.description),
        unit=unit_of(dop),
        default=_plain(parameter.physical_default_value),
    )
    return [part], _after(part)


def _after(part: Field) -> int:
    """Where the next value begins; after one of unknown length nothing can (`layout_of` refuses it)."""
    return part.byte + (part.bit + (part.bits or 0) + 7) // 8


def _coded(dop: DataObjectProperty, name: str) -> dict[str, Any]:
    coded = dop.diag_coded_type
    kind = _KINDS[coded.base_data_type]
    parts: dict[str, Any] = {"kind": kind, "little_endian": not coded.is_highlow_byte_order and kind in _NUMBERS}
    if kind == "text":
        parts["charset"] = get_string_encoding(
            coded.base_data_type, coded.base_type_encoding, coded.is_highlow_byte_order
        )
    elif kind != "bytes":
        parts["coding"] = _CODINGS[coded.base_type_encoding]
    if isinstance(coded, StandardLengthType) and coded.bit_mask is None:
        if kind in {"text", "bytes"} and coded.bit_length % 8:
            raise NotSimpleError(f"{name} is no whole number of bytes")
        return parts | {"bits": coded.bit_length}
    if isinstance(coded, MinMaxLengthType):
        return parts | _variable_length(coded)
    raise NotSimpleError(f"{name} is coded as {coded.dct_type}")


def _variable_length(coded: MinMaxLengthType) -> dict[str, Any]:
    wide = 2 if coded.base_data_type is DataType.A_UNICODE2STRING else 1
    ends = {Termination.ZERO: b"\x00" * wide, Termination.HEX_FF: b"\xff" * wide}
    return {
        "least_bytes": coded.min_length,
        "most_bytes": coded.max_length,
        "terminator": ends.get(coded.termination, b""),
    }


def _conversion(dop: DataObjectProperty) -> dict[str, Any]:
    method = dop.compu_method
    if method.physical_type is DataType.A_BYTEFIELD and method.internal_type is not DataType.A_BYTEFIELD:
        raise NotSimpleError("a number shown as bytes")
    parts: dict[str, Any] = {"limits": _constraint(dop)}
    match method:
        case IdenticalCompuMethod():
            return parts
        case LinearCompuMethod():
            return parts | {"conversion": _linear(method)}
        case TexttableCompuMethod():
            return parts | {"conversion": _text_table(method)}
        case _:
            raise NotSimpleError(f"a conversion of category {method.category.value}")


def _constraint(dop: DataObjectProperty) -> Limits | None:
    constraint = dop.internal_constr
    if constraint is None or _KINDS[dop.diag_coded_type.base_data_type] not in _NUMBERS:
        return None
    return limits_of(constraint.lower_limit, constraint.upper_limit)


def limits_of(lower: Limit | None, upper: Limit | None) -> Limits | None:
    """Both ends of a range of numbers; None where neither is given."""
    ends = [_end(lower), _end(upper)]
    if ends == [(None, False), (None, False)]:
        return None
    return Limits(lower=ends[0][0], lower_open=ends[0][1], upper=ends[1][0], upper_open=ends[1][1])


def _end(limit: Limit | None) -> tuple[int | float | None, bool]:
    if limit is None or limit.interval_type is IntervalType.INFINITE or not isinstance(limit.value, int | float):
        return None, False
    return limit.value, limit.interval_type is IntervalType.OPEN


def _linear(method: LinearCompuMethod) -> Linear:
    segment = method.segment
    whole = {DataType.A_INT32, DataType.A_UINT32}
    return Linear(
        offset=segment.offset,
        factor=segment.factor,
        denominator=segment.denominator,
        whole=segment.physical_type in whole,
        whole_inside=segment.internal_type in whole,
        limits=limits_of(segment.internal_lower_limit, segment.internal_upper_limit),
    )


def _text_table(method: CompuMethod) -> TextTable:
    inner = method.compu_internal_to_phys
    if inner is None:
        raise NotSimpleError("a text table without texts")
    scales = []
    for scale in inner.compu_scales:
        limits = limits_of(scale.lower_limit, scale.upper_limit)
        text = scale.compu_const.value if scale.compu_const else None
        if limits is None or limits.lower_open or limits.upper_open or not isinstance(text, str):
            raise NotSimpleError("a text table of another form")
        lower = limits.lower if limits.lower is not None else limits.upper
        upper = limits.upper if limits.upper is not None else lower
        if lower is None or upper is None:
            raise NotSimpleError("a text table without ends")
        given = scale.compu_inverse_value.value if scale.compu_inverse_value else None
        inverse = given if isinstance(given, int | float) else lower
        scales.append(TextScale(lower=lower, upper=upper, text=text, inverse=inverse))
    default = inner.compu_default_value
    return TextTable(scales=tuple(scales), default=default.vt if default else None)


def unit_of(dop: object) -> str | None:
    """How the unit is shown."""
    unit = dop.unit if isinstance(dop, DataObjectProperty) else None
    return None if unit is None else (unit.display_name or unit.short_name)


def plain_text(description: Any) -> str | None:
    """A description without its mark-up (ODX allows XHTML), on one line."""
    if description is None:
        return None
    inside, words = False, []
    for letter in str(description.text):
        if letter in "<>":
            inside = letter == "<"
            words.append(" ")
        elif not inside:
            words.append(letter)
    text = " ".join("".join(words).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split())
    return text[:1000] or None


def _plain(value: object) -> str | int | float | None:
    return value if isinstance(value, str | int | float) else None
