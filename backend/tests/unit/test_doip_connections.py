"""Both ends of DoIP against each other, without sockets and with time passed in."""

from dataclasses import replace

import pytest

from app.protocols.doip.client_connection import (
    Acknowledged,
    Activated,
    AliveAsked,
    ClientConnection,
    ClientEvent,
    ClientState,
    ConfirmationPending,
    Denied,
    HeaderRejected,
    NotActive,
    Rejected,
    StreamBroken,
)
from app.protocols.doip.codes import (
    ActivationCode,
    DiagnosticNackCode,
    HeaderNackCode,
    activation_meaning,
    diagnostic_nack_meaning,
    header_nack_meaning,
)
from app.protocols.doip.entity import DoipEntity, EntitySettings
from app.protocols.doip.entity_connection import EntityConnection
from app.protocols.doip.messages import (
    AliveCheckResponse,
    DiagnosticAck,
    DiagnosticMessage,
    DiagnosticNack,
    EntityStatusRequest,
    EntityStatusResponse,
    HeaderNack,
    PowerModeRequest,
    PowerModeResponse,
    RoutingActivationRequest,
    VehicleAnnouncement,
    VehicleIdentificationRequest,
    VehicleIdentificationRequestByEid,
    VehicleIdentificationRequestByVin,
    encode,
)
from app.protocols.doip.stream import decode_datagram

GATEWAY = EntitySettings(logical_address=0x1000, vin="WVWZZZ1KZ6W000001", eid=b"\x02\x00\x00\x00\x00\x01")
ENGINE = 0x1010


def pair(
    entity: DoipEntity | None = None, tester: int = 0x0E00, activation_type: int = 0, now: float = 0.0
) -> tuple[ClientConnection, EntityConnection]:
    """A tester and the socket of an entity it is connected to; the activation request is on its way."""
    client = ClientConnection(tester_address=tester, activation_type=activation_type)
    client.activate(now)
    return client, (entity or DoipEntity(GATEWAY)).accept(now)


def exchange(client: ClientConnection, connection: EntityConnection, now: float = 0.0) -> list[ClientEvent]:
    """Bytes to the entity, its answers back."""
    connection.receive_data(client.data_to_send(), now)
    return client.receive_data(connection.data_to_send(), now)


def active(entity: DoipEntity | None = None, tester: int = 0x0E00) -> tuple[ClientConnection, EntityConnection]:
    """A pair with routing active."""
    client, connection = pair(entity, tester)
    assert exchange(client, connection) == [Activated(entity_address=0x1000)]
    return client, connection


def denial(events: list[ClientEvent]) -> int:
    """The code with which the one event denies activation."""
    [event] = events
    assert isinstance(event, Denied)
    return event.error.code


def test_a_request_is_acknowledged_and_answered() -> None:
    client, connection = active()
    client.send_diagnostic(ENGINE, b"\x22\xf1\x90", 1.0)
    [message] = connection.receive_data(client.data_to_send(), 1.0)
    assert message == DiagnosticMessage(0x0E00, ENGINE, b"\x22\xf1\x90")
    connection.acknowledge(message)
    connection.send_diagnostic(source=ENGINE, user_data=b"\x62\xf1\x90A")
    assert client.receive_data(connection.data_to_send(), 1.1) == [
        Acknowledged(target_address=ENGINE),
        DiagnosticMessage(ENGINE, 0x0E00, b"\x62\xf1\x90A"),
    ]
    assert not client.awaits_acknowledgement


def test_nothing_can_be_sent_before_activation() -> None:
    client, _ = pair()
    with pytest.raises(NotActive):
        client.send_diagnostic(ENGINE, b"\x3e\x00", 0.0)


@pytest.mark.parametrize(
    ("changes", "activation_type", "code"),
    [
        ({"testers": frozenset({0x0E80})}, 0, ActivationCode.UNKNOWN_SOURCE_ADDRESS),
        ({}, 0x77, ActivationCode.UNSUPPORTED_ACTIVATION_TYPE),
        ({"tls_types": frozenset({0xE0})}, 0xE0, ActivationCode.TLS_REQUIRED),
        ({"authentication_types": frozenset({0xE0})}, 0xE0, ActivationCode.MISSING_AUTHENTICATION),
    ],
)
def test_activation_is_denied_with_a_reason(
    changes: dict[str, frozenset[int]], activation_type: int, code: ActivationCode
) -> None:
    entity = DoipEntity(replace(GATEWAY, **changes))  # type: ignore[arg-type]  # the fields of the cases are all sets
    client, connection = pair(entity, activation_type=activation_type)
    assert denial(exchange(client, connection)) == code
    assert client.state is ClientState.CLOSED
    assert connection.should_close is (code is not ActivationCode.MISSING_AUTHENTICATION)


