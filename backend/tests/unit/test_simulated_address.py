"""Addresses of simulated vehicles are read strictly, and a wrong one says which part is wrong."""

import pytest

from app.connectors.port import LONGEST_ADDRESS, ConnectorRegistry
from app.connectors.simulated_address import SimulatedSettings, parse_simulated_address
from app.connectors.trouble_codes import DESCRIPTIONS, UNKNOWN_CODE, describe
from app.connectors.vehicle_connector import VehicleConnector
from app.domain.errors import InvalidRequest

REGISTRY = ConnectorRegistry([VehicleConnector()])


def test_a_bare_address_means_the_defaults() -> None:
    assert parse_simulated_address("sim:") == SimulatedSettings()


def test_every_setting_is_read() -> None:
    address = "SIM:?delay=0&offline=false&silent_after=2&fail_after=3&pending=1.5&dtcs=P0420%2CP0300&seed=7"
    assert parse_simulated_address(address) == SimulatedSettings(
        delay=0.0, offline=False, silent_after=2, fail_after=3, pending=1.5, dtcs=("P0420", "P0300"), seed=7
    )


@pytest.mark.parametrize("address", ["sim:?offline", "sim:?offline=true", "sim:?offline=1"])
def test_offline_is_a_flag(address: str) -> None:
    assert parse_simulated_address(address).offline


def test_no_codes_make_a_healthy_vehicle() -> None:
    assert parse_simulated_address("sim:?dtcs=").dtcs == ()


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("sim:car", "nothing before the ?"),
        ("sim://car?delay=1", "nothing before the ?"),
        ("sim:?", "no setting follows the ?"),
        ("sim:?speed=1", "no setting 'speed'"),
        ("sim:?delay=1&", "no setting ''"),
        ("sim:?delay=1&delay=2", "delay stands there twice"),
        ("sim:?delay", "delay takes seconds"),
        ("sim:?delay=soon", "delay takes seconds"),
        ("sim:?delay=-1", "delay takes seconds"),
        ("sim:?delay=nan", "delay takes seconds"),
        ("sim:?delay=3601", "delay takes seconds"),
        ("sim:?pending=inf", "pending takes seconds"),
        ("sim:?silent_after=1.5", "silent_after takes a whole number"),
        ("sim:?fail_after=", "fail_after takes a whole number"),
        ("sim:?fail_after", "fail_after takes a whole number"),
        ("sim:?seed=2147483648", "seed takes a whole number"),
        ("sim:?offline=maybe", "offline stands alone"),
        ("sim:?dtcs", "dtcs takes trouble codes"),
        ("sim:?dtcs=P0420,X0001", "'X0001'"),
        ("sim:?dtcs=P0420,P0420", "each once"),
        ("smoke:signal", "the scheme smoke: is not known; begin the address with one of sim:"),
        ("user:pa55@somewhere", "the scheme user: is not known;"),
        ("pa55@somewhere:", "it has no scheme; begin the address with one of sim:"),
        ("somewhere", "it has no scheme; begin the address with one of sim:"),
        ("sim:?dtcs=" + "P0420," * LONGEST_ADDRESS, "longer than"),
    ],
)
def test_a_wrong_address_names_the_wrong_part(address: str, named: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        REGISTRY.check_address(address)

    assert named in raised.value.message
    assert [field.pointer for field in raised.value.field_errors] == ["/address"]
    assert raised.value.error_code == "invalid_address"


def test_two_connectors_may_not_claim_one_scheme() -> None:
    with pytest.raises(ValueError, match="two connectors claim the scheme sim:"):
        ConnectorRegistry([VehicleConnector(), VehicleConnector()])


def test_the_registry_lists_its_schemes() -> None:
    assert REGISTRY.schemes == ("sim",)


def test_codes_are_described_whatever_their_failure_type() -> None:
    assert describe("P0420-11") == DESCRIPTIONS["P0420"]
    assert describe("P1999") == UNKNOWN_CODE
