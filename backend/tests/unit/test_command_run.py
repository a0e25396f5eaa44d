"""One run, from permission to ending, over connectors that do what vehicles do. Steps are collected, not stored."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.connectors.port import (
    NO_CONTEXT,
    Connector,
    ConnectorRegistry,
    Progress,
    ResponseChunk,
    VehicleContext,
    VehicleRequest,
)
from app.domain.access_policy import Actor
from app.domain.answer_limits import AnswerLimits
from app.domain.command import Command
from app.domain.command_definition import CommandDefinition
from app.domain.command_states import CommandStatus
from app.domain.errors import StorageUnavailable, VehicleConnectionLost, VehicleRefused, VehicleUnreachable
from app.domain.identifiers import CommandId, UserId, VehicleId
from app.domain.json_values import JsonObject
from app.domain.roles import Role
from app.domain.stream_events import StreamEvent
from app.observability.metrics import Metrics
from app.observability.tracing import NoTracing
from app.repositories.queue_repository import ClaimedCommand
from app.repositories.recording_repository import Recorded, Recording
from app.worker.answer_record import UNCONFIRMED_LIMIT
from app.worker.command_run import CommandRun, StopReason
from support.waiting import until

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = AnswerLimits()
Answer = Callable[[VehicleRequest], AsyncGenerator[ResponseChunk | Progress, None]]


class Collector:
    """Takes steps as the recorder does; says that the lease is lost from step `lost_from` on."""

    def __init__(self, *, lost_from: int | None = None, refuses: int | None = None, slow: bool = False) -> None:
        self._slow = slow
        self._waiting: list[asyncio.Future[Recorded | None]] = []
        self.steps: list[Recording] = []
        self.shown: list[StreamEvent] = []
        self.notes: list[Exception | None] = []
        self._lost_from = lost_from
        self._refuses = refuses

    def record(self, step: Recording) -> "asyncio.Future[Recorded | None]":
        self.steps.append(step)
        future: asyncio.Future[Recorded | None] = asyncio.get_running_loop().create_future()
        number = len(self.steps)
        if number == self._refuses:
            future.set_exception(StorageUnavailable("cannot be stored"))
        elif self._lost_from is not None and number >= self._lost_from:
            future.set_result(None)
        elif self._slow:
            self._waiting.append(future)
        else:
            future.set_result(Recorded(NOW if step.ending else None))
        return future

    def store_all(self) -> None:
        for future in self._waiting:
            future.set_result(Recorded(NOW))

    async def show(self, event: StreamEvent) -> None:
        self.shown.append(event)

    def note(self, vehicle_id: VehicleId, address: str, error: Exception | None) -> None:
        self.notes.append(error)

    @property
    def endings(self) -> list[CommandStatus]:
        return [step.ending.status for step in self.steps if step.ending]


class Vehicle:
    """A connector that answers as told and counts how often it was asked."""

    schemes = ("test",)

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked = 0
        self.closed = 0

    def check_address(self, address: str) -> None:
        """Any address will do."""

    async def probe(self, address: str, deadline: float, context: VehicleContext = NO_CONTEXT) -> None:
        """Always there."""

    async def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        self.asked += 1
        try:
            async for item in self._answer(request):
                yield item
        finally:
            self.closed += 1


def claimed(command_name: str = "ReadDTC", *, role: Role = Role.ENGINEER, timeout_s: float = 5.0) -> ClaimedCommand:
    user_id = UserId(uuid4())
    return ClaimedCommand(
        command=Command(
            command_id=CommandId(uuid4()),
            vehicle_id=VehicleId(uuid4()),
            user_id=user_id,
            command_name=command_name,
            command_params={"ecuAddress": "0x10"},
            status=CommandStatus.IN_PROGRESS,
            status_reason=None,
            error=None,
            reason=None,
            correlation_id="test",
            submitted_at=NOW,
            expires_at=NOW + timedelta(minutes=15),
            timeout_s=timeout_s,
            started_at=NOW,
            completed_at=None,
            cancel_requested_at=None,
            attempt=1,
        ),
        lease_token=7,
        address="test:",
        vin="WVWZZZ1JZXW000001",
        trace_context=None,
        actor=Actor(user_id=user_id, username="erika", role=role, is_active=True),
    )


class FreeWay:
    """Nothing speaks against any command."""

    async def prepare(
        self, connector: Connector, request: VehicleRequest, definition: CommandDefinition
    ) -> VehicleRequest:
        return request


def make_run(
    vehicle: Vehicle, collector: Collector, command: ClaimedCommand, limits: AnswerLimits = LIMITS
) -> CommandRun:
    return CommandRun(
        command,
        registry=ConnectorRegistry([vehicle]),
        approach=FreeWay(),
        recorder=collector,
        presence=collector,
        metrics=Metrics(),
        tracing=NoTracing(),
        limits=limits,
    )


async def two_chunks(request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
    yield Progress(message="working", pending_since=NOW)
    yield ResponseChunk(response_payload={"n": 1}, is_final=False)
    yield ResponseChunk(response_payload={"n": 2}, is_final=True)
    raise AssertionError("nobody may ask for more after the final chunk")


async def silence(request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
    yield ResponseChunk(response_payload={"n": 1}, is_final=False)
    await asyncio.Event().wait()


async def no_final(request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
    yield ResponseChunk(response_payload={"n": 1}, is_final=False)


def failing(error: Exception) -> Answer:
    async def answer(request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        nothing: tuple[ResponseChunk, ...] = ()
        for chunk in nothing:
            yield chunk
        raise error

    return answer


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
        await until(
            lambda: len(collector.steps) > UNCONFIRMED_LIMIT, within_s=2, what="all parts have been handed over"
        )
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
    await make_run(vehicle, collector, claimed(command_name), limits).execute()

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
    await make_run(Vehicle(two_chunks), collector, claimed(), AnswerLimits(chunks=2)).execute()
    assert collector.endings == [CommandStatus.COMPLETED]
