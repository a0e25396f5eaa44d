"""A worker dies while it talks to a DoIP vehicle: truthful ends, and every control unit is free for the next one."""

import pytest

from app.domain.command_states import CommandStatus
from app.simulator.disturbances import DisturbanceKind
from support.disturbing import all_ended, fleet, when
from support.ledger import Ledger
from support.processes import QUICK_LEASES, Install
from support.real_vehicles import Registered
from support.running_app import RunningApp
from support.simulated_fleet import quick_fleet

pytestmark = pytest.mark.disturbance

ENGINE, TRANSMISSION, BRAKES, BODY = 0x1010, 0x1020, 0x1030, 0x1040
VIN = {"dataId": "0xF190"}
LIVE = {"dataIds": ["0x0410"], "intervalMs": 50, "durationS": 600}


async def submit_three(car: Registered) -> list[str]:
    """A clearing that the engine carries out and confirms late, live data of the body, a reading that takes long."""
    car.stall(ENGINE, service=0x14)
    car.stall(BRAKES, service=0x22)
    clearing = await car.send("ClearDTC", ENGINE)
    live = await car.send("SubscribeData", BODY, more=LIVE)
    reading = await car.send("ReadDataByID", BRAKES, more=VIN)
    return [clearing, live, reading]


async def test_truthful_ends_and_free_control_units(install: Install, service: RunningApp, database_url: str) -> None:
    async with quick_fleet() as simulated, install(**QUICK_LEASES) as processes:
        worker = processes.worker()
        (vehicle_id,) = await fleet(database_url, simulated.vehicles[0].doip_address)
        car = Registered(service=service, simulated=simulated.vehicles[0], vehicle_id=vehicle_id, protocol="doip")
        commands = await submit_three(car)
        clearing, live, reading = commands

        def is_mid_run(ledger: Ledger) -> bool:
            running = all(ledger.of(key).status is CommandStatus.IN_PROGRESS for key in commands)
            return running and len(ledger.of(live).chunks) >= 2 and car.stored_faults == 0

        await when(database_url, is_mid_run, within_s=30, what="three commands in the middle of their runs")
        worker.kill()
        car.undisturbed()
        worker.start()
        ledger = await all_ended(database_url, commands, within_s=40)
        assert ledger.of(clearing).status is CommandStatus.OUTCOME_UNKNOWN  # it was carried out
        assert ledger.of(live).status is CommandStatus.FAILED
        assert (ledger.of(reading).status, ledger.of(reading).attempt) == (CommandStatus.COMPLETED, 2)

        nexts = [await car.send("ReadDataByID", ecu, more=VIN) for ecu in (ENGINE, TRANSMISSION, BRAKES, BODY)]
        nexts.append(await car.send("ReadDTC"))
        ledger = await all_ended(database_url, nexts, within_s=30)
        assert {ledger.of(key).status for key in nexts} == {CommandStatus.COMPLETED}
        settled = await service.when(clearing, {"completed"})
        assert "a later reading" in str(settled["status_reason"])
        assert await worker.terminate() == 0


async def test_the_vehicle_vanishes_with_every_kind_of_cut(running_app: RunningApp, database_url: str) -> None:
    """The connection is cut again and again while commands to four control units run."""
    async with quick_fleet() as simulated:
        (vehicle_id,) = await fleet(database_url, simulated.vehicles[0].doip_address)
        car = Registered(service=running_app, simulated=simulated.vehicles[0], vehicle_id=vehicle_id, protocol="doip")
        for kind in (DisturbanceKind.DROP_BEFORE_ANSWER, DisturbanceKind.DROP_AFTER_ANSWER):
            car.disturb(kind, chance=0.2)
        commands = [
            await car.send("ReadDataByID", ecu, more=VIN, timeout_s=10)
            for _ in range(5)
            for ecu in (ENGINE, TRANSMISSION, BRAKES, BODY)
        ]
        ledger = await all_ended(database_url, commands, within_s=60)
        assert {ledger.of(key).status for key in commands} <= {CommandStatus.COMPLETED, CommandStatus.FAILED}
        car.undisturbed()
        last = await car.run("ReadDTC")
        assert last["status"] == "completed"
