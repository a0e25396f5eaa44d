"""The DoIP connector and vehicles where things go wrong: truthful errors, no late answer matched, lanes free again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from app.connectors.port import ResponseChunk
from app.diagnostic_data.port import DataSetRef
from app.domain.errors import (
    VehicleConnectionLost,
    VehicleError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.json_values import JsonObject
from app.links.doip_link import DoipChannel
from app.links.uds_errors import NegativeResponse
from app.simulator.disturbances import Disturbance, DisturbanceKind
from support.doip_runs import ENGINE, DrivenVehicle, driven_vehicle
from support.waiting import until

READ, WRITE, CLEAR, DTCS = 0x22, 0x2E, 0x14, 0x19
VIN: JsonObject = {**ENGINE, "dataId": "0xF190"}
SPEED: JsonObject = {**ENGINE, "dataId": "0xF40D"}
NOTE: JsonObject = {**ENGINE, "dataId": "0x0110", "raw": "0320"}


@pytest.fixture
async def car(tmp_path: Path) -> AsyncIterator[DrivenVehicle]:
    async with driven_vehicle(tmp_path) as found:
        yield found
        found.disturbances.clear()


async def works_again(car: DrivenVehicle) -> None:
    """The lane is free, and what is read is what was asked for."""
    car.disturbances.clear()
    value, _ = await car.run("ReadDataByID", VIN)
    assert value["value"] == car.simulated.vin
    assert (await car.run("ReadDTC", {}))[-1]["ecusNotAnswered"] == []


async def test_a_storm_of_pending_is_progress(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.PENDING_STORM, times=20, seconds=0.3, count=1, service=READ)
    value, _ = await car.run("ReadDataByID", VIN)
    assert value["value"] == car.simulated.vin
    assert {part.message for part in car.progress} == {"ECU 0x1010 still working"}
    assert len(car.progress) < 3  # a storm for us is no storm for viewers
    await works_again(car)


async def test_a_busy_control_unit_is_asked_again_and_acts_once(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, nrc=0x21, service=CLEAR, count=2)
    assert (await car.run("ClearDTC", ENGINE))[0]["clearedCount"] == 2
    await works_again(car)


async def test_a_control_unit_that_stays_busy_has_not_acted(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, nrc=0x94, service=CLEAR)
    with pytest.raises(NegativeResponse) as raised:
        await car.run("ClearDTC", ENGINE)
    assert raised.value.details["retryCanHelp"]
    assert not raised.value.may_have_acted
    await works_again(car)


async def test_a_refusal_names_code_meaning_and_advice(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.NEGATIVE_RESPONSE, nrc=0x88, service=WRITE)
    with pytest.raises(VehicleRefused) as raised:
        await car.run("WriteDataByID", NOTE)
    details = raised.value.details
    assert (details["nrc"], details["nrcName"]) == ("0x88", "vehicleSpeedTooHigh")
    assert details["explanation"]
    assert details["advice"]
    await works_again(car)


async def test_a_silent_control_unit_among_many_is_named(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.SILENT, ecu_address=0x1020)
    *parts, last = await car.run("ReadDTC", {})
    assert len(parts) == 5
    assert [one["ecuAddress"] for one in last["ecusNotAnswered"]] == ["0x1020"]
    assert "did not answer" in last["ecusNotAnswered"][0]["reason"]
    assert last["totalDtcs"] == 2
    await works_again(car)


async def test_where_none_answers_the_command_fails(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.SILENT)
    with pytest.raises(VehicleTimeout):
        await car.run("ReadDTC", {})
    with pytest.raises(VehicleError):
        await car.connector.probe(car.address, asyncio.get_running_loop().time() + 2)
    await works_again(car)


async def test_silence_after_the_change_was_sent_is_an_unknown_outcome(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.LOST_ANSWER, service=CLEAR, count=1)
    with pytest.raises(VehicleTimeout) as raised:
        await car.run("ClearDTC", ENGINE)
    assert raised.value.may_have_acted
    assert (await car.run("ReadDTC", ENGINE))[-1]["totalDtcs"] == 0  # indeed
    await works_again(car)


async def test_silence_before_the_change_was_sent_says_that_nothing_changed(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.SILENT, service=DTCS)
    with pytest.raises(VehicleUnreachable) as raised:
        await car.run("ClearDTC", ENGINE)
    assert not raised.value.may_have_acted
    car.disturbances.clear()
    assert (await car.run("ReadDTC", ENGINE))[-1]["totalDtcs"] == 2
    await works_again(car)


async def test_a_connection_cut_after_the_change_was_sent(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.DROP_BEFORE_ANSWER, service=WRITE, count=1)
    with pytest.raises(VehicleConnectionLost) as raised:
        await car.run("WriteDataByID", NOTE)
    assert raised.value.may_have_acted
    value, _ = await car.run("ReadDataByID", {**ENGINE, "dataId": "0x0110"})
    assert value["value"] == "0320"  # indeed
    await works_again(car)


async def test_a_connection_cut_after_an_answer_costs_nothing(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.DROP_AFTER_ANSWER, service=READ, count=1)
    assert (await car.run("ReadDataByID", VIN))[0]["value"] == car.simulated.vin
    await works_again(car)


@pytest.mark.parametrize("following", [VIN, SPEED])
async def test_an_answer_that_comes_late_is_nobodys(car: DrivenVehicle, following: JsonObject) -> None:
    car.disturb(DisturbanceKind.WRONG_ORDER, service=READ, count=1)  # held back until the next answer
    with pytest.raises(VehicleTimeout):
        await car.run("ReadDataByID", VIN)
    value, _ = await car.run("ReadDataByID", following)
    assert value["value"] == (car.simulated.vin if following is VIN else 0)
    await works_again(car)


async def test_duplicated_answers_are_nobodys(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.DUPLICATE, times=3)
    values = [await car.run("ReadDataByID", params) for params in (VIN, SPEED, VIN, SPEED)]
    assert [value[0]["value"] for value in values] == [car.simulated.vin, 0, car.simulated.vin, 0]
    assert (await car.run("WriteDataByID", NOTE))[0]["verified"]
    await works_again(car)


async def test_an_answer_for_another_identifier_is_none(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.WRONG_IDENTIFIER, service=READ, count=1)
    with pytest.raises(VehicleTimeout):
        await car.run("ReadDataByID", VIN)
    await works_again(car)


@pytest.mark.parametrize(
    "kind", [DisturbanceKind.GARBAGE_BYTES, DisturbanceKind.GARBAGE_ANSWER, DisturbanceKind.RESET_MID_ANSWER]
)
async def test_nonsense_gives_only_errors_of_the_port(car: DrivenVehicle, kind: DisturbanceKind) -> None:
    for _ in range(3):
        car.disturb(kind, service=READ, count=1, times=40)
        with pytest.raises(VehicleError):
            await car.run("ReadDataByID", VIN, within_s=3)
    car.disturbances.clear()
    await car.run("ECUReset", {**ENGINE, "resetType": "soft"})  # and waits until it is back
    await works_again(car)


async def test_an_unreachable_control_unit_cannot_have_acted(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.UNREACHABLE, ecu_address=0x1010)
    with pytest.raises(VehicleError) as raised:
        await car.run("ClearDTC", ENGINE)
    assert not raised.value.may_have_acted
    await works_again(car)


def lose_the_way_for(service: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of this service find no way to the gateway any more; everything else goes through."""
    send = DoipChannel.send

    async def maybe(channel: DoipChannel, payload: bytes, deadline: float) -> float:
        if payload[0] == service:
            raise VehicleUnreachable("no way to the gateway")
        return await send(channel, payload, deadline)

    monkeypatch.setattr(DoipChannel, "send", maybe)


