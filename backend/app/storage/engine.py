"""The connection pool, and the two ways to use it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.storage.driver_errors import translated


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """`size` connections are kept at most; a caller waits `wait_s` seconds for one, then gets StorageUnavailable.

    PostgreSQL ends a statement after `statement_timeout_s`. A whole unit of work is given up on our side after
    `give_up_s`: a database behind a cut network never answers, and nobody may wait for it without end.
    """

    size: int = 10
    wait_s: float = 5.0
    statement_timeout_s: float = 30.0
    give_up_s: float = 40.0


class Database:
    """PostgreSQL as the program sees it. All errors of the driver leave here as types of `domain.errors`."""

    def __init__(self, url: str, *, name: str, pool: PoolSettings | None = None) -> None:
        """`url` is `postgresql://…`; `name` shows in `pg_stat_activity`. Opens nothing yet."""
        pool = pool or PoolSettings()
        self._give_up_s = pool.give_up_s
        self._engine = _make_engine(url, name=name, pool=pool)
        self._autocommit_engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises StorageUnavailable and ConstraintViolated; after the former the work may or may not be committed.
        """
        with translated():
            async with asyncio.timeout(self._give_up_s), self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is its own transaction: one round trip for work of one statement."""
        with translated():
            async with asyncio.timeout(self._give_up_s), self._autocommit_engine.connect() as connection:
                yield connection

    async def close(self) -> None:
        """Close all pooled connections."""
        await self._engine.dispose()


def asyncpg_url(url: str) -> str:
    """The SQLAlchemy spelling of a PostgreSQL address; accepts `postgres://` and `postgresql://`."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in {"postgres", "postgresql"}:
        raise ValueError("the database address must start with postgresql://")
    return f"postgresql+asyncpg://{rest}"


def _make_engine(url: str, *, name: str, pool: PoolSettings) -> AsyncEngine:
    timeout_ms = str(int(pool.statement_timeout_s * 1000))
    return create_async_engine(
        asyncpg_url(url),
        pool_size=pool.size,
        max_overflow=0,
        pool_timeout=pool.wait_s,
        pool_recycle=1800,
        connect_args={
            "timeout": pool.wait_s,
            "server_settings": {
                "application_name": name,
                "statement_timeout": timeout_ms,
                "idle_in_transaction_session_timeout": timeout_ms,
                "jit": "off",
                # What the queue touches is in memory: to walk an index must not look dearer than to sort what it finds.
                "random_page_cost": "1.1",
            },
        },
    )
