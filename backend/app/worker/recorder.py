"""Makes answers durable, then shows them: chunks of all running commands in groups, published after the commit."""

import asyncio
import time
from collections.abc import Sequence

import structlog

from app.domain.bus_messages import BusMessage
from app.domain.command_states import BAD_ENDINGS
from app.domain.errors import LeaseLost, StorageUnavailable
from app.domain.stream_events import StreamEvent, error_event, response_event, status_event
from app.observability.metrics import Metrics
from app.repositories import recording_repository
from app.repositories.recording_repository import Recorded, Recording
from app.repositories.unit_of_work import Publisher
from app.storage.engine import Database
from app.storage.group_commit import GroupCommit
from app.worker.answer_record import UNCONFIRMED_LIMIT
from app.worker.worker_lease import WorkerLease

_log = structlog.get_logger(__name__)
_PAUSE_S = 0.2


class Recorder:
    """Stores steps of running commands in the order in which they were given, and publishes each after its commit.

    Has room for `runs` running commands, each of which waits for the database after `UNCONFIRMED_LIMIT` chunks: it is
    the runs that are held back, never a step that is refused.
    """

    def __init__(
        self, database: Database, publisher: Publisher, lease: WorkerLease, metrics: Metrics, *, runs: int
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._lease = lease
        self._metrics = metrics
        self._group: GroupCommit[Recording, Recorded | None] = GroupCommit(
            self._commit, capacity=2 * runs * (UNCONFIRMED_LIMIT + 1)
        )

    def record(self, step: Recording) -> "asyncio.Future[Recorded | None]":
        """Queue a step. The future gives `Recorded` once it is durable, None where the lease is lost.

        While the database is away the step waits, as long as this worker's lease holds; then LeaseLost is raised.
        """
        return self._group.enqueue(step)

    async def show(self, event: StreamEvent) -> None:
        """Publish an event that is not stored (progress)."""
        await self._publisher.publish([event.as_message()])

    async def run(self) -> None:
        """Store and publish until `close`."""
        await self._group.run()

    def close(self) -> None:
        """Take nothing new; `run` returns when everything is stored."""
        self._group.close()

    async def _commit(self, group: Sequence[Recording]) -> Sequence[Recorded | Exception | None]:
        began = time.perf_counter()
        results = await self._store(group)
        stored = time.perf_counter()
        await self._publisher.publish(_messages(group, results))
        self._metrics.stage_took("store", stored - began)
        self._metrics.stage_took("publish", time.perf_counter() - stored)
        self._metrics.chunks_stored(
            sum(
                step.chunk is not None
                for step, result in zip(group, results, strict=True)
                if isinstance(result, Recorded)
            )
        )
        return results

    async def _store(self, group: Sequence[Recording]) -> Sequence[Recorded | Exception | None]:
        said = False
        while True:
            try:
                async with self._database.autocommit() as db:
                    return await recording_repository.record(db, self._lease.worker_id, self._lease.name, group)
            except StorageUnavailable as error:
                if not self._lease.is_held:  # an answer for each, not raised: else each would be tried again alone
                    return [LeaseLost("the database was away for longer than this worker's lease") for _ in group]
                if not said:
                    _log.warning("answers wait for the database", steps=len(group), error=error.message)
                said = True
            await asyncio.sleep(_PAUSE_S)


def _messages(group: Sequence[Recording], results: Sequence[Recorded | Exception | None]) -> list[BusMessage]:
    messages: list[BusMessage] = []
    for step, result in zip(group, results, strict=True):
        if not isinstance(result, Recorded):
            continue
        if step.chunk is not None:
            messages.append(response_event(step.chunk).as_message())
        if step.ending is not None:
            if step.ending.error is not None and step.ending.status in BAD_ENDINGS:
                messages.append(error_event(step.command_id, step.ending.error).as_message())
            messages.append(status_event(step.command_id, step.ending.status, result.completed_at).as_message())
            if result.change is not None:
                messages.append(result.change.as_message())
    return messages
