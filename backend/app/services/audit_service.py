"""The audit trail as a service: refusals, reading, sealing, verification, export."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import structlog

from app.domain.access_policy import Actor
from app.domain.audit_chain import (
    ChainFault,
    ChainHead,
    Seal,
    SealableEntry,
    Verification,
    canonical_members,
    compare_with_anchor,
    follow,
)
from app.domain.audit_entry import ActorType, AuditEntry, AuditFilter, AuditOutcome, AuditRecord
from app.domain.errors import SovdError
from app.domain.json_values import encode_json
from app.domain.session import ClientInfo
from app.repositories import audit_repository, audit_seal_repository
from app.repositories.unit_of_work import UnitOfWork
from app.services.audit_records import act_of
from app.services.audit_sealer import AuditSealer
from app.services.refusal_throttle import RefusalSource, RefusalThrottle

_BATCH = 1000
_AT_A_TIME = 200
"""Rows of a batch worked on before others on the event loop have their turn: about 2 ms.

Not in a thread: digests of texts this short keep the interpreter's lock, so the loop would have to wait for it anyway.
"""

_log = structlog.stdlib.get_logger(__name__)


class AuditService:
    """Reads, seals and checks the trail. Entries of acts are written by the services that do them (`Work.audit`)."""

    def __init__(self, work: UnitOfWork, throttle: RefusalThrottle | None = None) -> None:
        self._work = work
        self._throttle = throttle or RefusalThrottle()
        self._sealer = AuditSealer(work)

    async def record_refusal(  # noqa: PLR0917  # the parts of one entry, in the order of its columns
        self,
        actor: Actor | None,
        action: str,
        object_type: str | None,
        object_id: str | None,
        reason: str,
        correlation_id: str | None,
        ip: str | None,
    ) -> None:
        """Write down that access was refused. A flood from one source is folded into counts (`flush_refusals`).

        Raises StorageUnavailable.
        """
        if actor is not None:
            source = RefusalSource(actor_id=str(actor.user_id), actor_name=actor.username)
        else:
            source = RefusalSource(ip_address=ip)
        if not self._throttle.admits(source, asyncio.get_running_loop().time()):
            return
        entry = act_of(
            actor,
            ClientInfo(ip_address=ip, correlation_id=correlation_id),
            str(action),
            outcome=AuditOutcome.REFUSED,
            object_type=object_type,
            object_id=object_id,
            details={"reason": reason},
        )
        async with self._work.begin() as work:
            await work.audit(entry)

    async def flush_refusals(self, *, everything: bool = False) -> None:
        """Write the counts of refusals left out in windows that are over. `everything`: at the end of the process."""
        now = asyncio.get_running_loop().time()
        folded = [
            AuditRecord(
                actor_type=ActorType.USER,
                actor_id=source.actor_id,
                actor_name=source.actor_name,
                action="access.refusals_folded",
                outcome=AuditOutcome.REFUSED,
                details={"count": count},
                ip_address=source.ip_address,
            )
            for source, count in self._throttle.drain(now, everything=everything)
        ]
        if folded:
            async with self._work.begin() as work:
                await work.audit(*folded)

    async def list(
        self, filters: AuditFilter, *, limit: int = 50, offset: int = 0
    ) -> tuple[tuple[AuditEntry, ...], int]:
        """Entries that match, newest first, and how many match in all."""
        async with self._work.reading() as db:
            return await audit_repository.list_entries(db, filters, limit=limit, offset=offset)

    async def seal_pending(self) -> int:
        """Seal all committed unsealed entries; how many. Raises StorageUnavailable."""
        return await self._sealer.seal_pending()

    async def keep_sealing(self, interval_s: float = 1.0) -> None:
        """Seal and flush for ever; runs as a task of its own. Trouble with the database is logged and tried again."""
        while True:
            try:
                await self.flush_refusals()
                await self.seal_pending()
            except SovdError as error:
                _log.warning("audit.sealing_delayed", code=error.error_code, reason=error.message)
            except Exception:  # noqa: BLE001  # edge of a task: one bad round must not end sealing for good
                _log.exception("audit.sealing_failed")
            await asyncio.sleep(interval_s)

    async def verify(self, expected: ChainHead | None = None) -> Verification:
        """Walk the whole chain in batches (constant memory) and name the first bad row.

        A trail that was cut off at its end, seals and all, or made anew from scratch, looks whole from inside. Only a
        head noted outside earlier (`Verification.head`) shows that: pass it as `expected`.
        """
        head, after = ChainHead(), audit_seal_repository.BEFORE_ALL
        fault: ChainFault | None = None
        while fault is None:
            async with self._work.reading() as db:
                rows = await audit_seal_repository.read_chain(db, after=after, limit=_BATCH)
            if not rows:
                break
            after = rows[-1][0].position
            for part in range(0, len(rows), _AT_A_TIME):
                head, fault = _walk(head, rows[part : part + _AT_A_TIME], expected)
                if fault is not None:
                    break
                await asyncio.sleep(0)
        if fault is None and expected is not None:
            fault = compare_with_anchor(expected, head)
        async with self._work.reading() as db:
            unsealed = await audit_seal_repository.count_unsealed(db)
        return Verification(checked=head.position, head=head, unsealed=unsealed, fault=fault)

    async def export(self) -> AsyncIterator[str]:
        """All entries, oldest first, as lines of JSON.

        `entry` holds exactly what `entry_digest` covers (its `details` is a text), so the chain can be checked anywhere
        with any SHA-256; position and digests are null where an entry is not sealed yet. Holds no connection between
        batches.
        """
        after = 0
        while True:
            async with self._work.reading() as db:
                rows = await audit_seal_repository.read_entries(db, after=after, limit=_BATCH)
            for entry, seal in rows:
                yield _export_line(entry, seal)
            if len(rows) < _BATCH:
                return
            after = rows[-1][0].entry_id


def _walk(
    head: ChainHead, rows: Sequence[tuple[Seal, SealableEntry | None]], expected: ChainHead | None
) -> tuple[ChainHead, ChainFault | None]:
    """Follow the chain over some rows: the last good head, and the first fault; a head unlike `expected` is one."""
    before = max(0, expected.position - head.position) if expected is not None else 0
    if expected is None or not 0 < before <= len(rows):
        return follow(head, rows)
    reached, fault = follow(head, rows[:before])
    fault = fault or compare_with_anchor(expected, reached)
    return (reached, fault) if fault is not None else follow(reached, rows[before:])


def _export_line(entry: SealableEntry, seal: Seal | None) -> str:
    line = {
        "entry": canonical_members(entry),
        "position": seal.position if seal else None,
        "entry_digest": seal.entry_digest.hex() if seal else None,
        "chain_digest": seal.chain_digest.hex() if seal else None,
    }
    return encode_json(line) + "\n"
