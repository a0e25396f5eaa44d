"""The life of a UDS request, with a clock that is just a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocols.uds.exchange import Done, Exchange, Failed, Observation, Reason, Send, Wait
from app.protocols.uds.responses import SessionTimes
from app.protocols.uds.timing import UdsTiming

TIMING = UdsTiming(
    p2_s=0.05, p2_star_s=5.0, network_s=0.0, pending_limit_s=20.0, busy_pause_s=0.5, busy_repeats=3, busy_limit_s=10.0
)
READ_VIN = bytes.fromhex("22F190")
VIN = bytes.fromhex("62F190") + b"WVWZZZ1JZXW000001"
PENDING = bytes.fromhex("7F2278")
BUSY = bytes.fromhex("7F2221")
ECU = 0x1010


def begun(request: bytes = READ_VIN, *, deadline: float = 100.0, functional: bool = False) -> Exchange:
    exchange = Exchange(request, timing=TIMING, deadline=deadline, functional=functional)
    assert exchange.step(0.0) == Send(request)
    exchange.sent(0.0)
    return exchange


def payloads(step: object) -> list[bytes]:
    assert isinstance(step, Done)
    return [answer.payload for answer in step.answers]


def test_an_answer_ends_it() -> None:
    exchange = begun()
    assert exchange.step(0.01) == Wait(0.05)
    assert exchange.received(ECU, VIN, 0.02) is Observation.ANSWER
    assert payloads(exchange.step(0.02)) == [VIN]


def test_p2_counts_from_when_the_request_was_confirmed() -> None:
    exchange = Exchange(READ_VIN, timing=TIMING, deadline=100.0)
    exchange.step(0.0)
    exchange.sent(3.0)
    assert exchange.step(3.0) == Wait(3.05)
    assert exchange.step(3.05) == Failed(reason=Reason.SILENT, was_sent=True)


def test_a_negative_answer_ends_it() -> None:
    exchange = begun()
    exchange.received(ECU, b"\x7f\x22\x31", 0.01)
    assert payloads(exchange.step(0.01)) == [b"\x7f\x22\x31"]


def test_pending_extends_the_wait_each_time() -> None:
    exchange = begun()
    assert exchange.received(ECU, PENDING, 0.04) is Observation.PENDING
    assert exchange.pending_since == 0.04
    assert exchange.step(1.0) == Wait(5.04)
    exchange.received(ECU, PENDING, 4.0)
    assert exchange.step(6.0) == Wait(9.0)
    exchange.received(ECU, VIN, 8.0)
    assert payloads(exchange.step(8.0)) == [VIN]


def test_silence_after_pending() -> None:
    exchange = begun()
    exchange.received(ECU, PENDING, 0.04)
    assert exchange.step(5.05) == Failed(reason=Reason.SILENT_AFTER_PENDING, was_sent=True)


def test_endless_pending_ends_at_its_bound() -> None:
    exchange, now = begun(), 0.04
    while now < 20:
        exchange.received(ECU, PENDING, now)
        now += 1
    assert exchange.step(20.03) == Wait(20.04)
    assert exchange.step(20.04) == Failed(reason=Reason.PENDING_TOO_LONG, was_sent=True)


def test_an_answer_during_the_pause_after_busy_is_the_answer() -> None:
    """A repeated `21` came after the request had been sent again, and the ECU carried it out meanwhile."""
    exchange = begun()
    assert exchange.received(ECU, BUSY, 0.01) is Observation.BUSY
    exchange.step(0.51)
    exchange.sent(0.51)
    assert exchange.received(ECU, BUSY, 0.52) is Observation.BUSY
    assert exchange.received(ECU, BUSY, 0.53) is Observation.STRAY
    assert exchange.received(ECU, VIN, 0.54) is Observation.ANSWER
    assert payloads(exchange.step(2.0)) == [VIN]


def test_an_ecu_that_works_on_it_is_not_asked_again_because_it_was_busy() -> None:
    exchange = begun()
    exchange.received(ECU, BUSY, 0.01)
    assert exchange.received(ECU, PENDING, 0.02) is Observation.PENDING
    assert exchange.step(1.0) == Wait(5.02)
    assert exchange.received(ECU, BUSY, 1.0) is Observation.STRAY
    assert exchange.step(2.0) == Wait(5.02)
    exchange.received(ECU, VIN, 3.0)
    assert payloads(exchange.step(3.0)) == [VIN]


def test_the_deadline_ends_everything() -> None:
    exchange = begun(deadline=2.0)
    exchange.received(ECU, PENDING, 0.04)
    assert exchange.step(1.0) == Wait(2.0)
    assert exchange.step(2.0) == Failed(reason=Reason.DEADLINE, was_sent=True)


def test_what_was_never_sent_cannot_have_acted() -> None:
    exchange = Exchange(READ_VIN, timing=TIMING, deadline=1.0)
    assert exchange.step(1.0) == Failed(reason=Reason.DEADLINE, was_sent=False)


@pytest.mark.parametrize("nrc", [0x21, 0x94])
def test_a_busy_ecu_is_asked_again_after_a_pause(nrc: int) -> None:
    exchange = begun()
    assert exchange.received(ECU, bytes((0x7F, 0x22, nrc)), 0.01) is Observation.BUSY
    assert exchange.step(0.02) == Wait(0.51)
    assert exchange.received(ECU, b"\x7f\x22\x31", 0.3) is Observation.STRAY  # nothing is asked at the moment
    assert exchange.step(0.51) == Send(READ_VIN)
    exchange.sent(0.52)
    exchange.received(ECU, VIN, 0.53)
    assert payloads(exchange.step(0.53)) == [VIN]


def test_an_ecu_that_stays_busy_is_asked_a_bounded_number_of_times() -> None:
    exchange, now = begun(), 0.0
    sends = 1
    while not isinstance(step := exchange.step(now), Done):
        if isinstance(step, Send):
            sends += 1
            exchange.sent(now)
        now += 0.01
        exchange.received(ECU, BUSY, now)
        now += 0.5
    assert sends == 1 + TIMING.busy_repeats
    assert payloads(step) == [BUSY]


def test_no_repetition_that_would_begin_after_the_deadline() -> None:
    exchange = begun(deadline=0.4)
    exchange.received(ECU, BUSY, 0.01)
    assert payloads(exchange.step(0.01)) == [BUSY]


def test_busy_after_pending_starts_p2_anew() -> None:
    exchange = begun()
    exchange.received(ECU, PENDING, 0.01)
    exchange.received(ECU, BUSY, 0.02)
    assert exchange.step(0.52) == Send(READ_VIN)
    exchange.sent(0.52)
    assert exchange.step(0.6) == Failed(reason=Reason.SILENT, was_sent=True)


@pytest.mark.parametrize(
    ("request_hex", "stray_hex"),
    [
        ("22F190", "62F18C01"),  # another identifier
        ("22F190", "6E F190"),  # another service
        ("22F190", "7F2E31"),
        ("22F190", "7F22"),
        ("22F190", ""),
        ("3101020304", "710202 03"),  # another action
        ("3101020304", "710102 09"),  # another routine
        ("2E011001", "6E0111"),  # another identifier was written
        ("190204", "590AFF"),
        ("1904042000FF", "5904017100 2F"),  # another trouble code
        ("2701", "6702"),
    ],
)
def test_what_does_not_match_changes_nothing(request_hex: str, stray_hex: str) -> None:
    exchange = begun(bytes.fromhex(request_hex))
    assert exchange.received(ECU, bytes.fromhex(stray_hex), 0.01) is Observation.STRAY
    assert exchange.step(0.02) == Wait(0.05)


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("1003", "5003 0032 01F4"),
        ("1081", "5001"),
        ("14FFFFFF", "54"),
        ("1902FF", "5902FF"),
        ("1904042000FF", "59040420002F"),
        ("22F190F18C", "62F190313233F18C00"),
        ("2702ABCD", "6702"),
        ("2EF19001", "6EF190"),
        ("3103020301", "7103 0203 55"),
        ("3E00", "7E00"),
        ("3E00", "7E"),  # some gateways leave the echo out
        ("8502", "C502"),
        ("2901", "6901 00"),
    ],
)
def test_answers_of_every_service_match(request_hex: str, answer_hex: str) -> None:
    exchange = begun(bytes.fromhex(request_hex))
    assert exchange.received(ECU, bytes.fromhex(answer_hex), 0.01) is Observation.ANSWER


def test_asked_for_silence_silence_is_the_answer() -> None:
    exchange = begun(b"\x85\x82")
    assert payloads(exchange.step(0.05)) == []


def test_asked_for_silence_a_refusal_still_comes() -> None:
    exchange = begun(b"\x85\x82")
    exchange.received(ECU, b"\x7f\x85\x22", 0.01)
    assert payloads(exchange.step(0.01)) == [b"\x7f\x85\x22"]


def test_a_functional_request_gathers_until_p2_is_over() -> None:
    exchange = begun(functional=True)
    exchange.received(0x1010, VIN, 0.01)
    exchange.received(0x1020, b"\x7f\x22\x31", 0.02)
    assert exchange.step(0.03) == Wait(0.05)
    step = exchange.step(0.05)
    assert isinstance(step, Done)
    assert [answer.source for answer in step.answers] == [0x1010, 0x1020]


def test_a_functional_request_waits_for_who_is_pending_and_no_longer() -> None:
    exchange = begun(functional=True)
    exchange.received(0x1010, VIN, 0.01)
    exchange.received(0x1020, PENDING, 0.02)
    assert exchange.step(0.06) == Wait(5.02)
    exchange.received(0x1020, VIN, 1.0)
    assert len(payloads(exchange.step(1.0))) == 2


def test_nobody_answers_a_functional_request() -> None:
    assert payloads(begun(functional=True).step(0.05)) == []


def test_times_of_a_session_never_shorten_the_wait() -> None:
    longer = TIMING.in_session(SessionTimes(p2_s=0.2, p2_star_s=2.0))
    assert (longer.p2_s, longer.p2_star_s) == (0.2, 5.0)
    assert TIMING.in_session(None) is TIMING


@given(
    request=st.binary(min_size=1, max_size=8),
    messages=st.lists(st.tuples(st.binary(max_size=8), st.floats(0, 3)), max_size=30),
    functional=st.booleans(),
)
def test_any_messages_lead_to_an_end_before_the_deadline(
    request: bytes, messages: list[tuple[bytes, float]], functional: bool
) -> None:
    exchange = Exchange(request, timing=TIMING, deadline=30.0, functional=functional)
    now, left = 0.0, list(messages)
    for _ in range(500):
        match exchange.step(now):
            case Send():
                exchange.sent(now)
            case Wait(until):
                assert now < until <= 30.0
                if left:
                    payload, after = left.pop()
                    now = min(now + after, until)
                    exchange.received(ECU, payload, now)
                else:
                    now = until
            case _:
                assert now <= 30.0
                return
    raise AssertionError("it does not end")
