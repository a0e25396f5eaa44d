"""The SOVD connector drives simulated vehicles as a car is driven: sessions, security, routines, resets, live data."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.connectors.port import Progress, ResponseChunk, VehicleContext
from app.domain.errors import VehicleError, VehicleRefused, VehicleUnreachable
from app.domain.json_values import JsonObject
from app.links.security_access import SecurityProviderFailed
from app.simulator.description_reading import built_in_description
from app.simulator.disturbances import OF_THE_CONNECTION, Disturbance, DisturbanceKind
from app.simulator.fleet import FleetSettings, SimulatedFleet
from app.simulator.served_doip_vehicle import ServedDoipVehicle
from app.simulator.sovd_backend import sovd_app_for
from app.simulator.virtual_ecu import DEFAULT_SESSION, VirtualEcu
from app.simulator.virtual_vehicle import VirtualVehicle
from support.odd_sovd_server import OddSovdServer
from support.sovd_runs import connector, error_of, loop_time, parts_of, payloads_of

ENGINE: JsonObject = {"ecuAddress": "0x1010"}
KEYS = VehicleContext(
    secrets={
        "security_access": json.dumps({"provider": "xor-demo", "masks": {"1": "A5C35A3C", "3": "0F1E2D3C4B5A6978"}})
    }
)


@dataclass
class Simulated:
    """The server, named as the runs of the odd one name theirs, and the vehicle behind it."""

    server: OddSovdServer
    served: ServedDoipVehicle

    @property
    def vehicle(self) -> VirtualVehicle:
        """The vehicle itself."""
        return self.served.vehicle

    @property
    def engine(self) -> VirtualEcu:
        """The engine's control unit."""
        found = self.vehicle.component("engine")
        assert found is not None
        return found


@pytest.fixture
async def car() -> AsyncIterator[Simulated]:
    settings = FleetSettings(description=built_in_description(), sovd_port=0)
    async with SimulatedFleet(settings, sovd_app=sovd_app_for) as fleet:
        address = fleet.vehicles[0].sovd_address
        assert address is not None
        url = address.removeprefix("sovd+").rstrip("/")
        yield Simulated(server=OddSovdServer(url=url), served=fleet.vehicles[0].served)


async def test_probe(car: Simulated) -> None:
    async with connector() as made:
        await made.probe(car.server.address, loop_time() + 5)


async def test_the_control_units_with_their_addresses(car: Simulated) -> None:
    payloads = await payloads_of(car.server, "DiscoverECUs", {})
    found = {(one["ecu"]["ecuAddress"], one["ecu"]["component"]) for one in payloads[:-1]}
    assert {("0x1000", "gateway"), ("0x1010", "engine"), ("0x1030", "brakes")} <= found
    assert payloads[-1]["totalEcus"] == len(found) == 6


async def test_faults_of_the_whole_vehicle(car: Simulated) -> None:
    payloads = await payloads_of(car.server, "ReadDTC", {"snapshot": True, "extendedData": True})
    engine = next(one for one in payloads[:-1] if one["ecuAddress"] == "0x1010")
    assert [one["dtcCode"] for one in engine["dtcs"]] == ["P0420", "P0171"]
    assert engine["dtcs"][0]["snapshots"][0]["data"]
    assert engine["dtcs"][0]["extendedData"]
    assert len(payloads[-1]["ecusAnswered"]) == 6


async def test_clearing_is_counted(car: Simulated) -> None:
    assert (await payloads_of(car.server, "ClearDTC", ENGINE))[0]["clearedCount"] == 2
    assert (await payloads_of(car.server, "ReadDTC", ENGINE))[-1]["totalDtcs"] == 0


async def test_identification_of_every_control_unit(car: Simulated) -> None:
    payloads = await payloads_of(car.server, "ReadIdentification", {})
    assert payloads[-1]["totalEcus"] == 6
    assert all(one["identification"] for one in payloads[:-1])
    vins = {entry["value"] for one in payloads[:-1] for entry in one["identification"] if entry["dataId"] == "0xF190"}
    assert vins == {car.vehicle.vin}


async def test_live_values_by_identifier_and_by_name(car: Simulated) -> None:
    payloads = await payloads_of(
        car.server, "ReadDataByID", {**ENGINE, "dataIds": ["0xF40C", "CoolantTemperature", "0xF190"]}
    )
    by_id = {one["dataId"]: one for one in payloads[:-1]}
    assert by_id["0xF40C"]["unit"] == "rpm"
    assert by_id["CoolantTemperature"]["unit"] == "°C"
    assert by_id["0xF190"]["value"] == car.vehicle.vin


