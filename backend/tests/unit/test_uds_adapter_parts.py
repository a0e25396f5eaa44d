"""Pure parts of the adapter."""

import pytest

from app.protocols.uds.identifiers import KNOWN_IDENTIFIERS
from app.uds_adapter.adapter_serving import token_checker
from app.uds_adapter.ecu_finding import component_ids
from app.uds_adapter.ecu_session import EcuSession, session_text
from app.uds_adapter.si_units import unit_schema


def test_component_ids_are_unique_and_can_stand_in_a_path() -> None:
    names = [
        (0x1010, "Engine control (ECM)"),
        (0x1020, "engine-control/ecm"),
        (0x1030, None),
        (0x1040, "Türsteuergerät"),
    ]
    assert component_ids(names) == {
        0x1010: "engine_control_ecm",
        0x1020: "ecu_1020",
        0x1030: "ecu_1030",
        0x1040: "t_rsteuerger_t",
    }


def test_a_name_like_another_ecus_address_does_not_take_its_id() -> None:
    ids = component_ids([(0x1010, "ECU 1020"), (0x1020, None)])
    assert len(set(ids.values())) == 2


def test_what_a_session_keeps_up_ends_with_it() -> None:
    state = EcuSession(session=3, security_level=1, records_faults=False, communication=3)
    state.enter(2)
    assert (state.security_level, state.records_faults, state.communication) == (None, False, 3)
    state.enter(1)
    assert (state.is_default, state.records_faults, state.communication) == (True, True, 0)


@pytest.mark.parametrize(("number", "text"), [(1, "DEFAULT"), (3, "EXTENDED"), (0x40, "0x40")])
def test_sessions_have_names(number: int, text: str) -> None:
    assert session_text(number) == text


def test_units_say_how_to_get_there_from_si() -> None:
    assert unit_schema("°C") == {
        "x-sovd-unit": {"display_name": "°C", "factor_si_to_unit": 1.0, "offset_si_to_unit": -273.15}
    }
    assert unit_schema("furlong") == {"x-sovd-unit": {"display_name": "furlong"}}


def test_most_units_of_the_standards_are_known() -> None:
    units = {known.unit for known in KNOWN_IDENTIFIERS.values() if known.unit}
    unknown = {unit for unit in units if "factor_si_to_unit" not in unit_schema(unit)["x-sovd-unit"]}
    assert unknown <= {"l/h", "L/h", "mg/stroke", "ratio"}


async def test_tokens_are_known_by_their_digest() -> None:
    check = token_checker(("first-token", "second-token"))
    first, second = await check("first-token"), await check("second-token")
    assert first is not None
    assert second is not None
    assert first != second
    assert "first-token" not in first
    assert await check("third-token") is None
    assert await check("") is None
