"""What trouble means before and after a command sent what may change the vehicle."""

import pytest

from app.connectors.acting import after_acting, before_acting
from app.domain.errors import VehicleError, VehicleRefused, VehicleTimeout, VehicleUnreachable


def test_trouble_while_preparing_is_not_trouble_while_changing() -> None:
    error = before_acting(VehicleTimeout("silent", details={"ecu": "0x1010"}))
    assert isinstance(error, VehicleUnreachable)
    assert not error.may_have_acted
    assert error.details == {"ecu": "0x1010"}
    refused = VehicleRefused("no")
    assert before_acting(refused) is refused


@pytest.mark.parametrize("kind", [VehicleUnreachable, VehicleRefused])
def test_what_fails_after_the_change_was_sent_does_not_deny_it(kind: type[VehicleError]) -> None:
    error = after_acting(kind("no way", details={"ecu": "0x1010"}))
    assert error.may_have_acted
    assert "no way" in error.message
    assert error.details == {"ecu": "0x1010"}


def test_what_tells_already_that_the_vehicle_may_have_acted_stays() -> None:
    lost = VehicleTimeout("silent")
    assert after_acting(lost) is lost
