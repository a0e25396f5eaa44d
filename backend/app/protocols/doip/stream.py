"""Messages out of bytes: a TCP stream in whatever pieces it comes, and UDP datagrams."""

import struct
from dataclasses import dataclass

from app.protocols.doip.codes import KNOWN_VERSIONS, HeaderNackCode, PayloadType
from app.protocols.doip.messages import (
    HEADER_LENGTH,
    DiagnosticMessage,
    DoipFormatError,
    DoipMessage,
    check_length,
    decode_payload,
)

DEFAULT_MAX_PAYLOAD = 1 << 20
"""Bytes. The largest UDS messages in the field are TransferData blocks of some 64 KiB."""

_HEADER = struct.Struct("!BBHL")
_DIAGNOSTIC = struct.Struct("!BBHLHH")
_DIAGNOSTIC_TYPE = int(PayloadType.DIAGNOSTIC_MESSAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderProblem:
    """A message that was not read. `code` is the nack that answers it."""

    code: HeaderNackCode
    payload_type: int
    payload_length: int
    explanation: str

    @property
    def breaks_stream(self) -> bool:
        """Where the next message begins is unknown: the connection is of no use any more."""
        return self.code is HeaderNackCode.INCORRECT_PATTERN_FORMAT


class StreamDecoder:
    """Cuts a byte stream into messages.

    Never raises on what the peer sends, and never keeps more than `max_payload` and one header: payloads that are too
    large, of unknown type or of impossible length are skipped as they come in, and reported once, at their header.
    `version` is that of the last header.
    """

    def __init__(self, max_payload: int = DEFAULT_MAX_PAYLOAD) -> None:
        self._max_payload = max_payload
        self._buffer = bytearray()
        self._needed = HEADER_LENGTH
        self._to_skip = 0
        self.broken = False
        self.version: int | None = None

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their message."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[DoipMessage | HeaderProblem]:
        """What is complete now, in order. After a problem that breaks the stream everything is dropped."""
        found: list[DoipMessage | HeaderProblem] = []
        if self.broken:
            return found
        if self._to_skip:
            data = self._skip(data)
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return self._with_early_problem(found)
            data = bytes(self._buffer)
            self._buffer.clear()
        done = self._read_all(data, found)
        if not self.broken:
            self._buffer += data[done:]
        return self._with_early_problem(found)

    def _with_early_problem(self, found: list[DoipMessage | HeaderProblem]) -> list[DoipMessage | HeaderProblem]:
        """Judge the first two bytes of a header that is not complete: what is no DoIP must not wait for its rest,
        which would be the next request's answer."""
        if 2 <= len(self._buffer) < HEADER_LENGTH:
            try:
                check_version(self._buffer[0], self._buffer[1])
            except DoipFormatError as error:
                self.broken = True
                self._buffer.clear()
                found.append(_no_doip(error))
        return found

    def _skip(self, data: bytes) -> bytes:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        return data[skipped:]

    def _read_all(self, data: bytes, found: list[DoipMessage | HeaderProblem]) -> int:
        at, end = 0, len(data)
        while end - at >= HEADER_LENGTH:
            version, inverse, payload_type, length = _HEADER.unpack_from(data, at)
            start = at
            problem = self._judge(version, inverse, payload_type, length)
            if problem is not None:
                found.append(problem)
                if self.broken:
                    return end
                at = min(at + HEADER_LENGTH + length, end)
                self._to_skip = length - (at - start - HEADER_LENGTH)
                continue
            after = at + HEADER_LENGTH + length
            if after > end:
                self._needed = HEADER_LENGTH + length
                return at
            found.append(_read(data, at, after, payload_type))
            at = after
        self._needed = HEADER_LENGTH
        return at

    def _judge(self, version: int, inverse: int, payload_type: int, length: int) -> HeaderProblem | None:
        try:
            check_header(version, inverse, payload_type, length, self._max_payload)
        except DoipFormatError as error:
            self.broken = error.code is HeaderNackCode.INCORRECT_PATTERN_FORMAT
            if self.broken:
                return _no_doip(error)
            return HeaderProblem(
                code=error.code, payload_type=payload_type, payload_length=length, explanation=str(error)
            )
        self.version = version
        return None


def _no_doip(error: DoipFormatError) -> HeaderProblem:
    """The same whether two bytes have come or the whole header: the rest means nothing."""
    return HeaderProblem(code=error.code, payload_type=0, payload_length=0, explanation=str(error))


def check_version(version: int, inverse: int) -> None:
    """Judge the first two bytes of a header. Raises DoipFormatError."""
    if version ^ inverse != 0xFF or version not in KNOWN_VERSIONS:
        raise DoipFormatError(
            HeaderNackCode.INCORRECT_PATTERN_FORMAT,
            f"0x{version:02X} 0x{inverse:02X} is no DoIP version with its inverse",
        )


def check_header(version: int, inverse: int, payload_type: int, length: int, max_payload: int) -> None:
    """Judge a generic header in the order of the standard (Figure 10). Raises DoipFormatError."""
    check_version(version, inverse)
    if payload_type == _DIAGNOSTIC_TYPE and 5 <= length <= max_payload:
        return
    try:
        check_length(payload_type, length)
    except DoipFormatError as error:
        if error.code is HeaderNackCode.UNKNOWN_PAYLOAD_TYPE or length <= max_payload:
            raise
    if length > max_payload:
        raise DoipFormatError(
            HeaderNackCode.MESSAGE_TOO_LARGE, f"a payload of {length} bytes is over the limit of {max_payload}"
        )


def _read(data: bytes, at: int, after: int, payload_type: int) -> DoipMessage:
    if payload_type == _DIAGNOSTIC_TYPE:
        source, target = _DIAGNOSTIC.unpack_from(data, at)[4:]
        return DiagnosticMessage(source, target, data[at + 12 : after])
    return decode_payload(payload_type, data[at + HEADER_LENGTH : after])


def decode_datagram(data: bytes, max_payload: int = DEFAULT_MAX_PAYLOAD) -> DoipMessage:
    """The one message of a UDP datagram (bytes after it are ignored). Raises DoipFormatError, nothing else."""
    if len(data) < HEADER_LENGTH:
        raise DoipFormatError(HeaderNackCode.INCORRECT_PATTERN_FORMAT, f"{len(data)} bytes hold no DoIP header")
    version, inverse, payload_type, length = _HEADER.unpack_from(data)
    check_header(version, inverse, payload_type, length, max_payload)
    if len(data) < HEADER_LENGTH + length:
        raise DoipFormatError(
            HeaderNackCode.INVALID_PAYLOAD_LENGTH,
            f"the header promises {length} bytes, {len(data) - HEADER_LENGTH} came",
        )
    return decode_payload(payload_type, data[HEADER_LENGTH : HEADER_LENGTH + length])
