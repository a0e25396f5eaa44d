"""Puts committed audit entries under the hash chain, behind the writers' backs: they never wait for it."""

import asyncio
from collections import deque
from itertools import accumulate

from app.domain.audit_chain import ChainHead, Seal, SealableEntry, head_after, link
from app.repositories import audit_seal_repository
from app.repositories.advisory_locks import Lock, try_acquire
from app.repositories.unit_of_work import UnitOfWork

_BATCH = 2000
_SETTLED_AFTER_S = 60.0
"""Twice the time after which the database ends a transaction that does nothing or a statement that takes too long."""
_SAMPLE_EVERY_S = 1.0


class SealWatermark:
    """Below it no unsealed entry can turn up any more, so looking for them starts there.

    Ids are handed out before commit, so an entry may appear after others with greater ids were sealed. An id counts as
    passed only once it was sealed `settled_after_s` ago. Starts at 0: a new process looks at everything once.
    """

    def __init__(self, settled_after_s: float = _SETTLED_AFTER_S) -> None:
        self._settled_after_s = settled_after_s
        self._sealed: deque[tuple[float, int]] = deque()
        self.passed = 0

    def note_sealed(self, entry_id: int, now: float) -> None:
        """All that was visible up to `entry_id` is sealed at `now`."""
        if not self._sealed or now - self._sealed[-1][0] >= _SAMPLE_EVERY_S:
            self._sealed.append((now, entry_id))

    def advance(self, now: float) -> int:
        """The greatest id that is settled at `now`."""
        while self._sealed and now - self._sealed[0][0] >= self._settled_after_s:
            self.passed = max(self.passed, self._sealed.popleft()[1])
        return self.passed


class AuditSealer:
    """Seals in the order of ids, as far as they have committed. One sealer at a time over all processes."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._watermark = SealWatermark()

    async def seal_pending(self) -> int:
        """Seal all committed unsealed entries; how many. 0 as well where another process is at it.

        Raises StorageUnavailable.
        """
        loop = asyncio.get_running_loop()
        above = self._watermark.advance(loop.time())
        total = 0
        while True:
            entries = await self._seal_batch(above)
            total += len(entries)
            if not entries:
                return total
            above = entries[-1].entry_id  # what commits below it meanwhile is found in the next round
            self._watermark.note_sealed(above, loop.time())

    async def _seal_batch(self, above: int) -> tuple[SealableEntry, ...]:
        async with self._work.begin() as work:
            if not await try_acquire(work.db, Lock.AUDIT_SEALER):
                return ()
            entries = await audit_seal_repository.list_unsealed(work.db, above=above, limit=_BATCH)
            if entries:
                head = await audit_seal_repository.find_head(work.db)
                await audit_seal_repository.add_seals(work.db, _chained(head, entries))
        return entries


def _chained(head: ChainHead, entries: tuple[SealableEntry, ...]) -> tuple[Seal, ...]:
    first = link(head, entries[0])
    return tuple(accumulate(entries[1:], lambda seal, entry: link(head_after(seal), entry), initial=first))
