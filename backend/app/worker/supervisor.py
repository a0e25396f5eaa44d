"""A whole worker: everything it does side by side, how it starts, and how it stops without losing anything."""

import asyncio
import os
import random
import socket
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog

from app.connectors.port import ConnectorRegistry
from app.domain.answer_limits import AnswerLimits
from app.domain.bus_messages import WAKE_CANCEL, WAKE_COMMANDS, WAKE_PRESENCE, BusMessage
from app.domain.identifiers import CommandId
from app.eventbus.event_bus import EventBus
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing
from app.repositories.unit_of_work import UnitOfWork
from app.security.sealing import Sealing
from app.services.audit_service import AuditService
from app.storage.engine import Database
from app.worker.approach import Approach
from app.worker.dispatcher import Dispatcher
from app.worker.housekeeping import Housekeeping
from app.worker.presence import Presence
from app.worker.reconciliation import Reconciliation
from app.worker.recorder import Recorder
from app.worker.recovery import Recovery
from app.worker.steady_loop import run_steadily
from app.worker.worker_lease import WorkerLease

_log = structlog.get_logger(__name__)
_TIDY_EVERY_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """Times in seconds where their names do not say otherwise; `slots` is how many commands run side by side, and
    `answer_limits` how long each may answer.
    """

    slots: int
    lease_s: float
    heartbeat_s: float
    poll_s: float
    drain_s: float
    probe_interval_s: float
    presence_history_days: int
    answer_limits: AnswerLimits = field(default_factory=AnswerLimits)


class Worker:
    """Claims, runs, recovers, probes and seals, until it is told to stop."""

    def __init__(
        self,
        *,
        database: Database,
        unit_of_work: UnitOfWork,
        bus: EventBus,
        registry: ConnectorRegistry,
        sealing: Sealing,
        audit: AuditService,
        metrics: Metrics,
        tracing: Tracing,
        settings: WorkerSettings,
    ) -> None:
        self._bus = bus
        self._audit = audit
        self._settings = settings
        name = f"{socket.gethostname()}/{os.getpid()}"
        self._lease = WorkerLease(
            database,
            name=name,
            lease_s=settings.lease_s,
            heartbeat_s=settings.heartbeat_s,
        )
        self._recorder = Recorder(database, bus, self._lease, metrics, runs=settings.slots)
        approach = Approach(database, sealing)
        self._presence = Presence(
            unit_of_work, registry, approach, worker_name=name, interval_s=settings.probe_interval_s
        )
        self._dispatcher = Dispatcher(
            database=database,
            publisher=bus,
            lease=self._lease,
            recorder=self._recorder,
            registry=registry,
            approach=approach,
            presence=self._presence,
            metrics=metrics,
            tracing=tracing,
            limits=settings.answer_limits,
            slots=settings.slots,
            poll_s=settings.poll_s,
        )
        self._recovery = Recovery(unit_of_work, self._lease, self._dispatcher, metrics)
        self._reconciliation = Reconciliation(unit_of_work, worker_name=name)
        self._housekeeping = Housekeeping(unit_of_work, presence_days=settings.presence_history_days)

    async def run(self, stop: asyncio.Event, stop_now: asyncio.Event) -> None:
        """Work until `stop` is set, then claim nothing more and let what runs finish (at most `drain_s` seconds).

        `stop_now` cuts the waiting short. Everything that was answered is stored before this returns.
        """
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            await self._listen(stack)
            recording = tasks.create_task(self._recorder.run(), name="recorder")
            loops = [tasks.create_task(work, name=name) for name, work in self._loops(tasks).items()]
            _log.info("worker started", slots=self._settings.slots)
            await stop.wait()
            await self._drain(stop_now)
            for loop in loops:
                loop.cancel()
            self._recorder.close()
            await recording
            await self._lease.retire()
            _log.info("worker stopped")

    async def _listen(self, stack: AsyncExitStack) -> None:
        handlers = {
            WAKE_COMMANDS: lambda _: self._dispatcher.wake(),
            WAKE_CANCEL: self._cancel,
            WAKE_PRESENCE: lambda _: self._presence.wake(),
        }
        for channel, handler in handlers.items():
            subscription = await self._bus.subscribe(channel, handler)
            stack.callback(subscription.close)

    def _loops(self, tasks: asyncio.TaskGroup) -> dict[str, Coroutine[Any, Any, None]]:
        poll_s = self._settings.poll_s
        return {
            "lease": self._lease.run(self._dispatcher),
            "dispatcher": self._dispatcher.run(tasks),
            "recovery": run_steadily("recovery", self._recovery.put_right, interval_s=poll_s),
            "reconciliation": run_steadily("reconciliation", self._reconciliation.settle_unknown, interval_s=poll_s),
            "presence": self._presence.run(),
            "audit seals": self._audit.keep_sealing(),
            "housekeeping": run_steadily("housekeeping", self._housekeeping.tidy, interval_s=_tidy_interval_s()),
        }

    async def _drain(self, stop_now: asyncio.Event) -> None:
        _log.info("worker drains", running=len(self._dispatcher.running))
        hurry = asyncio.create_task(stop_now.wait())
        hurry.add_done_callback(lambda task: None if task.cancelled() else self._dispatcher.stop_draining())
        try:
            await self._dispatcher.drain(self._settings.drain_s)
        finally:
            hurry.cancel()
        await self._bus.publish([BusMessage(WAKE_COMMANDS, "")])  # what waits is for others now

    def _cancel(self, body: str) -> None:
        try:
            self._dispatcher.cancel([CommandId(UUID(body))])
        except ValueError:
            _log.warning("not a command id on the cancel channel")


def _tidy_interval_s() -> float:
    """Each worker its own, so that workers that were started together do not stay in step."""
    return _TIDY_EVERY_S * random.uniform(0.9, 1.1)  # noqa: S311 - nothing secret
