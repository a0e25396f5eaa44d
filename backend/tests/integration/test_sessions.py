"""Signing in, rotating refresh tokens, and everything that ends a session; on a real database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.audit_entry import AuditOutcome
from app.domain.bus_messages import WAKE_ACCOUNTS, BusMessage
from app.domain.errors import InvalidRequest, NotAuthenticated, NotFound, TooManyRequests
from app.domain.identifiers import SessionId
from app.domain.roles import Role
from app.domain.session import TokenPair
from app.repositories.unit_of_work import UnitOfWork
from app.security.access_tokens import AccessTokens
from app.services.caller_directory import CallerDirectory
from app.services.user_service import UserChanges
from app.storage.engine import Database
from support.accounts import CLIENT, OPERATOR, PASSWORD, SECRET, Accounts, accounts_on


@pytest.fixture
async def accounts(database: Database) -> AsyncIterator[Accounts]:
    async with accounts_on(database) as running:
        yield running


async def test_a_session_opens_and_its_token_names_the_caller(accounts: Accounts) -> None:
    user = await accounts.add("Erika")
    pair = await accounts.service.login("ERIKA", PASSWORD, CLIENT)
    caller = await accounts.service.authenticate(pair.access_token)
    assert (caller.actor.user_id, caller.actor.username, caller.actor.role) == (user.user_id, "erika", Role.ENGINEER)
    assert 0 < caller.expires_in_s <= 900 == pair.expires_in
    (entry,) = await accounts.entries("auth.login")
    assert entry.record.actor_name == "erika"
    assert entry.record.ip_address == CLIENT.ip_address


@pytest.mark.parametrize("username", ["erika", "nobody", "no such name\x00", "off"])
async def test_refusals_look_alike_whatever_the_cause(accounts: Accounts, username: str) -> None:
    await accounts.add("erika")
    off = await accounts.add("off")
    await accounts.service.users.update_user(OPERATOR, CLIENT, off.user_id, UserChanges(is_active=False))
    password = PASSWORD if username == "off" else "wrong"
    with pytest.raises(NotAuthenticated) as caught:
        await accounts.service.login(username, password, CLIENT)
    assert caught.value.message == "the user name or the password is wrong"
    (entry,) = await accounts.entries("auth.login")
    assert entry.record.outcome is AuditOutcome.REFUSED
    assert entry.record.details["username"] == (username if username in {"erika", "off"} else None)


async def test_a_refresh_gives_new_tokens_for_the_same_session(accounts: Accounts) -> None:
    await accounts.add()
    first = await accounts.service.login("erika", PASSWORD, CLIENT)
    second = await accounts.service.refresh(first.refresh_token, CLIENT)
    assert second.refresh_token != first.refresh_token
    before = await accounts.service.authenticate(first.access_token)
    after = await accounts.service.authenticate(second.access_token)
    assert before.actor == after.actor


async def test_a_spent_refresh_token_ends_the_whole_session(accounts: Accounts) -> None:
    user = await accounts.add()
    first = await accounts.service.login("erika", PASSWORD, CLIENT)
    second = await accounts.service.refresh(first.refresh_token, CLIENT)
    await accounts.service.authenticate(second.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.service.refresh(first.refresh_token, CLIENT)
    with pytest.raises(NotAuthenticated):
        await accounts.service.authenticate(second.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.service.refresh(second.refresh_token, CLIENT)
    (revoked,) = await accounts.entries("session.revoked")
    assert revoked.record.details["user_id"] == str(user.user_id)
    assert BusMessage(WAKE_ACCOUNTS, str(user.user_id)) in accounts.bus.messages


async def test_reuse_ends_no_other_session(accounts: Accounts) -> None:
    await accounts.add()
    other = await accounts.service.login("erika", PASSWORD, CLIENT)
    first = await accounts.service.login("erika", PASSWORD, CLIENT)
    await accounts.service.refresh(first.refresh_token, CLIENT)
    with pytest.raises(NotAuthenticated):
        await accounts.service.refresh(first.refresh_token, CLIENT)
    await accounts.service.authenticate(other.access_token)
    await accounts.service.refresh(other.refresh_token, CLIENT)


async def test_of_many_refreshes_at_once_exactly_one_wins(accounts: Accounts) -> None:
    await accounts.add()
    for _ in range(5):
        pair = await accounts.service.login("erika", PASSWORD, CLIENT)
        results = await asyncio.gather(
            *(accounts.service.refresh(pair.refresh_token, CLIENT) for _ in range(8)), return_exceptions=True
        )
        assert sum(isinstance(result, TokenPair) for result in results) == 1
        assert sum(isinstance(result, NotAuthenticated) for result in results) == 7


@pytest.mark.parametrize("token", ["", "x", "ü" * 100])
async def test_an_unknown_refresh_token_is_refused(accounts: Accounts, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        await accounts.service.refresh(token, CLIENT)


async def test_tokens_are_stored_only_as_digests(accounts: Accounts, database: Database) -> None:
    await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    async with database.autocommit() as db:
        for table in ("refresh_tokens", "sessions", "audit_log", "users"):
            stored = str((await db.execute(text(f"SELECT {table}::text FROM {table}"))).all())  # noqa: S608  # names from this list
            assert pair.refresh_token not in stored
            assert pair.refresh_token.encode().hex() not in stored
            assert PASSWORD not in stored


async def test_signing_out_ends_both_tokens(accounts: Accounts) -> None:
    await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    caller = await accounts.service.authenticate(pair.access_token)
    await accounts.service.logout(caller.actor, CLIENT)
    with pytest.raises(NotAuthenticated):
        await accounts.service.authenticate(pair.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.service.refresh(pair.refresh_token, CLIENT)
    assert len(await accounts.entries("auth.logout")) == 1


async def test_an_access_token_ends_by_the_clock_of_the_database(accounts: Accounts, database: Database) -> None:
    await accounts.add()
    async with accounts_on(database, access_ttl_s=1) as hasty:
        pair = await hasty.service.login("erika", PASSWORD, CLIENT)
        caller = await hasty.service.authenticate(pair.access_token)
        assert caller.expires_in_s <= 1
        async with database.autocommit() as db:
            await db.execute(text("SELECT pg_sleep(1.1)"))
        with pytest.raises(NotAuthenticated) as caught:
            await hasty.service.authenticate(pair.access_token)
        assert caught.value.error_code == "token_expired"
        await hasty.service.refresh(pair.refresh_token, CLIENT)


async def test_an_expired_session_is_over(accounts: Accounts, database: Database) -> None:
    await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    async with database.autocommit() as db:
        await db.execute(text("UPDATE sessions SET expires_at = now() - interval '1 second'"))
    with pytest.raises(NotAuthenticated):
        await accounts.service.authenticate(pair.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.service.refresh(pair.refresh_token, CLIENT)


async def test_switching_off_cuts_off_at_once_open_streams_included(accounts: Accounts) -> None:
    user = await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    await accounts.service.authenticate(pair.access_token)
    told: list[str] = []
    remove = accounts.service.on_revoked(user.user_id, lambda: told.append("erika"))
    await accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, UserChanges(is_active=False))
    assert told == ["erika"]
    for attempt in (
        accounts.service.authenticate(pair.access_token),
        accounts.service.refresh(pair.refresh_token, CLIENT),
        accounts.service.login("erika", PASSWORD, CLIENT),
    ):
        with pytest.raises(NotAuthenticated):
            await attempt
    remove()
    accounts.service.forget(user.user_id)
    assert told == ["erika"]


async def test_another_process_hears_of_it_over_the_bus(accounts: Accounts, database: Database) -> None:
    user = await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    async with accounts_on(database) as elsewhere:
        await elsewhere.service.authenticate(pair.access_token)
        told: list[str] = []
        elsewhere.service.on_revoked(user.user_id, lambda: told.append("erika"))
        await accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, UserChanges(is_active=False))
        (message,) = [message for message in accounts.bus.messages if message.channel == WAKE_ACCOUNTS]
        elsewhere.service.handle_account_wake("no user id")
        elsewhere.service.handle_account_wake(message.body)
        assert told == ["erika"]
        with pytest.raises(NotAuthenticated):
            await elsewhere.service.authenticate(pair.access_token)


async def test_without_the_bus_a_look_at_the_database_tells(accounts: Accounts, database: Database) -> None:
    user = await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    caller = await accounts.service.authenticate(pair.access_token)
    async with accounts_on(database) as elsewhere:
        told: list[str] = []
        elsewhere.service.on_revoked(user.user_id, lambda: told.append("erika"))
        await elsewhere.service.callers.check_watched()
        told.clear()
        await elsewhere.service.callers.check_watched()
        assert told == []
        await accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, UserChanges(role=Role.VIEWER))
        await elsewhere.service.callers.check_watched()
        assert told == ["erika"]
        await accounts.service.logout(caller.actor, CLIENT)
        await elsewhere.service.callers.check_watched()
        assert told == ["erika", "erika"]


async def test_a_change_of_role_counts_at_once(accounts: Accounts) -> None:
    user = await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    await accounts.service.authenticate(pair.access_token)
    await accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, UserChanges(role=Role.VIEWER))
    assert (await accounts.service.authenticate(pair.access_token)).actor.role is Role.VIEWER


async def test_what_is_remembered_is_bounded_in_time(accounts: Accounts, database: Database) -> None:
    await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    await accounts.service.authenticate(pair.access_token)
    async with database.autocommit() as db:
        await db.execute(text("UPDATE users SET role = 'viewer'"))
        await db.execute(text("SELECT pg_sleep(1.05)"))
    assert (await accounts.service.authenticate(pair.access_token)).actor.role is Role.VIEWER


class CountingWork(UnitOfWork):
    """Counts how often somebody reads."""

    reads = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        self.reads += 1
        async with super().reading() as db:
            yield db


async def test_a_crowd_with_one_token_asks_the_database_once(accounts: Accounts, database: Database) -> None:
    user = await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    work = CountingWork(database, accounts.bus)
    callers = CallerDirectory(work, AccessTokens(SECRET, ttl_s=900))
    for round_number in range(1, 4):
        callers.forget(user.user_id)
        crowd = await asyncio.gather(*(callers.authenticate(pair.access_token) for _ in range(200)))
        assert {caller.actor.username for caller in crowd} == {"erika"}
        assert work.reads == round_number


async def test_who_gives_up_waiting_disturbs_nobody_else(accounts: Accounts) -> None:
    await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    impatient = asyncio.create_task(accounts.service.authenticate(pair.access_token))
    patient = asyncio.create_task(accounts.service.authenticate(pair.access_token))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).actor.username == "erika"
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_own_sessions_are_listed_and_ended(accounts: Accounts) -> None:
    await accounts.add()
    await accounts.add("otto")
    here = await accounts.service.login("erika", PASSWORD, CLIENT)
    there = await accounts.service.login("erika", PASSWORD, replace(CLIENT, user_agent="phone"))
    foreign = await accounts.service.login("otto", PASSWORD, CLIENT)
    caller = (await accounts.service.authenticate(here.access_token)).actor
    sessions = await accounts.service.sessions(caller)
    assert [session.user_agent for session in sessions] == ["phone", "pytest"]
    await accounts.service.revoke_session(caller, sessions[0].session_id, CLIENT)
    with pytest.raises(NotAuthenticated):
        await accounts.service.authenticate(there.access_token)
    otto = (await accounts.service.authenticate(foreign.access_token)).actor
    for session_id in (otto.session_id, sessions[0].session_id, SessionId(uuid4())):
        assert session_id is not None
        with pytest.raises(NotFound):
            await accounts.service.revoke_session(caller, session_id, CLIENT)
    await accounts.service.authenticate(foreign.access_token)


async def test_a_new_password_ends_all_other_sessions(accounts: Accounts) -> None:
    await accounts.add()
    here = await accounts.service.login("erika", PASSWORD, CLIENT)
    there = await accounts.service.login("erika", PASSWORD, CLIENT)
    caller = (await accounts.service.authenticate(here.access_token)).actor
    await accounts.service.change_password(caller, PASSWORD, "another horse battery", CLIENT)
    await accounts.service.authenticate(here.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.service.authenticate(there.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.service.login("erika", PASSWORD, CLIENT)
    await accounts.service.login("erika", "another horse battery", CLIENT)


@pytest.mark.parametrize(
    ("current", "new", "pointer"),
    [("wrong", "another horse battery", "/current_password"), (PASSWORD, "short", "/new_password")],
)
async def test_a_wrong_change_of_password_names_the_field(
    accounts: Accounts, current: str, new: str, pointer: str
) -> None:
    await accounts.add()
    pair = await accounts.service.login("erika", PASSWORD, CLIENT)
    caller = (await accounts.service.authenticate(pair.access_token)).actor
    with pytest.raises(InvalidRequest) as caught:
        await accounts.service.change_password(caller, current, new, CLIENT)
    assert [error.pointer for error in caught.value.field_errors] == [pointer]
    await accounts.service.login("erika", PASSWORD, CLIENT)


async def test_guessing_is_limited_and_locks_nobody_out_elsewhere(database: Database) -> None:
    async with accounts_on(database, login="5/minute") as accounts:
        await accounts.add()
        for _ in range(5):
            with pytest.raises(NotAuthenticated):
                await accounts.service.login("erika", "wrong", CLIENT)
        with pytest.raises(TooManyRequests) as caught:
            await accounts.service.login("erika", PASSWORD, CLIENT)
        assert 0 < caught.value.retry_after_s <= 60
        await accounts.service.login("erika", PASSWORD, replace(CLIENT, ip_address="198.51.100.9"))


async def test_signing_in_races_with_switching_off(accounts: Accounts) -> None:
    """Whoever comes first: afterwards nobody holds a token that works."""
    user = await accounts.add()
    results = await asyncio.gather(
        *(accounts.service.login("erika", PASSWORD, CLIENT) for _ in range(5)),
        accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, UserChanges(is_active=False)),
        *(accounts.service.login("erika", PASSWORD, CLIENT) for _ in range(5)),
        return_exceptions=True,
    )
    for pair in results:
        if isinstance(pair, TokenPair):
            with pytest.raises(NotAuthenticated):
                await accounts.service.authenticate(pair.access_token)
            with pytest.raises(NotAuthenticated):
                await accounts.service.refresh(pair.refresh_token, CLIENT)
