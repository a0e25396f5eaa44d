"""Sealing while many write: whatever the order in which entries commit, each gets exactly one place in the chain."""

import asyncio
import random

import pytest
from sqlalchemy import text

from app.domain.audit_entry import ActorType, AuditRecord
from app.repositories.unit_of_work import UnitOfWork
from app.services.audit_service import AuditService
from app.storage.engine import Database
from support.accounts import RememberedBus

_WRITERS = 8
_ROUNDS = 25
_LONGEST_COMMIT_S = 0.03


class _Abandoned(Exception):
    """A writer's transaction ends without a commit: the ids it took stay a gap."""


async def write_in_rounds(work: UnitOfWork, chance: random.Random) -> int:
    """Write entries in transactions that take their time between insert and commit; how many were committed."""
    written = 0
    for _ in range(_ROUNDS):
        count = chance.randint(1, 5)
        try:
            async with work.begin() as unit:
                await unit.audit(*(AuditRecord(actor_type=ActorType.SYSTEM, action="test.done") for _ in range(count)))
                await asyncio.sleep(chance.uniform(0, _LONGEST_COMMIT_S))  # the disturbance: ids commit out of order
                if chance.random() < 0.1:
                    raise _Abandoned
        except _Abandoned:
            continue
        written += count
    return written


async def seal_until(done: asyncio.Event, audit: AuditService) -> int:
    """Seal as fast as it goes; how many were sealed."""
    sealed = 0
    while not done.is_set():
        sealed += await audit.seal_pending()
        assert (await audit.verify()).is_intact
    return sealed + await audit.seal_pending()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_each_entry_is_sealed_exactly_once_while_eight_write(database: Database, seed: int) -> None:
    work = UnitOfWork(database, RememberedBus())
    done = asyncio.Event()
    sealers = [asyncio.create_task(seal_until(done, AuditService(work))) for _ in range(2)]
    written = sum(
        await asyncio.gather(*(write_in_rounds(work, random.Random(seed * 100 + each)) for each in range(_WRITERS)))  # noqa: S311  # repeatable, not secret
    )
    done.set()
    sealed = sum(await asyncio.gather(*sealers)) + await AuditService(work).seal_pending()

    result = await AuditService(work).verify()
    assert result.is_intact
    assert (result.checked, result.unsealed, sealed) == (written, 0, written)
    async with database.autocommit() as db:
        entries = (await db.scalars(text("SELECT entry_id FROM audit_log ORDER BY entry_id"))).all()
        chain = (await db.scalars(text("SELECT entry_id FROM audit_seals ORDER BY position"))).all()
    assert sorted(chain) == list(entries)
    assert list(chain) != list(entries), "no entry committed after one with a greater id: nothing was tested"
