"""Who is there: probes vehicles, takes note of what running commands find, and wakes the queue when one comes back.

Presence is judged from answers, never from open connections.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from app.connectors.port import ConnectorRegistry, VehicleContext
from app.domain.bus_messages import WAKE_COMMANDS, BusMessage
from app.domain.errors import (
    InvalidRequest,
    SovdError,
    StorageUnavailable,
    VehicleConnectionLost,
    VehicleError,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.identifiers import VehicleId
from app.domain.presence import presence_event
from app.domain.vehicle import ConnectionStatus
from app.repositories import presence_repository
from app.repositories.presence_repository import DueProbe, PresenceObservation
from app.repositories.unit_of_work import UnitOfWork
from app.worker.steady_loop import run_steadily

_log = structlog.get_logger(__name__)

_PROBES_AT_ONCE = 200
"""The budget of a worker: so many vehicles are asked side by side, and no more are begun until one has answered."""
_PROBE_DEADLINE_S = 3.0
_ROUND_S = 1.0
_GATHERING_S = 0.05
"""Findings that come within this time are written down together."""
_NOTED_LIMIT = 5000
_NO_ANSWER = (VehicleUnreachable, VehicleTimeout, VehicleConnectionLost)


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
        self._found: dict[VehicleId, PresenceObservation] = {}
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
                self._found[vehicle_id] = _observation(vehicle_id, address, None)
        elif isinstance(error, _NO_ANSWER) and len(self._doubted) < _NOTED_LIMIT:
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
            async with self._unit_of_work.begin() as work:
                due = await presence_repository.claim_due_probes(work.db, free - len(doubted), self._interval_s)
        for item in (*doubted, *due):
            if item.vehicle_id not in self._asked:
                self._asked.add(item.vehicle_id)
                probes.create_task(self._probe(item), name=f"probe {item.vehicle_id}")

    async def _probe(self, due: DueProbe) -> None:
        try:
            self._found[due.vehicle_id] = await self._ask(due)
        except StorageUnavailable as error:  # says nothing about the vehicle: it is due again soon
            _log.info("a probe was left out", vehicle_id=str(due.vehicle_id), reason=error.message)
        finally:
            self._asked.discard(due.vehicle_id)
            asyncio.get_running_loop().call_later(_GATHERING_S, self._wake.set)

    async def _ask(self, due: DueProbe) -> PresenceObservation:
        deadline = asyncio.get_running_loop().time() + _PROBE_DEADLINE_S
        try:
            connector = self._registry.for_address(due.address)
            context = await self._contexts.context_of(due.vehicle_id, due.address)
            async with asyncio.timeout_at(deadline + 1):
                await connector.probe(due.address, deadline, context)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one vehicle's connector does, the others are probed
            if not isinstance(error, SovdError | TimeoutError):
                _log.exception("a probe failed unexpectedly", vehicle_id=str(due.vehicle_id))
            if isinstance(error, TimeoutError):
                error = VehicleTimeout("The vehicle did not answer the probe in time.")
            return _observation(due.vehicle_id, due.address, error)
        return _observation(due.vehicle_id, due.address, None)

    async def _write_found(self) -> None:
        found, self._found = self._found, {}
        try:
            await self._write(list(found.values()))
        except StorageUnavailable:
            self._found = found | self._found
            raise

    async def _write(self, observations: Sequence[PresenceObservation]) -> None:
        if not observations:
            return
        async with self._unit_of_work.begin() as work:
            changes = await presence_repository.record_presence(work.db, observations, worker=self._worker_name)
            for change in changes:
                work.publish(presence_event(change))
            if any(change.status is ConnectionStatus.CONNECTED for change in changes):
                work.publish(BusMessage(WAKE_COMMANDS, ""))


def _observation(vehicle_id: VehicleId, address: str, error: Exception | None) -> PresenceObservation:
    match error:
        case None:
            status, cause = ConnectionStatus.CONNECTED, None
        case VehicleUnreachable() | VehicleTimeout() | VehicleConnectionLost():
            status, cause = ConnectionStatus.DISCONNECTED, error.message
        case VehicleError() | InvalidRequest():
            status, cause = ConnectionStatus.ERROR, error.message
        case _:
            status, cause = ConnectionStatus.ERROR, f"the probe failed ({type(error).__name__})"
    return PresenceObservation(vehicle_id=vehicle_id, address=address, status=status, cause=cause)
