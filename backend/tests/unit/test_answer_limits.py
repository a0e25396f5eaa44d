"""How much of an answer is kept, and what is refused before it begins."""

import pytest

from app.domain.answer_limits import AnswerLimits
from app.domain.errors import AnswerTooLong, InvalidRequest

LIMITS = AnswerLimits(chunks=101, size=1000)


def test_up_to_the_limit_nothing_is_said() -> None:
    LIMITS.check(chunks=101, size=1000)


@pytest.mark.parametrize(("chunks", "size", "says"), [(102, 10, "more than 101 parts"), (3, 1001, "MiB")])
def test_beyond_it_the_answer_is_stopped(chunks: int, size: int, says: str) -> None:
    with pytest.raises(AnswerTooLong, match=says):
        LIMITS.check(chunks=chunks, size=size)


@pytest.mark.parametrize(
    "params",
    [{}, {"durationS": 3000}, {"intervalMs": 20}, {"durationS": 9.9, "intervalMs": 100}],
)
def test_what_fits_may_be_asked_for(params: dict[str, float]) -> None:
    LIMITS.check_wanted(params)


@pytest.mark.parametrize(("duration_s", "interval_ms"), [(10, 100), (3000, 20), (60, 599)])
def test_samples_that_cannot_fit_are_refused_with_an_interval_that_does(duration_s: float, interval_ms: int) -> None:
    with pytest.raises(InvalidRequest) as refused:
        LIMITS.check_wanted({"durationS": duration_s, "intervalMs": interval_ms})

    (field,) = refused.value.field_errors
    assert field.pointer == "/command_params/intervalMs"
    named = int(field.message.partition("take ")[2].partition(" ms")[0])
    LIMITS.check_wanted({"durationS": duration_s, "intervalMs": named})
