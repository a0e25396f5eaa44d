"""Sessions and their refresh tokens (as digests). Time is the database's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access_policy import Actor
from app.domain.identifiers import SessionId, UserId
from app.domain.roles import Role
from app.domain.session import ClientInfo, Session
from app.repositories.user_repository import scope_of
from app.storage.tables import refresh_tokens, sessions, users


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whom a live session stands for, and the database's time at which that was so."""

    actor: Actor
    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOwner:
    """A session and whose it is."""

    session_id: SessionId
    user_id: UserId
    username: str


def _is_live() -> ColumnElement[bool]:
    return and_(sessions.c.revoked_at.is_(None), sessions.c.expires_at > func.now())


async def create_session(
    db: AsyncConnection, session_id: SessionId, user_id: UserId, *, ttl_s: int, client: ClientInfo
) -> datetime:
    """Open a session and return the database's time."""
    statement = insert(sessions).values(
        session_id=session_id,
        user_id=user_id,
        expires_at=_in_seconds(ttl_s),
        user_agent=client.user_agent,
        ip_address=client.ip_address,
    )
    row = (await db.execute(statement.returning(sessions.c.created_at))).one()
    moment: datetime = row[0]
    return moment


async def add_refresh_token(db: AsyncConnection, session_id: SessionId, token_digest: bytes) -> None:
    """Store the digest of a refresh token that has not been used."""
    await db.execute(insert(refresh_tokens).values(token_digest=token_digest, session_id=session_id))


async def spend_refresh_token(db: AsyncConnection, token_digest: bytes) -> SessionId | None:
    """Mark an unused token as used and return its session. Of any number of callers, exactly one gets it."""
    statement = (
        update(refresh_tokens)
        .where(refresh_tokens.c.token_digest == token_digest, refresh_tokens.c.spent_at.is_(None))
        .values(spent_at=func.now())
        .returning(refresh_tokens.c.session_id)
    )
    session_id = await db.scalar(statement)
    return SessionId(session_id) if session_id else None


async def find_just_spent(db: AsyncConnection, token_digest: bytes, *, within_s: float) -> SessionId | None:
    """The session of a token that was spent no more than `within_s` seconds ago."""
    statement = select(refresh_tokens.c.session_id).where(
        refresh_tokens.c.token_digest == token_digest,
        refresh_tokens.c.spent_at > func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, within_s),
    )
    session_id = await db.scalar(statement)
    return SessionId(session_id) if session_id else None


async def find_owner_of_token(db: AsyncConnection, token_digest: bytes) -> SessionOwner | None:
    """Whose token this is or was, used or not."""
    statement = (
        select(sessions.c.session_id, sessions.c.user_id, users.c.username)
        .join(refresh_tokens, refresh_tokens.c.session_id == sessions.c.session_id)
        .join(users, users.c.user_id == sessions.c.user_id)
        .where(refresh_tokens.c.token_digest == token_digest)
    )
    row = (await db.execute(statement)).mappings().first()
    if row is None:
        return None
    return SessionOwner(
        session_id=SessionId(row["session_id"]), user_id=UserId(row["user_id"]), username=row["username"]
    )


async def extend_session(db: AsyncConnection, session_id: SessionId, *, ttl_s: int) -> Standing | None:
    """Note the use of a live session of an active account and let it live on; None where it is neither."""
    statement = (
        update(sessions)
        .where(sessions.c.session_id == session_id, _is_live())
        .where(users.c.user_id == sessions.c.user_id, users.c.is_active)
        .values(last_used_at=func.now(), expires_at=_in_seconds(ttl_s))
        .returning(*_STANDING)
    )
    row = (await db.execute(statement)).mappings().first()
    return _standing(row) if row else None


async def find_standing(db: AsyncConnection, session_id: SessionId) -> Standing | None:
    """Whom a live session of an active account stands for now."""
    statement = (
        select(*_STANDING)
        .join(users, users.c.user_id == sessions.c.user_id)
        .where(sessions.c.session_id == session_id, _is_live(), users.c.is_active)
    )
    row = (await db.execute(statement)).mappings().first()
    return _standing(row) if row else None


