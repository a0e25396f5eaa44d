"""What is thrown away and when: sessions that ended long ago and their tokens, nothing else; on a real database."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.repositories.advisory_locks import Lock, acquire
from app.services.user_service import UserChanges
from app.storage.engine import Database
from app.worker.housekeeping import Housekeeping
from support.accounts import CLIENT, OPERATOR, PASSWORD, Accounts, accounts_on


@pytest.fixture
async def accounts(database: Database) -> AsyncIterator[Accounts]:
    async with accounts_on(database) as running:
        yield running


async def add_session(
    database: Database, user_id: UUID, *, expires_days: int, revoked_days: int | None = None, tokens: int = 2
) -> UUID:
    """A session that expires and was revoked that many days from now (less than 0: ago), with spent tokens."""
    session_id = uuid4()
    async with database.transaction() as db:
        await db.execute(
            text(
                "INSERT INTO sessions (session_id, user_id, expires_at, revoked_at) VALUES (:session, :user,"
                " now() + make_interval(days => :expires), now() + make_interval(days => cast(:revoked AS int)))"
            ),
            {"session": session_id, "user": user_id, "expires": expires_days, "revoked": revoked_days},
        )
        for _ in range(tokens):
            await db.execute(
                text(
                    "INSERT INTO refresh_tokens (token_digest, session_id, spent_at) VALUES (:digest, :session, now())"
                ),
                {"digest": uuid4().bytes, "session": session_id},
            )
    return session_id


async def kept(database: Database) -> tuple[set[UUID], set[UUID], int]:
    """Sessions, sessions that have tokens, and how many tokens there are."""
    async with database.autocommit() as db:
        sessions = set((await db.scalars(text("SELECT session_id FROM sessions"))).all())
        owners = (await db.scalars(text("SELECT session_id FROM refresh_tokens"))).all()
    return sessions, set(owners), len(owners)


@pytest.mark.parametrize(
    ("expires_days", "revoked_days", "stays"),
    [
        (-31, None, False),
        (-29, None, True),
        (1, None, True),
        (1, -31, False),
        (1, -29, True),
        (-31, -1, False),  # over when it expired, whatever was done to it later
        (-1, -31, False),
    ],
)
async def test_a_session_stays_for_thirty_days_after_its_end(
    accounts: Accounts, database: Database, expires_days: int, revoked_days: int | None, stays: bool
) -> None:
    user = await accounts.add()
    session = await add_session(database, user.user_id, expires_days=expires_days, revoked_days=revoked_days)
    await Housekeeping(accounts.work, presence_days=30).tidy()
    assert await kept(database) == (({session}, {session}, 2) if stays else (set(), set(), 0))


async def test_live_sessions_go_on_with_all_their_tokens(accounts: Accounts, database: Database) -> None:
    user = await accounts.add()
    await add_session(database, user.user_id, expires_days=-31)
    first = await accounts.service.login("erika", PASSWORD, CLIENT)
    second = await accounts.service.refresh(first.refresh_token, CLIENT)
    await Housekeeping(accounts.work, presence_days=30).tidy()
    sessions, _, tokens = await kept(database)
    assert (len(sessions), tokens) == (1, 2)
    assert (await accounts.service.authenticate(second.access_token)).actor.user_id == user.user_id
    await accounts.service.refresh(second.refresh_token, CLIENT)


async def test_many_go_in_small_batches(accounts: Accounts, database: Database) -> None:
    user = await accounts.add()
    for tokens in (0, 1, 7, 3, 0):
        await add_session(database, user.user_id, expires_days=-40, tokens=tokens)
    await Housekeeping(accounts.work, presence_days=30, batch=2).tidy()
    assert await kept(database) == (set(), set(), 0)


async def test_one_worker_at_a_time(accounts: Accounts, database: Database) -> None:
    user = await accounts.add()
    session = await add_session(database, user.user_id, expires_days=-40)
    async with database.transaction() as elsewhere:
        await acquire(elsewhere, Lock.HOUSEKEEPING)
        async with asyncio.timeout(20):
            await Housekeeping(accounts.work, presence_days=30).tidy()
        assert await kept(database) == ({session}, {session}, 2)
    at_once = [Housekeeping(accounts.work, presence_days=30, batch=1) for _ in range(3)]
    await asyncio.gather(*(one.tidy() for one in at_once))
    await at_once[0].tidy()  # whoever found another at work left the rest to the next round
    assert await kept(database) == (set(), set(), 0)


async def test_accounts_and_the_audit_trail_are_left_alone(accounts: Accounts, database: Database) -> None:
    user = await accounts.add()
    await accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, UserChanges(is_active=False))
    await add_session(database, user.user_id, expires_days=-40)
    counted = text("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM audit_log)")
    async with database.autocommit() as db:
        before = (await db.execute(counted)).one()
        await Housekeeping(accounts.work, presence_days=30).tidy()
        assert (await db.execute(counted)).one() == before
    assert before[1] >= 2
