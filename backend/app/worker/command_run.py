"""One running command: follows the vehicle's answer and sees to it that it ends truthfully."""

import asyncio
import math
from contextlib import aclosing
from enum import StrEnum
from typing import Protocol, assert_never

import structlog

from app.connectors.port import Connector, ConnectorRegistry, Progress, VehicleRequest
from app.domain.access_policy import Action, Target, decide
from app.domain.answer_limits import AnswerLimits
from app.domain.catalogue import definition_of
from app.domain.command import Ending
from app.domain.command_definition import CommandDefinition
from app.domain.errors import LeaseLost, SovdError, VehicleTimeout
from app.domain.identifiers import VehicleId
from app.domain.outcome import (
    ending_for,
    ending_for_cancel,
    ending_for_deadline,
    ending_for_missing_final,
    ending_for_stopped_worker,
    ending_for_withdrawn_permission,
    leaves_open_whether_it_acted,
)
from app.domain.retry_policy import decide_retry
from app.domain.stream_events import progress_event
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing
from app.repositories.queue_repository import ClaimedCommand
from app.worker.answer_record import AnswerRecord, StepRecorder

_log = structlog.get_logger(__name__)


class StopReason(StrEnum):
    """Why a run is stopped from outside."""

    CANCELLED = "cancelled"
    SHUTDOWN = "shutdown"
    LEASE_LOST = "lease_lost"


class PresenceNotes(Protocol):
    """Takes down what a run finds out about its vehicle's presence."""

    def note(self, vehicle_id: VehicleId, address: str, error: Exception | None) -> None:
        """An answer (`error` None), or the error it got instead."""
        ...


class Preparation(Protocol):
    """What comes before a command is sent."""

    async def prepare(
        self, connector: Connector, request: VehicleRequest, definition: CommandDefinition
    ) -> VehicleRequest:
        """The request as it may be sent; raises where it may not, and then nothing was sent."""
        ...


