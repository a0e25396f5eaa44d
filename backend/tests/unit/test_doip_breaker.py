"""Back-off and breaker of links, with time passed in."""

import pytest

from app.links.breaker import Breaker, BreakerSettings

SETTINGS = BreakerSettings(opens_after=3, first_pause_s=1.0, first_open_s=10.0, longest_open_s=40.0)


def longest() -> float:
    """The jitter that makes every pause as long as it can be."""
    return 1.0


def test_pauses_grow_and_then_it_opens() -> None:
    breaker = Breaker(SETTINGS, longest)
    pauses = []
    for _ in range(6):
        breaker.failed(100.0)
        pauses.append((breaker.wait_s(100.0), breaker.is_open))
    assert pauses == [(1.0, False), (2.0, False), (10.0, True), (20.0, True), (40.0, True), (40.0, True)]


def test_one_attempt_is_due_when_the_pause_is_over() -> None:
    breaker = Breaker(SETTINGS, longest)
    for _ in range(3):
        breaker.failed(100.0)
    assert (breaker.wait_s(109.0), breaker.wait_s(110.0)) == (1.0, 0.0)
    states = [breaker.is_open]  # until that attempt worked
    breaker.succeeded()
    assert [*states, breaker.is_open] == [True, False]
    assert breaker.wait_s(110.0) == 0.0


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_jitter_keeps_at_least_half_of_the_pause(share: float) -> None:
    breaker = Breaker(SETTINGS, lambda: share)
    breaker.failed(0.0)
    assert breaker.wait_s(0.0) == 0.5 + 0.5 * share
