"""Runs of commands over connectors that do what vehicles do. Steps are collected, not stored."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.connectors.command_preview import CommandPreview, PreviewWanted
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
from app.domain.errors import (
    StorageUnavailable,
)
from app.domain.identifiers import CommandId, UserId, VehicleId
from app.domain.roles import Role
from app.domain.stream_events import StreamEvent
from app.observability.metrics import Metrics
from app.observability.tracing import NoTracing
from app.repositories.queue_repository import ClaimedCommand
from app.repositories.recording_repository import Recorded, Recording
from app.worker.command_run import CommandRun, Preparation

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

    async def preview(self, wanted: PreviewWanted) -> CommandPreview:
        return CommandPreview()

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
    vehicle: Vehicle,
    collector: Collector,
    command: ClaimedCommand,
    *,
    limits: AnswerLimits = LIMITS,
    approach: Preparation | None = None,
) -> CommandRun:
    return CommandRun(
        command,
        registry=ConnectorRegistry([vehicle]),
        approach=approach or FreeWay(),
        recorder=collector,
        presence=collector,
        metrics=Metrics(),
        tracing=NoTracing(),
        limits=limits,
    )


class BlockedWay:
    """Something of ours fails before the command is sent, as often as there are errors; `None` is a wait for ever."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = errors
        self._left = list(errors)

    async def prepare(
        self, connector: Connector, request: VehicleRequest, definition: CommandDefinition
    ) -> VehicleRequest:
        if self._left:
            error = self._left.pop(0)
            if error is not None:
                raise error
            await asyncio.Event().wait()
        return request


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