class CommandRun:
    """Runs one claimed command from permission check to ending. Use once: `execute`; `stop` from anywhere."""

    def __init__(
        self,
        claimed: ClaimedCommand,
        *,
        registry: ConnectorRegistry,
        approach: Preparation,
        recorder: StepRecorder,
        presence: PresenceNotes,
        metrics: Metrics,
        tracing: Tracing,
        limits: AnswerLimits,
    ) -> None:
        self._claimed = claimed
        self._command = claimed.command
        self._definition = definition_of(self._command.command_name).with_params(self._command.command_params)
        self._registry = registry
        self._approach = approach
        self._recorder = recorder
        self._presence = presence
        self._metrics = metrics
        self._tracing = tracing
        self._answer = AnswerRecord(claimed, recorder, limits)
        self._stop_reason: StopReason | None = None
        self._limit: asyncio.Timeout | None = None
        self._may_have_reached = False

    def stop(self, reason: StopReason) -> None:
        """Stop talking to the vehicle as soon as possible; the first reason counts, but a lost lease always does."""
        if self._stop_reason is None or reason is StopReason.LEASE_LOST:
            self._stop_reason = reason
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time())

    async def execute(self) -> None:
        """Run to the end. Never raises for anything a vehicle does; returns silently where the lease is lost."""
        started = asyncio.get_running_loop().time()
        try:
            await self._run_and_confirm()
        except LeaseLost as error:
            self._metrics.lease_lost()
            _log.warning("run abandoned", reason=error.message)
            return
        except Exception as error:  # noqa: BLE001 - even our own failure must leave a truthful ending
            _log.exception("the answer could not be recorded")
            await self._end_after_own_failure(error)
        if self._answer.ending is not None:
            self._metrics.command_ended(self._command.command_name, self._answer.ending.status)
        self._metrics.stage_took("execution", asyncio.get_running_loop().time() - started)

    async def _run_and_confirm(self) -> None:
        ending = await self._run()
        if ending is not None:
            self._answer.end(ending)
        await self._answer.confirm()

    async def _end_after_own_failure(self, error: Exception) -> None:
        """A step could not be stored: those before it stand."""
        await self._answer.settle()
        self._answer.end(ending_for(error, self._definition, chunks_stored=self._answer.chunks))
        await self._answer.confirm()

    async def _run(self) -> Ending | None:
        """The ending that still has to be written; None where it went along with the final chunk."""
        if not self._is_permitted():
            return ending_for_withdrawn_permission()
        now = asyncio.get_running_loop().time()
        deadline = now + self._command.timeout_s
        last_start = min(deadline, now + self._until_expiry())
        try:
            async with asyncio.timeout_at(deadline) as self._limit:
                if self._stop_reason is not None:
                    return self._ending_when_stopped()
                return await self._attempt_until_ended(deadline, last_start)
        except TimeoutError:
            return None if self._answer.ending else self._ending_when_stopped()
        finally:
            self._limit = None

    def _until_expiry(self) -> float:
        """Seconds from the start of this run to the command's expiry, both by the database's clock."""
        started_at = self._command.started_at
        return math.inf if started_at is None else (self._command.expires_at - started_at).total_seconds()

    def _is_permitted(self) -> bool:
        target = Target(vehicle_id=self._command.vehicle_id, minimum_role=self._definition.minimum_role)
        return decide(self._claimed.actor, Action.SEND_COMMAND, target).allowed

    def _ending_when_stopped(self) -> Ending:
        match self._stop_reason:
            case None:
                if self._may_have_reached:
                    self._note_silence()
                return ending_for_deadline(
                    self._definition,
                    timeout_s=self._command.timeout_s,
                    chunks_stored=self._answer.chunks,
                    may_have_reached=self._may_have_reached,
                )
            case StopReason.CANCELLED:
                return ending_for_cancel(
                    self._definition, chunks_stored=self._answer.chunks, stopped_for_certain=not self._may_have_reached
                )
            case StopReason.SHUTDOWN:
                return ending_for_stopped_worker(
                    self._definition, chunks_stored=self._answer.chunks, may_have_reached=self._may_have_reached
                )
            case StopReason.LEASE_LOST:
                raise LeaseLost("this worker's lease ran out while the command ran")
            case unreachable:
                assert_never(unreachable)

    def _note_silence(self) -> None:
        silence = VehicleTimeout(f"fell silent while {self._command.command_name} ran")
        self._presence.note(self._command.vehicle_id, self._claimed.address, silence)

    async def _attempt_until_ended(self, deadline: float, last_start: float) -> Ending | None:
        """Attempts end by `deadline`; none but the first begins after `last_start` (loop seconds)."""
        loop = asyncio.get_running_loop()
        attempt = self._command.attempt
        while True:
            try:
                return await self._follow_answer(deadline)
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a connector does, the command must end truthfully
                self._log_failure(error)
                self._presence.note(self._command.vehicle_id, self._claimed.address, error)
                decision = decide_retry(
                    error,
                    attempt=attempt,
                    chunks_stored=self._answer.chunks,
                    definition=self._definition,
                    remaining_s=last_start - loop.time(),
                    may_have_reached=self._may_have_reached,
                )
                if decision.after_s is None:
                    return ending_for(
                        error,
                        self._definition,
                        chunks_stored=self._answer.chunks,
                        may_have_reached=self._may_have_reached,
                    )
                self._may_have_reached = self._may_have_reached and leaves_open_whether_it_acted(error)
                await asyncio.sleep(decision.after_s)
                attempt += 1

    async def _follow_answer(self, deadline: float) -> Ending | None:
        connector = self._registry.for_address(self._claimed.address)
        request = await self._approach.prepare(connector, self._request(deadline), self._definition)
        started = asyncio.get_running_loop().time()
        self._may_have_reached = True
        async with aclosing(connector.execute(request)) as answer:
            async for item in answer:
                if isinstance(item, Progress):
                    await self._recorder.show(
                        progress_event(self._command.command_id, item.message, item.pending_since)
                    )
                    continue
                if self._answer.chunks == 0:
                    self._presence.note(self._command.vehicle_id, self._claimed.address, None)
                    self._metrics.stage_took("to_first_chunk", asyncio.get_running_loop().time() - started)
                with self._tracing.span("command.chunk", attributes={"sequence_number": self._answer.chunks + 1}):
                    await self._answer.add(item)
                if item.is_final:
                    return None
        return ending_for_missing_final(self._definition, chunks_stored=self._answer.chunks)

    def _request(self, deadline: float) -> VehicleRequest:
        command = self._command
        return VehicleRequest(
            command_id=command.command_id,
            vehicle_id=command.vehicle_id,
            address=self._claimed.address,
            command_name=command.command_name,
            command_params=command.command_params,
            correlation_id=command.correlation_id,
            deadline=deadline,
            vin=self._claimed.vin,
        )

    def _log_failure(self, error: Exception) -> None:
        if isinstance(error, SovdError):
            _log.info("attempt failed", code=error.error_code, error=error.message, details=error.details)
        else:
            _log.error("the connector failed unexpectedly", exc_info=error)
