"""Reads the data identifiers and routines of an ECU from its description. Pure."""

from typing import cast

from app.domain.json_values import JsonValue
from app.simulator.data_formats import (
    BytesFormat,
    ChoiceFormat,
    NumberFormat,
    TextFormat,
    ValueFormat,
    ValueOutOfRange,
    encode_value,
)
from app.simulator.description import Access, FieldDescription, IdentifierDescription, RoutineDescription
from app.simulator.strict_reading import DescriptionError, Members

CATEGORIES = ("identData", "currentData", "storedData", "sysInfo")
ACTIVE_SESSION = 0xF186
_IDENTIFICATION = (
    ("part_number", 0xF187, "SparePartNumber", "Spare part number", 11),
    ("serial_number", 0xF18C, "EcuSerialNumber", "ECU serial number", 12),
    ("hardware_version", 0xF193, "HardwareVersion", "Hardware version", 4),
    ("software_version", 0xF195, "SoftwareVersion", "Software version", 6),
    ("supplier", 0xF18A, "SystemSupplier", "System supplier", 10),
)
"""Identifiers that ISO 14229-1, Annex C.1 fixes; every ECU here has them. Their lengths are the makers' choice."""


def identification(members: Members, title: str) -> tuple[IdentifierDescription, ...]:
    """The identification of an ECU: the VIN and what `identification` says. Raises DescriptionError."""
    given = members.mapping("identification")
    found = [
        IdentifierDescription(
            data_id=ACTIVE_SESSION,
            name="ActiveDiagnosticSession",
            title="Active diagnostic session",
            category="identData",
            form=NumberFormat(length=1),
            value=1,
        ),
        _ident(0xF190, "VIN", "Vehicle identification number", 17, "{vin}"),
    ]
    for member, data_id, name, text, length in _IDENTIFICATION:
        value = given.text(member, "")
        if value:
            found.append(_ident(data_id, name, text, max(length, len(value)), value))
    found.append(_ident(0xF197, "SystemName", "System name", max(16, len(title)), title))
    given.done()
    return tuple(found)


def _ident(data_id: int, name: str, title: str, length: int, value: str) -> IdentifierDescription:
    form = TextFormat(length=length)
    return IdentifierDescription(data_id=data_id, name=name, title=title, category="identData", form=form, value=value)


def read_identifier(members: Members) -> IdentifierDescription:
    """One data identifier. Raises DescriptionError."""
    form = read_form(members)
    signal = members.text("signal", "") or None
    value = cast("JsonValue", members.take("value", None))
    name = members.text("name")
    if (signal is None) == (value is None):
        raise DescriptionError(members.path, "must have either value or signal")
    if signal is not None and not isinstance(form, NumberFormat | ChoiceFormat):
        raise members.fail("signal", "only a number or a choice can follow a signal")
    if value is not None and not (isinstance(value, str) and "{" in value):
        _check_fits(form, value, members.path_of("value"))
    return IdentifierDescription(
        data_id=members.whole("id", low=1, high=0xFFFF),
        name=name,
        title=members.text("title", name),
        category=_read_category(members, signal),
        form=form,
        unit=members.text("unit", "") or None,
        value=value,
        signal=signal,
        writable=members.flag("writable", default=False),
        controllable=members.flag("controllable", default=False),
        read_access=_read_access(members.mapping("read")),
        write_access=_read_access(members.mapping("write")),
    )


def _read_category(members: Members, signal: str | None) -> str:
    category = members.text("category", "currentData" if signal else "storedData")
    if category not in CATEGORIES:
        raise members.fail("category", f"must be one of {', '.join(CATEGORIES)}")
    return category


def _read_access(members: Members) -> Access:
    sessions = members.items("sessions", _session)
    level = members.optional_whole("security_level", low=1, high=0x7D)
    members.done()
    return Access(sessions=sessions, security_level=level)


def _session(item: object, path: str) -> int:
    if isinstance(item, bool) or not isinstance(item, int) or not 1 <= item <= 0x7E:
        raise DescriptionError(path, "must be a session number from 0x01 to 0x7E")
    return item


def read_form(members: Members) -> ValueFormat:
    """How a value lies in bytes: `type` number, text, choice or bytes. Raises DescriptionError."""
    kind = members.text("type", "number")
    match kind:
        case "number":
            return _read_number_form(members)
        case "text":
            return TextFormat(length=members.whole("length", low=1, high=255))
        case "choice":
            return _read_choice_form(members)
        case "bytes":
            return BytesFormat(length=members.whole("length", low=1, high=2000))
    raise members.fail("type", "must be number, text, choice or bytes")


def _read_number_form(members: Members) -> NumberFormat:
    scale = members.number("scale", 1.0)
    if scale == 0:
        raise members.fail("scale", "must not be 0")
    return NumberFormat(
        length=members.whole("length", 1, low=1, high=8),
        scale=scale,
        offset=members.number("offset", 0.0),
        signed=members.flag("signed", default=False),
        minimum=members.optional_number("minimum"),
        maximum=members.optional_number("maximum"),
    )


def _read_choice_form(members: Members) -> ChoiceFormat:
    length = members.whole("length", 1, low=1, high=4)
    given = members.take("choices")
    if not isinstance(given, dict) or not given:
        raise members.fail("choices", "must be a mapping of numbers to texts")
    for number, text in given.items():
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 256**length:
            raise members.fail("choices", f"{number!r} must be a number that fits into {length} bytes")
        if not isinstance(text, str):
            raise members.fail("choices", f"{text!r} must be a text; put it in quotes")
    return ChoiceFormat(length=length, choices=tuple(given.items()))


def _check_fits(form: ValueFormat, value: JsonValue, path: str) -> None:
    try:
        encode_value(form, value)
    except ValueOutOfRange as error:
        raise DescriptionError(path, str(error)) from error


def read_routine(members: Members) -> RoutineDescription:
    """One routine. Raises DescriptionError."""
    name = members.text("name")
    return RoutineDescription(
        routine_id=members.whole("id", low=0, high=0xFFFF),
        name=name,
        title=members.text("title", name),
        duration_s=members.number("duration_s", 0.0, low=0, high=86400),
        blocking=members.flag("blocking", default=False),
        stoppable=members.flag("stoppable", default=True),
        access=_read_access(members.mapping("start")),
        parameters=members.each("parameters", _read_parameter),
        results=members.each("results", _read_result),
    )


def _read_parameter(members: Members) -> FieldDescription:
    return FieldDescription(name=members.text("name"), form=read_form(members), unit=members.text("unit", "") or None)


def _read_result(members: Members) -> FieldDescription:
    form = read_form(members)
    value = cast("JsonValue", members.take("value"))
    _check_fits(form, value, members.path_of("value"))
    return FieldDescription(name=members.text("name"), form=form, unit=members.text("unit", "") or None, value=value)
