"""Brings a database to the schema this release needs.

Runs on the caller's event loop, never on a thread of its own: greenlets (SQLAlchemy's bridge to asyncio) that are left
behind by a thread that has ended are destroyed later in the middle of whatever the main thread does just then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from app.domain.errors import ServiceError
from app.storage.driver_errors import translated
from app.storage.engine import asyncpg_url

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_LOCK_KEY = 0x534F5644
"""Key of the advisory lock that serialises migrating processes: "SOVD" in ASCII."""

_WAIT_FOR_OTHERS = "120s"
"""How long to wait for another process that migrates the same database."""

_WAIT_FOR_TABLE = "10s"
"""How long a migration may queue for a table lock; behind a queued lock request all other queries queue too."""


class SchemaUnknown(ServiceError):
    """The database was made by a newer release (or is not ours): this one must not touch it."""

    code = "schema_unknown"
    retry_can_help = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """`current` is what the database has (None: nothing yet), `head` is what this release needs."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        """True if no migration is due."""
        return self.current == self.head


async def upgrade(database_url: str) -> None:
    """Run all due migrations in one transaction; does nothing when there are none.

    Several processes may call it at once: one migrates, the others wait for it. Raises SchemaUnknown for a database of
    a newer release, StorageUnavailable when it cannot be reached.
    """
    try:
        await _in_transaction(database_url, _upgrade)
    except CommandError as error:
        raise SchemaUnknown(f"this release does not know the schema of the database: {error}") from error


async def current_and_head(database_url: str) -> SchemaState:
    """Compare a database with this release, changing nothing. Raises StorageUnavailable."""
    return await _in_transaction(database_url, _state)


async def schema_state(db: AsyncConnection) -> SchemaState:
    """The same on a connection at hand."""
    return await db.run_sync(_state)


def make_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, built in code so that no file has to be found at run time."""
    config = Config()
    # A per cent sign in a path would start an interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def _in_transaction(database_url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(
        asyncpg_url(database_url),
        poolclass=NullPool,
        connect_args={"timeout": 10, "server_settings": {"application_name": "sovd migrate"}},
    )
    with translated():
        async with engine.begin() as connection:
            return await connection.run_sync(work)


def _upgrade(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_OTHERS}'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_TABLE}'"))
    before = _state(connection)
    if not before.is_current:
        command.upgrade(make_config(connection), "head")
        _log.info("schema brought up to date", was=before.current or "empty", now=before.head)


def _state(connection: Connection) -> SchemaState:
    head = _head()
    # Not through Alembic, which logs two lines each time: readiness asks this all the time.
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return SchemaState(current=None, head=head)
    return SchemaState(current=connection.scalar(text("SELECT version_num FROM alembic_version")), head=head)


@cache
def _head() -> str:
    """The release's newest migration; the files of a running program do not change."""
    head = ScriptDirectory.from_config(make_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package has no migrations: broken installation")
    return head
