"""The audit trail on a real database: sealing while others write, and finding what somebody changed behind our back."""

import asyncio
import gc
import hashlib
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.audit_chain import GENESIS, ChainHead, FaultKind
from app.domain.audit_entry import ActorType, AuditFilter, AuditOutcome, AuditRecord
from app.domain.json_values import encode_json_canonical
from app.repositories import audit_repository
from app.repositories.advisory_locks import Lock, acquire
from app.repositories.unit_of_work import UnitOfWork
from app.services.audit_service import AuditService
from app.services.refusal_throttle import RefusalThrottle
from app.storage.engine import Database
from support.accounts import OPERATOR, RememberedBus


def entry(action: str = "test.done", **changes: object) -> AuditRecord:
    return AuditRecord(actor_type=ActorType.SYSTEM, action=action, **changes)  # type: ignore[arg-type]  # the caller's to get right


@pytest.fixture
def work(database: Database) -> UnitOfWork:
    return UnitOfWork(database, RememberedBus())


@pytest.fixture
def audit(work: UnitOfWork) -> AuditService:
    return AuditService(work)


async def write(work: UnitOfWork, count: int = 1) -> None:
    async with work.begin() as unit:
        await unit.audit(*(entry(details={"number": number}) for number in range(count)))


@pytest.fixture
async def forger(database: Database) -> AsyncIterator[AsyncConnection]:
    """Somebody with all rights on the database who switches the guards off."""
    async with database.autocommit() as db:
        for table in ("audit_log", "audit_seals"):
            await db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        yield db


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log CASCADE"]
)
async def test_the_database_refuses_changes(database: Database, work: UnitOfWork, statement: str) -> None:
    await write(work)
    with pytest.raises(Exception, match="append_only"):
        async with database.transaction() as db:
            await db.execute(text(statement))


async def test_everything_committed_is_sealed_once(audit: AuditService, work: UnitOfWork) -> None:
    await write(work, 4500)
    assert await audit.seal_pending() == 4500
    assert await audit.seal_pending() == 0
    result = await audit.verify()
    assert result.is_intact
    assert (result.checked, result.unsealed, result.head.position) == (4500, 0, 4500)
    await write(work)
    assert (await audit.verify()).unsealed == 1


async def test_an_empty_trail_is_intact(audit: AuditService) -> None:
    assert await audit.seal_pending() == 0
    result = await audit.verify()
    assert result.is_intact
    assert result.head == ChainHead()


async def test_entries_that_commit_late_are_sealed_late_and_missed_never(
    audit: AuditService, work: UnitOfWork, database: Database
) -> None:
    async with database.transaction() as slow:
        await audit_repository.record(slow, [entry("test.slow")])
        await write(work, 3)
        assert await audit.seal_pending() == 3
        await write(work, 2)
        assert await audit.seal_pending() == 2
    assert await audit.seal_pending() == 1
    assert (await audit.verify()).is_intact
    async with database.autocommit() as db:
        order = (await db.scalars(text("SELECT entry_id FROM audit_seals ORDER BY position"))).all()
    assert order == [2, 3, 4, 5, 6, 1]


async def test_writers_do_not_wait_for_the_sealer(audit: AuditService, work: UnitOfWork, database: Database) -> None:
    await write(work)
    async with database.transaction() as sealing:
        await acquire(sealing, Lock.AUDIT_SEALER)
        async with asyncio.timeout(20):
            await write(work, 10)
            assert await audit.seal_pending() == 0
    assert await audit.seal_pending() == 11


async def test_two_sealers_at_once_make_one_chain(work: UnitOfWork) -> None:
    sealers = [AuditService(work) for _ in range(3)]
    total = 0
    for _ in range(10):
        await write(work, 50)
        writing = asyncio.create_task(write(work, 50))
        total += sum(await asyncio.gather(*(each.seal_pending() for each in sealers)))
        await writing
    total += await sealers[0].seal_pending()
    result = await sealers[0].verify()
    assert result.is_intact
    assert total == result.checked == 1000


