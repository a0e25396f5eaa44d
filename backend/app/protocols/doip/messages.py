"""The messages of ISO 13400-2 as values, with their bytes. Codes stay plain numbers: reserved ones must get through.

`doipclient.messages` has the same layouts, but its readers raise whatever `struct` or `enum` raise and its values are
untyped and mutable; it serves as the independent second opinion in the tests.
"""

import struct
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import ClassVar

from app.protocols.doip.codes import DEFAULT_VERSION, NOT_SET_VIN, HeaderNackCode, PayloadType

HEADER_LENGTH = 8
_HEADER = struct.Struct("!BBHL")
_ADDRESSES = struct.Struct("!HH")


class DoipFormatError(ValueError):
    """Bytes are no DoIP message. `code` is the generic header nack that the standard has for it."""

    def __init__(self, code: HeaderNackCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderNack:
    """Generic DoIP header negative acknowledge (Table 18)."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.HEADER_NACK
    code: int

    def payload(self) -> bytes:
        """The bytes after the header."""
        return bytes((self.code,))


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleIdentificationRequest:
    """Who is there? (Table 2)"""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.VEHICLE_IDENTIFICATION_REQUEST

    def payload(self) -> bytes:
        """The bytes after the header: none."""
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleIdentificationRequestByEid:
    """Is the entity with this id, usually its MAC address, there? (Table 3)"""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.VEHICLE_IDENTIFICATION_REQUEST_EID
    eid: bytes

    def payload(self) -> bytes:
        """The bytes after the header."""
        return struct.pack("!6s", self.eid)


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleIdentificationRequestByVin:
    """Is the vehicle with this VIN there? (Table 4)"""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.VEHICLE_IDENTIFICATION_REQUEST_VIN
    vin: str

    def payload(self) -> bytes:
        """The bytes after the header."""
        return struct.pack("!17s", self.vin.encode("latin-1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleAnnouncement:
    """Announcement, and answer to an identification request (Table 5). `vin` None: not set in the vehicle."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.VEHICLE_ANNOUNCEMENT
    vin: str | None
    logical_address: int
    eid: bytes
    gid: bytes
    further_action: int = 0
    sync_status: int | None = None

    def payload(self) -> bytes:
        """The bytes after the header."""
        vin = NOT_SET_VIN if self.vin is None else self.vin.encode("latin-1")
        fixed = struct.pack("!17sH6s6sB", vin, self.logical_address, self.eid, self.gid, self.further_action)
        return fixed if self.sync_status is None else fixed + bytes((self.sync_status,))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingActivationRequest:
    """A tester asks to send diagnostic messages over this socket (Table 46)."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.ROUTING_ACTIVATION_REQUEST
    source_address: int
    activation_type: int = 0
    manufacturer_data: bytes | None = None

    def payload(self) -> bytes:
        """The bytes after the header."""
        return struct.pack("!HBL", self.source_address, self.activation_type, 0) + (self.manufacturer_data or b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingActivationResponse:
    """The entity's answer to it (Table 48)."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.ROUTING_ACTIVATION_RESPONSE
    tester_address: int
    entity_address: int
    code: int
    manufacturer_data: bytes | None = None

    def payload(self) -> bytes:
        """The bytes after the header."""
        fixed = struct.pack("!HHBL", self.tester_address, self.entity_address, self.code, 0)
        return fixed + (self.manufacturer_data or b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveCheckRequest:
    """Are you still there? (Table 27)"""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.ALIVE_CHECK_REQUEST

    def payload(self) -> bytes:
        """The bytes after the header: none."""
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveCheckResponse:
    """Still there, under this address (Table 28)."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.ALIVE_CHECK_RESPONSE
    source_address: int

    def payload(self) -> bytes:
        """The bytes after the header."""
        return struct.pack("!H", self.source_address)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityStatusRequest:
    """How many sockets are open? (Table 10)"""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.ENTITY_STATUS_REQUEST

    def payload(self) -> bytes:
        """The bytes after the header: none."""
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityStatusResponse:
    """Kind of node, sockets, and largest request in bytes where it tells (Table 11)."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.ENTITY_STATUS_RESPONSE
    node_type: int
    max_sockets: int
    open_sockets: int
    max_data_size: int | None = None

    def payload(self) -> bytes:
        """The bytes after the header."""
        fixed = bytes((self.node_type, self.max_sockets, self.open_sockets))
        return fixed if self.max_data_size is None else fixed + struct.pack("!L", self.max_data_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerModeRequest:
    """Is the vehicle ready for diagnostics? (Table 8)"""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.POWER_MODE_REQUEST

    def payload(self) -> bytes:
        """The bytes after the header: none."""
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerModeResponse:
    """Whether it is (Table 9)."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.POWER_MODE_RESPONSE
    power_mode: int

    def payload(self) -> bytes:
        """The bytes after the header."""
        return bytes((self.power_mode,))


@dataclass(frozen=True, slots=True)
class DiagnosticMessage:
    """Carries one UDS message (Table 21). Positional, as it is made for every frame."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.DIAGNOSTIC_MESSAGE
    source_address: int
    target_address: int
    user_data: bytes

    def payload(self) -> bytes:
        """The bytes after the header."""
        return _ADDRESSES.pack(self.source_address, self.target_address) + self.user_data


@dataclass(frozen=True, slots=True)
class DiagnosticAck:
    """The gateway took the message and hands it on (Table 23). `source_address` is the ECU's.

    `previous` is the acknowledged message or its beginning, where the gateway repeats it.
    """

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.DIAGNOSTIC_ACK
    source_address: int
    target_address: int
    code: int = 0
    previous: bytes = b""

    def payload(self) -> bytes:
        """The bytes after the header."""
        return _ADDRESSES.pack(self.source_address, self.target_address) + bytes((self.code,)) + self.previous


@dataclass(frozen=True, slots=True)
class DiagnosticNack:
    """The gateway did not take the message (Table 25): the ECU did not get it. `source_address` is the ECU's."""

    PAYLOAD_TYPE: ClassVar[int] = PayloadType.DIAGNOSTIC_NACK
    source_address: int
    target_address: int
    code: int
    previous: bytes = b""

    def payload(self) -> bytes:
        """The bytes after the header."""
        return _ADDRESSES.pack(self.source_address, self.target_address) + bytes((self.code,)) + self.previous


DoipMessage = (
    HeaderNack
    | VehicleIdentificationRequest
    | VehicleIdentificationRequestByEid
    | VehicleIdentificationRequestByVin
    | VehicleAnnouncement
    | RoutingActivationRequest
    | RoutingActivationResponse
    | AliveCheckRequest
    | AliveCheckResponse
    | EntityStatusRequest
    | EntityStatusResponse
    | PowerModeRequest
    | PowerModeResponse
    | DiagnosticMessage
    | DiagnosticAck
    | DiagnosticNack
)


def encode(message: DoipMessage, version: int = DEFAULT_VERSION) -> bytes:
    """A message with its generic header (Table 16). Raises struct.error for addresses of more than 16 bits."""
    payload = message.payload()
    return _HEADER.pack(version, version ^ 0xFF, message.PAYLOAD_TYPE, len(payload)) + payload


def decode_payload(payload_type: int, payload: bytes) -> DoipMessage:
    """The message in a payload. Raises DoipFormatError for an unknown type or a length that does not fit it."""
    check_length(payload_type, len(payload))
    return _KINDS[payload_type][1](payload)


def check_length(payload_type: int, length: int) -> None:
    """Judge a header before its payload is there. Raises DoipFormatError."""
    kind = _KINDS.get(payload_type)
    if kind is None:
        raise DoipFormatError(HeaderNackCode.UNKNOWN_PAYLOAD_TYPE, f"unknown payload type 0x{payload_type:04X}")
    if length not in kind[0]:
        raise DoipFormatError(
            HeaderNackCode.INVALID_PAYLOAD_LENGTH,
            f"a payload of {length} bytes does not fit payload type 0x{payload_type:04X}",
        )


def _announcement(payload: bytes) -> VehicleAnnouncement:
    vin, address, eid, gid, action = struct.unpack_from("!17sH6s6sB", payload)
    return VehicleAnnouncement(
        vin=None if vin in {NOT_SET_VIN, bytes(17)} else vin.decode("latin-1"),
        logical_address=address,
        eid=eid,
        gid=gid,
        further_action=action,
        sync_status=payload[32] if len(payload) > 32 else None,
    )


def _activation_request(payload: bytes) -> RoutingActivationRequest:
    source, kind = struct.unpack_from("!HB", payload)
    return RoutingActivationRequest(source_address=source, activation_type=kind, manufacturer_data=payload[7:] or None)


def _activation_response(payload: bytes) -> RoutingActivationResponse:
    tester, entity, code = struct.unpack_from("!HHB", payload)
    return RoutingActivationResponse(
        tester_address=tester, entity_address=entity, code=code, manufacturer_data=payload[9:] or None
    )


def _entity_status(payload: bytes) -> EntityStatusResponse:
    size = int.from_bytes(payload[3:], "big") if len(payload) > 3 else None
    return EntityStatusResponse(
        node_type=payload[0], max_sockets=payload[1], open_sockets=payload[2], max_data_size=size
    )


def _diagnostic_message(payload: bytes) -> DiagnosticMessage:
    source, target = _ADDRESSES.unpack_from(payload)
    return DiagnosticMessage(source, target, payload[4:])


def _diagnostic_ack(payload: bytes) -> DiagnosticAck:
    source, target = _ADDRESSES.unpack_from(payload)
    return DiagnosticAck(source, target, payload[4], payload[5:])


def _diagnostic_nack(payload: bytes) -> DiagnosticNack:
    source, target = _ADDRESSES.unpack_from(payload)
    return DiagnosticNack(source, target, payload[4], payload[5:])


_FIVE_OR_MORE = range(5, 2**32)
_KINDS: dict[int, tuple[Container[int], Callable[[bytes], DoipMessage]]] = {
    0x0000: ((1,), lambda payload: HeaderNack(code=payload[0])),
    0x0001: ((0,), lambda _: VehicleIdentificationRequest()),
    0x0002: ((6,), lambda payload: VehicleIdentificationRequestByEid(eid=payload)),
    0x0003: ((17,), lambda payload: VehicleIdentificationRequestByVin(vin=payload.decode("latin-1"))),
    0x0004: ((32, 33), _announcement),
    0x0005: ((7, 11), _activation_request),
    0x0006: ((9, 13), _activation_response),
    0x0007: ((0,), lambda _: AliveCheckRequest()),
    0x0008: ((2,), lambda payload: AliveCheckResponse(source_address=int.from_bytes(payload, "big"))),
    0x4001: ((0,), lambda _: EntityStatusRequest()),
    0x4002: ((3, 7), _entity_status),
    0x4003: ((0,), lambda _: PowerModeRequest()),
    0x4004: ((1,), lambda payload: PowerModeResponse(power_mode=payload[0])),
    0x8001: (_FIVE_OR_MORE, _diagnostic_message),
    0x8002: (_FIVE_OR_MORE, _diagnostic_ack),
    0x8003: (_FIVE_OR_MORE, _diagnostic_nack),
}
"""Payload type → lengths that fit, and how to read it."""
