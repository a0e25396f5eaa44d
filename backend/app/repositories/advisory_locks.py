"""Locks of PostgreSQL that belong to no row. Held until the caller's transaction ends."""

from enum import IntEnum

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

_NAMESPACE = 0x534F5644  # "SOVD": keeps our numbers apart from those of other programs on the same database


class Lock(IntEnum):
    """What is locked."""

    ACCOUNTS = 1
    """Who administers: held while roles and activity of accounts change."""

    AUDIT_SEALER = 2
    """The end of the audit chain."""

    HOUSEKEEPING = 3
    """What is thrown away."""


async def acquire(db: AsyncConnection, lock: Lock) -> None:
    """Wait for the lock."""
    await db.execute(select(func.pg_advisory_xact_lock(_NAMESPACE, int(lock))))


async def try_acquire(db: AsyncConnection, lock: Lock) -> bool:
    """Take the lock if it is free; False where somebody else has it."""
    return bool(await db.scalar(select(func.pg_try_advisory_xact_lock(_NAMESPACE, int(lock)))))
