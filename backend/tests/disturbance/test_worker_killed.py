"""A worker dies without a word. Its commands get a truthful end, or another run where the vehicle cannot have acted."""

import asyncio
from collections.abc import Sequence

import pytest

from app.domain.command_states import CommandStatus
from support.disturbing import all_ended, fleet, watch_all, when
from support.ledger import Ledger
from support.processes import QUICK_LEASES, Install
from support.resuming_viewers import check_viewers
from support.running_app import RunningApp

pytestmark = pytest.mark.disturbance

IN_LIMBO_AT_MOST_S = 10.0
STREAMING = "sim:?delay=30"
ACTING = "sim:?pending=60"
NOT_ANSWERED_YET = "sim:?pending=1&delay=0"


async def submit_three(service: RunningApp, database_url: str) -> list[str]:
    """A read that will stand between chunk 1 and 2, a command that may act, and a read that takes its time."""
    vehicles = await fleet(database_url, STREAMING, ACTING, NOT_ANSWERED_YET)
    kinds = ("ReadDTC", "ClearDTC", "ReadDTC")
    return [await service.submit(vehicle_id, kind) for vehicle_id, kind in zip(vehicles, kinds, strict=True)]


async def mid_run(database_url: str, command_ids: Sequence[str]) -> None:
    """Wait until all three run and the first has one chunk."""

    def is_so(ledger: Ledger) -> bool:
        running = all(ledger.of(key).status is CommandStatus.IN_PROGRESS for key in command_ids)
        return running and len(ledger.of(command_ids[0]).chunks) == 1

    await when(database_url, is_so, within_s=15, what="mid-run")


def check_endings(ledger: Ledger, command_ids: Sequence[str]) -> None:
    """Failed where chunks are missing, unknown where it may have acted, run again where nothing had come."""
    streaming, acting, unanswered = (ledger.of(key) for key in command_ids)
    assert (streaming.status, streaming.attempt, len(streaming.chunks)) == (CommandStatus.FAILED, 1, 1)
    assert "worker_lost" in str(streaming.error)
    assert (acting.status, acting.attempt) == (CommandStatus.OUTCOME_UNKNOWN, 1)
    assert "worker_lost" in str(acting.error)
    assert (unanswered.status, unanswered.attempt, len(unanswered.chunks)) == (CommandStatus.COMPLETED, 2, 3)
    assert unanswered.events == ["submitted", "in_progress", "taken_over", "completed"]


async def test_with_default_settings_another_worker_decides_within_ten_seconds(
    install: Install, service: RunningApp, database_url: str
) -> None:
    async with install() as processes:
        survivor = processes.worker("survivor", worker_slots=1)
        (busy,) = await fleet(database_url, "sim:?pending=60")
        blocker = await service.submit(busy)  # the survivor has no free slot, so the victim gets the three
        await service.when(blocker, {"in_progress"})
        victim = processes.worker("victim")
        commands = await submit_three(service, database_url)
        await mid_run(database_url, commands)
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, commands)
            victim.kill()
            ledger = await all_ended(database_url, commands, within_s=IN_LIMBO_AT_MOST_S)
        check_endings(ledger, commands)
        check_viewers(viewers, ledger)
        await service.admin.post(f"/api/v1/commands/{blocker}/cancel")
        await all_ended(database_url, [blocker, *commands], within_s=20)
        assert await survivor.terminate() == 0


async def test_the_only_worker_is_killed_and_started_again(
    install: Install, service: RunningApp, database_url: str
) -> None:
    async with install(**QUICK_LEASES) as processes:
        worker = processes.worker()
        commands = await submit_three(service, database_url)
        await mid_run(database_url, commands)
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, commands, within_s=60)
            worker.kill()
            worker.start()
            ledger = await all_ended(database_url, commands, within_s=40)
        check_endings(ledger, commands)
        check_viewers(viewers, ledger)
