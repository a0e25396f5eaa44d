"""Workers that are told to stop drain; workers that were paused for too long change nothing any more."""

import asyncio
import contextlib
import signal

import pytest

from app.domain.command_states import CommandStatus
from support.disturbing import all_ended, fleet, submit_all, watch_all, when
from support.ledger import Ledger
from support.processes import QUICK_LEASES, Install
from support.resuming_viewers import check_viewers
from support.running_app import RunningApp
from support.waiting import until

pytestmark = pytest.mark.disturbance


def running_in(ledger: Ledger, count: int) -> bool:
    """Whether so many commands run."""
    return sum(item.status is CommandStatus.IN_PROGRESS for item in ledger.accounts.values()) == count


async def test_stopping_worker_finishes_what_runs_and_leaves_the_rest_to_others(
    install: Install, service: RunningApp, database_url: str
) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=1"] * 6)
    async with install(**QUICK_LEASES) as processes:
        stopping = processes.worker("stopping")
        first, rest = await submit_all(service, vehicles), await submit_all(service, vehicles)
        await when(database_url, lambda seen: running_in(seen, 6), within_s=15, what="six run")
        stopping.send(signal.SIGTERM)
        other = processes.worker("other")
        assert await stopping.ended() == 0
        ledger = await all_ended(database_url, [*first, *rest], within_s=20)
        names = {key: {item.actor_name for item in ledger.of(key).history[1:]} for key in ledger.accounts}
        assert all(names[key] == names[first[0]] for key in first)
        assert all(names[key] == names[rest[0]] for key in rest)
        assert names[first[0]] != names[rest[0]]
        assert all((item.status, item.attempt) == ("completed", 1) for item in ledger.accounts.values())
        assert await other.terminate() == 0


async def test_worker_that_may_not_drain_ends_its_commands_truthfully(
    install: Install, service: RunningApp, database_url: str
) -> None:
    read, acting = await fleet(database_url, "sim:?delay=30", "sim:?pending=60")
    async with install(**QUICK_LEASES, drain_s=0.2) as processes:
        worker = processes.worker()
        commands = [await service.submit(read), await service.submit(acting, "ClearDTC")]
        await when(database_url, lambda seen: running_in(seen, 2), within_s=15, what="two run")
        assert await worker.terminate() == 0
        ledger = await all_ended(database_url, commands, within_s=20)
    assert [ledger.of(key).status for key in commands] == [CommandStatus.FAILED, CommandStatus.OUTCOME_UNKNOWN]
    assert all("worker_stopped" in str(ledger.of(key).error) for key in commands)


async def test_workers_stopped_while_they_claim_leave_no_command_in_doubt(
    install: Install, service: RunningApp, database_url: str
) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=0"] * 30)
    async with install(**QUICK_LEASES, worker_slots=4) as processes:
        stopping, last = processes.worker("stopping"), processes.worker("last")
        for worker in (stopping, last):
            await worker.ready()
        commands = await submit_all(service, vehicles * 3, command_name="ClearDTC")
        stopping.send(signal.SIGTERM)
        assert await stopping.ended() == 0
        ledger = await all_ended(database_url, commands, within_s=20)
    assert {(item.status, item.attempt) for item in ledger.accounts.values()} == {(CommandStatus.COMPLETED, 1)}


async def test_ctrl_c_again_and_again_still_ends_in_order(install: Install) -> None:
    async with install() as processes:
        for process in (processes.worker(), processes.api()):
            await process.ready()
            ended = asyncio.create_task(process.ended())
            while not ended.done():
                with contextlib.suppress(ProcessLookupError):
                    process.send(signal.SIGINT)
                await asyncio.sleep(0.001)
            assert (await ended, "Traceback" in process.log) == (0, False)


async def test_worker_paused_for_longer_than_its_lease_changes_nothing(
    install: Install, service: RunningApp, database_url: str
) -> None:
    busy, streaming, acting = await fleet(database_url, "sim:?pending=60", "sim:?delay=3", "sim:?pending=3")
    async with install(**QUICK_LEASES) as processes:
        other = processes.worker("other", worker_slots=1)
        blocker = await service.submit(busy)  # the other worker has no free slot, so the paused one gets the two
        await service.when(blocker, {"in_progress"})
        paused = processes.worker("paused")
        commands = [await service.submit(streaming), await service.submit(acting, "ClearDTC")]
        await when(
            database_url,
            lambda seen: running_in(seen, 3) and len(seen.of(commands[0]).chunks) == 1,
            within_s=15,
            what="all run, one between two chunks",
        )
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, commands)
            paused.send(signal.SIGSTOP)
            await all_ended(database_url, commands, within_s=10)
            paused.send(signal.SIGCONT)
            await until(lambda: "lease lost" in paused.log, what="the paused worker notices")
        (quick,) = await fleet(database_url, "sim:?delay=0")
        again = await service.submit(quick)  # it is of use again
        await service.when(again, {"completed"})
        assert await paused.terminate() == 0
        await service.admin.post(f"/api/v1/commands/{blocker}/cancel")
        ledger = await all_ended(database_url, [*commands, again, blocker], within_s=20)
        check_viewers(viewers, ledger)
        statuses = [ledger.of(key).status for key in commands]
        assert statuses == [CommandStatus.FAILED, CommandStatus.OUTCOME_UNKNOWN]
        assert await other.terminate() == 0
