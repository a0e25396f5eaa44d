"""The same command gives the same answer over the adapter (SOVD) and directly (DoIP), on the same simulated vehicle."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import VehicleError, VehicleRefused
from app.domain.json_values import JsonObject
from app.simulator.disturbances import DisturbanceKind
from support.adapted_fleet import ON_ENGINE, Adapted, adapted_fleet


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled data is kept from test to test."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
async def car(home: Path) -> AsyncIterator[Adapted]:
    async with adapted_fleet(home, vehicles=2) as made:
        yield made


async def both(car: Adapted, name: str, params: JsonObject) -> tuple[list[JsonObject], list[JsonObject]]:
    return await car.adapted(name, params), await car.directly(name, params)


def picked(payload: JsonObject, *names: str) -> JsonObject:
    return {name: payload.get(name) for name in names}


async def test_ecus(car: Adapted) -> None:
    adapted, direct = await both(car, "DiscoverECUs", {})
    shown = [{part["ecu"]["ecuAddress"]: part["ecu"]["name"] for part in parts[:-1]} for parts in (adapted, direct)]
    assert shown[0] == shown[1]
    assert adapted[-1]["totalEcus"] == direct[-1]["totalEcus"] == 6
    components = {part["ecu"]["ecuAddress"]: part["ecu"]["component"] for part in adapted[:-1]}
    assert components["0x1020"] == "ecu_1020"


async def test_identification(car: Adapted) -> None:
    adapted, direct = (
        {item["dataId"]: (item["name"], item["value"]) for item in parts[0]["identification"]}
        for parts in await both(car, "ReadIdentification", {"ecuAddress": "0x1030"})
    )
    assert len(direct) > 4
    assert {name: adapted.get(name) for name in direct} == direct
    assert adapted.keys() - direct.keys() == {"0xF186"}  # identData is all from F180 to F19E


@pytest.mark.parametrize("mask", ["0xFF", "0x08", "0x10"])
async def test_trouble_codes(car: Adapted, mask: str) -> None:
    params = {**ON_ENGINE, "statusMask": mask, "snapshot": True, "extendedData": True}
    shown = []
    for parts in await both(car, "ReadDTC", params):
        shown.append(
            [
                picked(item, "dtcCode", "description", "status", "statusByte", "statusBits", "raw", "ecuAddress")
                for item in parts[0]["dtcs"]
            ]
        )
        assert parts[-1]["totalDtcs"] == len(shown[-1])
    assert shown[0] == shown[1]
    assert [item["dtcCode"] for item in shown[0]] == {
        "0xFF": ["P0420", "P0171"],
        "0x08": ["P0420"],
        "0x10": [],
    }[mask]


async def test_what_was_recorded_with_a_trouble_code(car: Adapted) -> None:
    adapted, direct = await both(car, "ReadDTC", {**ON_ENGINE, "snapshot": True, "extendedData": True})
    for over_sovd, over_doip in zip(adapted[0]["dtcs"], direct[0]["dtcs"], strict=True):
        snapshot, same = over_sovd["snapshots"][0], over_doip["snapshots"][0]
        assert snapshot["record"] == same["recordNumber"]
        assert {part["name"]: part["value"] for part in snapshot["data"]} == {
            part["name"]: part["value"] for part in same["values"]
        }
        extended, same = over_sovd["extendedData"][0], over_doip["extendedData"][0]
        assert (extended["record"], extended["data"]) == (same["recordNumber"], same["data"])


async def test_values_by_number_and_by_name(car: Adapted) -> None:
    params = {**ON_ENGINE, "dataIds": ["0xF190", "0xF187", "0x0110", "IdleSpeedTarget", "0x0120", "0xF195"]}
    adapted, direct = await both(car, "ReadDataByID", params)
    adapted_by_id = {part["dataId"]: part for part in adapted[:-1]}
    for part in direct[:-1]:
        wanted = picked(part, "name", "value", "unit", "ecuAddress")
        assert picked(adapted_by_id[part["dataId"]], *wanted) == wanted
    assert adapted[-1]["read"] == direct[-1]["read"] == 6
    assert adapted_by_id["0x0110"]["unit"] == "rpm"


async def test_values_that_move_and_records_of_several(car: Adapted) -> None:
    adapted, direct = await both(car, "ReadDataByID", {**ON_ENGINE, "dataIds": ["0xF40C", "0xF442"]})
    by_id = [{part["dataId"]: part for part in parts[:-1]} for parts in (adapted, direct)]
    assert picked(by_id[0]["0xF40C"], "name", "unit") == picked(by_id[1]["0xF40C"], "name", "unit")
    units = [[(one["name"], one["unit"]) for one in parts["0xF442"]["values"]] for parts in by_id]
    assert units[0] == units[1] == [("whole", "x"), ("rest", None)]


async def test_live_data(car: Adapted) -> None:
    params = {**ON_ENGINE, "dataIds": ["0x0110"], "intervalMs": 50, "durationS": 0.4}
    for parts in await both(car, "SubscribeData", params):
        samples = parts[:-1]
        assert len(samples) > 1
        assert picked(samples[0]["values"][0], "dataId", "value", "unit") == {
            "dataId": "0x0110",
            "value": 820,
            "unit": "rpm",
        }


async def test_writing(car: Adapted) -> None:
    for value, way in ((900, car.adapted), (910, car.directly)):
        done = (await way("WriteDataByID", {**ON_ENGINE, "dataId": "0x0110", "value": value}))[-1]
        assert (done["status"], done["verified"]) == ("success", True)
        assert car.ecu.read_value(0x0110, car.fleet.now()) == value
    for way in (car.adapted, car.directly):
        with pytest.raises(Exception, match="1200"):
            await way("WriteDataByID", {**ON_ENGINE, "dataId": "0x0110", "value": 1300})
    assert car.ecu.read_value(0x0110, car.fleet.now()) == 910


async def test_writing_what_is_protected(car: Adapted) -> None:
    params: JsonObject = {**ON_ENGINE, "dataId": "0x0120", "value": "0807060504030201"}
    for way in (car.adapted, car.directly):
        with pytest.raises(VehicleRefused) as refused:
            await way("WriteDataByID", params)
        assert refused.value.details["nrc"] == "0x33"
        done = (await way("WriteDataByID", {**params, "securityLevel": 1}))[-1]
        assert (done["status"], done["verified"]) == ("success", True)


async def test_a_routine_with_results_and_one_without(car: Adapted) -> None:
    for way in (car.adapted, car.directly):
        done = (await way("RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"}))[-1]
        assert (done["status"], done["routineState"]) == ("success", "ended")
        result = done["result"]
        assert result.get("value", result) == {"state": 2, "testsRun": 12, "testsFailed": 0}
        done = (await way("RoutineControl", {**ON_ENGINE, "routineId": "0x0205", "action": "start"}))[-1]
        assert done["status"] == "success"


async def test_clearing(car: Adapted) -> None:
    for parts in (await car.adapted("ClearDTC", ON_ENGINE), await car.directly("ClearDTC", ON_ENGINE, vehicle=1)):
        assert picked(parts[-1], "status", "clearedCount") == {"status": "success", "clearedCount": 2}
    assert not car.ecu.faults(car.fleet.now(), 0x0C)


async def test_clearing_one(car: Adapted) -> None:
    params: JsonObject = {**ON_ENGINE, "dtcCode": "P0171"}
    for parts in (await car.adapted("ClearDTC", params), await car.directly("ClearDTC", params, vehicle=1)):
        assert picked(parts[-1], "status", "clearedCount") == {"status": "success", "clearedCount": 1}
    assert [fault.spelling for fault in car.ecu.faults(car.fleet.now(), 0x0C)] == ["P0420"]


@pytest.mark.parametrize("kind", ["hard", "keyOffOn", "soft"])
async def test_resetting(car: Adapted, kind: str) -> None:
    for parts in await both(car, "ECUReset", {**ON_ENGINE, "resetType": kind}):
        assert picked(parts[-1], "status", "resetType") == {"status": "success", "resetType": kind}
        assert parts[-1]["backAfterS"] is not None


async def test_switching_the_storing_of_trouble_codes(car: Adapted) -> None:
    for parts in await both(car, "ControlDTCSetting", {**ON_ENGINE, "setting": "off"}):
        assert picked(parts[-1], "status", "setting") == {"status": "success", "setting": "off"}


@pytest.mark.parametrize("nrc", [0x10, 0x13, 0x22, 0x31, 0x33, 0x72, 0x7F])
async def test_refusals(car: Adapted, nrc: int) -> None:
    await car.adapted("ReadDataByID", {**ON_ENGINE, "dataId": "0xF190"})  # so that only the read itself is refused
    details = []
    for way in (car.adapted, car.directly):
        car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, nrc=nrc, service=0x22, count=1)
        with pytest.raises(VehicleRefused) as refused:
            await way("ReadDataByID", {**ON_ENGINE, "dataId": "0xF190"})
        details.append(picked(refused.value.details, "nrc", "nrcName", "advice", "ecuAddress"))
    assert details[0] == details[1]


async def test_an_ecu_that_is_not_there(car: Adapted) -> None:
    with pytest.raises(VehicleError, match="0x1077"):
        await car.adapted("ReadDTC", {"ecuAddress": "0x1077"})
