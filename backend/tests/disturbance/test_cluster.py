"""The arrangement of a cluster without containers: two API processes, two workers, one database, one Valkey."""

import asyncio

import pytest
from websockets.asyncio.client import connect

from app.domain.command_states import CommandStatus
from support.disturbing import all_ended, fleet, watch_all
from support.ledger import read_ledger
from support.processes import QUICK_LEASES, Install
from support.resuming_viewers import check_viewers
from support.running_app import USER_PASSWORD, sign_in
from support.viewers import token_of
from support.waiting import until

pytestmark = pytest.mark.disturbance

AT_ONCE_S = 1.0


async def test_what_happens_on_one_api_process_is_true_on_the_other(install: Install, database_url: str) -> None:
    quick, endless = await fleet(database_url, "sim:?delay=0.3", "sim:?delay=30")
    async with install(**QUICK_LEASES) as processes:
        apis = [processes.api("api-1"), processes.api("api-2")]
        workers = [processes.worker("worker-1"), processes.worker("worker-2")]
        one, other = [await processes.service(api) for api in apis]
        for worker in workers:
            await worker.ready()

        commands = [await one.submit(quick), await other.submit(quick), await one.submit(endless)]
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, other, commands) + watch_all(tasks, one, commands)
            await other.when(commands[2], {"in_progress"})
            answer = await other.admin.post(f"/api/v1/commands/{commands[2]}/cancel", json={"reason": "seen enough"})
            assert answer.status_code == 202
        ledger = await all_ended(database_url, commands, within_s=20)
        check_viewers(viewers, ledger)
        ended = [CommandStatus.COMPLETED, CommandStatus.COMPLETED, CommandStatus.CANCELLED]
        assert [ledger.of(key).status for key in commands] == ended

        watched = await one.submit(endless)
        body = {"username": "erika", "password": USER_PASSWORD, "role": "engineer"}
        user_id = (await one.admin.post("/api/v1/users", json=body)).json()["user_id"]
        async with await sign_in(other.base_url, "erika", USER_PASSWORD) as erika:
            url = f"{other.base_url.replace('http', 'ws', 1)}/ws/responses/{watched}"
            headers = {"Authorization": f"Bearer {token_of(erika)}"}
            async with connect(url, additional_headers=headers, proxy=None) as socket:
                await socket.recv()
                await one.admin.patch(f"/api/v1/users/{user_id}", json={"is_active": False})
                async with asyncio.timeout(AT_ONCE_S):
                    await socket.wait_closed()
                assert socket.close_code == 1008
            assert (await erika.get("/api/v1/auth/me")).status_code == 401
        await one.admin.post(f"/api/v1/commands/{watched}/cancel")
        await all_ended(database_url, [watched], within_s=20)

        assert [await process.terminate() for process in (*workers, *apis)] == [0, 0, 0, 0]
        assert len((await read_ledger(database_url)).accounts) == 4


async def test_killed_api_keeps_what_it_accepted_and_viewers_go_to_the_other(
    install: Install, database_url: str
) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=0.4"] * 10)
    accepted: list[str] = []
    async with install(**QUICK_LEASES) as processes:
        victim, survivor = processes.api("victim"), processes.api("survivor", worker=True)
        one, other = await processes.service(victim), await processes.service(survivor)

        async def submit(vehicle_id: str) -> None:
            accepted.append(await one.submit(vehicle_id))

        async with asyncio.TaskGroup() as tasks:
            await asyncio.gather(*(submit(vehicle_id) for vehicle_id in vehicles))
            viewers = watch_all(tasks, one, accepted, each=2)
            flood = [asyncio.create_task(submit(vehicle_id)) for vehicle_id in vehicles * 5]
            await until(lambda: len(accepted) >= 15, what="some of the flood accepted")
            victim.kill()
            for viewer in viewers:
                viewer.base_url = other.base_url
            await asyncio.gather(*flood, return_exceptions=True)  # those without an answer may or may not be accepted
        await all_ended(database_url, accepted, within_s=20)
        stored = list((await read_ledger(database_url)).accounts)
        ledger = await all_ended(database_url, stored, within_s=20)
        check_viewers(viewers, ledger)
