"""Reads the trouble codes of an ECU from its description. Pure."""

from app.protocols.uds.dtc import parse_dtc
from app.simulator.description import ExtendedDataDescription, FaultDescription, SnapshotDescription
from app.simulator.strict_reading import DescriptionError, Members

STATUS_BITS = (
    "testFailed",
    "testFailedThisOperationCycle",
    "pendingDTC",
    "confirmedDTC",
    "testNotCompletedSinceLastClear",
    "testFailedSinceLastClear",
    "testNotCompletedThisOperationCycle",
    "warningIndicatorRequested",
)
"""ISO 14229-1, Annex D.2, from bit 0 on."""
SHORT_STATUSES = {"confirmed": 0x2F, "pending": 0x27, "stored": 0x28}
"""confirmed: failing now and before; pending: failing for the first time; stored: failed once, passes now."""
COUNTS = ("occurrences", "cyclesSinceLastFailure", "secondsSinceFailure")


def read_fault(members: Members) -> FaultDescription:
    """One trouble code. Raises DescriptionError."""
    return FaultDescription(
        code=read_code(members, "code"),
        title=members.text("title"),
        status=read_status(members.take("status", "confirmed"), members.path_of("status")),
        severity=members.whole("severity", 0x40, high=0xFF),
        appears_after_s=_appears(members),
        comes_back_after_s=members.optional_number("comes_back_after_s"),
        snapshots=members.each("snapshots", _read_snapshot),
        extended_data=members.each("extended_data", _read_extended),
    )


def read_code(members: Members, name: str) -> int:
    """A trouble code, spelled or as a number of three bytes. Raises DescriptionError."""
    value = members.take(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 0xFFFFFF:
        return value
    try:
        return parse_dtc(str(value))
    except ValueError as error:
        raise members.fail(name, str(error)) from error


def read_status(value: object, path: str) -> int:
    """A status byte: a number, a short name, or a list of bit names. Raises DescriptionError."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFF:
        return value
    if isinstance(value, str) and value in SHORT_STATUSES:
        return SHORT_STATUSES[value]
    if isinstance(value, list) and all(item in STATUS_BITS for item in value):
        return sum(1 << STATUS_BITS.index(item) for item in set(value))
    raise DescriptionError(
        path, f"must be {', '.join(SHORT_STATUSES)}, a byte, or a list of these: {', '.join(STATUS_BITS)}"
    )


def _appears(members: Members) -> float | None:
    if members.has("appears_after_s"):
        value = members.take("appears_after_s")
        if value == "never":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e9:
            raise members.fail("appears_after_s", "must be a number of seconds, or never")
        return float(value)
    return 0.0


def _read_snapshot(members: Members) -> SnapshotDescription:
    data_ids = members.items("identifiers", _data_id)
    if not data_ids:
        raise members.fail("identifiers", "must name at least one identifier")
    return SnapshotDescription(record=members.whole("record", 1, low=1, high=0xFE), data_ids=data_ids)


def _data_id(item: object, path: str) -> int:
    if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item <= 0xFFFF:
        raise DescriptionError(path, "must be an identifier, for example 0xF40C")
    return item


def _read_extended(members: Members) -> ExtendedDataDescription:
    counts = members.text("counts")
    if counts not in COUNTS:
        raise members.fail("counts", f"must be one of {', '.join(COUNTS)}")
    return ExtendedDataDescription(record=members.whole("record", 1, low=1, high=0xEF), counts=counts)
