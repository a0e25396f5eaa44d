"""Who is there: probes vehicles, takes note of what running commands find, and wakes the queue when one comes back.

Presence is judged from answers, never from open connections.
"""

import asyncio
from collections.abc import Sequence

import structlog

from app.connectors.port import ConnectorRegistry
from app.domain.bus_messages import WAKE_COMMANDS, BusMessage
from app.domain.errors import InvalidRequest, VehicleError, VehicleTimeout, VehicleUnreachable
from app.domain.identifiers import VehicleId
from app.domain.vehicle import ConnectionStatus
from app.repositories import presence_repository
from app.repositories.presence_repository import DueProbe, PresenceObservation
from app.repositories.unit_of_work import UnitOfWork
from app.worker.steady_loop import run_steadily

_log = structlog.get_logger(__name__)

_PROBES_AT_ONCE = 200
_PROBE_DEADLINE_S = 5.0
_ROUND_S = 1.0
_NOTED_LIMIT = 5000


class Presence:
    """Probes due vehicles in rounds; several workers share the vehicles between them."""

    def __init__(
        self, unit_of_work: UnitOfWork, registry: ConnectorRegistry, *, worker_name: str, interval_s: float
    ) -> None:
        self._unit_of_work = unit_of_work
        self._registry = registry
        self._worker_name = worker_name
        self._interval_s = interval_s
        self._wake = asyncio.Event()
        self._noted: dict[VehicleId, PresenceObservation] = {}

    def wake(self) -> None:
        """A vehicle is new or has a new address: look at it now."""
        self._wake.set()

    def note(self, vehicle_id: VehicleId, address: str, error: Exception | None) -> None:
        """What a running command found: an answer (`error` None) or the error it got. Written with the next round.

        The last finding per vehicle counts; beyond some thousand vehicles a round, findings are left to the probes.
        """
        if error is not None and not isinstance(error, VehicleUnreachable | VehicleTimeout):
            return
        if len(self._noted) < _NOTED_LIMIT or vehicle_id in self._noted:
            self._noted[vehicle_id] = _observation(vehicle_id, address, error)

    async def run(self) -> None:
        """Probe for ever."""
        await run_steadily("presence", self._round, interval_s=min(_ROUND_S, self._interval_s), wake=self._wake)

    async def _round(self) -> None:
        noted, self._noted = self._noted, {}
        await self._write(list(noted.values()))
        while True:
            async with self._unit_of_work.begin() as work:
                due = await presence_repository.claim_due_probes(work.db, _PROBES_AT_ONCE, self._interval_s)
            if not due:
                return
            await self._write(await self._probe_all(due))

    async def _probe_all(self, due: Sequence[DueProbe]) -> list[PresenceObservation]:
        async with asyncio.TaskGroup() as tasks:
            probes = [tasks.create_task(self._probe(item)) for item in due]
        return [probe.result() for probe in probes]

    async def _probe(self, due: DueProbe) -> PresenceObservation:
        deadline = asyncio.get_running_loop().time() + _PROBE_DEADLINE_S
        try:
            connector = self._registry.for_address(due.address)
            async with asyncio.timeout_at(deadline + 1):
                await connector.probe(due.address, deadline)
        except Exception as error:  # noqa: BLE001 - whatever one vehicle's connector does, the others are probed
            if not isinstance(error, VehicleError | InvalidRequest | TimeoutError):
                _log.exception("a probe failed unexpectedly", vehicle_id=str(due.vehicle_id))
            return _observation(due.vehicle_id, due.address, error)
        return _observation(due.vehicle_id, due.address, None)

    async def _write(self, observations: Sequence[PresenceObservation]) -> None:
        if not observations:
            return
        async with self._unit_of_work.begin() as work:
            if await presence_repository.record_presence(work.db, observations, worker=self._worker_name):
                work.publish(BusMessage(WAKE_COMMANDS, ""))


def _observation(vehicle_id: VehicleId, address: str, error: Exception | None) -> PresenceObservation:
    match error:
        case None:
            status, cause = ConnectionStatus.CONNECTED, None
        case VehicleUnreachable():
            status, cause = ConnectionStatus.DISCONNECTED, error.message
        case VehicleError() | InvalidRequest():
            status, cause = ConnectionStatus.ERROR, error.message
        case _:
            status, cause = ConnectionStatus.ERROR, f"the probe failed ({type(error).__name__})"
    return PresenceObservation(vehicle_id=vehicle_id, address=address, status=status, cause=cause)
