"""DoIP messages survive the way through bytes, whatever the pieces; random bytes do no harm."""

import struct
from contextlib import suppress
from typing import Any

import pytest
from doipclient import messages as second_opinion
from hypothesis import given
from hypothesis import strategies as st

from app.protocols.doip.client_connection import ClientConnection
from app.protocols.doip.codes import KNOWN_VERSIONS, HeaderNackCode
from app.protocols.doip.entity import DoipEntity, EntitySettings
from app.protocols.doip.messages import (
    DiagnosticMessage,
    DoipFormatError,
    DoipMessage,
    RoutingActivationRequest,
    VehicleAnnouncement,
    VehicleIdentificationRequestByVin,
    decode_payload,
    encode,
)
from app.protocols.doip.stream import HeaderProblem, StreamDecoder, decode_datagram
from support.doip_samples import ADDRESSES, MESSAGES

PIECES = st.lists(st.integers(1, 40), min_size=1, max_size=30)
LIMIT = 512


def in_pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """The bytes cut into pieces whose sizes repeat."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


@given(st.lists(MESSAGES, max_size=10), PIECES, st.sampled_from(sorted(KNOWN_VERSIONS)))
def test_messages_come_out_of_a_stream_as_they_went_in(
    messages: list[DoipMessage], sizes: list[int], version: int
) -> None:
    decoder = StreamDecoder()
    data = b"".join(encode(message, version) for message in messages)
    found = [message for piece in in_pieces(data, sizes) for message in decoder.feed(piece)]
    assert found == messages
    assert decoder.buffered == 0


@given(MESSAGES)
def test_a_datagram_holds_one_message(message: DoipMessage) -> None:
    assert decode_datagram(encode(message)) == message


@given(MESSAGES)
def test_another_implementation_has_the_same_bytes(message: DoipMessage) -> None:
    payload = message.payload()
    kinds: dict[int, Any] = second_opinion.payload_type_to_message
    theirs = kinds[message.PAYLOAD_TYPE].unpack(payload, len(payload))
    if isinstance(message, VehicleAnnouncement | VehicleIdentificationRequestByVin):
        if message.vin is None:
            return  # it cannot read a VIN that is not set
        theirs._vin = theirs.vin  # and cannot write back the bytes that it has read
    assert bytes(theirs.pack()) == payload


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_random_bytes_break_no_decoder(pieces: list[bytes]) -> None:
    decoder = StreamDecoder(LIMIT)
    for piece in pieces:
        decoder.feed(piece)
        assert decoder.buffered <= LIMIT + 8


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x0005, 0x0006, 0x0007, 0x8001, 0x8002, 0x8003, 0x1234, 0xF001]),
            st.sampled_from([0, 1, 4, 5, 7, 9, LIMIT, LIMIT + 1, 5000]),
        ),
        max_size=8,
    ),
    PIECES,
)
def test_headers_that_promise_anything_are_answered_once_and_skipped(
    headers: list[tuple[int, int]], sizes: list[int]
) -> None:
    decoder = StreamDecoder(LIMIT)
    last = DiagnosticMessage(1, 2, b"\x3e\x00")
    data = b"".join(struct.pack("!BBHL", 2, 0xFD, kind, length) + bytes(length) for kind, length in headers)
    found = []
    for piece in in_pieces(data + encode(last), sizes):
        found += decoder.feed(piece)
        assert decoder.buffered <= LIMIT + 8
    assert len(found) == len(headers) + 1
    assert found[-1] == last
    for (kind, length), read in zip(headers, found, strict=False):
        assert isinstance(read, HeaderProblem) == (expected_problem(kind, length) is not None)
        if isinstance(read, HeaderProblem):
            assert read.code is expected_problem(kind, length)


def expected_problem(kind: int, length: int) -> HeaderNackCode | None:
    """The nack of Figure 10 for a header, in the order of its checks."""
    fits = {0x0005: {7, 11}, 0x0006: {9, 13}, 0x0007: {0}}
    if kind in {0x1234, 0xF001}:
        return HeaderNackCode.UNKNOWN_PAYLOAD_TYPE
    if length > LIMIT:
        return HeaderNackCode.MESSAGE_TOO_LARGE
    is_right = length in fits[kind] if kind in fits else length >= 5
    return None if is_right else HeaderNackCode.INVALID_PAYLOAD_LENGTH


@given(st.binary(max_size=100))
def test_random_datagrams_raise_the_documented_error_only(data: bytes) -> None:
    with suppress(DoipFormatError):
        decode_datagram(data)
    entity = DoipEntity(EntitySettings(logical_address=0x1000))
    entity.answer_datagram(data)


@given(st.sampled_from([*range(9), *range(0x4001, 0x4005), 0x8001, 0x8002, 0x8003, 0x9999]), st.binary(max_size=40))
def test_random_payloads_raise_the_documented_error_only(payload_type: int, payload: bytes) -> None:
    try:
        message = decode_payload(payload_type, payload)
    except DoipFormatError:
        return
    assert len(message.payload()) == len(payload)


@given(st.lists(MESSAGES.map(encode) | st.binary(max_size=30), max_size=12), st.booleans())
def test_both_ends_survive_whatever_the_other_sends(pieces: list[bytes], activated: bool) -> None:
    client = ClientConnection(tester_address=0x0E00)
    entity = DoipEntity(EntitySettings(logical_address=0x1000, max_data_size=LIMIT))
    connection = entity.accept(0.0)
    client.activate(0.0)
    if activated:
        connection.receive_data(client.data_to_send(), 0.0)
        client.receive_data(connection.data_to_send(), 0.0)
        client.send_diagnostic(0x1010, b"\x3e\x00", 0.0)
    for turn, piece in enumerate(pieces):
        client.receive_data(piece, float(turn))
        connection.receive_data(piece, float(turn))
        connection.handle_time(float(turn))
        client.data_to_send()
        connection.data_to_send()


@given(ADDRESSES)
def test_addresses_of_more_than_16_bits_are_a_fault_of_the_caller(address: int) -> None:
    with pytest.raises(struct.error):
        encode(RoutingActivationRequest(source_address=address + 0x10000))