@pytest.mark.parametrize(
    ("service", "command_name", "params"),
    [
        (CLEAR, "ClearDTC", ENGINE),
        (WRITE, "WriteDataByID", NOTE),
        (0x31, "RoutineControl", {**ENGINE, "routineId": "0x0203", "action": "start"}),
        (0x11, "ECUReset", ENGINE),
        (0x85, "ControlDTCSetting", {**ENGINE, "setting": "off", "holdS": 1}),
    ],
)
async def test_a_change_that_could_not_be_sent_is_no_open_question(
    car: DrivenVehicle, monkeypatch: pytest.MonkeyPatch, service: int, command_name: str, params: JsonObject
) -> None:
    lose_the_way_for(service, monkeypatch)
    with pytest.raises(VehicleUnreachable):
        await car.run(command_name, params)


async def test_a_write_that_was_confirmed_is_told_although_it_cannot_be_read_back(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.PENDING_STORM, times=400, seconds=40, service=READ)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 5
    (done,) = await car.run("WriteDataByID", NOTE, within_s=5)
    assert loop.time() < deadline  # the worker listens no longer
    assert (done["status"], done["verified"]) == ("success", None)


async def test_a_setting_that_was_lost_while_it_was_held_is_no_success(car: DrivenVehicle) -> None:
    params: JsonObject = {**ENGINE, "setting": "off", "holdS": 30}
    held = asyncio.create_task(car.run("ControlDTCSetting", params, within_s=60))
    await until(lambda: not car.ecu().records_faults)
    car.ecu().reset(asyncio.get_running_loop().time())
    with pytest.raises(VehicleError) as raised:
        await held
    assert raised.value.may_have_acted
    assert car.ecu().records_faults


