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
from app.links.uds_errors import NegativeResponse
from app.simulator.disturbances import DisturbanceKind
from support.doip_runs import ENGINE, DrivenVehicle, driven_vehicle

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
        await car.run("ClearDTC", ENGINE, within_s=0.5)
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


@pytest.mark.parametrize("params", [{}, ENGINE])
async def test_data_that_cannot_be_loaded_is_an_error_of_the_port(car: DrivenVehicle, params: JsonObject) -> None:
    missing = DataSetRef(data_set_id=str(uuid4()), name="lost", version="1", checksum="ab" * 32)
    car.context = replace(car.context, data_sets=(missing,))
    with pytest.raises(VehicleUnreachable, match="diagnostic data of this vehicle cannot be used now"):
        await car.run("ReadDTC", params)
    car.context = replace(car.context, data_sets=())
    await works_again(car)
