"""Claims commands while there are free slots, and keeps what runs."""

import asyncio
from collections.abc import Iterable

import structlog

from app.connectors.port import ConnectorRegistry
from app.domain.answer_limits import AnswerLimits
from app.domain.bus_messages import BusMessage
from app.domain.command import Command
from app.domain.command_change import CommandChange
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, WorkerId
from app.domain.stream_events import status_event
from app.observability.correlation import bound_correlation
from app.observability.metrics import Metrics
from app.observability.tracing import Attributes, Tracing
from app.repositories import queue_repository
from app.repositories.queue_repository import ClaimedCommand
from app.repositories.unit_of_work import Publisher
from app.storage.driver_errors import ConstraintViolated
from app.storage.engine import Database
from app.worker.approach import Approach
from app.worker.command_run import CommandRun, StopReason
from app.worker.presence import Presence
from app.worker.recorder import Recorder
from app.worker.steady_loop import run_steadily
from app.worker.worker_lease import WorkerLease

_log = structlog.get_logger(__name__)


class Dispatcher:
    """Fills up to `slots` slots with claimed commands, in the order the queue gives them."""

    def __init__(
        self,
        *,
        database: Database,
        publisher: Publisher,
        lease: WorkerLease,
        recorder: Recorder,
        registry: ConnectorRegistry,
        approach: Approach,
        presence: Presence,
        metrics: Metrics,
        tracing: Tracing,
        limits: AnswerLimits,
        slots: int,
        poll_s: float,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._lease = lease
        self._recorder = recorder
        self._registry = registry
        self._approach = approach
        self._presence = presence
        self._metrics = metrics
        self._tracing = tracing
        self._limits = limits
        self._slots = slots
        self._poll_s = poll_s
        self._wake = asyncio.Event()
        self._runs: dict[CommandId, CommandRun] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._claiming = True
        self.starting = asyncio.Lock()
        """Held from before commands become this worker's until their runs have begun: nothing is left in between."""
        self._draining: asyncio.Timeout | None = None
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def running(self) -> frozenset[CommandId]:
        """The commands that run here now."""
        return frozenset(self._runs)

    def wake(self) -> None:
        """There may be something to claim."""
        self._wake.set()

    def cancel(self, command_ids: Iterable[CommandId]) -> None:
        """Somebody asked to cancel these; those that do not run here are ignored."""
        for command_id in command_ids:
            if (run := self._runs.get(command_id)) is not None:
                run.stop(StopReason.CANCELLED)

    def lease_begins(self) -> None:
        """There is a lease again: look at the queue."""
        self._wake.set()

    def lease_lost(self) -> None:
        """Stop everything that runs here; recovery decides about it."""
        self._stop_all(StopReason.LEASE_LOST)

    def _stop_all(self, reason: StopReason) -> None:
        for run in tuple(self._runs.values()):
            run.stop(reason)

    async def run(self, tasks: asyncio.TaskGroup) -> None:
        """Claim for ever; runs live in `tasks`."""
        self._tasks = tasks
        await run_steadily("dispatch", self._fill_slots, interval_s=self._poll_s, wake=self._wake)

    async def drain(self, at_most_s: float) -> None:
        """Claim nothing more and let what runs finish for `at_most_s` seconds; then stop it."""
        self._claiming = False
        try:
            async with asyncio.timeout(at_most_s) as self._draining:
                async with self.starting:
                    pass  # a claim on its way to us has arrived now
                await self._idle.wait()
        except TimeoutError:
            async with self.starting:
                _log.warning("still running after the drain time; stopped now", commands=len(self._runs))
                self._stop_all(StopReason.SHUTDOWN)
            await self._idle.wait()
        finally:
            self._draining = None

    def stop_draining(self) -> None:
        """Wait no longer for what runs: stop it now."""
        if self._draining is not None and not self._draining.expired():
            self._draining.reschedule(0)

    @property
    def is_claiming(self) -> bool:
        """Whether new work may be started here."""
        return self._claiming

    async def start(self, claimed: Iterable[ClaimedCommand], worker_id: WorkerId) -> None:
        """Say that these commands run, and run them; they were claimed as `worker_id`, with `starting` held.

        Where that lease is lost by now, nothing is sent to a vehicle: recovery decides.
        """
        commands = tuple(claimed)
        if not self._lease.is_held or self._lease.worker_id != worker_id:
            _log.warning("claimed too late to be run under this lease", commands=len(commands))
            return
        await self._publisher.publish([message for item in commands for message in _began(item.command)])
        for item in commands:
            self._start_one(item)

    async def _fill_slots(self) -> None:
        async with self.starting:
            while self._claiming and self._lease.is_held and (free := self._slots - len(self._runs)) > 0:
                worker_id = self._lease.worker_id
                try:
                    async with self._database.autocommit() as db:
                        claimed = await queue_repository.claim(db, worker_id, self._lease.name, free)
                except ConstraintViolated as error:
                    if error.constraint != queue_repository.ONE_PER_LANE:
                        raise
                    continue  # another worker was faster on one of the lanes
                for item in claimed:
                    self._note_wait(item)
                await self.start(claimed, worker_id)
                if len(claimed) < free:
                    return

    def _note_wait(self, claimed: ClaimedCommand) -> None:
        command = claimed.command
        if command.started_at is None:
            return
        self._metrics.stage_took("queued", (command.started_at - command.submitted_at).total_seconds())
        self._tracing.record(
            "command.queued",
            parent=claimed.trace_context,
            started_at=command.submitted_at,
            ended_at=command.started_at,
        )

    def _start_one(self, claimed: ClaimedCommand) -> None:
        if self._tasks is None:
            raise RuntimeError("the dispatcher does not run")
        run = CommandRun(
            claimed,
            registry=self._registry,
            approach=self._approach,
            recorder=self._recorder,
            presence=self._presence,
            metrics=self._metrics,
            tracing=self._tracing,
            limits=self._limits,
        )
        self._runs[claimed.command.command_id] = run
        self._idle.clear()
        self._tasks.create_task(self._follow(claimed, run), name=f"command {claimed.command.command_id}")

    async def _follow(self, claimed: ClaimedCommand, run: CommandRun) -> None:
        command = claimed.command
        structlog.contextvars.bind_contextvars(command_id=str(command.command_id))
        try:
            name: Attributes = {"command_name": command.command_name, "attempt": command.attempt}
            with (
                bound_correlation(command.correlation_id),
                self._tracing.span("command.run", parent=claimed.trace_context, attributes=name),
            ):
                await run.execute()
        except Exception:  # noqa: BLE001 - the edge of a task: logged; recovery decides about what no longer runs
            _log.exception("the run of a command failed on our side")
        finally:
            del self._runs[command.command_id]
            if not self._runs:
                self._idle.set()
            self._wake.set()


def _began(command: Command) -> list[BusMessage]:
    messages = [status_event(command.command_id, CommandStatus.IN_PROGRESS, None).as_message()]
    if command.started_at is not None:
        messages.append(CommandChange.of(command, CommandStatus.IN_PROGRESS, command.started_at).as_message())
    return messages
