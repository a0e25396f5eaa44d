"""Two workers, one DoIP gateway that serves one of them at a time: no command fails because of the other worker."""

import asyncio
from itertools import combinations

import asyncpg
import pytest

from app.domain.command_states import CommandStatus
from support.disturbing import all_ended, fleet
from support.processes import QUICK_LEASES, Install
from support.real_vehicles import Registered
from support.running_app import RunningApp
from support.simulated_fleet import quick_fleet

pytestmark = pytest.mark.disturbance

ECUS = (0x1010, 0x1020, 0x1030, 0x1040)
ROUNDS = 8
_RUNS = "SELECT lease_owner, started_at, completed_at FROM commands ORDER BY started_at"


async def test_no_two_workers_talk_to_one_gateway_at_once(
    install: Install, service: RunningApp, database_url: str
) -> None:
    async with quick_fleet() as simulated, install(**QUICK_LEASES, worker_slots=2) as processes:
        (vehicle_id,) = await fleet(database_url, simulated.vehicles[0].doip_address)
        car = Registered(service=service, simulated=simulated.vehicles[0], vehicle_id=vehicle_id, protocol="doip")
        workers = [processes.worker("one"), processes.worker("two")]
        for worker in workers:
            await worker.ready()
        for _ in range(ROUNDS):  # each finds the vehicle idle and both workers waiting
            sent = await asyncio.gather(*(car.send("ReadDataByID", ecu, more={"dataId": "0xF190"}) for ecu in ECUS))
            ledger = await all_ended(database_url, sent, within_s=40)
            assert {ledger.of(key).status for key in sent} == {CommandStatus.COMPLETED}
        assert [await worker.terminate() for worker in workers] == [0, 0]

    connection = await asyncpg.connect(database_url)
    try:
        runs = await connection.fetch(_RUNS)
    finally:
        await connection.close()
    assert len(runs) == ROUNDS * len(ECUS)
    for one, other in combinations(runs, 2):
        if one["lease_owner"] != other["lease_owner"]:
            assert one["completed_at"] <= other["started_at"]