async def test_writing_goes_to_the_session_it_needs_and_back(car: Simulated) -> None:
    payloads = await payloads_of(car.server, "WriteDataByID", {**ENGINE, "dataId": "0x0110", "value": 900})
    assert payloads[0]["verified"] is True
    assert car.engine.session == DEFAULT_SESSION


async def test_coding_with_security_access(car: Simulated) -> None:
    params = {**ENGINE, "dataId": "0x0120", "value": "0807060504030201"}
    locked = await error_of(car.server, "WriteDataByID", params)
    without = await error_of(car.server, "WriteDataByID", {**params, "securityLevel": 1})
    payloads = await payloads_of(car.server, "WriteDataByID", {**params, "securityLevel": 1}, context=KEYS)

    assert isinstance(locked, VehicleRefused)
    assert locked.details["nrcName"] == "securityAccessDenied"
    assert isinstance(without, SecurityProviderFailed)
    assert payloads[0]["value"] == "0807060504030201"


async def test_a_wrong_key_is_refused_by_name(car: Simulated) -> None:
    wrong = VehicleContext(secrets={"security_access": json.dumps({"mask": "00"})})
    params = {**ENGINE, "dataId": "0x0120", "value": "0807060504030201", "securityLevel": 1}
    error = await error_of(car.server, "WriteDataByID", params, context=wrong)
    assert error.details["nrcName"] == "invalidKey"
    assert not error.may_have_acted


async def test_a_routine_is_followed_to_its_end(car: Simulated) -> None:
    parts = await parts_of(car.server, "RoutineControl", {**ENGINE, "routineId": "0x0203", "action": "start"})
    assert isinstance(parts[0], Progress)
    assert isinstance(parts[-1], ResponseChunk)
    assert parts[-1].response_payload["result"] == {"testsRun": 12, "testsFailed": 0}
    assert car.engine.session == DEFAULT_SESSION


async def test_a_reset_is_over_when_the_control_unit_is_back(car: Simulated) -> None:
    parts = await parts_of(car.server, "ECUReset", {"component": "gateway"})
    assert isinstance(parts[-1], ResponseChunk)
    assert parts[-1].response_payload["ready"] is True
    assert parts[-1].response_payload["backAfterS"] is not None


async def test_fault_storage_off_and_on(car: Simulated) -> None:
    off = await payloads_of(car.server, "ControlDTCSetting", {**ENGINE, "setting": "off", "holdS": 10})
    assert off[0]["status"] == "success"
    assert not car.engine.records_faults
    await payloads_of(car.server, "ControlDTCSetting", {**ENGINE, "setting": "on"})
    assert car.engine.records_faults


async def test_live_data_moves(car: Simulated) -> None:
    params = {**ENGINE, "dataIds": ["0xF40C", "0xF442"], "intervalMs": 50, "durationS": 0.6}
    payloads = await payloads_of(car.server, "SubscribeData", params)
    assert payloads[-1]["samples"] >= 2
    assert len({one["values"][0]["value"] for one in payloads[:-1]}) > 1
    assert payloads[1]["values"][1]["unit"] == "V"


@pytest.mark.parametrize("kind", [one for one in DisturbanceKind if one not in OF_THE_CONNECTION])
async def test_what_is_said_of_a_disturbed_clearing_is_true(car: Simulated, kind: DisturbanceKind) -> None:
    car.served.disturbances.add(Disturbance(kind=kind, service=0x14, count=1, seconds=0.01, ecu_address=0x1010))
    said_no = False
    try:
        await payloads_of(car.server, "ClearDTC", ENGINE, within_s=2.0)
    except VehicleError as error:
        said_no = not error.may_have_acted
    is_cleared = not car.engine.faults(loop_time())

    assert not (said_no and is_cleared)
    assert (await payloads_of(car.server, "ReadDTC", ENGINE))[-1]["status"] == "complete"


async def test_a_half_open_vehicle_is_told_by_a_probe_and_nothing_was_changed(car: Simulated) -> None:
    number = car.served.disturbances.add(Disturbance(kind=DisturbanceKind.HALF_OPEN))
    async with connector() as made:
        with pytest.raises(VehicleError):
            await made.probe(car.server.address, loop_time() + 0.3)
    assert isinstance(await error_of(car.server, "ClearDTC", ENGINE, within_s=0.5), VehicleUnreachable)
    car.served.disturbances.remove(number)
    assert (await payloads_of(car.server, "ClearDTC", ENGINE))[0]["clearedCount"] == 2
