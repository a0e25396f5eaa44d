"""When a vehicle counts as safe: every condition holds, and what is not known does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.safe_state import Reading, SafeCondition, SafeStatePolicy, blocked_by, safe_state_of

STANDING = SafeCondition(reading="vehicle speed", params={"ecuAddress": "0x1010", "dataId": "0xF40D"}, equals=0)


@pytest.mark.parametrize(
    ("wanted", "value", "holds"),
    [
        ({"equals": 0}, 0, True),
        ({"equals": 0}, 0.0, True),
        ({"equals": 0}, False, False),
        ({"equals": 0}, "0", False),
        ({"equals": 0}, None, False),
        ({"equals": True}, True, True),
        ({"equals": True}, 1, False),
        ({"one_of": ("P", "N")}, "N", True),
        ({"one_of": ("P", "N")}, "D", False),
        ({"maximum": 3.0}, 2.9, True),
        ({"maximum": 3.0}, 3.1, False),
        ({"minimum": 11.0, "maximum": 15.0}, 12, True),
        ({"minimum": 11.0, "maximum": 15.0}, 10, False),
        ({"maximum": 3.0}, "2", False),
        ({"maximum": 3.0}, True, False),
        ({"maximum": 3.0}, float("nan"), False),
    ],
)
def test_a_condition_holds_for_safe_values_alone(wanted: dict[str, Any], value: Any, holds: bool) -> None:
    assert SafeCondition(reading="it", params={}, **wanted).holds_for(value) is holds


def test_each_reading_that_blocks_is_named_with_what_was_wanted() -> None:
    lever = SafeCondition(reading="gear lever", params={}, one_of=("P", "N"))
    readings = [Reading(value=50, unit="km/h"), Reading(value="P"), Reading(value=0)]
    found = blocked_by([STANDING, lever, STANDING], readings)
    assert found == [{"reading": "vehicle speed", "wanted": "0 km/h", "found": "50 km/h"}]


def test_a_bound_in_another_unit_than_the_reading_is_not_safe() -> None:
    slow = SafeCondition(reading="vehicle speed", params={}, maximum=1.0, unit="km/h")
    assert blocked_by([slow], [Reading(value=0.5, unit="m/s")]) == [
        {"reading": "vehicle speed", "wanted": "at most 1 km/h", "found": "0.5 m/s"}
    ]
    assert blocked_by([slow, slow], [Reading(value=0.5, unit="km/h"), Reading(value=0.5)]) == []


@pytest.mark.parametrize(
    ("wanted", "read_unit", "words"),
    [
        ({"equals": True}, "km/h", "true"),
        ({"equals": "P"}, "km/h", "P"),
        ({"one_of": ("P", False)}, "km/h", "one of P, false"),
        ({"minimum": 11.0, "maximum": 15.0}, None, "at least 11 and at most 15"),
        ({"minimum": 11.0, "maximum": 15.0}, "V", "at least 11 and at most 15 V"),
    ],
)
def test_what_is_wanted_is_spelled_as_json_with_a_unit_where_it_is_a_number(
    wanted: dict[str, Any], read_unit: str | None, words: str
) -> None:
    assert SafeCondition(reading="it", params={}, **wanted).wanted(read_unit) == words


@given(st.one_of(st.none(), st.integers(), st.text()))
def test_what_could_not_be_read_is_never_safe(value: Any) -> None:
    assert (
        blocked_by([STANDING], [Reading(value=value, problem="the ECU is silent")])[0]["found"] == "the ECU is silent"
    )


def test_settings_are_read_as_they_are_stored() -> None:
    assert safe_state_of({}).policy is SafeStatePolicy.CHECKED
    assert safe_state_of({}).conditions == ()
    stored = {
        "conditions": [{"reading": "speed", "component": "engine", "dataIds": ["Speed"], "maximum": 3, "unit": "km/h"}]
    }
    (condition,) = safe_state_of({"safe_state": stored}).conditions
    assert condition.params == {"component": "engine", "dataIds": ["Speed"]}
    assert condition.wanted() == "at most 3 km/h"
    assert safe_state_of({"safe_state": {"policy": "not_needed"}}).policy is SafeStatePolicy.NOT_NEEDED
