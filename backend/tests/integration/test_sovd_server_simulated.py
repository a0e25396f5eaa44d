"""Simulated vehicles over their SOVD server: the same state as over DoIP, with sessions, security and routines."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from app.simulator.description_reading import built_in_description
from app.simulator.security_access import key_for
from app.simulator.sovd_backend import sovd_app_for
from app.simulator.virtual_vehicle import VirtualVehicle
from support.sovd_asking import ask, ids, read
from support.sovd_peer import sovd_served
from support.waiting import eventually

ENGINE = "components/engine"
EXTENDED = {"value": "EXTENDED", "mode_expiration": 60}


@pytest.fixture
async def vehicles() -> dict[str, VirtualVehicle]:
    """Two vehicles by VIN."""
    description = built_in_description()
    now = asyncio.get_running_loop().time()
    made = [VirtualVehicle(description, number=number, started_at=now) for number in (1, 2)]
    return {vehicle.vin: vehicle for vehicle in made}


@pytest.fixture
async def client(vehicles: dict[str, VirtualVehicle]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the first vehicle."""
    async with sovd_served(sovd_app_for(vehicles)) as root:
        vin = next(iter(vehicles))
        async with httpx.AsyncClient(base_url=f"{root}/{vin}/sovd/v1/") as client:
            yield client


async def test_the_components_are_the_ecus(client: httpx.AsyncClient, vehicles: dict[str, VirtualVehicle]) -> None:
    expected = ["gateway", "engine", "transmission", "brakes", "body", "battery"]
    assert ids(await read(client, "components")) == expected
    assert (await read(client, ENGINE))["variant"]["logical_address"] == "0x1010"
    vin = next(iter(vehicles))
    assert (await read(client, f"{ENGINE}/data/F190"))["data"] == vin


async def test_values_have_units(client: httpx.AsyncClient) -> None:
    speed = await read(client, f"{ENGINE}/data/F40C?include-schema=true")
    assert speed["schema"]["properties"]["data"]["x-sovd-unit"]["display_name"] == "rpm"
    assert 600 < speed["data"] < 4000


async def test_faults_with_snapshots(client: httpx.AsyncClient, vehicles: dict[str, VirtualVehicle]) -> None:
    faults = (await read(client, f"{ENGINE}/faults"))["items"]
    assert [fault["display_code"] for fault in faults] == ["P0420", "P0171"]
    confirmed = await read(client, f"{ENGINE}/faults?status[confirmedDTC]=1")
    assert ids(confirmed, "code") == ["042000"]
    detail = await read(client, f"{ENGINE}/faults/P0420")
    [snapshot] = detail["environment_data"]["snapshots"]["data"]
    assert {value["name"] for value in snapshot["data"]} >= {"EngineSpeed", "VehicleSpeed"}
    await ask(client, "GET", f"{ENGINE}/faults/ABCDEF", 404)
    await ask(client, "GET", f"{ENGINE}/faults/nonsense", 404)
    await ask(client, "DELETE", f"{ENGINE}/faults/042000", 204)
    ecu = next(iter(vehicles.values())).component("engine")
    assert ecu is not None
    assert [state.spelling for state in ecu.faults(asyncio.get_running_loop().time())] == ["P0171"]
    await ask(client, "DELETE", f"{ENGINE}/faults", 204)
    assert (await read(client, f"{ENGINE}/faults"))["items"] == []


