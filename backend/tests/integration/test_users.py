"""Administration of accounts on a real database: rules, races, and what is written down about it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.domain.access_policy import Action, Actor
from app.domain.audit_entry import AuditOutcome
from app.domain.errors import Conflict, Forbidden, InvalidRequest, NotAuthenticated, NotFound
from app.domain.identifiers import UserId, VehicleId
from app.domain.roles import Role
from app.domain.user import User
from app.services.user_service import UserChanges
from app.storage.engine import Database
from support.accounts import CLIENT, OPERATOR, PASSWORD, Accounts, accounts_on


@pytest.fixture
async def accounts(database: Database) -> AsyncIterator[Accounts]:
    async with accounts_on(database) as running:
        yield running


def acting(user: User) -> Actor:
    return Actor(user_id=user.user_id, username=user.username, role=user.role, is_active=user.is_active)


async def test_an_account_is_created_changed_and_listed(accounts: Accounts) -> None:
    scope = frozenset({VehicleId(uuid4()), VehicleId(uuid4())})
    user = await accounts.add("Erika", email="erika@example.org", vehicle_ids=scope)
    assert (user.username, user.email, user.is_active, user.vehicle_ids) == ("erika", "erika@example.org", True, scope)
    changed = await accounts.service.users.update_user(
        OPERATOR,
        CLIENT,
        user.user_id,
        UserChanges(username="Erika.M", role=Role.VIEWER, email=None, vehicle_ids=frozenset()),
    )
    assert (changed.username, changed.role, changed.email, changed.vehicle_ids) == (
        "erika.m",
        Role.VIEWER,
        None,
        frozenset(),
    )
    await accounts.add("anna")
    listed, total = await accounts.service.users.list_users(OPERATOR, CLIENT, limit=1, offset=1)
    assert (listed, total) == ((changed,), 2)
    assert await accounts.service.users.get_user(OPERATOR, CLIENT, user.user_id) == changed


async def test_changing_nothing_changes_nothing(accounts: Accounts) -> None:
    user = await accounts.add()
    assert await accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, UserChanges()) == user


async def test_every_act_is_written_down_without_the_password(accounts: Accounts) -> None:
    user = await accounts.add()
    await accounts.service.users.update_user(
        OPERATOR, CLIENT, user.user_id, UserChanges(role=Role.ADMIN, password="another horse battery")
    )
    (created,) = await accounts.entries("user.created")
    (updated,) = await accounts.entries("user.updated")
    assert created.record.object_id == updated.record.object_id == str(user.user_id)
    assert updated.record.actor_name == OPERATOR.username
    assert updated.record.details["before"]["role"] == "engineer"
    assert updated.record.details["after"]["role"] == "admin"
    assert updated.record.details["new_password"] is True
    assert "horse" not in str((created, updated))
    assert "argon2" not in str((created, updated))


@pytest.mark.parametrize("name", ["erika", "ERIKA"])
async def test_a_name_is_taken_once_in_whatever_case(accounts: Accounts, name: str) -> None:
    await accounts.add("Erika")
    otto = await accounts.add("otto")
    with pytest.raises(Conflict) as caught:
        await accounts.add(name)
    assert caught.value.error_code == "username_taken"
    with pytest.raises(Conflict):
        await accounts.service.users.update_user(OPERATOR, CLIENT, otto.user_id, UserChanges(username=name))
    assert len(await accounts.entries("user.created")) == 2


async def test_of_many_who_want_a_name_one_gets_it(accounts: Accounts) -> None:
    results = await asyncio.gather(*(accounts.add("erika") for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        (UserChanges(username="two words"), "/username"),
        (UserChanges(password="short"), "/password"),
        (UserChanges(username="erika.mustermann", password="Erika.Mustermann"), "/password"),
        (UserChanges(email="nowhere"), "/email"),
    ],
)
async def test_wrong_fields_are_named(accounts: Accounts, changes: UserChanges, pointer: str) -> None:
    user = await accounts.add()
    with pytest.raises(InvalidRequest) as caught:
        await accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, changes)
    assert [error.pointer for error in caught.value.field_errors] == [pointer]


async def test_unknown_accounts_are_not_found(accounts: Accounts) -> None:
    nobody = UserId(uuid4())
    with pytest.raises(NotFound):
        await accounts.service.users.get_user(OPERATOR, CLIENT, nobody)
    with pytest.raises(NotFound):
        await accounts.service.users.update_user(OPERATOR, CLIENT, nobody, UserChanges(is_active=False))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
async def test_only_admins_administer_and_attempts_are_written_down(accounts: Accounts, role: Role) -> None:
    caller = acting(await accounts.add("erika", role))
    users = accounts.service.users
    for attempt in (
        users.list_users(caller, CLIENT, limit=1, offset=0),
        users.get_user(caller, CLIENT, caller.user_id),
        users.get_user(caller, CLIENT, UserId(uuid4())),
        users.create_user(caller, CLIENT, username="mallory", password=PASSWORD, role=Role.ADMIN, others=UserChanges()),
        users.update_user(caller, CLIENT, caller.user_id, UserChanges(role=Role.ADMIN)),
    ):
        with pytest.raises(Forbidden):
            await attempt
    refused = await accounts.entries(Action.MANAGE_USERS)
    assert len(refused) == 5
    assert {entry.record.outcome for entry in refused} == {AuditOutcome.REFUSED}
    assert {entry.record.actor_name for entry in refused} == {"erika"}


@pytest.mark.parametrize("change", [UserChanges(is_active=False), UserChanges(role=Role.ENGINEER)])
async def test_the_last_admin_stays(accounts: Accounts, change: UserChanges) -> None:
    admin = await accounts.add("admin", Role.ADMIN)
    await accounts.add("off", Role.ADMIN, is_active=False)
    with pytest.raises(Conflict) as caught:
        await accounts.service.users.update_user(acting(admin), CLIENT, admin.user_id, change)
    assert caught.value.error_code == "last_admin"
    assert await accounts.service.users.get_user(OPERATOR, CLIENT, admin.user_id) == admin
    await accounts.add("second", Role.ADMIN)
    await accounts.service.users.update_user(acting(admin), CLIENT, admin.user_id, change)


async def test_admins_who_switch_each_other_off_at_once_leave_one(accounts: Accounts) -> None:
    admins = [await accounts.add(f"admin{number}", Role.ADMIN) for number in range(6)]
    off = UserChanges(is_active=False)
    results = await asyncio.gather(
        *(accounts.service.users.update_user(OPERATOR, CLIENT, admin.user_id, off) for admin in admins),
        return_exceptions=True,
    )
    assert sum(isinstance(result, User) for result in results) == 5
    assert sum(isinstance(result, Conflict) for result in results) == 1
    users, _ = await accounts.service.users.list_users(OPERATOR, CLIENT, limit=10, offset=0)
    assert sum(user.is_active for user in users) == 1


async def test_a_password_set_by_an_admin_ends_all_sessions_but_the_own_one(accounts: Accounts) -> None:
    user = await accounts.add("admin", Role.ADMIN)
    here = await accounts.service.login("admin", PASSWORD, CLIENT)
    there = await accounts.service.login("admin", PASSWORD, CLIENT)
    caller = (await accounts.service.authenticate(here.access_token)).actor
    new = UserChanges(password="another horse battery")
    await accounts.service.users.update_user(caller, CLIENT, user.user_id, new)
    await accounts.service.authenticate(here.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.service.authenticate(there.access_token)
    await accounts.service.users.update_user(OPERATOR, CLIENT, user.user_id, new)
    with pytest.raises(NotAuthenticated):
        await accounts.service.authenticate(here.access_token)


async def test_the_first_admin_is_made_once_by_whoever_comes_first(database: Database) -> None:
    async with accounts_on(database) as one, accounts_on(database) as two:
        made = await asyncio.gather(*(each.service.ensure_admin(None) for each in (one, two, one, two)))
        (password,) = [text for text in made if text is not None]
        pair = await two.service.login("admin", password, CLIENT)
        assert (await two.service.authenticate(pair.access_token)).actor.role is Role.ADMIN
        assert await one.service.ensure_admin(None) is None
        (entry,) = await one.entries("user.created")
        assert password not in str(entry)


async def test_the_first_admin_takes_the_password_given(accounts: Accounts) -> None:
    with pytest.raises(InvalidRequest):
        await accounts.service.ensure_admin("short")
    assert await accounts.service.ensure_admin(PASSWORD) is None
    await accounts.service.login("admin", PASSWORD, CLIENT)


async def test_accounts_with_a_history_cannot_be_deleted(accounts: Accounts, database: Database) -> None:
    """Nothing in the program deletes an account; the database refuses it too once there is anything to lose."""
    await accounts.add()
    await accounts.service.login("erika", PASSWORD, CLIENT)
    with pytest.raises(Exception, match="fk_sessions_user_id"):
        async with database.transaction() as db:
            await db.execute(text("DELETE FROM users"))