def test_activation_waits_for_a_confirmation() -> None:
    entity = DoipEntity(replace(GATEWAY, confirmation_types=frozenset({0x00})))
    client, connection = pair(entity)
    assert exchange(client, connection) == [ConfirmationPending()]
    assert connection.awaits_confirmation
    connection.confirm(30.0)
    assert client.receive_data(connection.data_to_send(), 30.0) == [Activated(entity_address=0x1000)]


def test_a_refused_confirmation_denies() -> None:
    client, connection = pair(DoipEntity(replace(GATEWAY, confirmation_types=frozenset({0x00}))))
    exchange(client, connection)
    connection.reject(1.0)
    assert denial(client.receive_data(connection.data_to_send(), 1.0)) == ActivationCode.REJECTED_CONFIRMATION


def test_another_address_on_an_active_socket_is_denied() -> None:
    _, connection = active()
    connection.receive_data(encode(RoutingActivationRequest(source_address=0x0E01)), 1.0)
    assert connection.should_close


def test_the_same_address_on_a_second_socket_is_denied_while_the_first_is_alive() -> None:
    entity = DoipEntity(GATEWAY)
    first, first_connection = active(entity)
    second, second_connection = pair(entity)
    assert exchange(second, second_connection) == []
    assert first.receive_data(first_connection.data_to_send(), 0.1) == [AliveAsked()]
    first_connection.receive_data(first.data_to_send(), 0.1)
    denied = second.receive_data(second_connection.data_to_send(), 0.1)
    assert denial(denied) == ActivationCode.SOURCE_ADDRESS_ALREADY_ACTIVE
    assert first_connection.tester_address == 0x0E00


def test_the_same_address_takes_the_place_of_a_dead_socket() -> None:
    entity = DoipEntity(GATEWAY)
    _, first_connection = active(entity)
    second, second_connection = pair(entity)
    exchange(second, second_connection)
    assert second_connection.next_deadline() == 0.5
    second_connection.handle_time(0.5)
    assert first_connection.should_close
    assert second.receive_data(second_connection.data_to_send(), 0.5) == [Activated(entity_address=0x1000)]


def test_a_full_entity_refuses_only_while_all_are_alive() -> None:
    entity = DoipEntity(replace(GATEWAY, max_sockets=1))
    first, first_connection = active(entity, tester=0x0E01)
    second, second_connection = pair(entity, tester=0x0E02)
    exchange(second, second_connection)
    exchange(first, first_connection)
    first.receive_data(first_connection.data_to_send(), 0.1)
    first_connection.receive_data(first.data_to_send(), 0.1)
    assert denial(second.receive_data(second_connection.data_to_send(), 0.1)) == ActivationCode.ALL_SOCKETS_ACTIVE


def test_a_socket_that_closes_makes_room_for_the_one_that_waits() -> None:
    entity = DoipEntity(replace(GATEWAY, max_sockets=1))
    _, first_connection = active(entity, tester=0x0E01)
    second, second_connection = pair(entity, tester=0x0E02)
    exchange(second, second_connection)
    first_connection.closed(0.2)
    assert second.receive_data(second_connection.data_to_send(), 0.2) == [Activated(entity_address=0x1000)]
    assert entity.status().open_sockets == 1


def test_sockets_that_say_nothing_are_closed() -> None:
    _, silent = pair()
    _, idle = active()
    assert (silent.next_deadline(), idle.next_deadline()) == (2.0, 300.0)
    silent.handle_time(2.0)
    idle.handle_time(2.0)
    assert (silent.should_close, idle.should_close) == (True, False)


def test_a_message_from_another_tester_is_refused_and_the_socket_closed() -> None:
    client, connection = active()
    assert connection.receive_data(encode(DiagnosticMessage(0x0E77, ENGINE, b"\x3e\x00")), 1.0) == []
    assert connection.should_close
    assert client.receive_data(connection.data_to_send(), 1.0) == []
    assert client.counters.unmatched_acks == 1


def test_a_nack_belongs_to_the_message_under_way_to_that_address() -> None:
    client, connection = active()
    client.send_diagnostic(0x1077, b"\x3e\x00", 1.0)
    client.send_diagnostic(ENGINE, b"\x3e\x00", 1.0)
    first, second = connection.receive_data(client.data_to_send(), 1.0)
    connection.acknowledge(second)
    connection.refuse(first, DiagnosticNackCode.UNKNOWN_TARGET_ADDRESS)
    assert client.receive_data(connection.data_to_send(), 1.0) == [
        Acknowledged(target_address=ENGINE),
        Rejected(target_address=0x1077, code=0x03, certain=True),
    ]


def test_a_late_nack_is_not_certain_to_be_about_the_new_message() -> None:
    client, _ = active()
    client.send_diagnostic(ENGINE, b"\x22\xf1\x90", 1.0)
    client.give_up_acknowledgement(ENGINE)
    client.send_diagnostic(ENGINE, b"\x31\x01\x02\x03", 4.0)
    late = encode(DiagnosticNack(ENGINE, 0x0E00, 0x06))
    assert client.receive_data(late, 4.1) == [Rejected(target_address=ENGINE, code=0x06, certain=False)]


