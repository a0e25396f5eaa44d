"""Settles unknown outcomes by read-back. Nothing is sent to a vehicle: readings that users asked for are looked at."""

import structlog

from app.domain.catalogue import CLEAR_DTC, READ_DTC
from app.domain.command_change import CommandChange
from app.domain.read_back import settles
from app.domain.stream_events import status_event
from app.repositories import read_back_repository, response_repository
from app.repositories.read_back_repository import Candidate
from app.repositories.unit_of_work import UnitOfWork, Work

_log = structlog.get_logger(__name__)
_FRESH_S = 60.0
_BATCH = 50


class Reconciliation:
    """Looks for fresh readings after unknown outcomes; several workers may do it at once."""

    def __init__(self, unit_of_work: UnitOfWork, *, worker_name: str) -> None:
        self._unit_of_work = unit_of_work
        self._worker_name = worker_name

    async def settle_unknown(self) -> None:
        """Settle what the readings of the last minute prove."""
        async with self._unit_of_work.begin() as work:
            candidates = await read_back_repository.lock_candidates(
                work.db, unknown_name=CLEAR_DTC.name, read_name=READ_DTC.name, fresh_s=_FRESH_S, limit=_BATCH
            )
            for candidate in candidates:
                await self._judge(work, candidate)

    async def _judge(self, work: Work, candidate: Candidate) -> None:
        chunks = await response_repository.list_responses(work.db, candidate.read.command_id)
        if not chunks or not chunks[-1].is_final:
            return  # only a part of a very long answer was read here: it proves nothing
        ending = settles(candidate.unknown, candidate.read, [chunk.response_payload for chunk in chunks])
        if ending is None:
            return
        settled_at = await read_back_repository.settle(work.db, candidate, ending, self._worker_name)
        command_id = candidate.unknown.command_id
        _log.info("unknown outcome settled", command_id=str(command_id), read_by=str(candidate.read.command_id))
        work.publish(status_event(command_id, ending.status, settled_at).as_message())
        work.publish(CommandChange.of(candidate.unknown, ending.status, settled_at).as_message())
