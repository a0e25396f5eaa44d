"""The wall clock of a process jumps by hours. Leases, expiry, order and sessions follow other clocks."""

import asyncio
import signal

import pytest

from app.domain.command_states import CommandStatus
from support.disturbing import all_ended, fleet, submit_all, watch_all
from support.processes import QUICK_LEASES, Install, ServiceProcess
from support.resuming_viewers import check_viewers
from support.waiting import until

pytestmark = pytest.mark.disturbance

TWO_HOURS_S = 7200


async def jump(process: ServiceProcess) -> None:
    """Let the clock of this process jump, and wait until it has."""
    process.send(signal.SIGUSR1)
    await until(lambda: "the wall clock jumped" in process.log, what="the jump")


@pytest.mark.parametrize("seconds", [TWO_HOURS_S, -TWO_HOURS_S], ids=["forward", "back"])
async def test_jump_of_the_wall_clock_disturbs_nothing(install: Install, database_url: str, seconds: int) -> None:
    program = ("-m", "support.jumping_clock", str(seconds))
    vehicles = await fleet(database_url, *["sim:?delay=0.7"] * 4)
    (offline,) = await fleet(database_url, "sim:?offline")
    async with install(**QUICK_LEASES) as processes:
        server = processes.api(worker=True, program=program)
        service = await processes.service(server)
        commands = await submit_all(service, vehicles * 2)
        late, patient = await submit_all(service, [offline], expires_in_s=4), await submit_all(service, [offline])
        for key in commands[:4]:
            await service.when(key, {"in_progress", "completed"})
        async with asyncio.TaskGroup() as tasks:
            viewers = watch_all(tasks, service, [*commands, *late])
            await jump(server)
            after = await submit_all(service, vehicles)  # with the token of before
            viewers += watch_all(tasks, service, after)
        ledger = await all_ended(database_url, [*commands, *after, *late], within_s=10)
        check_viewers(viewers, ledger)
        for key in (*commands, *after):
            assert (ledger.of(key).status, ledger.of(key).attempt) == (CommandStatus.COMPLETED, 1)
        (expired,) = late
        ended = ledger.of(expired)
        assert ended.status is CommandStatus.EXPIRED
        assert ended.completed_at is not None
        assert 0 <= (ended.completed_at - ended.expires_at).total_seconds() < 3
        assert ledger.of(patient[0]).status is CommandStatus.PENDING
        assert "lease lost" not in server.log