def test_a_late_header_nack_is_not_certain_to_be_about_the_new_message() -> None:
    client, _ = active()
    client.send_diagnostic(0x1077, b"\x22\xf1\x90", 1.0)
    client.give_up_acknowledgement(0x1077)
    client.send_diagnostic(ENGINE, b"\x31\x01\x02\x03", 4.0)
    late = encode(HeaderNack(code=HeaderNackCode.OUT_OF_MEMORY))
    assert client.receive_data(late, 4.1) == [HeaderRejected(code=0x03, certain=False)]


def test_a_late_acknowledgement_that_repeats_its_message_is_dropped() -> None:
    client, _ = active()
    client.send_diagnostic(ENGINE, b"\x22\xf1\x90", 1.0)
    client.give_up_acknowledgement(ENGINE)
    client.send_diagnostic(ENGINE, b"\x31\x01\x02\x03", 4.0)
    assert client.receive_data(encode(DiagnosticAck(ENGINE, 0x0E00, 0, b"\x22\xf1\x90")), 4.1) == []
    new = encode(DiagnosticAck(ENGINE, 0x0E00, 0, b"\x31\x01"))
    assert client.receive_data(new, 4.2) == [Acknowledged(target_address=ENGINE)]


def test_gateways_that_acknowledge_with_their_own_address_are_understood() -> None:
    client, _ = active()
    client.send_diagnostic(ENGINE, b"\x22\xf1\x90", 1.0)
    assert client.receive_data(encode(DiagnosticAck(0x1000, 0x0E00)), 1.1) == [Acknowledged(target_address=ENGINE)]
    client.send_diagnostic(ENGINE, b"\x22\xf1\x90", 2.0)
    client.send_diagnostic(0x1020, b"\x22\xf1\x91", 2.0)
    assert client.receive_data(encode(DiagnosticAck(0x1000, 0x0E00)), 2.1) == []  # whose?
    assert client.counters.unmatched_acks == 1


def test_garbage_closes_and_unknown_types_do_not() -> None:
    client, _ = active()
    assert client.receive_data(bytes.fromhex("02FDF00100000003AABBCC"), 1.0) == []
    assert client.state is ClientState.ACTIVE
    [event] = client.receive_data(b"HTTP/1.1 400", 1.0)
    assert isinstance(event, StreamBroken)
    assert client.is_closed


def test_the_entity_answers_unknown_types_and_goes_on_but_closes_on_a_wrong_length() -> None:
    client, connection = active()
    connection.receive_data(bytes.fromhex("02FDF00100000003AABBCC"), 1.0)
    assert client.receive_data(connection.data_to_send(), 1.0) == [HeaderRejected(code=0x01, certain=True)]
    assert not connection.should_close
    connection.receive_data(bytes.fromhex("02FD000700000001AA"), 1.0)
    assert client.receive_data(connection.data_to_send(), 1.0) == [HeaderRejected(code=0x04, certain=True)]
    assert connection.should_close


def test_an_alive_check_by_the_tester_is_answered() -> None:
    client, connection = active()
    client.check_alive(1.0)
    assert exchange(client, connection, 1.1) == [AliveCheckResponse(source_address=0x1000)]
    assert client.last_received == 1.1


def test_messages_for_other_testers_are_dropped() -> None:
    client, _ = active()
    assert client.receive_data(encode(DiagnosticMessage(ENGINE, 0x0E55, b"\x7e\x00")), 1.0) == []
    assert client.counters.foreign_messages == 1


def test_datagrams_are_answered() -> None:
    entity = DoipEntity(GATEWAY)

    def ask(data: bytes) -> object:
        reply = entity.answer_datagram(data)
        return None if reply is None else decode_datagram(reply)

    announced = decode_datagram(entity.announcement())
    assert isinstance(announced, VehicleAnnouncement)
    assert announced.vin == GATEWAY.vin
    assert ask(encode(VehicleIdentificationRequest(), 0xFF)) == announced
    assert ask(encode(VehicleIdentificationRequestByVin(vin="WVWZZZ1KZ6W000001"))) == announced
    assert ask(encode(VehicleIdentificationRequestByVin(vin="WVWZZZ1KZ6W000002"))) is None
    assert ask(encode(VehicleIdentificationRequestByEid(eid=GATEWAY.eid))) == announced
    assert ask(encode(VehicleIdentificationRequestByEid(eid=bytes(6)))) is None
    assert ask(encode(PowerModeRequest())) == PowerModeResponse(power_mode=1)
    status = EntityStatusResponse(node_type=0, max_sockets=16, open_sockets=0, max_data_size=1 << 20)
    assert ask(encode(EntityStatusRequest())) == status


@pytest.mark.parametrize("meaning", [activation_meaning, diagnostic_nack_meaning, header_nack_meaning])
def test_every_code_has_a_meaning(meaning: object) -> None:
    assert callable(meaning)
    for code in range(256):
        found = meaning(code)
        assert found.name
        assert found.explanation
        assert found.advice.endswith(".")
