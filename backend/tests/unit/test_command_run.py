"""One run, from permission to ending, over connectors that do what vehicles do. Steps are collected, not stored."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.connectors.port import (
    Progress,
    ResponseChunk,
    VehicleRequest,
)
from app.domain.command_states import CommandStatus
from app.domain.errors import (
    VehicleConnectionLost,
    VehicleRefused,
    VehicleUnreachable,
)
from app.domain.roles import Role
from app.worker.answer_record import UNCONFIRMED_LIMIT
from app.worker.command_run import StopReason
from support.command_runs import (
    NOW,
    Collector,
    Vehicle,
    claimed,
    failing,
    make_run,
    no_final,
    silence,
    two_chunks,
)
from support.waiting import until


async def test_chunks_are_numbered_and_the_ending_goes_with_the_final_one() -> None:
    collector, vehicle = Collector(), Vehicle(two_chunks)
    await make_run(vehicle, collector, claimed()).execute()
    assert [step.chunk.sequence_number for step in collector.steps if step.chunk] == [1, 2]
    assert collector.steps[-1].ending is not None
    assert collector.endings == [CommandStatus.COMPLETED]
    assert len(collector.shown) == 1
    assert vehicle.closed == 1


@pytest.mark.parametrize(
    ("command_name", "expected"),
    [("ReadDTC", CommandStatus.FAILED), ("ClearDTC", CommandStatus.OUTCOME_UNKNOWN)],
)
async def test_silence_until_the_deadline(command_name: str, expected: CommandStatus) -> None:
    collector, vehicle = Collector(), Vehicle(silence)
    await make_run(vehicle, collector, claimed(command_name, timeout_s=0.05)).execute()
    assert collector.endings == [expected]
    assert vehicle.closed == 1
    assert isinstance(collector.notes[-1], Exception)


async def test_answer_without_a_final_chunk_is_a_failure() -> None:
    collector = Collector()
    await make_run(Vehicle(no_final), collector, claimed()).execute()
    assert collector.endings == [CommandStatus.FAILED]


async def test_unreachable_vehicle_is_tried_again_and_a_refusal_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.worker.command_run.asyncio.sleep", _no_wait)
    collector, away = Collector(), Vehicle(failing(VehicleUnreachable("away")))
    await make_run(away, collector, claimed("ClearDTC")).execute()
    assert away.asked > 1
    assert collector.endings == [CommandStatus.FAILED]
    collector, refusing = Collector(), Vehicle(failing(VehicleRefused("no")))
    await make_run(refusing, collector, claimed("ClearDTC")).execute()
    assert refusing.asked == 1


async def test_lost_connection_never_repeats_a_command_that_may_have_acted() -> None:
    collector, vehicle = Collector(), Vehicle(failing(VehicleConnectionLost("cut")))
    await make_run(vehicle, collector, claimed("ClearDTC")).execute()
    assert vehicle.asked == 1
    assert collector.endings == [CommandStatus.OUTCOME_UNKNOWN]


@pytest.mark.parametrize(
    ("reason", "command_name", "expected"),
    [
        (StopReason.CANCELLED, "ReadDTC", [CommandStatus.CANCELLED]),
        (StopReason.CANCELLED, "ClearDTC", [CommandStatus.OUTCOME_UNKNOWN]),
        (StopReason.SHUTDOWN, "ReadDTC", [CommandStatus.FAILED]),
        (StopReason.SHUTDOWN, "ClearDTC", [CommandStatus.OUTCOME_UNKNOWN]),
        (StopReason.LEASE_LOST, "ReadDTC", []),
    ],
)
async def test_stopped_while_the_vehicle_works(
    reason: StopReason, command_name: str, expected: list[CommandStatus]
) -> None:
    collector, vehicle = Collector(), Vehicle(silence)
    run = make_run(vehicle, collector, claimed(command_name))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run.execute())
        await until(lambda: bool(collector.steps))
        run.stop(reason)
    assert collector.endings == expected
    assert vehicle.closed == 1


async def test_stopped_before_it_began_never_reaches_the_vehicle() -> None:
    collector, vehicle = Collector(), Vehicle(silence)
    run = make_run(vehicle, collector, claimed("ClearDTC"))
    run.stop(StopReason.CANCELLED)
    await run.execute()
    assert vehicle.asked == 0
    assert collector.endings == [CommandStatus.CANCELLED]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(StopReason.CANCELLED, CommandStatus.CANCELLED), (StopReason.SHUTDOWN, CommandStatus.FAILED)],
)
async def test_stopped_between_attempts_that_never_got_there_is_no_unknown_outcome(
    reason: StopReason, expected: CommandStatus
) -> None:
    collector, vehicle = Collector(), Vehicle(failing(VehicleUnreachable("nobody there")))
    run = make_run(vehicle, collector, claimed("ClearDTC"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run.execute())
        await until(lambda: vehicle.closed == 1)
        run.stop(reason)
    assert vehicle.asked == 1
    assert collector.endings == [expected]


async def test_no_attempt_begins_after_the_expiry() -> None:
    collector, vehicle = Collector(), Vehicle(failing(VehicleUnreachable("nobody there")))
    command = claimed()
    late = replace(command, command=replace(command.command, expires_at=NOW + timedelta(seconds=0.1)))
    await make_run(vehicle, collector, late).execute()
    assert vehicle.asked == 1
    assert collector.endings == [CommandStatus.FAILED]


async def test_answer_that_came_in_time_is_kept_however_long_the_store_takes() -> None:
    async def many(request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        for number in range(1, UNCONFIRMED_LIMIT + 2):
            yield ResponseChunk(response_payload={"n": number}, is_final=number > UNCONFIRMED_LIMIT)

    collector = Collector(slow=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(make_run(Vehicle(many), collector, claimed("ClearDTC", timeout_s=0.1)).execute())
        await until(lambda: len(collector.steps) > UNCONFIRMED_LIMIT, what="all parts have been handed over")
        collector.store_all()
    assert collector.endings == [CommandStatus.COMPLETED]


async def test_permission_withdrawn_sends_nothing() -> None:
    collector, vehicle = Collector(), Vehicle(two_chunks)
    await make_run(vehicle, collector, claimed(role=Role.VIEWER)).execute()
    assert vehicle.asked == 0
    assert collector.endings == [CommandStatus.CANCELLED]


async def test_lost_lease_ends_the_run_without_a_word() -> None:
    collector = Collector(lost_from=1)
    await make_run(Vehicle(silence), collector, claimed(timeout_s=0.05)).execute()
    assert collector.steps[0].chunk is not None


async def test_chunk_that_cannot_be_stored_ends_the_command_with_what_is_stored() -> None:
    collector = Collector(refuses=2)
    await make_run(Vehicle(two_chunks), collector, claimed()).execute()
    last = collector.steps[-1]
    assert last.chunk is None
    assert last.chunks_stored == 1
    assert collector.endings[-1] is CommandStatus.FAILED


async def test_ending_that_cannot_be_stored_does_not_deny_the_chunks_before_it() -> None:
    collector = Collector(refuses=2)
    await make_run(Vehicle(no_final), collector, claimed()).execute()
    assert collector.steps[-1].chunks_stored == 1


async def test_takes_over_numbering_where_chunks_exist() -> None:
    collector = Collector()
    again = replace(claimed(), chunks_stored=3)
    await make_run(Vehicle(two_chunks), collector, again).execute()
    assert [step.chunk.sequence_number for step in collector.steps if step.chunk] == [4, 5]


async def _no_wait(_: float) -> None:
    return None
