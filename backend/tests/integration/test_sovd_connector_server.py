"""The SOVD connector and the SOVD server of this project agree on every command, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.connectors.port import Progress, ResponseChunk
from app.domain.errors import CommandNotSupported, VehicleRefused
from app.domain.json_values import JsonObject
from app.sovd_server.backend_values import ExecutionState, ExecutionStatus
from app.sovd_server.sovd_app import SovdServer, create_sovd_app
from support.memory_vehicle import MemoryVehicle, backend_of, settings_for_tests
from support.odd_sovd_server import OddSovdServer
from support.sovd_peer import sovd_served
from support.sovd_runs import connector, error_of, loop_time, parts_of, payloads_of
from support.waiting import until

ENGINE: JsonObject = {"component": "engine"}
BRAKES: JsonObject = {"component": "brakes"}


@dataclass
class Served:
    """The server, named as the runs of the odd one name theirs, and the vehicle behind it."""

    server: OddSovdServer
    vehicle: MemoryVehicle


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    vehicle = MemoryVehicle()
    async with sovd_served(create_sovd_app(backend_of(vehicle), SovdServer(settings_for_tests()))) as url:
        yield Served(server=OddSovdServer(url=url), vehicle=vehicle)


async def test_probe(served: Served) -> None:
    async with connector() as made:
        await made.probe(served.server.address, loop_time() + 5)


async def test_discovery_finds_components_subcomponents_and_apps(served: Served) -> None:
    payloads = await payloads_of(served.server, "DiscoverECUs", {})

    found = {one["ecu"]["component"] for one in payloads[:-1]}
    assert found == {"engine", "brakes", "gateway", "sensor#1", "tuner"}
    assert (payloads[-1]["totalEcus"], payloads[-1]["totalApps"]) == (4, 1)
    assert payloads[-1]["ecusNotAnswered"] == []


async def test_all_faults_of_all_entities(served: Served) -> None:
    payloads = await payloads_of(served.server, "ReadDTC", {"statusMask": "0x2F", "snapshot": True})

    assert payloads[-1]["ecusAnswered"] == ["brakes", "engine"] or payloads[-1]["ecusAnswered"] == ["engine", "brakes"]
    engine = next(one for one in payloads[:-1] if one["component"] == "engine")
    assert [one["dtcCode"] for one in engine["dtcs"]] == ["P0420", "P0171"]
    assert engine["dtcs"][0]["snapshots"] == [{"id": "snapshot", "data": {"rpm": 900}}]


async def test_clearing_one_and_all(served: Served) -> None:
    one = await payloads_of(served.server, "ClearDTC", {**ENGINE, "dtcCode": "P0420"})
    rest = await payloads_of(served.server, "ClearDTC", ENGINE)

    assert (one[0]["clearedCount"], rest[0]["clearedCount"]) == (1, 2)
    assert served.vehicle.fault_bytes == {}


async def test_clearing_one_where_only_all_can_be(served: Served) -> None:
    error = await error_of(served.server, "ClearDTC", {**ENGINE, "dtcCode": "U0100"})
    assert isinstance(error, CommandNotSupported)
    assert len(served.vehicle.fault_bytes) == 3


async def test_identification(served: Served) -> None:
    payloads = await payloads_of(served.server, "ReadIdentification", ENGINE)
    assert payloads[0]["identification"][0]["value"] == "WVWZZZ1JZXW000001"
    assert payloads[0]["identification"][0]["dataId"] == "0xF190"


async def test_data_with_units_and_with_errors(served: Served) -> None:
    payloads = await payloads_of(served.server, "ReadDataByID", {**ENGINE, "dataIds": ["0xF190", "rpm", "mute"]})

    by_id = {one["dataId"]: one for one in payloads[:-1]}
    assert (by_id["rpm"]["value"], by_id["rpm"]["unit"]) == (812.5, "1/min")
    assert by_id["mute"]["error"]["code"] == "vehicle_timeout"
    assert (payloads[-1]["read"], payloads[-1]["failed"]) == (2, 1)


async def test_writing_data_parameters_and_files(served: Served) -> None:
    data = await payloads_of(served.server, "WriteDataByID", {**ENGINE, "dataId": "rpm", "value": 900})
    parameter = await payloads_of(served.server, "WriteDataByID", {**ENGINE, "dataId": "limit", "value": 5000})
    coding = await payloads_of(served.server, "WriteDataByID", {**ENGINE, "dataId": "coding", "raw": "0a0b"})

    assert (data[0]["verified"], parameter[0]["verified"]) == (True, True)
    assert coding[0]["writtenRaw"] == "0A0B"
    assert served.vehicle.coding == b"\x0a\x0b"


async def test_what_is_not_writable_says_so(served: Served) -> None:
    read_only = await error_of(served.server, "WriteDataByID", {**ENGINE, "dataId": "vin", "value": "x"})
    wrong = await error_of(served.server, "WriteDataByID", {**ENGINE, "dataId": "rpm", "value": "fast"})

    assert isinstance(read_only, VehicleRefused)
    assert read_only.details["httpStatus"] == 405
    assert isinstance(wrong, VehicleRefused)
    assert "number" in wrong.message


async def test_a_routine_that_ends_at_once(served: Served) -> None:
    params = {**ENGINE, "routineId": "check", "action": "start", "parameters": {"n": 1}}
    payloads = await payloads_of(served.server, "RoutineControl", params)
    assert payloads[0]["result"] == {"echo": {"n": 1}}


async def test_a_routine_that_takes_time(served: Served) -> None:
    params = {**ENGINE, "routineId": "bleed", "action": "start"}
    running = asyncio.create_task(parts_of(served.server, "RoutineControl", params))
    await until(lambda: bool(served.vehicle.executions))
    again = await error_of(served.server, "RoutineControl", params)
    execution_id = next(iter(served.vehicle.executions))
    served.vehicle.executions[execution_id] = ExecutionState(
        status=ExecutionStatus.COMPLETED, parameters={"bled": True}
    )
    parts = await running

    assert isinstance(again, VehicleRefused)
    assert isinstance(parts[0], Progress)
    assert isinstance(parts[-1], ResponseChunk)
    assert parts[-1].response_payload["result"] == {"bled": True}


async def test_stopping_a_routine(served: Served) -> None:
    params = {**ENGINE, "routineId": "bleed", "action": "start"}
    running = asyncio.create_task(parts_of(served.server, "RoutineControl", params))
    await until(lambda: bool(served.vehicle.executions))
    payloads = await payloads_of(served.server, "RoutineControl", {**params, "action": "stop"})
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert payloads[0]["status"] == "success"
    assert served.vehicle.actions == ["stop"]


async def test_reset(served: Served) -> None:
    payloads = await payloads_of(served.server, "ECUReset", {**ENGINE, "resetType": "hard"})
    assert payloads[0]["ready"] is True
    assert served.vehicle.actions == ["restart"]


async def test_a_mode_that_needs_a_lock_gets_one_which_is_released(served: Served) -> None:
    payloads = await payloads_of(served.server, "ControlDTCSetting", {**BRAKES, "setting": "off", "holdS": 0.2})

    assert payloads[0]["value"] == "off"
    assert [one.partition(" ")[0] for one in served.vehicle.locks_seen] == ["taken", "ended"]


async def test_live_data_as_events(served: Served) -> None:
    params = {**ENGINE, "dataIds": ["rpm"], "intervalMs": 50, "durationS": 0.5}
    payloads = await payloads_of(served.server, "SubscribeData", params)

    assert payloads[-1]["samples"] >= 2
    assert {one["values"][0]["value"] for one in payloads[:-1]} == {812.5}
    assert payloads[0]["values"][0]["unit"] == payloads[1]["values"][0]["unit"] == "1/min"


async def test_live_data_of_several_identifiers(served: Served) -> None:
    params = {**ENGINE, "dataIds": ["rpm", "0xF190"], "intervalMs": 50, "durationS": 0.5}
    payloads = await payloads_of(served.server, "SubscribeData", params)
    assert [one["dataId"] for one in payloads[1]["values"]] == ["rpm", "0xF190"]
    left = await payloads_of(served.server, "SOVDRequest", {"method": "GET", "path": "components/engine/data-lists"})
    assert left[0]["body"]["items"] == []


async def test_any_resource(served: Served) -> None:
    described = await payloads_of(served.server, "SOVDRequest", {"method": "GET", "path": "components/engine"})
    unknown = await error_of(served.server, "SOVDRequest", {"method": "GET", "path": "components/none"})

    assert described[0]["body"]["name"] == "Engine"
    assert isinstance(unknown, VehicleRefused)
    assert unknown.details["vendorCode"] == "entity-not-found"
