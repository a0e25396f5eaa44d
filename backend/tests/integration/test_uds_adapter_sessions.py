"""What the adapter does to an ECU's session, security and modes, seen in the virtual ECU itself."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.simulator.disturbances import DisturbanceKind
from app.uds_adapter.adapter_serving import ServingPlace
from support.adapted_fleet import ENGINE, Adapted, adapted_fleet
from support.doip_runs import TIMING
from support.simulated_fleet import quick_description
from support.waiting import eventually, until

S3_S = 0.6
EXTENDED, DEFAULT = 3, 1
MASK = bytes.fromhex("A5C35A3C")
_KNOWN = quick_description()
SHORT_SESSIONS = replace(_KNOWN, ecus=tuple(replace(ecu, s3_s=S3_S) for ecu in _KNOWN.ecus))
ENGINE_PATH = "components/engine"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled data is kept from test to test."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
async def car(home: Path) -> AsyncIterator[Adapted]:
    async with adapted_fleet(home, timing=replace(TIMING, s3_s=S3_S / 1.5), description=SHORT_SESSIONS) as made:
        yield made


def session_of(car: Adapted) -> int:
    car.ecu.settle(car.fleet.now())
    return car.ecu.session


async def mode_of(car: Adapted, mode: str) -> object:
    return (await car.ask("GET", f"{ENGINE_PATH}/modes/{mode}")).json()["value"]


async def set_mode(
    car: Adapted, mode: str, value: str, seconds: int = 60, **more: object
) -> tuple[int, dict[str, object]]:
    body = {"value": value, "mode_expiration": seconds, **more}
    answer = await car.ask("PUT", f"{ENGINE_PATH}/modes/{mode}", body)
    return answer.status_code, answer.json()


async def unlocked(car: Adapted, *, wrong: bool = False) -> tuple[int, dict[str, object]]:
    status, body = await set_mode(car, "security", "Level_1_RequestSeed")
    assert (status, body["id"], body["value"]) == (200, "security", "Level_1_RequestSeed")
    seed = body["seed"]
    assert isinstance(seed, dict)
    raw = bytes.fromhex(seed["Request_Seed"].replace("0x", ""))
    key = bytes(one ^ other for one, other in zip(raw, bytes(4) if wrong else MASK, strict=True))
    return await set_mode(car, "security", "Level_1", Key={"Send_Key": " ".join(f"0x{byte:02X}" for byte in key)})


async def test_a_lock_holds_the_extended_session_and_its_release_ends_it(car: Adapted) -> None:
    lock = await car.lock()
    assert session_of(car) == EXTENDED
    assert await mode_of(car, "session") == "EXTENDED"
    began = car.fleet.now()
    await until(lambda: car.fleet.now() > began + 2.5 * S3_S)
    assert session_of(car) == EXTENDED, "TesterPresent kept it"
    assert (await car.ask("DELETE", lock)).status_code == 204
    assert session_of(car) == DEFAULT
    assert await mode_of(car, "session") == "DEFAULT"


async def test_a_lock_that_expires_ends_the_session(car: Adapted) -> None:
    await car.lock(seconds=1)
    assert session_of(car) == EXTENDED
    await until(lambda: session_of(car) == DEFAULT, what="the session ended with the lock")


async def test_the_session_lasts_as_long_as_the_last_lock(car: Adapted) -> None:
    first, second = await car.lock(), await car.lock()
    await car.ask("DELETE", first)
    assert session_of(car) == EXTENDED
    await car.ask("DELETE", second)
    assert session_of(car) == DEFAULT


async def test_what_changes_an_ecu_needs_a_lock(car: Adapted) -> None:
    before = car.ecu.resets, len(car.ecu.faults(car.fleet.now(), 0xFF))
    for method, path, body in (
        ("PUT", "data/0110", {"data": 900}),
        ("DELETE", "faults", None),
        ("DELETE", "faults/042000", None),
        ("POST", "operations/0203/executions", {}),
        ("PUT", "modes/session", {"value": "EXTENDED", "mode_expiration": 10}),
        ("PUT", "status/restart", {}),
    ):
        answer = await car.ask(method, f"{ENGINE_PATH}/{path}", body)
        assert (answer.status_code, answer.json()["error_code"]) == (409, "precondition-not-fulfilled"), path
    assert (car.ecu.resets, len(car.ecu.faults(car.fleet.now(), 0xFF))) == before
    assert session_of(car) == DEFAULT


async def test_without_locks_a_mode_holds_the_session_until_it_expires(home: Path) -> None:
    async with adapted_fleet(
        home, timing=replace(TIMING, s3_s=S3_S / 1.5), description=SHORT_SESSIONS, lock_is_needed=False
    ) as car:
        assert (await set_mode(car, "session", "extended", seconds=2))[0] == 200
        began = car.fleet.now()
        await until(lambda: car.fleet.now() > began + 1.2)
        assert session_of(car) == EXTENDED
        await until(lambda: session_of(car) == DEFAULT, what="the mode fell back")
        assert await mode_of(car, "session") == "DEFAULT"


async def test_modes_end_with_the_session(car: Adapted) -> None:
    lock = await car.lock()
    assert await set_mode(car, "dtcsetting", "OFF") == (200, {"id": "dtcsetting", "value": "off"})
    assert (await set_mode(car, "commctrl", "enableRxAndDisableTx"))[0] == 200
    assert (await set_mode(car, "comm-ctrl", "disableRxAndDisableTx"))[0] == 200
    assert (await unlocked(car))[0] == 200
    assert (car.ecu.records_faults, car.ecu.communication, car.ecu.security.unlocked_level) == (False, 3, 1)
    shown = [await mode_of(car, mode) for mode in ("dtcsetting", "commctrl", "security")]
    assert shown == ["off", "disableRxAndDisableTx", "Level_1"]
    await car.ask("DELETE", lock)
    assert (session_of(car), car.ecu.records_faults, car.ecu.communication) == (DEFAULT, True, 0)
    assert car.ecu.security.unlocked_level is None
    shown = [await mode_of(car, mode) for mode in ("dtcsetting", "commctrl", "security")]
    assert shown == ["on", "enableRxAndEnableTx", "Locked"]


async def test_modes_that_expire_fall_back_while_the_lock_is_held(car: Adapted) -> None:
    await car.lock()
    assert (await unlocked(car))[0] == 200
    assert (await set_mode(car, "dtcsetting", "off", seconds=1))[0] == 200
    assert (await set_mode(car, "commctrl", "enableRxAndDisableTx", seconds=1))[0] == 200
    await until(lambda: car.ecu.records_faults and car.ecu.communication == 0, what="both fell back")
    assert (session_of(car), car.ecu.security.unlocked_level) == (EXTENDED, 1)
    assert (await set_mode(car, "security", "locked"))[0] == 200
    assert (session_of(car), car.ecu.security.unlocked_level) == (EXTENDED, None)


async def test_a_wrong_key_and_wrong_values(car: Adapted) -> None:
    await car.lock()
    status, body = await unlocked(car, wrong=True)
    assert (status, body["error_code"], body["parameters"]) == (
        500,
        "error-response",
        {"service": "0x27", "nrc": "0x35"},
    )
    assert await mode_of(car, "security") == "Locked"
    for mode, value in (
        ("session", "ASLEEP"),
        ("security", "Level_2"),
        ("security", "Level_1"),
        ("dtcsetting", "maybe"),
        ("commctrl", "loud"),
    ):
        status, body = await set_mode(car, mode, value)
        assert status == 400, (mode, value, body)
    status, body = await set_mode(car, "session", "0x55")
    assert (status, body["parameters"]) == (500, {"service": "0x10", "nrc": "0x12"})


async def test_a_reset_under_a_lock_comes_back_to_the_extended_session(car: Adapted) -> None:
    await car.lock()
    answer = await car.ask("PUT", f"{ENGINE_PATH}/status/restart", {"parameters": {"resetType": "soft"}})
    assert answer.status_code == 202
    assert (car.ecu.resets, await mode_of(car, "session")) == (1, "DEFAULT")
    await until(lambda: session_of(car) == EXTENDED, what="entered again after the reset")

    async def is_shown() -> bool:
        return await mode_of(car, "session") == "EXTENDED"

    await eventually(is_shown, what="shown as such")
    assert (
        await car.ask("PUT", f"{ENGINE_PATH}/status/restart", {"parameters": {"resetType": "odd"}})
    ).status_code == 400


async def test_the_end_of_the_adapter_gives_the_session_back(home: Path) -> None:
    async with adapted_fleet(home) as car:
        await car.lock()
        ecu = car.ecu
        assert ecu.session == EXTENDED
    assert ecu.session == DEFAULT


async def test_an_execution_runs_in_the_session_of_the_lock(car: Adapted) -> None:
    executions = f"{ENGINE_PATH}/operations/0203/executions"
    items = (await car.ask("GET", f"{ENGINE_PATH}/operations")).json()["items"]
    assert {item["id"]: item["asynchronous_execution"] for item in items} == {"0203": True, "0205": False}
    await car.lock()
    started = await car.ask("POST", executions, {})
    assert started.status_code == 202
    path = f"{executions}/{started.json()['id']}"

    async def has_ended() -> bool:
        status: str = (await car.ask("GET", path)).json()["status"]
        return status == "completed"

    await eventually(has_ended, what="the routine's end")
    assert (await car.ask("GET", path)).json()["parameters"] == {"state": 2, "testsRun": 12, "testsFailed": 0}
    answer = await car.ask("POST", f"{ENGINE_PATH}/operations/0205/executions", {})
    assert (answer.status_code, answer.json()) == (200, {"parameters": {"state": 2}})


async def test_a_running_routine_refuses_a_second_start_and_can_be_stopped(home: Path) -> None:
    ecus = tuple(
        replace(ecu, routines=tuple(replace(item, duration_s=30.0) for item in ecu.routines)) for ecu in _KNOWN.ecus
    )
    async with adapted_fleet(home, description=replace(_KNOWN, ecus=ecus)) as car:
        executions = f"{ENGINE_PATH}/operations/0203/executions"
        await car.lock()
        started = (await car.ask("POST", executions, {})).json()
        path = f"{executions}/{started['id']}"
        assert (await car.ask("GET", path)).json()["status"] == "running"
        assert (await car.ask("POST", executions, {})).status_code == 409
        assert (await car.ask("DELETE", path)).status_code == 204
        assert car.ecu.routine_results(0x0203, car.fleet.now()).state.name == "STOPPED"


async def test_faults_are_filtered_found_and_cleared(car: Adapted) -> None:
    confirmed = await car.ask("GET", f"{ENGINE_PATH}/faults?status[confirmedDTC]=1")
    assert [item["display_code"] for item in confirmed.json()["items"]] == ["P0420"]
    assert (await car.ask("GET", f"{ENGINE_PATH}/faults/P0420")).json()["item"]["code"] == "042000"
    for unknown in ("123456", "nonsense"):
        assert (await car.ask("GET", f"{ENGINE_PATH}/faults/{unknown}")).status_code == 404
    await car.lock()
    car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, nrc=0x31, service=0x14, count=1)
    assert (await car.ask("DELETE", f"{ENGINE_PATH}/faults/042000")).status_code == 501
    assert (await car.ask("DELETE", f"{ENGINE_PATH}/faults/042000")).status_code == 204
    assert (await car.ask("DELETE", f"{ENGINE_PATH}/faults/042000")).status_code == 404
    assert (await car.ask("DELETE", f"{ENGINE_PATH}/faults")).status_code == 204
    assert (await car.ask("GET", f"{ENGINE_PATH}/faults?status[confirmedDTC]=1")).json()["items"] == []


async def test_clients_are_told_apart_by_their_tokens(home: Path) -> None:
    async with adapted_fleet(home, with_data=False, place=ServingPlace(tokens=("first", "second"))) as car:
        path = f"components/ecu_{ENGINE:04x}"
        assert (await car.ask("GET", path)).status_code == 401
        car.http.headers["Authorization"] = "Bearer three"
        assert (await car.ask("GET", path)).status_code == 401
        car.http.headers["Authorization"] = "Bearer first"
        await car.lock(f"ecu_{ENGINE:04x}")
        car.http.headers["Authorization"] = "Bearer second"
        refused = await car.ask("POST", f"{path}/locks", {"lock_expiration": 10})
        assert refused.status_code == 409
        assert "first" not in (await car.ask("GET", f"{path}/locks")).text
