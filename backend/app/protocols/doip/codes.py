"""The numbers of ISO 13400-2 and what they mean to people: payload types, modes, denial and nack codes."""

from dataclasses import dataclass
from enum import IntEnum

TCP_PORT = 13400
TLS_PORT = 3496
UDP_PORT = 13400

DEFAULT_VERSION = 0x02
"""ISO 13400-2:2012. Entities of the 2019 edition accept it too; what testers in the field send."""
ANY_VERSION = 0xFF
"""Of vehicle identification requests, sent before the tester knows the entity's version."""
KNOWN_VERSIONS = frozenset({0x01, 0x02, 0x03, 0x04, ANY_VERSION})

NOT_SET_VIN = b"\xff" * 17


class PayloadType(IntEnum):
    """Table 17."""

    HEADER_NACK = 0x0000
    VEHICLE_IDENTIFICATION_REQUEST = 0x0001
    VEHICLE_IDENTIFICATION_REQUEST_EID = 0x0002
    VEHICLE_IDENTIFICATION_REQUEST_VIN = 0x0003
    VEHICLE_ANNOUNCEMENT = 0x0004
    ROUTING_ACTIVATION_REQUEST = 0x0005
    ROUTING_ACTIVATION_RESPONSE = 0x0006
    ALIVE_CHECK_REQUEST = 0x0007
    ALIVE_CHECK_RESPONSE = 0x0008
    ENTITY_STATUS_REQUEST = 0x4001
    ENTITY_STATUS_RESPONSE = 0x4002
    POWER_MODE_REQUEST = 0x4003
    POWER_MODE_RESPONSE = 0x4004
    DIAGNOSTIC_MESSAGE = 0x8001
    DIAGNOSTIC_ACK = 0x8002
    DIAGNOSTIC_NACK = 0x8003


class HeaderNackCode(IntEnum):
    """Table 19."""

    INCORRECT_PATTERN_FORMAT = 0x00
    UNKNOWN_PAYLOAD_TYPE = 0x01
    MESSAGE_TOO_LARGE = 0x02
    OUT_OF_MEMORY = 0x03
    INVALID_PAYLOAD_LENGTH = 0x04


class ActivationType(IntEnum):
    """Table 47. 0xE0 and above are the manufacturer's own."""

    DEFAULT = 0x00
    REGULATION = 0x01
    CENTRAL_SECURITY = 0xE0


class ActivationCode(IntEnum):
    """Table 49, answers to a routing activation request."""

    UNKNOWN_SOURCE_ADDRESS = 0x00
    ALL_SOCKETS_ACTIVE = 0x01
    DIFFERENT_SOURCE_ADDRESS = 0x02
    SOURCE_ADDRESS_ALREADY_ACTIVE = 0x03
    MISSING_AUTHENTICATION = 0x04
    REJECTED_CONFIRMATION = 0x05
    UNSUPPORTED_ACTIVATION_TYPE = 0x06
    TLS_REQUIRED = 0x07
    SUCCESS = 0x10
    CONFIRMATION_REQUIRED = 0x11


class DiagnosticNackCode(IntEnum):
    """Table 26."""

    INVALID_SOURCE_ADDRESS = 0x02
    UNKNOWN_TARGET_ADDRESS = 0x03
    DIAGNOSTIC_MESSAGE_TOO_LARGE = 0x04
    OUT_OF_MEMORY = 0x05
    TARGET_UNREACHABLE = 0x06
    UNKNOWN_NETWORK = 0x07
    TRANSPORT_PROTOCOL_ERROR = 0x08


class PowerMode(IntEnum):
    """Table 9."""

    NOT_READY = 0x00
    READY = 0x01
    NOT_SUPPORTED = 0x02


class NodeType(IntEnum):
    """Table 11."""

    GATEWAY = 0x00
    NODE = 0x01


class FurtherAction(IntEnum):
    """Table 6."""

    NONE = 0x00
    CENTRAL_SECURITY = 0x10


class SyncStatus(IntEnum):
    """Table 7: whether the entities of the vehicle agree on VIN and group."""

    SYNCHRONIZED = 0x00
    INCOMPLETE = 0x10


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMeaning:
    """A code for people: the standard's name, what it says, and what to do next."""

    name: str
    explanation: str
    advice: str
    retry_can_help: bool = False


def _meaning(name: str, explanation: str, advice: str, *, retry: bool = False) -> CodeMeaning:
    return CodeMeaning(name=name, explanation=explanation, advice=advice, retry_can_help=retry)


