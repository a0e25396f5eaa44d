"""What the answers of every kind of vehicle are made of."""

import asyncio

import pytest

from app.connectors.answer_parts import before_the_end, error_entry, not_answered, raise_if_none_answered
from app.domain.errors import VehicleRefused, VehicleTimeout

REFUSED = VehicleRefused("no", details={"nrc": "0x22", "nrcName": "conditionsNotCorrect", "ecuAddress": "0x1010"})
SILENT = VehicleTimeout("silence")


def test_an_error_among_others_says_what_the_ecu_said() -> None:
    said = {"nrc": "0x22", "nrcName": "conditionsNotCorrect"}
    assert error_entry(REFUSED) == {"code": "vehicle_refused", "message": "no", **said}
    assert not_answered([({"ecuAddress": "0x1010"}, REFUSED), ({"ecuAddress": "0x1020"}, 3), ({}, None)]) == [
        {"ecuAddress": "0x1010", "reason": "no", **said}
    ]


@pytest.mark.parametrize("results", [[], [1], [None, SILENT], [REFUSED, 0]])
def test_one_answer_is_enough(results: list[object]) -> None:
    raise_if_none_answered(results)


def test_silence_is_graver_than_a_refusal() -> None:
    with pytest.raises(VehicleTimeout):
        raise_if_none_answered([REFUSED, SILENT])
    with pytest.raises(VehicleRefused):
        raise_if_none_answered([REFUSED])


async def test_time_is_left_to_tell_what_came() -> None:
    now = asyncio.get_running_loop().time()
    assert now + 8 < before_the_end(now + 10) < now + 9.5
    assert before_the_end(now + 1000) == now + 998
    assert before_the_end(now - 1) == now - 1
