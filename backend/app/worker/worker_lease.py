"""The lease of this worker: as long as it holds, nobody else touches its commands."""

import asyncio
from collections.abc import Iterable
from typing import Protocol
from uuid import uuid4

import structlog

from app.domain.errors import StorageUnavailable
from app.domain.identifiers import CommandId, WorkerId
from app.repositories import worker_repository
from app.storage.engine import Database

_log = structlog.get_logger(__name__)

SAFE_PART = 0.85
"""Part of the lease after which a worker that could not renew stops by itself, before another may take over."""

_RETRY_S = 0.3


class LeaseWatcher(Protocol):
    """Who acts on what the lease finds out."""

    def lease_begins(self) -> None:
        """The worker may claim from now on."""
        ...

    def lease_lost(self) -> None:
        """Stop everything; once per lost lease, before the worker registers under a new id."""
        ...

    def cancel(self, command_ids: Iterable[CommandId]) -> None:
        """Somebody asked to cancel these running commands; the same one may be named again."""
        ...


class WorkerLease:
    """Registers a worker, keeps its heartbeat, and says when the lease is lost.

    The worker's own measure is monotonic time, counted from before the heartbeat was sent: a jump of the wall clock
    changes nothing.
    """

    def __init__(
        self,
        database: Database,
        *,
        name: str,
        lease_s: float,
        heartbeat_s: float,
    ) -> None:
        self._database = database
        self.name = name
        self._lease_s = lease_s
        self._heartbeat_s = heartbeat_s
        self._watcher: LeaseWatcher | None = None
        self.worker_id = WorkerId(uuid4())
        self._held_until: float | None = None
        self._end_of_lease: asyncio.TimerHandle | None = None

    @property
    def is_held(self) -> bool:
        """Whether this worker may act on its commands now."""
        return self._held_until is not None and asyncio.get_running_loop().time() < self._held_until

    async def run(self, watcher: LeaseWatcher) -> None:
        """Register, then renew for ever; survives a database that is away.

        The watcher hears of a lost lease when the worker's own measure ends, whatever a heartbeat still waits for.
        """
        self._watcher = watcher
        try:
            while True:
                pause = await self._renew_or_say_why()
                await asyncio.sleep(pause)
        finally:
            self._let_go()

    async def _renew_or_say_why(self) -> float:
        """One try; seconds until the next one."""
        try:
            await self._renew()
        except (StorageUnavailable, TimeoutError):
            return _RETRY_S
        except Exception:  # noqa: BLE001 - the edge of a task: a worker without its heartbeat would be worth nothing
            _log.exception("the lease could not be renewed; it is tried again")
            return _RETRY_S
        return self._heartbeat_s

    async def retire(self) -> None:
        """Give the lease back; best effort, it also runs out by itself."""
        self._let_go()
        try:
            async with asyncio.timeout(2), self._database.autocommit() as db:
                await worker_repository.retire(db, self.worker_id)
        except (StorageUnavailable, TimeoutError):
            _log.warning("could not give the lease back; it runs out by itself", seconds=self._lease_s)

    async def _renew(self) -> None:
        sent_at = asyncio.get_running_loop().time()
        if self._held_until is None:
            self.worker_id = WorkerId(uuid4())  # an earlier try may have been stored although its answer was lost
            async with asyncio.timeout(self._lease_s), self._database.autocommit() as db:
                await worker_repository.register(db, self.worker_id, self.name, self._lease_s)
            self._hold_until(sent_at + self._lease_s * SAFE_PART)
            self._tell().lease_begins()
            return
        async with asyncio.timeout(self._heartbeat_s), self._database.autocommit() as db:
            beat = await worker_repository.heartbeat(db, self.worker_id, self._lease_s)
        if not self.is_held:
            return  # lost while the heartbeat was on its way: not revived
        if beat is None:
            self._lose()
            return
        self._hold_until(sent_at + self._lease_s * SAFE_PART)
        self._tell().cancel(beat.cancelled)

    def _hold_until(self, moment: float) -> None:
        self._let_go()
        self._held_until = moment
        self._end_of_lease = asyncio.get_running_loop().call_at(moment, self._lose)

    def _let_go(self) -> None:
        self._held_until = None
        if self._end_of_lease is not None:
            self._end_of_lease.cancel()
            self._end_of_lease = None

    def _lose(self) -> None:
        _log.warning("lease lost; what ran here is stopped and decided by recovery", worker_id=str(self.worker_id))
        self._let_go()
        self._tell().lease_lost()

    def _tell(self) -> LeaseWatcher:
        if self._watcher is None:
            raise RuntimeError("the lease does not run")
        return self._watcher
