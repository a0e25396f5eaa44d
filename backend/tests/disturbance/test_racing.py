"""Many at once: submitters on one vehicle, workers on one queue. Each command runs once, each lane is one at a time."""

import asyncio
from itertools import pairwise

import pytest

from app.domain.command_states import CommandStatus
from support.disturbing import all_ended, fleet, submit_all
from support.processes import QUICK_LEASES, Install
from support.running_app import RunningApp
from support.waiting import eventually

pytestmark = pytest.mark.disturbance

RUN_ONCE = ["submitted", "in_progress", "completed"]


async def test_fifty_submitters_on_one_vehicle_are_served_one_by_one_in_order(
    install: Install, service: RunningApp, database_url: str
) -> None:
    (vehicle,) = await fleet(database_url, "sim:?delay=0")
    async with install(**QUICK_LEASES) as processes:
        workers = [processes.worker("one"), processes.worker("two")]
        for worker in workers:
            await worker.ready()
        commands = await submit_all(service, [vehicle] * 50)
        ledger = await all_ended(database_url, commands, within_s=20)
    assert len(ledger.accounts) == 50
    for one, other in pairwise(ledger.accounts.values()):  # in the order of the queue
        assert one.queue_number < other.queue_number
        assert one.completed_at is not None
        assert one.completed_at <= other.first_started_at
    assert all(account.events == RUN_ONCE for account in ledger.accounts.values())


async def test_two_workers_race_over_three_hundred_commands_and_run_each_once(
    install: Install, service: RunningApp, database_url: str
) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=0.01"] * 30)
    commands = await submit_all(service, vehicles * 10)
    async with install(**QUICK_LEASES, worker_slots=8) as processes:
        workers = [processes.worker("one"), processes.worker("two")]
        ledger = await all_ended(database_url, commands, within_s=40)
        assert [await worker.terminate() for worker in workers] == [0, 0]
    assert len(ledger.accounts) == 300
    assert {account.status for account in ledger.accounts.values()} == {CommandStatus.COMPLETED}
    assert all((account.attempt, account.events) == (1, RUN_ONCE) for account in ledger.accounts.values())


async def test_one_key_sent_to_two_api_processes_at_once_gives_one_command(
    service: RunningApp, install: Install, database_url: str
) -> None:
    (vehicle,) = await fleet(database_url, "sim:?delay=0")
    body = {"vehicle_id": vehicle, "command_name": "ClearDTC", "command_params": {"ecuAddress": "0x10"}}
    async with install(**QUICK_LEASES) as processes:
        other = await processes.service(processes.api(worker=True))
        for number in range(10):
            headers = {"Idempotency-Key": f"once-{number}"}
            answers = await asyncio.gather(
                *(one.admin.post("/api/v1/commands", json=body, headers=headers) for one in (service, other) * 3)
            )
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.json()["command_id"] for answer in answers}) == 1
        commands = [item["command_id"] for item in (await service.admin.get("/api/v1/commands")).json()["items"]]
        assert len(commands) == 10
        ledger = await all_ended(database_url, commands, within_s=15)
    assert all(account.events == RUN_ONCE for account in ledger.accounts.values())


async def test_cancelling_commands_that_are_just_ending_leaves_one_truthful_end(
    install: Install, service: RunningApp, database_url: str
) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=0.02"] * 40)
    async with install(**QUICK_LEASES) as processes:
        await processes.worker().ready()

        async def asked_to_cancel(command: str) -> bool:
            answer = await service.admin.post(f"/api/v1/commands/{command}/cancel")
            assert answer.status_code in {202, 503}, answer.text  # 503: this machine has no time just now
            return answer.status_code == 202

        async def submit_and_cancel(number: int) -> str:
            command = await service.submit(vehicles[number % 40], "ReadDTC" if number % 2 else "ClearDTC")
            await asyncio.sleep(number % 7 * 0.01)  # spreads the wish over the whole life of a command
            await eventually(lambda: asked_to_cancel(command), within_s=30, what="the wish is taken")
            return command

        commands = list(await asyncio.gather(*(submit_and_cancel(number) for number in range(120))))
        await all_ended(database_url, commands, within_s=40)