async def test_trouble_codes_are_told_although_their_details_are_not(car: DrivenVehicle) -> None:
    begun: list[int] = []
    take = car.disturbances.take_for_request

    def silent_after_the_list(ecu_address: int, service: int) -> tuple[Disturbance, ...]:
        begun.append(service)
        if begun.count(DTCS) == 2:
            car.disturb(DisturbanceKind.SILENT)
        return take(ecu_address, service)

    car.disturbances.take_for_request = silent_after_the_list  # type: ignore[method-assign]  # a look at what arrives
    car.disturb(DisturbanceKind.JITTER, seconds=0.0)  # else nobody asks
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 5
    found, last = await car.run("ReadDTC", {**ENGINE, "snapshot": True, "extendedData": True}, within_s=5)
    assert loop.time() < deadline
    assert last["totalDtcs"] == 2
    for item in found["dtcs"]:
        assert item["snapshots"][0]["error"]["code"]
        assert item["extendedData"][0]["error"]["code"]


async def test_a_half_open_vehicle_is_no_vehicle(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.HALF_OPEN)
    with pytest.raises(VehicleError):
        await car.connector.probe(car.address, asyncio.get_running_loop().time() + 0.5)
    with pytest.raises(VehicleError) as raised:
        await car.run("ClearDTC", ENGINE, within_s=0.5)
    assert not raised.value.may_have_acted


async def test_a_vehicle_that_lets_nobody_in(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.REFUSE_ACTIVATION, code=0x06)
    with pytest.raises(VehicleUnreachable):
        await car.run("ReadDTC", {})


async def test_the_deadline_ends_a_command_that_is_pending(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.PENDING_STORM, times=200, seconds=20, service=CLEAR)
    with pytest.raises(VehicleTimeout) as raised:
        await car.run("ClearDTC", ENGINE, within_s=1)
    assert raised.value.may_have_acted


async def test_a_subscription_counts_what_it_missed(car: DrivenVehicle) -> None:
    params: JsonObject = {**ENGINE, "dataIds": ["0xF40D"], "intervalMs": 100, "durationS": 1.2}
    async with aclosing(car.connector.execute(car.request("SubscribeData", params))) as parts:
        first = await anext(parts)
        car.disturb(DisturbanceKind.LOST_ANSWER, service=READ, count=1)
        last = [part async for part in parts if isinstance(part, ResponseChunk)][-1].response_payload
    assert isinstance(first, ResponseChunk)
    assert last["missed"] >= 1
    assert last["samples"] + last["missed"] == 12
    await works_again(car)


async def test_other_control_units_do_not_wait_for_a_silent_one(car: DrivenVehicle) -> None:
    car.disturb(DisturbanceKind.SILENT, ecu_address=0x1010)
    silent = asyncio.create_task(car.run("ReadDTC", ENGINE))
    ran = 0
    while not silent.done():
        await car.run("ReadDTC", {"ecuAddress": "0x1030"})
        ran += 1
    assert isinstance(silent.exception(), VehicleTimeout)
    assert ran > 5
    await works_again(car)


async def test_data_that_cannot_be_loaded_is_an_error_of_the_port(car: DrivenVehicle) -> None:
    missing = DataSetRef(data_set_id=str(uuid4()), name="lost", version="1", checksum="ab" * 32)
    car.context = replace(car.context, data_sets=(missing,))
    car.address = car.host  # only the data could tell which ECUs there are, and how a value is spelled in bytes
    write: JsonObject = {**ENGINE, "dataId": "0x0110", "value": 8}
    for name, params in (("ReadDTC", {}), ("WriteDataByID", write)):
        with pytest.raises(VehicleUnreachable, match="diagnostic data of this vehicle cannot be used now"):
            await car.run(name, params)

    found, last = await car.run("ReadDTC", {**ENGINE, "snapshot": True})
    assert last["totalDtcs"] == 2
    assert all(item["problem"] and item["snapshots"][0]["problem"] for item in found["dtcs"])
    value, _ = await car.run("ReadDataByID", VIN)
    assert value["value"] == car.simulated.vin
    assert value["problem"]
    car.context = replace(car.context, data_sets=())
    await works_again(car)
