"""Runs that end early: an answer that outgrows what is kept, trouble before anything is sent."""

from collections.abc import AsyncGenerator

import pytest

from app.connectors.port import (
    Progress,
    ResponseChunk,
    VehicleRequest,
)
from app.domain.answer_limits import AnswerLimits
from app.domain.command_states import CommandStatus
from app.domain.errors import (
    StorageUnavailable,
    VehicleTimeout,
)
from app.domain.json_values import JsonObject
from app.security.sealing import SealBroken
from support.command_runs import Answer, BlockedWay, Collector, Vehicle, claimed, make_run, two_chunks


def endless(payload: JsonObject) -> Answer:
    async def answer(request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        while True:
            yield ResponseChunk(response_payload=payload, is_final=False)

    return answer


@pytest.mark.parametrize(
    ("limits", "stored", "detail"),
    [
        (AnswerLimits(chunks=40), 40, {"chunk_limit": 40}),
        (AnswerLimits(size=1000), 20, {"byte_limit": 1000}),  # of 50 bytes each
    ],
)
@pytest.mark.parametrize(
    ("command_name", "expected"), [("ReadDTC", CommandStatus.FAILED), ("ClearDTC", CommandStatus.OUTCOME_UNKNOWN)]
)
async def test_an_answer_that_does_not_end_is_stopped_and_what_had_arrived_stays(
    limits: AnswerLimits, stored: int, detail: JsonObject, command_name: str, expected: CommandStatus
) -> None:
    collector, vehicle = Collector(), Vehicle(endless({"text": "x" * 39}))
    await make_run(vehicle, collector, claimed(command_name), limits=limits).execute()

    assert len([step for step in collector.steps if step.chunk]) == stored
    assert collector.endings == [expected]
    last = collector.steps[-1]
    assert last.ending is not None
    assert last.ending.error is not None
    assert (last.chunks_stored, last.ending.error.code) == (stored, "answer_too_long")
    assert detail.items() <= last.ending.error.details.items()
    assert (vehicle.asked, vehicle.closed) == (1, 1)


async def test_an_answer_of_exactly_the_limit_completes() -> None:
    collector = Collector()
    await make_run(Vehicle(two_chunks), collector, claimed(), limits=AnswerLimits(chunks=2)).execute()
    assert collector.endings == [CommandStatus.COMPLETED]


@pytest.mark.parametrize("command_name", ["ReadDTC", "ClearDTC"])
@pytest.mark.parametrize(
    ("way", "code"),
    [
        (BlockedWay(SealBroken("the key is another one")), "seal_broken"),
        (BlockedWay(KeyError("our own mistake")), "internal_error"),
        (BlockedWay(None), "vehicle_unreachable"),
        (BlockedWay(*[StorageUnavailable("the database is away")] * 50), "storage_unavailable"),
    ],
)
async def test_trouble_before_the_command_is_sent_leaves_nothing_open(
    way: BlockedWay, code: str, command_name: str
) -> None:
    collector, vehicle = Collector(), Vehicle(two_chunks)
    way = BlockedWay(*way.errors)
    await make_run(vehicle, collector, claimed(command_name, timeout_s=0.2), approach=way).execute()

    (step,) = collector.steps
    assert step.ending is not None
    assert step.ending.error is not None
    assert (step.ending.status, step.ending.error.code) == (CommandStatus.FAILED, code)
    assert step.ending.error.details["may_have_acted"] is False
    assert vehicle.asked == 0
    assert not any(isinstance(note, VehicleTimeout) for note in collector.notes)  # the vehicle was not silent


async def test_a_database_that_is_away_for_a_moment_before_anything_was_sent_is_waited_for() -> None:
    collector, vehicle = Collector(), Vehicle(two_chunks)
    way = BlockedWay(StorageUnavailable("the database is away"))
    await make_run(vehicle, collector, claimed("ClearDTC"), approach=way).execute()

    assert collector.endings == [CommandStatus.COMPLETED]
    assert vehicle.asked == 1
