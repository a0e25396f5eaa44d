"""What the service knows of each address scheme, and that it knows all that are served."""

import pytest

from app.connectors.doip_address import SCHEME as DOIP_SCHEME
from app.connectors.sovd_address import SCHEMES as SOVD_SCHEMES
from app.connectors.vehicle_connector import VehicleConnector
from app.domain.address_schemes import ADDRESS_SCHEMES, DOIP, MOCK, ONE_WORKER_SCHEMES, scheme_of


def test_all_that_the_connectors_serve_are_known() -> None:
    served = {*VehicleConnector().schemes, *SOVD_SCHEMES, DOIP_SCHEME}

    assert served == set(ADDRESS_SCHEMES)


@pytest.mark.parametrize(
    ("address", "serves_one_worker", "keeps_context"),
    [
        ("sim:?delay=0", False, False),
        ("SIM:", False, False),
        ("doip://10.0.0.1", True, True),
        ("DoIP://10.0.0.1", True, True),
        ("sovd+https://car.example/", False, True),
        ("simulation://of-somebody-else", False, True),
        ("no scheme at all", False, True),
    ],
)
def test_what_is_known_of_an_address(address: str, serves_one_worker: bool, keeps_context: bool) -> None:
    scheme = scheme_of(address)

    assert (scheme.serves_one_worker, scheme.keeps_context) == (serves_one_worker, keeps_context)


def test_only_doip_serves_one_worker() -> None:
    assert list(ONE_WORKER_SCHEMES) == [DOIP.name]
    assert not MOCK.serves_one_worker