@pytest.mark.parametrize(
    ("forgery", "kind", "position", "entry_id"),
    [
        ("UPDATE audit_log SET action = 'harmless' WHERE entry_id = 3", FaultKind.CHANGED_ENTRY, 3, 3),
        (
            "UPDATE audit_log SET occurred_at = occurred_at - interval '1 us' WHERE entry_id = 3",
            FaultKind.CHANGED_ENTRY,
            3,
            3,
        ),
        ("""UPDATE audit_log SET details = '{"number": 2}' WHERE entry_id = 4""", FaultKind.CHANGED_ENTRY, 4, 4),
        ("UPDATE audit_log SET actor_id = '' WHERE entry_id = 5", FaultKind.CHANGED_ENTRY, 5, 5),
        ("DELETE FROM audit_log WHERE entry_id = 3", FaultKind.MISSING_ENTRY, 3, 3),
        ("DELETE FROM audit_seals WHERE position = 3", FaultKind.MISSING_SEAL, 3, None),
        ("DELETE FROM audit_seals WHERE position = 1", FaultKind.MISSING_SEAL, 1, None),
        ("UPDATE audit_seals SET chain_digest = entry_digest WHERE position = 2", FaultKind.BROKEN_CHAIN, 2, 2),
        ("UPDATE audit_seals SET position = 0 WHERE position = 1", FaultKind.SEAL_OUT_OF_ORDER, 0, 1),
    ],
)
async def test_a_forgery_is_named(  # noqa: PLR0917  # fixtures and the parts of one case
    audit: AuditService,
    work: UnitOfWork,
    forger: AsyncConnection,
    forgery: str,
    kind: FaultKind,
    position: int,
    entry_id: int | None,
) -> None:
    await write(work, 6)
    await audit.seal_pending()
    await forger.execute(text(forgery))
    fault = (await audit.verify()).fault
    assert fault is not None
    assert (fault.kind, fault.position, fault.entry_id) == (kind, position, entry_id)
    assert fault.message


async def test_two_exchanged_entries_are_found(audit: AuditService, work: UnitOfWork, forger: AsyncConnection) -> None:
    await write(work, 6)
    await audit.seal_pending()
    swap = "UPDATE audit_log a SET details = b.details FROM audit_log b"
    swap += " WHERE a.entry_id + b.entry_id = 7 AND a.entry_id IN (2, 5)"
    await forger.execute(text(swap))
    fault = (await audit.verify()).fault
    assert fault is not None
    assert (fault.kind, fault.entry_id) == (FaultKind.CHANGED_ENTRY, 2)


async def test_a_cut_end_shows_against_a_noted_head(
    audit: AuditService, work: UnitOfWork, forger: AsyncConnection
) -> None:
    await write(work, 6)
    await audit.seal_pending()
    noted = (await audit.verify()).head
    await write(work, 2)
    await audit.seal_pending()
    assert (await audit.verify(noted)).is_intact
    await forger.execute(text("DELETE FROM audit_seals WHERE position > 4"))
    await forger.execute(text("DELETE FROM audit_log WHERE entry_id > 4"))
    assert (await audit.verify()).is_intact
    fault = (await audit.verify(noted)).fault
    assert fault is not None
    assert fault.kind is FaultKind.TRUNCATED


async def test_a_chain_made_anew_shows_against_a_noted_head(
    audit: AuditService, work: UnitOfWork, forger: AsyncConnection
) -> None:
    await write(work, 6)
    await audit.seal_pending()
    noted = (await audit.verify()).head
    await forger.execute(text("DELETE FROM audit_seals"))
    await forger.execute(text("UPDATE audit_log SET action = 'harmless' WHERE entry_id = 2"))
    renewed = AuditService(work)
    assert await renewed.seal_pending() == 6
    assert (await renewed.verify()).is_intact
    fault = (await renewed.verify(noted)).fault
    assert fault is not None
    assert fault.kind is FaultKind.ANCHOR_MISMATCH


async def test_details_that_no_json_library_can_write_are_sealed_too(audit: AuditService, database: Database) -> None:
    async with database.autocommit() as db:
        for details in (
            '{"big": 1e999}',
            '{"big": 123456789012345678901234567890}',
            '{"lone": "\\ud800"}',
            '{"a":1,"a":2}',
        ):
            await db.execute(
                text(
                    "INSERT INTO audit_log (actor_type, action, outcome, details)"
                    " VALUES ('system', 'x', 'success', cast(:d AS json))"
                ),
                {"d": details},
            )
    assert await audit.seal_pending() == 4
    assert (await audit.verify()).is_intact
    assert (await audit.list(AuditFilter()))[1] == 4


