"""Who is there: probes vehicles, takes note of what running commands find, and wakes the queue when one comes back.

Presence is judged from answers, never from open connections.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from app.connectors.port import ConnectorRegistry, VehicleContext
from app.domain.bus_messages import WAKE_COMMANDS, BusMessage
from app.domain.errors import SovdError, StorageUnavailable, VehicleTimeout
from app.domain.identifiers import VehicleId
from app.domain.presence import PresenceChange, presence_event
from app.domain.vehicle import ConnectionStatus
from app.repositories import presence_repository
from app.repositories.presence_repository import DueProbe
from app.repositories.unit_of_work import UnitOfWork, Work
from app.worker.presence_findings import NO_ANSWER, Finding, Findings, judged
from app.worker.steady_loop import run_steadily

_log = structlog.get_logger(__name__)

_PROBES_AT_ONCE = 200
"""The budget of a worker: so many vehicles are asked side by side, and no more are begun until one has answered."""
_PROBE_DEADLINE_S = 3.0
_ROUND_S = 1.0
_GATHERING_S = 0.05
"""Findings that come within this time are written down together."""
_NOTED_LIMIT = 5000
_LONGEST_UNWATCHED_S = 60.0
_LONGEST_UNWATCHED_INTERVALS = 12
"""A vehicle that nobody asked for so long although it was due is no longer taken for what it was."""


class Contexts(Protocol):
    """Knows what a connector needs beside the address."""

    async def context_of(self, vehicle_id: VehicleId, address: str) -> VehicleContext:
        """Secrets and data of a vehicle."""
        ...


class Presence:
    """Probes due vehicles side by side; several workers share the vehicles between them.

    A silent vehicle delays no other: each round begins as many probes as the budget has room for, and writes down what
    has been found since the last one.
    """

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        registry: ConnectorRegistry,
        contexts: Contexts,
        *,
        worker_name: str,
        interval_s: float,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._registry = registry
        self._contexts = contexts
        self._worker_name = worker_name
        self._interval_s = interval_s
        self._wake = asyncio.Event()
        self._longest_unwatched_s = max(_LONGEST_UNWATCHED_S, _LONGEST_UNWATCHED_INTERVALS * interval_s)
        self._found = Findings()
        self._asked: set[VehicleId] = set()
        self._doubted: dict[VehicleId, DueProbe] = {}

    def wake(self) -> None:
        """A vehicle is new or has a new address: look at it now."""
        self._wake.set()

    def note(self, vehicle_id: VehicleId, address: str, error: Exception | None) -> None:
        """What a running command found: an answer (`error` None) or the error it got.

        An answer is written with the next round. An error may be that of one control unit alone, so the vehicle itself
        is asked then, at once. Beyond some thousand vehicles a round, findings are left to the probes that are due.
        """
        if error is None:
            if len(self._found) < _NOTED_LIMIT or vehicle_id in self._found:
                due = DueProbe(vehicle_id=vehicle_id, address=address)
                self._found.keep(_finding(due, None, asked_at=asyncio.get_running_loop().time()))
        elif isinstance(error, NO_ANSWER) and len(self._doubted) < _NOTED_LIMIT:
            self._doubted[vehicle_id] = DueProbe(vehicle_id=vehicle_id, address=address)
            self._wake.set()

    async def run(self) -> None:
        """Probe for ever."""
        async with asyncio.TaskGroup() as probes:

            async def look() -> None:
                await self._round(probes)

            await run_steadily("presence", look, interval_s=min(_ROUND_S, self._interval_s), wake=self._wake)

    async def _round(self, probes: asyncio.TaskGroup) -> None:
        await self._write_found()
        free = _PROBES_AT_ONCE - len(self._asked)
        if free <= 0:
            return
        doubted = [self._doubted.pop(vehicle_id) for vehicle_id in list(self._doubted)[:free]]
        due: Sequence[DueProbe] = ()
        if free > len(doubted):
            due = await self._claim(free - len(doubted))
        for item in (*doubted, *due):
            if item.vehicle_id not in self._asked:
                self._asked.add(item.vehicle_id)
                probes.create_task(self._probe(item), name=f"probe {item.vehicle_id}")

    async def _claim(self, limit: int) -> Sequence[DueProbe]:
        async with self._unit_of_work.begin() as work:
            changes = await presence_repository.doubt_unwatched(
                work.db, overdue_s=self._longest_unwatched_s, worker=self._worker_name
            )
            _tell(work, changes)
            return await presence_repository.claim_due_probes(work.db, limit, self._interval_s)

    async def _probe(self, due: DueProbe) -> None:
        asked_at = asyncio.get_running_loop().time()
        try:
            error = await self._ask(due, asked_at + _PROBE_DEADLINE_S)
            self._found.keep(_finding(due, error, asked_at=asked_at))
        except StorageUnavailable as trouble:  # says nothing about the vehicle: it is due again soon
            _log.info("a probe was left out", vehicle_id=str(due.vehicle_id), reason=trouble.message)
        finally:
            self._asked.discard(due.vehicle_id)
            asyncio.get_running_loop().call_later(_GATHERING_S, self._wake.set)

    async def _ask(self, due: DueProbe, deadline: float) -> Exception | None:
        """None: it answered. Raises StorageUnavailable."""
        try:
            connector = self._registry.for_address(due.address)
            context = await self._contexts.context_of(due.vehicle_id, due.address)
            async with asyncio.timeout_at(deadline + 1):
                await connector.probe(due.address, deadline, context)
        except StorageUnavailable:
            raise
        except TimeoutError:
            return VehicleTimeout("The vehicle did not answer the probe in time.")
        except Exception as error:  # noqa: BLE001 - whatever one vehicle's connector does, the others are probed
            if not isinstance(error, SovdError):
                _log.exception("a probe failed unexpectedly", vehicle_id=str(due.vehicle_id))
            return error
        return None

    async def _write_found(self) -> None:
        found = self._found.take()
        try:
            await self._write(found)
        except StorageUnavailable:
            self._found.put_back(found)
            raise

    async def _write(self, found: Sequence[Finding]) -> None:
        if not found:
            return
        async with self._unit_of_work.begin() as work:
            now = asyncio.get_running_loop().time()
            observations = [finding.observed(now) for finding in found]
            _tell(work, await presence_repository.record_presence(work.db, observations, worker=self._worker_name))


def _tell(work: Work, changes: Sequence[PresenceChange]) -> None:
    for change in changes:
        work.publish(presence_event(change))
    if any(change.status is ConnectionStatus.CONNECTED for change in changes):
        work.publish(BusMessage(WAKE_COMMANDS, ""))


def _finding(due: DueProbe, error: Exception | None, *, asked_at: float) -> Finding:
    status, cause = judged(error)
    return Finding(
        vehicle_id=due.vehicle_id,
        address=due.address,
        status=status,
        cause=cause,
        asked_at=asked_at,
        found_at=asyncio.get_running_loop().time(),
    )
