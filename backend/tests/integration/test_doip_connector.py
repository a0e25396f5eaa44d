"""The DoIP connector drives a simulated vehicle over real sockets: every command, and what it gives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app.connectors.doip_connector import DoipConnector
from app.connectors.port import VehicleContext
from app.domain.catalogue import COMMANDS
from app.domain.errors import CommandNotSupported, InvalidRequest, VehicleError, VehicleTimeout, VehicleUnreachable
from app.domain.json_values import JsonObject
from app.links.doip_pool import DoipLinks
from app.links.security_access import SecurityProviderFailed
from app.links.uds_client import UdsClient, UdsResponse
from app.links.uds_errors import NegativeResponse
from support.doip_runs import ENGINE, TIMING, DrivenVehicle, driven_vehicle
from support.loaded_data import shelf_at
from support.odx_files import odx_document
from support.simulated_fleet import quick_description
from support.waiting import until

ALL_ECUS = ["0x1000", "0x1010", "0x1020", "0x1030", "0x1040", "0x1050"]
CODING = {**ENGINE, "dataId": "0x0120", "raw": "0102030405060799"}


@pytest.fixture
async def car(tmp_path: Path) -> AsyncIterator[DrivenVehicle]:
    async with driven_vehicle(tmp_path) as found:
        yield found


def loop_time() -> float:
    return asyncio.get_running_loop().time()


# ---- finding ECUs


@pytest.mark.parametrize("settings", ["", "?scan=0x1000-0x1060&functional=0xE7FF", "?ecus=0x1000,0x1010"])
async def test_control_units_are_found(car: DrivenVehicle, settings: str) -> None:
    car.address = car.host + settings
    for _ in range(3):  # on a machine without time, a unit may miss the short turn that a search gives it
        *parts, last = await car.run("DiscoverECUs", {})
        if len(parts) == len(ALL_ECUS):
            break
    assert sorted(part["ecu"]["ecuAddress"] for part in parts) == ALL_ECUS
    assert {part["ecu"]["name"] for part in parts} >= {"Engine control module", "Brake control module"}
    assert last == {"status": "complete", "totalEcus": 6, "ecusNotAnswered": []}


async def test_a_control_unit_of_the_address_that_is_not_there_is_named(car: DrivenVehicle) -> None:
    car.address = car.host + "?ecus=0x1010,0x1234"
    *parts, last = await car.run("DiscoverECUs", {})
    assert len(parts) == 6
    assert [one["ecuAddress"] for one in last["ecusNotAnswered"]] == ["0x1234"]


async def test_identification_of_one_and_of_all(car: DrivenVehicle) -> None:
    part, last = await car.run("ReadIdentification", ENGINE)
    values = {item["dataId"]: item["value"] for item in part["identification"]}
    assert values["0xF190"] == car.simulated.vin
    assert values["0xF187"] == "04E906027AB"
    assert last["ecusAnswered"] == ["0x1010"]
    car.address = car.host
    *parts, last = await car.run("ReadIdentification", {})
    assert (len(parts), last["totalEcus"]) == (6, 6)


# ---- trouble codes


async def test_trouble_codes_of_the_whole_vehicle(car: DrivenVehicle) -> None:
    *parts, last = await car.run("ReadDTC", {})
    assert sorted(part["ecuAddress"] for part in parts) == ALL_ECUS
    assert (last["totalDtcs"], last["ecusAnswered"], last["ecusNotAnswered"]) == (2, ALL_ECUS, [])


async def test_a_trouble_code_with_all_that_is_known_of_it(car: DrivenVehicle) -> None:
    part, _ = await car.run("ReadDTC", {**ENGINE, "snapshot": True, "extendedData": True})
    dtc = part["dtcs"][0]
    assert (dtc["dtcCode"], dtc["status"], dtc["statusByte"], dtc["raw"]) == ("P0420", "confirmed", "0x2F", "042000")
    assert dtc["description"] == "Catalyst System Efficiency Below Threshold (Bank 1)"
    assert {"testFailed", "confirmedDTC"} <= set(dtc["statusBits"])
    assert [value["name"] for value in dtc["snapshots"][0]["values"]][:2] == ["EngineSpeed", "VehicleSpeed"]
    assert dtc["snapshots"][0]["recordNumber"] == 1
    assert dtc["extendedData"][0]["recordNumber"] == 1
    assert part["raw"].startswith("5902")


async def test_the_status_mask_selects(car: DrivenVehicle) -> None:
    part, _ = await car.run("ReadDTC", {**ENGINE, "statusMask": "0x08"})
    assert [dtc["dtcCode"] for dtc in part["dtcs"]] == ["P0420"]


async def test_clearing_one_code_and_all(car: DrivenVehicle) -> None:
    (one,) = await car.run("ClearDTC", {**ENGINE, "dtcCode": "P0420"})
    assert (one["clearedCount"], one["clearedCodes"], one["raw"]) == (1, ["P0420"], "54")
    part, _ = await car.run("ReadDTC", ENGINE)
    assert [dtc["dtcCode"] for dtc in part["dtcs"]] == ["P0171"]
    (rest,) = await car.run("ClearDTC", ENGINE)
    assert rest["clearedCount"] == 1
    assert (await car.run("ReadDTC", ENGINE))[-1]["totalDtcs"] == 0


# ---- data


async def test_one_identifier_and_many(car: DrivenVehicle) -> None:
    value, last = await car.run("ReadDataByID", {**ENGINE, "dataId": "0xF190"})
    assert (value["name"], value["value"], value["source"]) == ("VIN", car.simulated.vin, "built-in")
    assert bytes.fromhex(value["raw"]) == b"\x62\xf1\x90" + car.simulated.vin.encode()
    assert (last["read"], last["failed"]) == (1, 0)

    *values, last = await car.run("ReadDataByID", {**ENGINE, "dataIds": ["0xF442", "EngineSpeed", "0x9999"]})
    assert (values[0]["unit"], values[1]["unit"]) == ("V", "rpm")
    assert 500 < values[1]["value"] < 1000
    assert (values[2]["error"]["nrcName"], last["read"], last["failed"]) == ("requestOutOfRange", 2, 1)


async def test_one_identifier_alone_that_is_refused_raises(car: DrivenVehicle) -> None:
    with pytest.raises(NegativeResponse) as raised:
        await car.run("ReadDataByID", {**ENGINE, "dataId": "0x9999"})
    assert raised.value.details["ecuAddress"] == "0x1010"
    assert raised.value.details["advice"]


@pytest.mark.parametrize("params", [{**ENGINE, "dataIds": ["NoSuchName"]}, {"component": "engine", "dataId": "0xF190"}])
async def test_names_that_nobody_knows_are_refused_before_anything_is_sent(
    car: DrivenVehicle, params: JsonObject
) -> None:
    with pytest.raises(InvalidRequest):
        await car.run("ReadDataByID", params)


async def test_live_data_for_its_duration(car: DrivenVehicle) -> None:
    params = {**ENGINE, "dataIds": ["0xF40C", "0xF40D"], "intervalMs": 50, "durationS": 0.2}
    *samples, last = await car.run("SubscribeData", params)
    assert [one["sample"] for one in samples] == list(range(1, len(samples) + 1))
    assert last["samples"] + last["missed"] == 4
    assert [value["unit"] for value in samples[0]["values"]] == ["rpm", "km/h"]
    assert samples[0]["sampledAt"].endswith("Z")
    assert [one["elapsedS"] for one in samples] == sorted(one["elapsedS"] for one in samples)


async def test_live_data_leaves_the_control_unit_to_others_between_samples(car: DrivenVehicle) -> None:
    params = {**ENGINE, "dataIds": ["0xF40C"], "intervalMs": 1000, "durationS": 60}
    async with aclosing(car.connector.execute(car.request("SubscribeData", params, within_s=90))) as live:
        await anext(live)
        assert (await car.run("ReadDataByID", {**ENGINE, "dataId": "0xF190"}, within_s=5))[0]["name"] == "VIN"


async def test_writing_is_read_back(car: DrivenVehicle) -> None:
    (done,) = await car.run("WriteDataByID", {**ENGINE, "dataId": "0x0110", "raw": "0320"})
    assert (done["status"], done["verified"], done["written"], done["raw"]) == ("success", True, "0320", "6E0110")


async def test_coding_needs_the_security_level(car: DrivenVehicle) -> None:
    with pytest.raises(NegativeResponse) as raised:
        await car.run("WriteDataByID", CODING)
    assert raised.value.details["nrcName"] == "securityAccessDenied"
    (done,) = await car.run("WriteDataByID", {**CODING, "securityLevel": 1})
    assert done["verified"]
    assert car.ecu().session == 1  # given back


async def test_coding_without_or_with_wrong_settings(car: DrivenVehicle) -> None:
    car.context = VehicleContext()
    with pytest.raises(SecurityProviderFailed):
        await car.run("WriteDataByID", {**CODING, "securityLevel": 1})
    car.context = VehicleContext(secrets={"security_access": '{"provider": "xor-demo", "mask": "00"}'})
    names = []
    for _ in range(4):
        with pytest.raises(NegativeResponse) as raised:
            await car.run("WriteDataByID", {**CODING, "securityLevel": 1})
        names.append(raised.value.info.name)
    assert names[:3] == ["invalidKey", "invalidKey", "exceedNumberOfAttempts"]
    assert names[3] in {"requiredTimeDelayNotExpired", "invalidKey"}


# ---- routines, resets, sessions


async def test_a_routine_is_followed_to_its_end(car: DrivenVehicle) -> None:
    (done,) = await car.run("RoutineControl", {**ENGINE, "routineId": "0x0203", "action": "start"})
    assert (done["routineState"], done["statusRecord"]) == ("ended", "020C00")
    assert "still running" in car.progress[0].message
    (results,) = await car.run("RoutineControl", {**ENGINE, "routineId": "0x0203", "action": "results"})
    assert results["statusRecord"] == "020C00"


async def test_a_blocking_routine_shows_progress(car: DrivenVehicle) -> None:
    (done,) = await car.run("RoutineControl", {**ENGINE, "routineId": "0x0205", "action": "start"})
    assert done["status"] == "success"
    assert car.progress[0].message == "ECU 0x1010 still working"


async def test_a_routine_with_parameters_and_security(car: DrivenVehicle) -> None:
    params = {**ENGINE, "routineId": "0x0204", "action": "start", "raw": "0190", "securityLevel": 1}
    (done,) = await car.run("RoutineControl", params)
    assert done["statusRecord"] == "020192"


@pytest.mark.parametrize("parameters", [{"routineId": "SelfTest"}, {"routineId": "0x0203", "parameters": {"x": 1}}])
async def test_a_routine_that_cannot_be_spelled(car: DrivenVehicle, parameters: JsonObject) -> None:
    with pytest.raises(InvalidRequest):
        await car.run("RoutineControl", {**ENGINE, "action": "start", **parameters})


async def test_a_reset_is_waited_for(car: DrivenVehicle) -> None:
    resets = car.ecu().resets
    (done,) = await car.run("ECUReset", {**ENGINE, "resetType": "soft"})
    assert done["backAfterS"] is not None
    assert car.ecu().resets == resets + 1


async def test_the_setting_of_fault_storage_is_held(car: DrivenVehicle) -> None:
    (done,) = await car.run("ControlDTCSetting", {**ENGINE, "setting": "off", "holdS": 0.1})
    assert (done["setting"], done["heldS"], done["raw"]) == ("off", 0.1, "C502")
    assert car.ecu().session == 1
    await car.run("ControlDTCSetting", {**ENGINE, "setting": "off"})
    assert car.ecu().session == 3  # left alone: the ECU falls back by itself


# ---- variants


@pytest.mark.parametrize(
    ("command_name", "params"),
    [
        ("ReadDataByID", {"dataId": "0xF190"}),
        ("SubscribeData", {"dataIds": ["0xF190"], "intervalMs": 20, "durationS": 0.02}),
        ("RoutineControl", {"routineId": "0x0301", "action": "start", "raw": ""}),
    ],
)
async def test_the_variant_is_found_out_for_numbers_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_name: str, params: JsonObject
) -> None:
    """What a value means may differ from variant to variant."""
    asked: list[bytes] = []
    request = UdsClient.request

    async def noted(client: UdsClient, payload: bytes, deadline: float) -> UdsResponse | None:
        asked.append(payload)
        return await request(client, payload, deadline)

    monkeypatch.setattr(UdsClient, "request", noted)
    async with driven_vehicle(tmp_path / "car") as car, shelf_at(tmp_path / "data") as shelf, DoipLinks() as links:
        car.connector = DoipConnector(links, shelf.library, timing=TIMING)
        car.context = VehicleContext(data_sets=(shelf.ref(odx_document().encode()),))
        with suppress(VehicleError):
            await car.run(command_name, {"ecuAddress": "0x1030", **params})
    assert asked[0] == bytes.fromhex("22F195")


# ---- the port


async def test_what_a_doip_vehicle_cannot_do(car: DrivenVehicle) -> None:
    with pytest.raises(CommandNotSupported):
        await car.run("SOVDRequest", {"method": "GET", "path": "components"})
    assert len(COMMANDS) == 11  # a new command wants a decision here


@pytest.mark.parametrize("settings", ["?ecus=0x1010", "?ecus=0x1234,0x1010", ""])
async def test_a_probe_wants_a_real_answer(car: DrivenVehicle, settings: str) -> None:
    await car.connector.probe(car.host + settings, loop_time() + 5)


async def test_a_probe_of_nobody(car: DrivenVehicle) -> None:
    with pytest.raises(VehicleError):
        await car.connector.probe(car.host + "?ecus=0x1234", loop_time() + 2)


async def test_nothing_is_sent_after_the_deadline(car: DrivenVehicle) -> None:
    with pytest.raises(VehicleUnreachable):
        await car.run("ClearDTC", ENGINE, within_s=-1)


async def test_nobody_listens(car: DrivenVehicle) -> None:
    car.address = "doip://127.0.0.1:9?ecus=0x1010"
    with pytest.raises(VehicleUnreachable):
        await car.run("ReadDTC", {}, within_s=2)


async def test_commands_to_different_control_units_run_side_by_side(car: DrivenVehicle) -> None:
    async with asyncio.TaskGroup() as tasks:
        ran = [tasks.create_task(car.run("ReadDTC", {"ecuAddress": ecu})) for ecu in ALL_ECUS * 4]
    assert sum(one.result()[-1]["totalDtcs"] for one in ran) == 8


async def test_nothing_is_read_ahead_and_closing_leaves_no_task(car: DrivenVehicle) -> None:
    before = asyncio.all_tasks()
    params = {**ENGINE, "dataIds": ["0xF190", "0xF18C", "0xF187"]}
    async with aclosing(car.connector.execute(car.request("ReadDataByID", params))) as parts:
        await anext(parts)
    assert {task for task in asyncio.all_tasks() if "_run" in repr(task.get_coro())} - before == set()


async def test_a_cancelled_command_gives_its_session_back(car: DrivenVehicle) -> None:
    task = asyncio.create_task(car.run("ControlDTCSetting", {**ENGINE, "setting": "off", "holdS": 60}, within_s=90))
    await until(lambda: car.ecu().session == 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert car.ecu().session == 1


async def test_a_held_session_outlives_s3(tmp_path: Path) -> None:
    known = quick_description()
    short = replace(known, ecus=tuple(replace(ecu, s3_s=0.4) for ecu in known.ecus))
    async with driven_vehicle(tmp_path, timing=replace(TIMING, s3_s=0.4), description=short) as car:
        task = asyncio.create_task(car.run("ControlDTCSetting", {**ENGINE, "setting": "off", "holdS": 1.5}))
        await until(lambda: car.ecu().session == 3)
        began = loop_time()
        await until(lambda: loop_time() > began + 3 * 0.4)
        car.ecu().settle(loop_time())
        assert car.ecu().session == 3
        assert (await task)[0]["status"] == "success"


async def test_the_time_for_a_subscription_is_over_first(car: DrivenVehicle) -> None:
    params = {**ENGINE, "dataIds": ["0xF40C"], "intervalMs": 100, "durationS": 30}
    with pytest.raises((VehicleTimeout, VehicleUnreachable)):  # the second where the time is over between two samples
        await car.run("SubscribeData", params, within_s=0.5)
