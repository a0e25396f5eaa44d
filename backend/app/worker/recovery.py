"""Sees to it that nothing stays in limbo: late commands expire, commands of dead workers get a truthful end."""

import structlog

from app.domain.bus_messages import RESYNC_MESSAGES
from app.domain.catalogue import definition_of_stored
from app.domain.command import Ending
from app.domain.command_change import CommandChange
from app.domain.command_states import CommandStatus
from app.domain.identifiers import WorkerId
from app.domain.outcome import ending_for_expiry, ending_for_lost_lease
from app.domain.retry_policy import may_take_over
from app.domain.stream_events import error_event, status_event
from app.observability.metrics import Metrics
from app.repositories import queue_repository, worker_repository
from app.repositories.queue_repository import ClaimedCommand
from app.repositories.unit_of_work import UnitOfWork, Work
from app.worker.dispatcher import Dispatcher
from app.worker.worker_lease import WorkerLease

_log = structlog.get_logger(__name__)
_BATCH = 200


class Recovery:
    """One round of putting things right; several workers may do it at once (rows are locked, locked ones skipped)."""

    def __init__(self, unit_of_work: UnitOfWork, lease: WorkerLease, dispatcher: Dispatcher, metrics: Metrics) -> None:
        self._unit_of_work = unit_of_work
        self._lease = lease
        self._dispatcher = dispatcher
        self._metrics = metrics

    async def put_right(self) -> None:
        """Expire what is late, then decide about orphans."""
        await self._expire()
        async with self._dispatcher.starting:
            if self._lease.is_held and self._dispatcher.is_claiming:
                await self._decide_orphans(self._lease.worker_id)

    async def _expire(self) -> None:
        ending = ending_for_expiry()
        error = ending.error.to_json() if ending.error else {}
        async with self._unit_of_work.begin() as work:
            late = await queue_repository.expire(work.db, reason=ending.status_reason, error=error)
            for change in late:
                _tell(work, change, ending)
        for change in late:  # counted once they are committed: a round that fails is done again
            self._metrics.command_ended(change.command_name, CommandStatus.EXPIRED)

    async def _decide_orphans(self, worker_id: WorkerId) -> None:
        taken: list[ClaimedCommand] = []
        ended: list[tuple[str, CommandStatus]] = []
        async with self._unit_of_work.begin() as work:
            orphans = await self._lock_orphans(work, worker_id)
            if orphans:  # their worker may also have died between storing something and telling it
                for message in RESYNC_MESSAGES:
                    work.publish(message)
            for orphan in orphans:
                if self._may_run_again(orphan):
                    again = await worker_repository.take_over(work.db, worker_id, self._lease.name, orphan)
                    taken += [again] if again is not None else []
                else:
                    ended.append((orphan.command.command_name, await self._end(work, orphan, worker_id)))
            await worker_repository.forget_dead(work.db)
        for name, status in ended:
            self._metrics.command_ended(name, status)
        if taken:
            _log.warning("taken over from dead workers", commands=[str(item.command.command_id) for item in taken])
            await self._dispatcher.start(taken, worker_id)

    async def _lock_orphans(self, work: Work, worker_id: WorkerId) -> list[ClaimedCommand]:
        return await worker_repository.lock_orphans(work.db, worker_id, self._dispatcher.running, _BATCH)

    def _may_run_again(self, orphan: ClaimedCommand) -> bool:
        command = orphan.command
        if orphan.is_late or command.cancel_requested_at is not None:
            return False
        definition = definition_of_stored(command.command_name, command.command_params)
        return may_take_over(definition, chunks_stored=orphan.chunks_stored, attempt=command.attempt)

    async def _end(self, work: Work, orphan: ClaimedCommand, worker_id: WorkerId) -> CommandStatus:
        command_id = orphan.command.command_id
        definition = definition_of_stored(orphan.command.command_name, orphan.command.command_params)
        ending = ending_for_lost_lease(definition, chunks_stored=orphan.chunks_stored)
        _log.warning("ended for a dead worker", command_id=str(command_id), status=ending.status)
        completed_at = await worker_repository.end_orphan(work.db, worker_id, self._lease.name, orphan, ending)
        _tell(work, CommandChange.of(orphan.command, ending.status, completed_at), ending)
        return ending.status


def _tell(work: Work, change: CommandChange, ending: Ending) -> None:
    if ending.error is not None:
        work.publish(error_event(change.command_id, ending.error).as_message())
    work.publish(status_event(change.command_id, ending.status, change.at).as_message())
    work.publish(change.as_message())
