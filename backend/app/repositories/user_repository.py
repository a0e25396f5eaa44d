"""Accounts. None is ever deleted: the audit trail and the history of commands point at them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.identifiers import UserId, VehicleId
from app.domain.roles import Role
from app.domain.user import User
from app.storage.tables import users

_USER = (
    users.c.user_id,
    users.c.username,
    users.c.email,
    users.c.role,
    users.c.is_active,
    users.c.vehicle_ids,
    users.c.created_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An account with the hash its password is checked against."""

    user: User
    password_hash: str = field(repr=False)


class StoredChanges(TypedDict, total=False):
    """Columns to change; those left out stay."""

    username: str
    email: str | None
    role: Role
    is_active: bool
    vehicle_ids: frozenset[VehicleId] | None
    password_hash: str


async def create_user(db: AsyncConnection, user_id: UserId, values: StoredChanges) -> User | None:
    """Store a new account; None where the user name is taken."""
    statement = insert(users).values(user_id=user_id, **_columns(values))
    statement = statement.on_conflict_do_nothing(index_elements=[users.c.username])
    row = (await db.execute(statement.returning(*_USER))).mappings().first()
    return user_of(row) if row else None


async def update_user(db: AsyncConnection, user_id: UserId, changes: StoredChanges) -> User | None:
    """Change an account and return it as it is now; None where there is none. The row stays locked until commit.

    A taken user name breaks `uq_users_username`.
    """
    if not changes:
        return await find_user(db, user_id)
    statement = update(users).where(users.c.user_id == user_id).values(**_columns(changes)).returning(*_USER)
    row = (await db.execute(statement)).mappings().first()
    return user_of(row) if row else None


async def find_user(db: AsyncConnection, user_id: UserId) -> User | None:
    """The account with this id."""
    row = (await db.execute(select(*_USER).where(users.c.user_id == user_id))).mappings().first()
    return user_of(row) if row else None


async def list_users(db: AsyncConnection, limit: int, offset: int) -> tuple[tuple[User, ...], int]:
    """Accounts by name, and how many there are."""
    rows = (await db.execute(select(*_USER).order_by(users.c.username).limit(limit).offset(offset))).mappings()
    total = await count_users(db)
    return tuple(user_of(row) for row in rows), total


async def usernames(db: AsyncConnection, user_ids: Collection[UserId]) -> dict[UserId, str]:
    """Names of these accounts, switched off or not."""
    if not user_ids:
        return {}
    rows = await db.execute(select(users.c.user_id, users.c.username).where(users.c.user_id.in_(user_ids)))
    return {UserId(user_id): username for user_id, username in rows}


async def count_users(db: AsyncConnection) -> int:
    """How many accounts there are, switched-off ones included."""
    return int(await db.scalar(select(func.count()).select_from(users)) or 0)


async def count_active_admins(db: AsyncConnection) -> int:
    """How many people can administer. Hold `Lock.ACCOUNTS` where a decision hangs on it."""
    admins = select(func.count()).select_from(users).where(users.c.is_active, users.c.role == Role.ADMIN)
    return int(await db.scalar(admins) or 0)


async def find_credentials(db: AsyncConnection, username: str) -> Credentials | None:
    """The account with this (normal) name and its password hash, switched off or not."""
    return await _credentials(db, users.c.username == username)


async def find_credentials_of(db: AsyncConnection, user_id: UserId) -> Credentials | None:
    """The account with this id and its password hash, switched off or not."""
    return await _credentials(db, users.c.user_id == user_id)


async def hold_credentials(db: AsyncConnection, credentials: Credentials, *, to_change: bool = False) -> bool:
    """Whether the account is active and its password the same; if so, neither changes until the caller commits.

    With `to_change` only one caller at a time holds them.
    """
    statement = select(users.c.user_id).where(
        users.c.user_id == credentials.user.user_id,
        users.c.is_active,
        users.c.password_hash == credentials.password_hash,
    )
    locking = statement.with_for_update(read=not to_change, key_share=to_change)
    return await db.scalar(locking) is not None


async def _credentials(db: AsyncConnection, condition: Any) -> Credentials | None:
    row = (await db.execute(select(*_USER, users.c.password_hash).where(condition))).mappings().first()
    return Credentials(user=user_of(row), password_hash=row["password_hash"]) if row else None


def user_of(row: RowMapping) -> User:
    """An account from a row that has all columns of `User`."""
    return User(
        user_id=UserId(row["user_id"]),
        username=row["username"],
        email=row["email"],
        role=Role(row["role"]),
        is_active=row["is_active"],
        vehicle_ids=scope_of(row["vehicle_ids"]),
        created_at=row["created_at"],
    )


def scope_of(stored: list[UUID] | None) -> frozenset[VehicleId] | None:
    """The vehicles of an account from the stored list; None is the whole fleet."""
    return None if stored is None else frozenset(VehicleId(vehicle_id) for vehicle_id in stored)


def _columns(changes: StoredChanges) -> Mapping[str, Any]:
    columns: dict[str, Any] = dict(changes)
    scope = changes.get("vehicle_ids")
    if scope is not None:
        columns["vehicle_ids"] = sorted(scope)
    return columns