_ACTIVATION = {
    0x00: _meaning(
        "deniedUnknownSourceAddress",
        "the gateway does not know the tester address",
        "Set `tester` in the vehicle's address to one that this vehicle knows.",
    ),
    0x01: _meaning(
        "deniedAllSocketsRegisteredAndActive",
        "all sockets of the gateway are in use",
        "Close other testers on this vehicle, or try again later.",
        retry=True,
    ),
    0x02: _meaning(
        "deniedSourceAddressDoesNotMatch",
        "another tester address is already active on this socket",
        "Use one tester address per connection; try again on a new connection.",
        retry=True,
    ),
    0x03: _meaning(
        "deniedSourceAddressAlreadyActive",
        "the tester address is active on another socket",
        "Another tester uses the same address: close it, or set another `tester` address.",
        retry=True,
    ),
    0x04: _meaning(
        "deniedMissingAuthentication",
        "the gateway wants authentication first",
        "Authenticate as the manufacturer demands, or use another activation type.",
    ),
    0x05: _meaning(
        "deniedRejectedConfirmation",
        "the confirmation in the vehicle was refused",
        "Confirm the access in the vehicle when it asks, then try again.",
    ),
    0x06: _meaning(
        "deniedUnsupportedActivationType",
        "the gateway does not support this activation type",
        "Set `activation` in the vehicle's address to a type that this gateway supports (0x00 is the usual one).",
    ),
    0x07: _meaning(
        "deniedTlsRequired",
        "the gateway demands TLS for this activation",
        "Add `tls=1` to the vehicle's address, and store the certificates it needs.",
    ),
    0x10: _meaning("routingSuccessfullyActivated", "routing is active", "Nothing to do."),
    0x11: _meaning(
        "confirmationRequired",
        "routing will be active when someone confirms it in the vehicle",
        "Confirm the access in the vehicle.",
        retry=True,
    ),
}

_DIAGNOSTIC_NACK = {
    0x02: _meaning(
        "invalidSourceAddress",
        "the gateway does not accept messages from this tester address on this connection",
        "Check `tester` in the vehicle's address.",
    ),
    0x03: _meaning(
        "unknownTargetAddress",
        "the gateway knows no ECU with this address",
        "Check the ECU address; DiscoverECUs lists the ones that answer.",
    ),
    0x04: _meaning(
        "diagnosticMessageTooLarge",
        "the request is larger than what the gateway or the way to the ECU can carry",
        "Ask for less in one request.",
    ),
    0x05: _meaning("outOfMemory", "the gateway is out of memory", "Try again in a moment.", retry=True),
    0x06: _meaning(
        "targetUnreachable",
        "the gateway knows the ECU but cannot reach it now",
        "The ECU may be asleep or without power: switch the ignition on and try again.",
        retry=True,
    ),
    0x07: _meaning(
        "unknownNetwork",
        "the gateway does not know the network of this ECU",
        "Check the ECU address.",
    ),
    0x08: _meaning(
        "transportProtocolError",
        "handing the request on failed: an error on the network behind the gateway",
        "Try again; if it stays, check the wiring and the ECU.",
        retry=True,
    ),
}

_HEADER_NACK = {
    0x00: _meaning(
        "incorrectPatternFormat",
        "the other side does not take our protocol version, or bytes were lost",
        "Check which DoIP version this gateway speaks.",
    ),
    0x01: _meaning("unknownPayloadType", "the other side does not know this kind of message", "Do without it."),
    0x02: _meaning(
        "messageTooLarge", "the message is larger than what the other side takes", "Ask for less in one request."
    ),
    0x03: _meaning("outOfMemory", "the other side is out of memory", "Try again in a moment.", retry=True),
    0x04: _meaning(
        "invalidPayloadLength",
        "the length does not fit the kind of message",
        "Report it: one side breaks the standard.",
    ),
}


def _look_up(table: dict[int, CodeMeaning], code: int) -> CodeMeaning:
    reserved = _meaning(
        f"reserved0x{code:02X}",
        f"a code (0x{code:02X}) that ISO 13400-2 leaves open or gives to the manufacturer",
        "Look it up in the manufacturer's documents.",
    )
    return table.get(code, reserved)


def activation_meaning(code: int) -> CodeMeaning:
    """What a routing activation response code says (Table 49); never fails."""
    return _look_up(_ACTIVATION, code)


def diagnostic_nack_meaning(code: int) -> CodeMeaning:
    """What a diagnostic message negative acknowledge code says (Table 26); never fails."""
    return _look_up(_DIAGNOSTIC_NACK, code)


def header_nack_meaning(code: int) -> CodeMeaning:
    """What a generic header negative acknowledge code says (Table 19); never fails."""
    return _look_up(_HEADER_NACK, code)
