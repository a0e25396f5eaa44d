"""Translates driver errors at the edge, once: callers test types, never texts."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.domain.errors import StorageUnavailable

_PASSING_STATES = ("08", "57P0", "53", "57014", "25006")
"""SQLSTATEs, or their beginnings, that mean "not now": connection exceptions, shutdowns, no resources left (memory,
disk, connections), statement timeout, and a server that is a standby just now (PostgreSQL, Appendix A)."""


_ROLLED_BACK = ("40001", "40P01")
"""Serialization failure and deadlock (PostgreSQL, Appendix A): the transaction is undone for certain."""


class RolledBack(StorageUnavailable):
    """Two transactions were in each other's way and this one was undone: nothing of it is stored, begin it again."""


class ConstraintViolated(Exception):
    """A write broke a database constraint; `constraint` is its name."""

    def __init__(self, constraint: str) -> None:
        super().__init__(f"constraint {constraint} violated")
        self.constraint = constraint


def _sqlstate(error: BaseException | None) -> str:
    """SQLSTATE of a driver error, looked for along the chain of causes."""
    while error is not None:
        state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        if state:
            return str(state)
        error = error.__cause__
    return ""


def _constraint_name(error: IntegrityError) -> str:
    cause: BaseException | None = error.orig
    while cause is not None:
        name = getattr(cause, "constraint_name", None)
        if name:
            return str(name)
        cause = cause.__cause__
    return ""


@contextmanager
def translated() -> Iterator[None]:
    """Raises StorageUnavailable where PostgreSQL cannot be reached, ConstraintViolated where a constraint broke."""
    try:
        yield
    except IntegrityError as error:
        raise ConstraintViolated(_constraint_name(error)) from error
    except (InterfaceError, OperationalError, PoolTimeout, OSError, TimeoutError) as error:
        raise StorageUnavailable("the database cannot be reached right now; try again shortly") from error
    except asyncpg.PostgresConnectionError as error:
        raise StorageUnavailable("the connection to the database was lost; try again shortly") from error
    except (asyncpg.PostgresError, DBAPIError) as error:
        if _sqlstate(error) in _ROLLED_BACK:
            raise RolledBack("the database is busy with the same rows; try again") from error
        if _sqlstate(error).startswith(_PASSING_STATES) or getattr(error, "connection_invalidated", False):
            raise StorageUnavailable("the database cannot do it right now; try again shortly") from error
        raise
