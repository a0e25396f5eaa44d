"""Administration of accounts. Every act is audited in its own transaction; accounts are switched off, never deleted."""

from dataclasses import asdict
from typing import TypedDict
from uuid import uuid4

from app.domain.access_policy import Action, Actor
from app.domain.account_rules import check_email, check_password, checked_username
from app.domain.audit_entry import ActorType, AuditRecord
from app.domain.bus_messages import WAKE_ACCOUNTS, BusMessage
from app.domain.errors import Conflict
from app.domain.identifiers import UserId, VehicleId
from app.domain.json_values import JsonObject
from app.domain.roles import Role
from app.domain.session import ClientInfo
from app.domain.user import User
from app.repositories import session_repository, user_repository
from app.repositories.advisory_locks import Lock, acquire
from app.repositories.unit_of_work import UnitOfWork, Work
from app.repositories.user_repository import StoredChanges
from app.security.passwords import PasswordHashing, generate_password
from app.services.access_guard import AccessGuard, unknown
from app.services.audit_records import act_of
from app.services.caller_directory import CallerDirectory
from app.storage.driver_errors import ConstraintViolated

FIRST_ADMIN = "admin"
_TAKEN = "uq_users_username"


class UserChanges(TypedDict, total=False):
    """What to set on an account; what is left out stays as it is (or takes its default)."""

    username: str
    email: str | None
    password: str
    role: Role
    is_active: bool
    vehicle_ids: frozenset[VehicleId] | None


