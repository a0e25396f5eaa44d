"""Valkey or PostgreSQL dies and comes back, or is away from the start. Nothing is lost, nothing is shown twice."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.domain.command_states import CommandStatus
from support.disturbing import all_ended, fleet, started_again, submit_all, watch_all, when
from support.engines import PostgresProcess, ValkeyProcess
from support.ledger import Ledger
from support.processes import QUICK_LEASES, Install, installation
from support.resuming_viewers import check_viewers
from support.running_app import ADMIN_PASSWORD, Service, sign_in
from support.waiting import until

pytestmark = pytest.mark.disturbance


def have_chunks(count: int, command_ids: Sequence[str]) -> Callable[[Ledger], bool]:
    """Whether each of the commands has so many chunks or more."""
    return lambda ledger: all(len(ledger.of(key).chunks) >= count for key in command_ids)


async def bus_state(service: Service) -> str:
    """What the readiness of the API says of Redis."""
    checks = (await service.admin.get("/health/ready")).json()["checks"]
    return str(next(check["status"] for check in checks if check["name"] == "redis"))


async def until_bus_is(service: Service, status: str) -> None:
    """Wait for a state of the bus."""
    async with asyncio.timeout(10):
        while await bus_state(service) != status:  # noqa: ASYNC110 - the state is another process's
            await asyncio.sleep(0.02)


async def test_valkey_killed_and_restarted_mid_stream(
    database_url: str, own_valkey: ValkeyProcess, tmp_path: Path
) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=1"] * 4)
    async with installation(tmp_path, database_url, own_valkey.url, **QUICK_LEASES) as processes:
        service = await processes.service(processes.api(worker=True))
        normal = await bus_state(service)
        commands = await submit_all(service, vehicles)
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, commands, each=5)
            await when(database_url, have_chunks(1, commands), within_s=10, what="one chunk")
            own_valkey.kill()
            await when(database_url, have_chunks(2, commands), within_s=10, what="two chunks")
            assert await bus_state(service) != normal
            own_valkey.restart()
        ledger = await all_ended(database_url, commands, within_s=10)
        check_viewers(viewers, ledger)
        assert all(viewer.connections == 1 for viewer in viewers)
        await until_bus_is(service, normal)
        async with asyncio.TaskGroup() as tasks:
            again = await submit_all(service, vehicles)
            viewers = watch_all(tasks, service, again)
        check_viewers(viewers, await all_ended(database_url, again, within_s=20))


async def test_valkey_that_falls_silent_holds_up_nobody(
    database_url: str, own_valkey: ValkeyProcess, tmp_path: Path
) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=0.5"] * 4)
    async with installation(tmp_path, database_url, own_valkey.url, **QUICK_LEASES) as processes:
        service = await processes.service(processes.api(worker=True))
        normal = await bus_state(service)
        os.kill(own_valkey.pid, signal.SIGSTOP)  # connections stay open, nothing answers
        try:
            commands = await submit_all(service, vehicles)
            async with asyncio.TaskGroup() as tasks:
                viewers = watch_all(tasks, service, commands, each=3)
                ledger = await all_ended(database_url, commands, within_s=10)
            check_viewers(viewers, ledger)
            async with await sign_in(service.base_url, "admin", ADMIN_PASSWORD) as again:
                assert (await again.get("/api/v1/auth/me")).status_code == 200
        finally:
            os.kill(own_valkey.pid, signal.SIGCONT)
        await until_bus_is(service, normal)


async def test_everything_works_with_valkey_away_from_the_start(
    database_url: str, own_valkey: ValkeyProcess, tmp_path: Path
) -> None:
    own_valkey.kill()
    vehicles = await fleet(database_url, *["sim:?delay=0.1"] * 4)
    async with installation(tmp_path, database_url, own_valkey.url, **QUICK_LEASES) as processes:
        service = await processes.service(processes.api(worker=True))
        commands = await submit_all(service, vehicles)
        (running,) = await fleet(database_url, "sim:?delay=30")
        cancelled = await service.submit(running)
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, [*commands, cancelled], each=3)
            await service.when(cancelled, {"in_progress"})
            await service.admin.post(f"/api/v1/commands/{cancelled}/cancel")
        ledger = await all_ended(database_url, [*commands, cancelled], within_s=20)
        check_viewers(viewers, ledger)
        assert [ledger.of(key).status for key in commands] == [CommandStatus.COMPLETED] * 4
        assert ledger.of(cancelled).status is CommandStatus.CANCELLED


async def test_postgres_killed_and_restarted_mid_run(
    crashing_database_url: str, crashing_postgres: PostgresProcess, redis_url: str, tmp_path: Path
) -> None:
    url = crashing_database_url
    vehicles = await fleet(url, *["sim:?delay=0.8"] * 6)
    async with installation(tmp_path, url, redis_url) as processes:  # the default lease outlives a quick restart
        service = await processes.service(processes.api(worker=True))
        running, waiting = await submit_all(service, vehicles), await submit_all(service, vehicles)
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, [*running, *waiting], each=3)
            await when(url, have_chunks(1, running), within_s=10, what="one chunk")
            crashing_postgres.kill()
            started_again(crashing_postgres)
            ledger = await all_ended(url, [*running, *waiting], within_s=20)
        check_viewers(viewers, ledger)
        assert {item.status for item in ledger.accounts.values()} == {CommandStatus.COMPLETED}
        assert {item.attempt for item in ledger.accounts.values()} == {1}


async def test_postgres_away_for_longer_than_the_lease(
    crashing_database_url: str, crashing_postgres: PostgresProcess, redis_url: str, tmp_path: Path
) -> None:
    url = crashing_database_url
    # The answer outlasts the lease: one that was complete before its end may still be stored when the database is back.
    streaming, acting, quick = await fleet(url, "sim:?delay=2", "sim:?pending=60", "sim:?delay=0")
    async with installation(tmp_path, url, redis_url, **QUICK_LEASES) as processes:
        server = processes.api(worker=True)
        service = await processes.service(server)
        commands = [await service.submit(streaming), await service.submit(acting, "ClearDTC")]
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, commands)
            await when(url, have_chunks(1, commands[:1]), within_s=10, what="one chunk")
            await service.when(commands[1], {"in_progress"})
            crashing_postgres.kill()
            await until(lambda: "lease lost" in server.log, what="the lease is lost")
            started_again(crashing_postgres)
            ledger = await all_ended(url, commands, within_s=10)
        check_viewers(viewers, ledger)
        statuses = [ledger.of(key).status for key in commands]
        assert statuses == [CommandStatus.FAILED, CommandStatus.OUTCOME_UNKNOWN]
        after = await service.submit(quick)
        await all_ended(url, [after], within_s=10)


async def test_every_201_given_around_a_crash_of_the_database_is_kept(
    crashing_database_url: str, crashing_postgres: PostgresProcess, redis_url: str, tmp_path: Path
) -> None:
    url = crashing_database_url
    vehicles = await fleet(url, *["sim:?delay=0"] * 20)
    accepted: list[str] = []
    refused: list[int] = []
    over = asyncio.Event()
    async with installation(tmp_path, url, redis_url, **QUICK_LEASES, lane_queue_limit=100_000) as processes:
        service = await processes.service(processes.api(worker=True))

        async def submit_on_and_on(vehicle_id: str) -> None:
            body = {"vehicle_id": vehicle_id, "command_name": "ReadDTC", "command_params": {}}
            while not over.is_set():
                answer = await service.admin.post("/api/v1/commands", json=body)
                if answer.status_code == httpx.codes.CREATED:
                    accepted.append(answer.json()["command_id"])
                else:
                    refused.append(answer.status_code)
                    await asyncio.sleep(0.05)

        async with asyncio.TaskGroup() as tasks:
            for vehicle_id in vehicles[:8]:
                tasks.create_task(submit_on_and_on(vehicle_id))
            await until(lambda: len(accepted) >= 20, within_s=20, what="accepted")
            crashing_postgres.kill()
            await until(lambda: len(refused) > 0, what="refusals")
            started_again(crashing_postgres)
            before = len(accepted)
            await until(lambda: len(accepted) >= before + 20, within_s=20, what="accepted again")
            over.set()
        assert set(refused) == {503}
        await all_ended(url, accepted, within_s=30)


async def test_connections_that_break_all_the_time_lose_and_double_nothing(install: Install, database_url: str) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=0.05"] * 20)
    async with install(**QUICK_LEASES) as processes:
        service = await processes.service(processes.api(worker=True))
        commands = await submit_all(service, vehicles * 5)
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, commands)
            killer = await asyncpg.connect(database_url)
            for _ in range(25):
                await killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'sovd-%'"
                )
                await asyncio.sleep(0.08)
            await killer.close()
        ledger = await all_ended(database_url, commands, within_s=20)
        check_viewers(viewers, ledger)
        assert {item.status for item in ledger.accounts.values()} == {CommandStatus.COMPLETED}
