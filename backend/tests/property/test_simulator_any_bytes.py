"""Whatever arrives at a virtual ECU: answers or silence, in order of time, never an exception."""

from hypothesis import given
from hypothesis import strategies as st

from app.simulator.data_formats import (
    ChoiceFormat,
    NumberFormat,
    TextFormat,
    ValueOutOfRange,
    decode_value,
    encode_value,
)
from app.simulator.ecu_server import TimedResponse
from app.simulator.signals import PathSignal, WaveSignal, signal_at
from support.virtual_bench import DESCRIPTION, Bench

SERVICES = st.sampled_from([0x10, 0x11, 0x14, 0x19, 0x22, 0x27, 0x28, 0x2E, 0x2F, 0x31, 0x3E, 0x85])
SUB_FUNCTIONS = st.sampled_from([0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x0A, 0x81, 0x82])
SENSIBLE = st.builds(
    lambda service, sub_function, rest: bytes((service, sub_function)) + rest,
    SERVICES,
    SUB_FUNCTIONS,
    st.one_of(st.just(b""), st.binary(max_size=4), st.sampled_from([b"\x02\x03", b"\xff", b"\xf1\x90"])),
)
REQUESTS = st.one_of(st.binary(max_size=64), SENSIBLE)
COMPONENTS = st.sampled_from([ecu.component for ecu in DESCRIPTION.ecus])


def check(answers: list[TimedResponse], request: bytes, now: float) -> None:
    assert [answer.at for answer in answers] == sorted(answer.at for answer in answers)
    for answer in answers:
        assert answer.at >= now
        service = answer.payload[1] if answer.payload[0] == 0x7F else answer.payload[0] - 0x40
        assert service == request[0]
    for answer in answers[:-1]:
        assert answer.payload == bytes((0x7F, request[0], 0x78))


@given(
    component=COMPONENTS,
    unlocked=st.booleans(),
    steps=st.lists(st.tuples(REQUESTS, st.floats(0, 4), st.booleans()), max_size=12),
)
def test_any_requests_give_answers_or_silence(
    component: str, unlocked: bool, steps: list[tuple[bytes, float, bool]]
) -> None:
    bench = Bench(component)
    if unlocked:
        bench.unlock()
    for request, wait, functional in steps:
        bench.wait(wait)
        check(bench.server.handle(request, bench.now, functional=functional), request, bench.now)


@given(data_id=st.integers(0, 0xFFFF), record=st.binary(max_size=10))
def test_what_was_written_is_read_back_byte_for_byte(data_id: int, record: bytes) -> None:
    bench = Bench()
    bench.unlock()
    answer = bench.ask("2E" + data_id.to_bytes(2, "big").hex() + record.hex())
    if answer.startswith("6E"):
        assert bench.ask(f"22{data_id:04X}") == f"62{data_id:04X}{record.hex().upper()}"


@given(
    length=st.integers(1, 4),
    scale=st.sampled_from([1.0, 0.25, 0.1, 0.001, 2.0]),
    offset=st.integers(-100, 100),
    signed=st.booleans(),
    data=st.data(),
)
def test_numbers_survive_their_bytes(length: int, scale: float, offset: int, signed: bool, data: st.DataObject) -> None:
    form = NumberFormat(length=length, scale=scale, offset=offset, signed=signed)
    raw = data.draw(st.binary(min_size=length, max_size=length))
    value = decode_value(form, raw)
    assert encode_value(form, value) == raw


@given(raw=st.binary(max_size=6), text=st.text(max_size=8))
def test_formats_refuse_only_with_their_own_error(raw: bytes, text: str) -> None:
    for form in (TextFormat(length=4), ChoiceFormat(choices=((1, "on"), (2, "off"))), NumberFormat(length=2)):
        try:
            encode_value(form, text)
            decode_value(form, raw)
        except ValueOutOfRange:
            pass


@given(elapsed=st.floats(0, 1e7), seed=st.integers(0, 2**64))
def test_signals_stay_within_their_bounds(elapsed: float, seed: int) -> None:
    path = PathSignal(points=((0.0, 0.0), (10.0, 50.0), (20.0, 0.0)), noise=0.02)
    wave = WaveSignal(middle=14, amplitude=0.5, period_s=10, noise=0.01)
    assert 0 <= signal_at(path, "speed", seed, elapsed) <= 50 * 1.021
    assert 13.5 * 0.98 <= signal_at(wave, "voltage", seed, elapsed) <= 14.5 * 1.02
    assert signal_at(path, "speed", seed, elapsed) == signal_at(path, "speed", seed, elapsed)
