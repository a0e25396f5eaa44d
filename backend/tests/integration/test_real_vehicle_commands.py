"""The whole application with vehicles that speak DoIP and SOVD: lanes, safe state, truthful ends."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.simulator.disturbances import DisturbanceKind
from app.simulator.ecu_refusal import EcuRefused
from support.connector_cases import engine_of
from support.disturbing import all_ended
from support.ledger import read_ledger
from support.real_vehicles import Registered, register
from support.running_app import RunningApp
from support.simulated_fleet import quick_fleet
from support.waiting import eventually

ENGINE, BRAKES = 0x1010, 0x1030
VIN = {"dataId": "0xF190"}
SELF_TEST = {"routineId": "0x0203", "action": "start"}


@pytest.fixture(params=["doip", "sovd"])
async def car(request: pytest.FixtureRequest, running_app: RunningApp) -> AsyncIterator[Registered]:
    async with quick_fleet(with_sovd=True) as fleet:
        yield await register(running_app, fleet, request.param)


@pytest.fixture
async def doip_car(running_app: RunningApp) -> AsyncIterator[Registered]:
    async with quick_fleet() as fleet:
        yield await register(running_app, fleet, "doip")


def engine_ran_its_test(car: Registered) -> bool:
    try:
        engine_of(car.simulated).routines.last_run(0x0203, asyncio.get_running_loop().time())
    except EcuRefused:
        return False
    return True


async def test_control_units_side_by_side_and_the_whole_vehicle_alone(
    car: Registered, running_app: RunningApp, database_url: str
) -> None:
    car.stall(ENGINE)
    engine = await car.send("ReadDataByID", ENGINE, more=VIN)
    await running_app.when(engine, {"in_progress"})
    brakes = await car.run("ReadDataByID", BRAKES, more=VIN)
    assert brakes["status"] == "completed"
    assert (await running_app.when(engine, {"in_progress"}))["completed_at"] is None

    whole = await car.send("ReadDTC")
    behind = await car.send("ReadDataByID", BRAKES, more=VIN)
    assert (await running_app.when(whole, {"pending"}))["queue_position"] == 1
    assert (await running_app.when(behind, {"pending"}))["queue_position"] == 2
    car.undisturbed()
    await running_app.admin.post(f"/api/v1/commands/{engine}/cancel")

    ledger = await all_ended(database_url, [engine, whole, behind], within_s=20)
    assert [str(ledger.of(key).status) for key in (engine, whole, behind)] == ["cancelled", "completed", "completed"]
    ended = ledger.of(whole).completed_at
    assert ended is not None
    assert ledger.of(behind).first_started_at >= ended


async def test_a_driving_vehicle_is_left_alone_and_it_is_written_down(car: Registered, running_app: RunningApp) -> None:
    car.hold_speed(50)
    refused = await car.run("RoutineControl", ENGINE, more=SELF_TEST, reason="workshop order 7")
    assert (refused["status"], refused["error"]["code"]) == ("failed", "vehicle_not_safe")
    assert "vehicle speed is 50" in refused["error"]["message"]
    assert not engine_ran_its_test(car)
    entries = await running_app.admin.get("/api/v1/audit-logs", params={"object_id": refused["command_id"]})
    assert "vehicle_not_safe" in entries.text

    car.hold_speed(0)
    done = await car.run("RoutineControl", ENGINE, more=SELF_TEST, reason="workshop order 7")
    assert done["status"] == "completed", done
    assert engine_ran_its_test(car)


async def test_a_speed_that_cannot_be_read_is_not_safe(doip_car: Registered) -> None:
    doip_car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, ecu_address=ENGINE, service=0x22)
    refused = await doip_car.run("ECUReset", ENGINE, reason="workshop order 7")
    assert (refused["status"], refused["error"]["code"]) == ("failed", "vehicle_not_safe")
    assert engine_of(doip_car.simulated).resets == 0


async def test_what_moves_things_needs_a_reason(doip_car: Registered, running_app: RunningApp) -> None:
    body = {"vehicle_id": doip_car.vehicle_id, "command_name": "ECUReset", "command_params": doip_car.unit(ENGINE)}
    answer = await running_app.admin.post("/api/v1/commands", json=body)
    assert answer.status_code == 422, answer.text
    assert "/reason" in answer.text


async def test_a_lost_confirmation_is_an_unknown_outcome_until_a_reading_settles_it(
    doip_car: Registered, running_app: RunningApp
) -> None:
    doip_car.disturb(DisturbanceKind.LOST_ANSWER, ecu_address=ENGINE, service=0x14)
    unknown = await doip_car.run("ClearDTC", ENGINE)
    assert unknown["status"] == "outcome_unknown"
    assert doip_car.stored_faults == 0

    doip_car.undisturbed()
    read = await doip_car.run("ReadDTC", ENGINE)
    assert read["status"] == "completed"
    settled = await running_app.when(unknown["command_id"], {"completed"})
    assert "a later reading" in str(settled["status_reason"])


async def test_a_clearing_that_the_vehicle_ignored_stays_unknown(doip_car: Registered, running_app: RunningApp) -> None:
    doip_car.disturb(DisturbanceKind.SILENT, ecu_address=ENGINE, service=0x14)
    unknown = await doip_car.run("ClearDTC", ENGINE)
    doip_car.undisturbed()
    await doip_car.run("ReadDTC", ENGINE)
    assert (await running_app.when(unknown["command_id"], {"outcome_unknown"}))["status"] == "outcome_unknown"
    assert doip_car.stored_faults == 2


async def test_live_data_ends_when_it_is_cancelled(car: Registered, running_app: RunningApp, database_url: str) -> None:
    live = await car.send("SubscribeData", ENGINE, more={"dataIds": ["0xF40C"], "intervalMs": 50, "durationS": 600})

    async def samples_came() -> bool:
        return len((await read_ledger(database_url)).of(live).chunks) >= 2

    await eventually(samples_came, what="two samples")
    await running_app.admin.post(f"/api/v1/commands/{live}/cancel")
    assert (await running_app.ended(live))["status"] == "cancelled"
    after = await car.run("ReadDataByID", ENGINE, more=VIN)
    assert after["status"] == "completed"
