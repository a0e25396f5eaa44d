"""VINs: form by ISO 3779, check digit by 49 CFR 565.15, and a demo fleet that has both right."""

import pytest

from app.connectors.simulated_address import parse_simulated_address
from app.domain.vin import check_digit, normalized_vin
from app.services.demo_fleet import demo_vehicles


@pytest.mark.parametrize("vin", ["1M8GDM9AXKP042788", "1HGCM82633A004352", "11111111111111111"])
def test_known_check_digits(vin: str) -> None:
    assert check_digit(vin) == vin[8]


def test_lower_case_is_taken() -> None:
    assert normalized_vin("1m8gdm9axkp042788") == "1M8GDM9AXKP042788"


@pytest.mark.parametrize(
    "vin", ["", "1M8GDM9AXKP04278", "1M8GDM9AXKP0427888", "IM8GDM9AXKP042788", "1M8GDM9AXKP04278Ä"]
)
def test_anything_else_is_no_vin(vin: str) -> None:
    with pytest.raises(ValueError, match=r"must have|may hold"):
        normalized_vin(vin)


def test_the_demo_fleet_has_twelve_vehicles_that_can_be_registered() -> None:
    fleet = demo_vehicles()
    assert len({new.vin for new in fleet}) == len({new.vehicle_id for new in fleet}) == 12
    for new in fleet:
        assert normalized_vin(new.vin) == new.vin
        assert check_digit(new.vin) == new.vin[8]
        parse_simulated_address(new.address)


def test_the_demo_fleet_has_different_characters() -> None:
    settings = [parse_simulated_address(new.address) for new in demo_vehicles()]
    assert len(set(settings)) == 12
    assert sum(one.offline for one in settings) == 1
    assert any(one.silent_after == 1 for one in settings)
    assert any(one.pending for one in settings)
    assert any(one.fail_after is not None for one in settings)