class UserService:
    """Accounts as admins see them."""

    def __init__(
        self, work: UnitOfWork, guard: AccessGuard, passwords: PasswordHashing, callers: CallerDirectory
    ) -> None:
        self._work = work
        self._guard = guard
        self._passwords = passwords
        self._callers = callers

    async def list_users(
        self, caller: Actor, client: ClientInfo, *, limit: int, offset: int
    ) -> tuple[tuple[User, ...], int]:
        """Accounts by name, and how many there are."""
        await self._require_admin(caller, client)
        async with self._work.reading() as db:
            return await user_repository.list_users(db, limit, offset)

    async def get_user(self, caller: Actor, client: ClientInfo, user_id: UserId) -> User:
        """One account. Raises NotFound."""
        await self._require_admin(caller, client, user_id)
        return await self._existing(user_id)

    async def create_user(
        self, caller: Actor, client: ClientInfo, *, username: str, password: str, role: Role, others: UserChanges
    ) -> User:
        """Raises InvalidRequest naming the wrong field, and Conflict where the name is taken."""
        await self._require_admin(caller, client)
        username = checked_username(username)
        values = await self._stored({**others, "username": username, "password": password, "role": role}, username)
        async with self._work.begin() as work:
            user = await user_repository.create_user(work.db, UserId(uuid4()), values)
            if user is None:
                raise _name_taken(username)
            await work.audit(_user_act(caller, client, "user.created", user, _described(user)))
        return user

    async def update_user(self, caller: Actor, client: ClientInfo, user_id: UserId, changes: UserChanges) -> User:
        """Change an account; effective at once everywhere, open streams included.

        Switching off or a new password ends the account's sessions (not the one it is done from). Raises NotFound,
        InvalidRequest, and Conflict where the name is taken or nobody could administer any more.
        """
        await self._require_admin(caller, client, user_id)
        name_now = (await self._existing(user_id)).username
        stored = await self._stored(changes, changes.get("username", name_now))
        try:
            async with self._work.begin() as work:
                user = await self._apply(work, caller, client, user_id, stored)
        except ConstraintViolated as error:
            if error.constraint == _TAKEN:
                raise _name_taken(stored.get("username", "")) from error
            raise
        self._callers.forget(user_id)
        return user

    async def ensure_admin(self, password: str | None) -> str | None:
        """Create the account `admin` if there is none at all. Returns the password when it was generated here.

        Of several processes starting at once, one does it. Raises InvalidRequest where the given password is too weak.
        """
        async with self._work.reading() as db:
            if await user_repository.count_users(db):
                return None
        generated = generate_password() if password is None else None
        given = password or generated or ""
        values = await self._stored({"username": FIRST_ADMIN, "password": given, "role": Role.ADMIN}, FIRST_ADMIN)
        async with self._work.begin() as work:
            await acquire(work.db, Lock.ACCOUNTS)
            if await user_repository.count_users(work.db):
                return None
            user = await user_repository.create_user(work.db, UserId(uuid4()), values)
            if user is None:
                raise _name_taken(FIRST_ADMIN)
            await work.audit(_first_admin_act(user))
        return generated

    async def _apply(
        self, work: Work, caller: Actor, client: ClientInfo, user_id: UserId, stored: StoredChanges
    ) -> User:
        await acquire(work.db, Lock.ACCOUNTS)
        before = await user_repository.find_user(work.db, user_id)
        after = await user_repository.update_user(work.db, user_id, stored)
        if before is None or after is None:
            raise unknown("user")
        if _administers(before) and not await user_repository.count_active_admins(work.db):
            raise Conflict("this is the last active admin; make somebody else admin first", code="last_admin")
        new_password = "password_hash" in stored
        if new_password or not after.is_active:
            reason = "password set by an admin" if after.is_active else "account switched off"
            sparing = caller.session_id if after.is_active and caller.user_id == user_id else None
            await session_repository.revoke_sessions_of(work.db, user_id, reason, sparing=sparing)
        details: JsonObject = {"before": _described(before), "after": _described(after), "new_password": new_password}
        await work.audit(_user_act(caller, client, "user.updated", after, details))
        work.publish(BusMessage(WAKE_ACCOUNTS, str(user_id)))
        return after

    async def _existing(self, user_id: UserId) -> User:
        async with self._work.reading() as db:
            user = await user_repository.find_user(db, user_id)
        if user is None:
            raise unknown("user")
        return user

    async def _require_admin(self, caller: Actor, client: ClientInfo, user_id: UserId | None = None) -> None:
        await self._guard.require(caller, Action.MANAGE_USERS, object_type="user", object_id=user_id, client=client)

    async def _stored(self, changes: UserChanges, username: str) -> StoredChanges:
        """Checked columns for what was asked; the password is hashed. No connection is held meanwhile."""
        stored = StoredChanges()
        if "username" in changes:
            username = stored["username"] = checked_username(changes["username"])
        if "email" in changes:
            check_email(changes["email"])
            stored["email"] = changes["email"]
        if "role" in changes:
            stored["role"] = changes["role"]
        if "is_active" in changes:
            stored["is_active"] = changes["is_active"]
        if "vehicle_ids" in changes:
            stored["vehicle_ids"] = changes["vehicle_ids"]
        if "password" in changes:
            check_password(changes["password"], username)
            stored["password_hash"] = await self._passwords.hash(changes["password"])
        return stored


def _administers(user: User) -> bool:
    return user.is_active and user.role is Role.ADMIN


def _described(user: User) -> JsonObject:
    described = asdict(user)
    del described["user_id"], described["created_at"]
    scope = user.vehicle_ids
    described["vehicle_ids"] = None if scope is None else sorted(str(vehicle_id) for vehicle_id in scope)
    return described


def _user_act(caller: Actor, client: ClientInfo, action: str, user: User, details: JsonObject) -> AuditRecord:
    return act_of(caller, client, action, object_type="user", object_id=user.user_id, details=details)


def _first_admin_act(user: User) -> AuditRecord:
    return AuditRecord(
        actor_type=ActorType.SYSTEM,
        action="user.created",
        object_type="user",
        object_id=str(user.user_id),
        details=_described(user),
    )


def _name_taken(username: str) -> Conflict:
    return Conflict(f"the user name {username} is taken", code="username_taken")
