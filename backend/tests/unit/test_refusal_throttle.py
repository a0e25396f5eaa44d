"""A flood of refusals is counted, not written; nothing is lost from the count."""

from hypothesis import given
from hypothesis import strategies as st

from app.services.audit_sealer import SealWatermark
from app.services.refusal_throttle import RefusalSource, RefusalThrottle

ERIKA, OTTO = RefusalSource(actor_id="1", actor_name="erika"), RefusalSource(actor_id="2", actor_name="otto")


def test_a_flood_is_folded_and_told_once() -> None:
    throttle = RefusalThrottle(allowance=3, window_s=60)
    assert [throttle.admits(ERIKA, 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert list(throttle.drain(59.9)) == []
    assert list(throttle.drain(60.0)) == [(ERIKA, 2)]
    assert list(throttle.drain(60.0)) == []


def test_one_users_flood_hides_nobody_else() -> None:
    throttle = RefusalThrottle(allowance=1)
    for _ in range(100):
        throttle.admits(ERIKA, 0.0)
    assert throttle.admits(OTTO, 0.0)


def test_after_the_window_there_is_room_again() -> None:
    throttle = RefusalThrottle(allowance=1, window_s=60)
    assert throttle.admits(ERIKA, 0.0)
    assert throttle.admits(ERIKA, 60.0)


def test_it_watches_a_bounded_number_of_sources() -> None:
    throttle = RefusalThrottle(allowance=1, max_sources=10)
    written = sum(throttle.admits(RefusalSource(ip_address=str(number)), 0.0) for number in range(1000))
    assert written == 11
    assert sum(count for _, count in throttle.drain(0.0, everything=True)) == 1000 - written


@given(st.lists(st.tuples(st.sampled_from([ERIKA, OTTO]), st.floats(0, 500)), max_size=200), st.integers(1, 5))
def test_written_and_folded_add_up(attempts: list[tuple[RefusalSource, float]], allowance: int) -> None:
    throttle = RefusalThrottle(allowance=allowance, window_s=60)
    written = folded = 0
    for source, now in sorted(attempts, key=lambda attempt: attempt[1]):
        folded += sum(count for _, count in throttle.drain(now))
        written += throttle.admits(source, now)
    folded += sum(count for _, count in throttle.drain(1000.0, everything=True))
    assert written + folded == len(attempts)


def test_the_watermark_passes_only_what_was_sealed_long_ago() -> None:
    watermark = SealWatermark(settled_after_s=60)
    watermark.note_sealed(10, now=0.0)
    watermark.note_sealed(20, now=30.0)
    assert watermark.advance(59.9) == 0
    assert watermark.advance(60.0) == 10
    assert watermark.advance(90.0) == 20
    assert watermark.advance(500.0) == 20


def test_the_watermark_keeps_few_samples() -> None:
    watermark = SealWatermark(settled_after_s=60)
    for step in range(100_000):
        watermark.note_sealed(step, now=step * 0.001)
        watermark.advance(step * 0.001)
    assert len(watermark._sealed) <= 62