async def revoke_session(db: AsyncConnection, session_id: SessionId, reason: str, *, of: UserId | None = None) -> bool:
    """End one session (of this user, where given). False where there is no such live one."""
    statement = update(sessions).where(sessions.c.session_id == session_id, sessions.c.revoked_at.is_(None))
    if of is not None:
        statement = statement.where(sessions.c.user_id == of)
    ended = await db.execute(statement.values(revoked_at=func.now(), revoked_reason=reason))
    return ended.rowcount > 0


async def revoke_sessions_of(
    db: AsyncConnection, user_id: UserId, reason: str, *, sparing: SessionId | None = None
) -> int:
    """End all sessions of a user but `sparing`; how many."""
    statement = update(sessions).where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None))
    if sparing is not None:
        statement = statement.where(sessions.c.session_id != sparing)
    ended = await db.execute(statement.values(revoked_at=func.now(), revoked_reason=reason))
    return ended.rowcount


async def list_sessions(db: AsyncConnection, user_id: UserId) -> tuple[Session, ...]:
    """Live sessions of a user, the last used first."""
    columns = (
        sessions.c.session_id,
        sessions.c.user_id,
        sessions.c.created_at,
        sessions.c.last_used_at,
        sessions.c.expires_at,
        sessions.c.user_agent,
        sessions.c.ip_address,
    )
    statement = select(*columns).where(sessions.c.user_id == user_id, _is_live())
    rows = (await db.execute(statement.order_by(sessions.c.last_used_at.desc()))).mappings()
    return tuple(Session(**row) for row in rows)


async def standings_of(db: AsyncConnection, user_ids: Collection[UserId]) -> dict[UserId, str]:
    """A text per account that differs whenever its rights changed or one of its sessions was revoked."""
    revoked = (
        select(func.coalesce(func.max(sessions.c.revoked_at), func.to_timestamp(0)))
        .where(sessions.c.user_id == users.c.user_id)
        .scalar_subquery()
    )
    statement = select(users.c.user_id, users.c.role, users.c.is_active, users.c.vehicle_ids, revoked.label("revoked"))
    rows = await db.execute(statement.where(users.c.user_id.in_(list(user_ids))))
    return {UserId(row.user_id): f"{row.role} {row.is_active} {row.vehicle_ids} {row.revoked}" for row in rows}


async def delete_old_tokens(db: AsyncConnection, *, days: int, limit: int) -> int:
    """Delete up to `limit` refresh tokens of sessions that ended more than `days` days ago; how many."""
    old = (
        select(refresh_tokens.c.token_digest)
        .join(sessions, sessions.c.session_id == refresh_tokens.c.session_id)
        .where(_ended_before(days))
        .limit(limit)
    )
    return (await db.execute(delete(refresh_tokens).where(refresh_tokens.c.token_digest.in_(old)))).rowcount


async def delete_old_sessions(db: AsyncConnection, *, days: int, limit: int) -> int:
    """Delete up to `limit` sessions without tokens that ended more than `days` days ago; how many."""
    without_tokens = ~select(1).where(refresh_tokens.c.session_id == sessions.c.session_id).exists()
    old = select(sessions.c.session_id).where(_ended_before(days), without_tokens).limit(limit)
    return (await db.execute(delete(sessions).where(sessions.c.session_id.in_(old)))).rowcount


def _ended_before(days: int) -> ColumnElement[bool]:
    ended_at = func.least(sessions.c.revoked_at, sessions.c.expires_at)  # PostgreSQL's LEAST passes over nulls
    return ended_at < func.now() - func.make_interval(0, 0, 0, days)


_STANDING = (
    sessions.c.session_id,
    users.c.user_id,
    users.c.username,
    users.c.role,
    users.c.is_active,
    users.c.vehicle_ids,
    func.clock_timestamp().label("moment"),
)


def _standing(row: RowMapping) -> Standing:
    actor = Actor(
        user_id=UserId(row["user_id"]),
        username=row["username"],
        role=Role(row["role"]),
        is_active=row["is_active"],
        vehicle_ids=scope_of(row["vehicle_ids"]),
        session_id=SessionId(row["session_id"]),
    )
    return Standing(actor=actor, moment=row["moment"])


def _in_seconds(seconds: int) -> ColumnElement[datetime]:
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
