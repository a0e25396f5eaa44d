"""The seals over the audit trail, in a table of their own: sealing touches no entry, so writers never wait for it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.audit_chain import ChainHead, Seal, SealableEntry
from app.repositories.audit_repository import SEALABLE, sealable_of
from app.storage.driver_fetch import fetch_rows
from app.storage.tables import audit_log, audit_seals

BEFORE_ALL = -(2**63)
"""A position below every seal, below bad ones too."""

_POSITION = len(SEALABLE)
_COLUMNS = """
    e.entry_id, e.occurred_at, e.actor_type, e.actor_id, e.actor_name, e.action, e.outcome, e.object_type, e.object_id,
    e.details::text, e.correlation_id, e.ip_address, s.position, s.entry_id, s.entry_digest, s.chain_digest
"""
_CHAIN = f"""
    SELECT {_COLUMNS} FROM audit_seals s LEFT JOIN audit_log e ON e.entry_id = s.entry_id
    WHERE s.position > $1 ORDER BY s.position LIMIT $2
"""  # noqa: S608  # made of constants
_ENTRIES = f"""
    SELECT {_COLUMNS} FROM audit_log e LEFT JOIN audit_seals s ON s.entry_id = e.entry_id
    WHERE e.entry_id > $1 ORDER BY e.entry_id LIMIT $2
"""  # noqa: S608  # made of constants
_WITHOUT_SEAL = audit_log.outerjoin(audit_seals, audit_seals.c.entry_id == audit_log.c.entry_id)


async def find_head(db: AsyncConnection) -> ChainHead:
    """The last link of the chain."""
    statement = select(audit_seals.c.position, audit_seals.c.chain_digest).order_by(audit_seals.c.position.desc())
    row = (await db.execute(statement.limit(1))).first()
    return ChainHead(position=row[0], chain_digest=row[1]) if row else ChainHead()


async def list_unsealed(db: AsyncConnection, *, above: int, limit: int) -> tuple[SealableEntry, ...]:
    """Committed entries without a seal whose id is greater than `above`, by id."""
    statement = (
        select(*SEALABLE)
        .select_from(_WITHOUT_SEAL)
        .where(audit_log.c.entry_id > above, audit_seals.c.entry_id.is_(None))
        .order_by(audit_log.c.entry_id)
        .limit(limit)
    )
    return tuple(sealable_of(tuple(row)) for row in await db.execute(statement))


async def count_unsealed(db: AsyncConnection) -> int:
    """How many committed entries have no seal yet."""
    statement = select(func.count()).select_from(_WITHOUT_SEAL).where(audit_seals.c.entry_id.is_(None))
    return int(await db.scalar(statement) or 0)


async def add_seals(db: AsyncConnection, seals: Sequence[Seal]) -> None:
    """Append links to the chain. The caller holds `Lock.AUDIT_SEALER`."""
    await db.execute(
        insert(audit_seals),
        [
            {
                "position": seal.position,
                "entry_id": seal.entry_id,
                "entry_digest": seal.entry_digest,
                "chain_digest": seal.chain_digest,
            }
            for seal in seals
        ],
    )


async def read_chain(db: AsyncConnection, *, after: int, limit: int) -> tuple[tuple[Seal, SealableEntry | None], ...]:
    """The next links after a position, each with the entry it names (None where that is gone).

    `db` is a connection for autocommit.
    """
    rows = await fetch_rows(db, _CHAIN, after, limit)
    return tuple((_seal(row), sealable_of(row) if row[0] is not None else None) for row in rows)


async def read_entries(db: AsyncConnection, *, after: int, limit: int) -> tuple[tuple[SealableEntry, Seal | None], ...]:
    """The next entries after an id, each with its seal (None where it has none yet).

    `db` is a connection for autocommit.
    """
    rows = await fetch_rows(db, _ENTRIES, after, limit)
    return tuple((sealable_of(row), _seal(row) if row[_POSITION] is not None else None) for row in rows)


def _seal(row: Sequence[Any]) -> Seal:
    return Seal._make(row[_POSITION:])
