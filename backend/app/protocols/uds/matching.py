"""Which answers belong to a request: those of its service that echo its sub-function or identifier."""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.services import (
    NEGATIVE_RESPONSE,
    POSITIVE_OFFSET,
    SUPPRESS_POSITIVE_RESPONSE,
    WITH_SUB_FUNCTION,
    DtcReport,
    Service,
)


class Match(Enum):
    """What a message is to a request."""

    POSITIVE = auto()
    NEGATIVE = auto()
    PENDING = auto()
    BUSY = auto()
    STRAY = auto()
    """Belongs to another request, or to none."""


_ECHOED_BYTES: Mapping[int, int] = MappingProxyType(
    {
        Service.READ_DATA_BY_IDENTIFIER: 2,
        Service.READ_SCALING_DATA_BY_IDENTIFIER: 2,
        Service.WRITE_DATA_BY_IDENTIFIER: 2,
        Service.INPUT_OUTPUT_CONTROL_BY_IDENTIFIER: 2,
        Service.ROUTINE_CONTROL: 3,
        Service.TRANSFER_DATA: 1,
    }
)
_BUSY = frozenset({Nrc.BUSY_REPEAT_REQUEST, Nrc.RESOURCE_TEMPORARILY_NOT_AVAILABLE})


def match_answer(request: bytes, message: bytes) -> Match:
    """Tell what a message is to a request. Takes any bytes.

    A positive answer that breaks off within the echo counts as one: that an ECU answers badly is no silence.
    A negative one echoes nothing but the service (ISO 14229-1, clause 8.7).
    """
    if not request or not message:
        return Match.STRAY
    if message[0] == NEGATIVE_RESPONSE:
        return _match_negative(request, message)
    if message[0] != (request[0] + POSITIVE_OFFSET) & 0xFF:
        return Match.STRAY
    expected, found = echo_of(request), message[1:]
    return Match.POSITIVE if found[: len(expected)] == expected[: len(found)] else Match.STRAY


def echo_of(request: bytes) -> bytes:
    """The bytes that stand behind the service's number in every positive answer to a request."""
    service = request[0]
    count = _ECHOED_BYTES.get(service, 1 if service in WITH_SUB_FUNCTION else 0)
    echo = bytearray(request[1 : 1 + count])
    if service in WITH_SUB_FUNCTION and echo:
        echo[0] &= ~SUPPRESS_POSITIVE_RESPONSE & 0xFF
        if service == Service.READ_DTC_INFORMATION and echo[0] in _OF_ONE_DTC:
            echo += request[2:5]
    return bytes(echo)


def _match_negative(request: bytes, message: bytes) -> Match:
    if len(message) < 3 or message[1] != request[0]:
        return Match.STRAY
    if message[2] == Nrc.REQUEST_CORRECTLY_RECEIVED_RESPONSE_PENDING:
        return Match.PENDING
    return Match.BUSY if message[2] in _BUSY else Match.NEGATIVE


_OF_ONE_DTC = frozenset({int(DtcReport.SNAPSHOT_RECORD_BY_DTC), int(DtcReport.EXTENDED_DATA_BY_DTC)})
