"""The adapter while its vehicle misbehaves: truthful SOVD errors, bounded waiting, and nothing left behind."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.errors import NotFound, VehicleUnreachable
from app.links.doip_settings import DoipSettings
from app.simulator.disturbances import DisturbanceKind
from app.uds_adapter.adapted_vehicle import adapted_vehicle
from app.uds_adapter.adapter_serving import ServingPlace
from app.uds_adapter.adapter_settings import AdapterSettings
from app.uds_adapter.described_ecus import DescribedEcus
from support.adapted_fleet import Adapted, adapted_fleet
from support.doip_runs import TIMING
from support.waiting import eventually, until

VIN = "components/ecu_1010/data/F190"
QUICK = replace(TIMING, pending_limit_s=0.6, busy_limit_s=0.3, s3_s=0.6)


@pytest.fixture
async def car(tmp_path: Path) -> AsyncIterator[Adapted]:
    async with adapted_fleet(tmp_path, with_data=False, timing=QUICK) as made:
        assert (await made.ask("GET", VIN)).status_code == 200
        yield made


async def shown_state(car: Adapted) -> str:
    return str((await car.ask("GET", "components/ecu_1010")).json()["variant"]["state"])


async def test_a_silent_ecu(car: Adapted) -> None:
    number = car.disturb(DisturbanceKind.SILENT)
    for path in (VIN, "components/ecu_1010/faults"):
        answer = await car.ask("GET", path)
        assert (answer.status_code, answer.json()["error_code"]) == (504, "not-responding")
    assert (await car.ask("GET", "components/ecu_1010/status")).json()["status"] == "notReady"
    assert await shown_state(car) == "Offline"
    assert (await car.ask("GET", "components/ecu_1030/data/F190")).status_code == 200, "others are not touched"
    car.simulated.served.disturbances.remove(number)
    assert (await car.ask("GET", VIN)).json()["data"] == car.simulated.vin
    assert await shown_state(car) == "Online"


@pytest.mark.parametrize(
    ("nrc", "status"),
    [
        (0x10, 502),
        (0x11, 502),
        (0x13, 400),
        (0x31, 400),
        (0x33, 403),
        (0x36, 403),
        (0x22, 409),
        (0x7F, 409),
        (0x93, 409),
    ],
)
async def test_refusals_have_their_status(car: Adapted, nrc: int, status: int) -> None:
    car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, nrc=nrc, service=0x22, count=1)
    answer = await car.ask("GET", VIN)
    assert (answer.status_code, answer.json()["error_code"]) == (status, "error-response")
    assert answer.json()["parameters"] == {"service": "0x22", "nrc": f"0x{nrc:02X}"}


@pytest.mark.parametrize("nrc", [0x21, 0x94])
async def test_a_busy_ecu_is_asked_again_within_bounds(car: Adapted, nrc: int) -> None:
    car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, nrc=nrc, service=0x22, count=2)
    assert (await car.ask("GET", VIN)).status_code == 200
    car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, nrc=nrc, service=0x22)
    answer = await car.ask("GET", VIN)
    assert answer.status_code == (503 if nrc == 0x21 else 409)
    assert answer.json()["parameters"]["nrc"] == f"0x{nrc:02X}"


async def test_pending_is_waited_for_within_bounds(car: Adapted) -> None:
    car.disturb(DisturbanceKind.PENDING_STORM, times=5, seconds=0.3, service=0x22, count=1)
    assert (await car.ask("GET", VIN)).json()["data"] == car.simulated.vin
    car.disturb(DisturbanceKind.PENDING_STORM, times=100, seconds=10, service=0x22, count=1)
    answer = await car.ask("GET", VIN)
    assert (answer.status_code, answer.json()["error_code"]) == (504, "not-responding")


async def test_a_cut_connection(car: Adapted) -> None:
    car.disturb(DisturbanceKind.DROP_BEFORE_ANSWER, service=0x22, count=1)
    answer = await car.ask("GET", VIN)
    assert (answer.status_code, answer.json()["error_code"]) == (504, "not-responding")
    assert (await car.ask("GET", VIN)).status_code == 200


@pytest.mark.parametrize("kind", [DisturbanceKind.WRONG_IDENTIFIER, DisturbanceKind.GARBAGE_ANSWER])
async def test_the_answer_to_something_else(car: Adapted, kind: DisturbanceKind) -> None:
    car.disturb(kind, service=0x22, count=1)
    assert (await car.ask("GET", VIN)).status_code in {502, 504}
    assert (await car.ask("GET", VIN)).json()["data"] == car.simulated.vin


async def test_a_gateway_that_does_not_reach_the_ecu(car: Adapted) -> None:
    car.disturb(DisturbanceKind.UNREACHABLE, count=1)
    answer = await car.ask("GET", VIN)
    assert (answer.status_code, answer.json()["error_code"]) == (504, "not-responding")
    assert "nreachable" in answer.json()["message"]


async def test_a_lock_on_an_ecu_that_is_silent_brings_the_session_when_it_is_back(car: Adapted) -> None:
    number = car.disturb(DisturbanceKind.SILENT)
    lock = await car.lock("ecu_1010")
    assert (await car.ask("GET", "components/ecu_1010/modes/session")).json()["value"] == "DEFAULT"
    car.simulated.served.disturbances.remove(number)
    await until(lambda: car.ecu.session == 3, what="the session was entered")
    assert (await car.ask("DELETE", lock)).status_code == 204
    assert car.ecu.session == 1


async def test_a_session_survives_a_cut_connection(car: Adapted) -> None:
    await car.lock("ecu_1010")
    car.disturb(DisturbanceKind.DROP_BEFORE_ANSWER, service=0x22, count=1)
    assert (await car.ask("GET", VIN)).status_code == 504
    began = car.fleet.now()
    await until(lambda: car.fleet.now() > began + 2 * QUICK.s3_s)

    async def is_extended() -> bool:
        answer = await car.ask("GET", "components/ecu_1010/data/F186")
        return answer.status_code == 200 and answer.json()["data"] == "extendedDiagnosticSession"

    await eventually(is_extended, what="the session is there")


async def test_an_ecu_that_was_offline_at_the_start(tmp_path: Path) -> None:
    async with adapted_fleet(tmp_path, with_data=False, timing=QUICK, ecus=(0x1010, 0x1077)) as car:
        states = {ecu.component: ecu.is_online for ecu in car.vehicle.ecus.values()}
        assert states == {"ecu_1010": True, "ecu_1077": False}
        answer = await car.ask("GET", "components/ecu_1077/data/F190")
        assert (answer.status_code, answer.json()["error_code"]) == (504, "not-responding")


async def test_without_named_ecus_those_that_answer_are_served(tmp_path: Path) -> None:
    async with adapted_fleet(tmp_path, with_data=False, timing=QUICK, ecus=()) as car:
        assert len(car.vehicle.ecus) == 6


async def test_a_gateway_that_is_not_there(tmp_path: Path) -> None:
    async def no_file(checksum: str) -> bytes:
        raise NotFound(checksum)

    library = DiagnosticDataLibrary(tmp_path, no_file)
    nobody = AdapterSettings(gateway=DoipSettings(host="127.0.0.1", port=9), timing=QUICK, find_within_s=2)
    with pytest.raises(VehicleUnreachable):
        async with adapted_vehicle(nobody, DescribedEcus(library, ())):
            raise AssertionError
    async with adapted_vehicle(replace(nobody, ecus=(0x1010,)), DescribedEcus(library, ())) as vehicle:
        assert not vehicle.ecus["ecu_1010"].is_online
    await library.close()


def test_who_is_let_in() -> None:
    assert not ServingPlace().is_open_to_others
    assert not ServingPlace(host="::1").is_open_to_others
    assert not ServingPlace(host="192.0.2.1", tokens=("a",)).is_open_to_others
    assert ServingPlace(host="192.0.2.1").is_open_to_others
    assert ServingPlace(host="bench.example").is_open_to_others