async def test_others_have_their_turn_while_the_trail_is_verified(audit: AuditService, work: UnitOfWork) -> None:
    await write(work, 5000)
    await audit.seal_pending()
    longest_s = 0.0

    async def watch() -> None:
        nonlocal longest_s
        while True:
            before = time.thread_time()  # work, not waiting: whatever else this machine does
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - before)

    gc.collect()
    gc.disable()  # collecting the garbage of the whole test process takes its time, too
    watching = asyncio.create_task(watch())
    try:
        assert (await audit.verify()).checked == 5000
    finally:
        gc.enable()
        watching.cancel()
    assert 0 < longest_s < 0.02


async def test_the_export_can_be_checked_with_any_sha256(audit: AuditService, work: UnitOfWork) -> None:
    await write(work, 2500)
    await audit.seal_pending()
    await write(work, 1)
    lines = [json.loads(line) async for line in audit.export()]
    assert [line["entry"]["entry_id"] for line in lines] == list(range(1, 2502))
    chain = GENESIS
    for line in lines[:-1]:
        digest = hashlib.sha256(encode_json_canonical(line["entry"])).digest()
        chain = hashlib.sha256(chain + digest).digest()
        assert (line["entry_digest"], line["chain_digest"]) == (digest.hex(), chain.hex())
    assert lines[-1]["position"] is lines[-1]["entry_digest"] is lines[-1]["chain_digest"] is None


async def test_entries_are_filtered(audit: AuditService, work: UnitOfWork) -> None:
    async with work.begin() as unit:
        await unit.audit(
            entry("a.b", actor_id="1", actor_name="erika", object_type="user", object_id="7"),
            entry("a.b", actor_id="2", actor_name="otto", outcome=AuditOutcome.REFUSED),
            entry("c.d", actor_id="1", actor_name="erika"),
        )
    every, total = await audit.list(AuditFilter())
    assert total == 3
    assert [found.entry_id for found in every] == [3, 2, 1]
    moment = every[1].occurred_at
    for wanted, expected in (
        (AuditFilter(actor="erika"), [3, 1]),
        (AuditFilter(actor="2"), [2]),
        (AuditFilter(action="a.b"), [2, 1]),
        (AuditFilter(object_type="user", object_id="7"), [1]),
        (AuditFilter(outcome=AuditOutcome.REFUSED), [2]),
        (AuditFilter(since=moment), [3, 2]),
        (AuditFilter(until=moment), [1]),
        (AuditFilter(since=moment + timedelta(days=1)), []),
        (AuditFilter(actor="erika", action="c.d"), [3]),
    ):
        found, total = await audit.list(wanted)
        assert [each.entry_id for each in found] == expected
        assert total == len(expected)
    page, total = await audit.list(AuditFilter(), limit=1, offset=1)
    assert ([found.entry_id for found in page], total) == ([2], 3)


async def test_a_flood_of_refusals_is_folded_and_counted(work: UnitOfWork) -> None:
    audit = AuditService(work, RefusalThrottle(allowance=5))
    for number in range(500):
        await audit.record_refusal(OPERATOR, "read_vehicle", "vehicle", str(number), "hidden", "c", "192.0.2.1")
    await audit.record_refusal(None, "auth.refresh", None, None, "unknown refresh token", "c", "192.0.2.1")
    assert (await audit.list(AuditFilter()))[1] == 6
    await audit.flush_refusals()
    assert (await audit.list(AuditFilter()))[1] == 6
    await audit.flush_refusals(everything=True)
    (folded,), _ = await audit.list(AuditFilter(action="access.refusals_folded"))
    assert folded.record.details == {"count": 495}
    assert folded.record.actor_name == OPERATOR.username


async def test_sealing_goes_on_by_itself(audit: AuditService, work: UnitOfWork) -> None:
    sealing = asyncio.create_task(audit.keep_sealing(0.01))
    await write(work, 3)
    async with asyncio.timeout(10):
        while True:
            if (await audit.verify()).checked == 3:
                break
            await asyncio.sleep(0.01)
    sealing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sealing