async def test_writing_needs_the_session_and_the_value_must_fit(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/data/0110"
    refused = (await ask(client, "PUT", path, 400, {"data": 900})).json()
    assert refused["parameters"]["nrc"] == "0x31"
    await ask(client, "PUT", f"{ENGINE}/modes/session", 200, EXTENDED)
    await ask(client, "PUT", path, 204, {"data": 900})
    assert (await read(client, path))["data"] == 900
    assert (await ask(client, "PUT", path, 400, {"data": 9000})).json()["path"] == "/data"


async def test_security_access_and_coding(client: httpx.AsyncClient) -> None:
    coding, security = f"{ENGINE}/configurations/0120", f"{ENGINE}/modes/security"
    seed_wanted = {"value": "Level_1_RequestSeed", "mode_expiration": 60}
    await ask(client, "PUT", security, 500, seed_wanted)
    await ask(client, "PUT", f"{ENGINE}/modes/session", 200, EXTENDED)
    assert (await ask(client, "PUT", coding, 403, {"data": "00" * 8})).json()["parameters"]["nrc"] == "0x33"
    seed = (await ask(client, "PUT", security, 200, seed_wanted)).json()["seed"]["Request_Seed"]
    wrong = {"value": "Level_1", "Key": {"Send_Key": "0x00 0x00 0x00 0x00"}, "mode_expiration": 60}
    assert (await ask(client, "PUT", security, 500, wrong)).json()["parameters"]["nrc"] == "0x35"
    await ask(client, "PUT", security, 400, {"value": "Level_1", "mode_expiration": 60})
    await ask(client, "PUT", security, 400, {"value": "Level_1", "key": "none", "mode_expiration": 60})
    seed = (await ask(client, "PUT", security, 200, seed_wanted)).json()["seed"]["Request_Seed"]
    key = key_for(bytes.fromhex(seed.replace("0x", "")), bytes.fromhex("A5C35A3C"))
    unlocked = await ask(client, "PUT", security, 200, {"value": "Level_1", "key": key.hex(), "mode_expiration": 60})
    assert unlocked.json() == {"id": "security", "value": "Level_1"}
    await ask(client, "PUT", coding, 204, {"data": "00" * 8})
    assert (await read(client, coding))["data"] == "00" * 8


async def test_modes_of_communication_and_trouble_codes(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/modes"
    off = {"value": "off", "mode_expiration": 60}
    assert (await ask(client, "PUT", f"{path}/dtcsetting", 500, off)).json()["parameters"]["nrc"] == "0x7F"
    await ask(client, "PUT", f"{path}/session", 200, EXTENDED)
    await ask(client, "PUT", f"{path}/dtcsetting", 200, off)
    assert (await read(client, f"{path}/dtcsetting"))["value"] == "off"
    silent = {"value": "disableRxAndDisableTx", "mode_expiration": 60}
    await ask(client, "PUT", f"{path}/comm-ctrl", 200, silent)
    assert (await read(client, f"{path}/commctrl"))["value"] == "disableRxAndDisableTx"
    await ask(client, "PUT", f"{path}/session", 200, {"value": "DEFAULT", "mode_expiration": 60})
    assert (await read(client, f"{path}/dtcsetting"))["value"] == "on"
    assert (await read(client, f"{path}/commctrl"))["value"] == "enableRxAndEnableTx"


async def test_a_routine_runs_to_its_end(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/operations/0203"
    assert (await read(client, path))["modes"] == {"session": "EXTENDED"}
    await ask(client, "POST", f"{path}/executions", 400, {})
    await ask(client, "PUT", f"{ENGINE}/modes/session", 200, EXTENDED)
    location = (await ask(client, "POST", f"{path}/executions", 202, {})).headers["Location"]

    async def ended() -> bool:
        return bool((await read(client, location))["status"] != "running")

    await eventually(ended, what="the end of the self test")
    assert (await read(client, location))["parameters"] == {"testsRun": 12, "testsFailed": 0}


async def test_a_routine_that_blocks_is_synchronous(client: httpx.AsyncClient) -> None:
    await ask(client, "PUT", f"{ENGINE}/modes/session", 200, EXTENDED)
    done = await ask(client, "POST", f"{ENGINE}/operations/0205/executions", 200, {})
    assert done.json() == {"parameters": {}}


async def test_a_routine_that_is_stopped_or_loses_its_session(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/operations/0203/executions"
    await ask(client, "PUT", f"{ENGINE}/modes/session", 200, EXTENDED)
    location = (await ask(client, "POST", path, 202, {})).headers["Location"]
    await ask(client, "DELETE", location, 204)
    location = (await ask(client, "POST", path, 202, {})).headers["Location"]
    await ask(client, "PUT", f"{ENGINE}/modes/session", 200, {"value": "DEFAULT", "mode_expiration": 60})
    ended = await read(client, location)
    assert ended["status"] == "failed"
    assert ended["error"][0]["path"] == "/"


async def test_a_restart_is_seen_and_logged(client: httpx.AsyncClient) -> None:
    await ask(client, "PUT", f"{ENGINE}/status/restart", 202, {})
    assert (await read(client, f"{ENGINE}/status"))["status"] == "notReady"
    await ask(client, "GET", f"{ENGINE}/data/F190", 504)
    assert "restart" in (await read(client, f"{ENGINE}/logs/entries"))["items"][-1]["msg"]

    async def ready() -> bool:
        return bool((await read(client, f"{ENGINE}/status"))["status"] == "ready")

    await eventually(ready, what="the ECU being back")


async def test_the_end_of_the_last_lock_ends_the_session(client: httpx.AsyncClient) -> None:
    location = (await ask(client, "POST", f"{ENGINE}/locks", 201, {"lock_expiration": 60})).headers["Location"]
    await ask(client, "PUT", f"{ENGINE}/modes/session", 200, EXTENDED)
    await ask(client, "DELETE", location, 204)
    assert (await read(client, f"{ENGINE}/modes/session"))["value"] == "DEFAULT"


async def test_log_settings(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/logs/config"
    quiet = {"context": {"type": "RFC5424", "process": "engine"}, "severity": "error"}
    await ask(client, "PUT", path, 204, {"items": [quiet]})
    await ask(client, "PUT", f"{ENGINE}/status/restart", 202, {})
    assert (await read(client, f"{ENGINE}/logs/entries"))["items"] == []
    await ask(client, "PUT", path, 400, {"items": [quiet, quiet]})
    await ask(client, "DELETE", path, 204)


async def test_a_thousand_vehicles_are_one_application() -> None:
    description, now = built_in_description(), asyncio.get_running_loop().time()
    made = [VirtualVehicle(description, number=number, started_at=now) for number in range(1000)]
    app = sovd_app_for({vehicle.vin: vehicle for vehicle in made})
    async with sovd_served(app) as root, httpx.AsyncClient(base_url=root) as client:
        for vin in (made[0].vin, made[-1].vin):
            assert (await read(client, f"{root}/{vin}/sovd/v1/{ENGINE}/data/F190"))["data"] == vin
