"""What really happened, read straight from the database, and what must be true of it whatever was disturbed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg

from app.domain.command_states import LEGAL_MOVES, CommandStatus

_COMMANDS = "SELECT * FROM commands ORDER BY queue_number"
_CHUNKS = (
    "SELECT command_id, sequence_number, is_final, received_at FROM responses ORDER BY command_id, sequence_number"
)
_HISTORY = """
SELECT object_id, action, actor_name, occurred_at FROM audit_log
WHERE object_type = 'command' AND outcome = 'success' ORDER BY entry_id
"""
_NOT_A_MOVE = frozenset({"submitted", "taken_over", "cancel_requested"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One audit entry of a command; `event` without its prefix."""

    event: str
    actor_name: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One stored chunk."""

    number: int
    is_final: bool
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything the database knows of one command."""

    command_id: str
    lane: str
    status: CommandStatus
    attempt: int
    queue_number: int
    expires_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error: str | None
    chunks: tuple[Chunk, ...]
    history: tuple[Happening, ...]

    @property
    def events(self) -> list[str]:
        """The names of what happened, in order."""
        return [item.event for item in self.history]

    @property
    def first_started_at(self) -> datetime:
        """When it first left the queue."""
        return next(item.occurred_at for item in self.history if item.event == "in_progress")

    def faults(self) -> list[str]:
        """Everything that must not be; empty when all is well."""
        return [f"{self.command_id}: {text}" for text in (*self._chunk_faults(), *self._history_faults())]

    def _chunk_faults(self) -> list[str]:
        faults = []
        numbers = [chunk.number for chunk in self.chunks]
        if numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"chunks are numbered {numbers}")
        if any(chunk.is_final for chunk in self.chunks[:-1]):
            faults.append("a chunk follows the final one")
        has_final = bool(self.chunks) and self.chunks[-1].is_final
        if has_final != (self.status is CommandStatus.COMPLETED):
            faults.append(f"{self.status} with final chunk: {has_final}")
        ended = self.completed_at
        if not has_final and ended is not None and any(chunk.received_at > ended for chunk in self.chunks):
            faults.append("a chunk was stored after the end")
        return faults

    def _history_faults(self) -> list[str]:
        faults = []
        if self.events[:1] != ["submitted"] or self.events.count("submitted") != 1:
            faults.append(f"the history does not begin with its submission: {self.events}")
        moves = [CommandStatus.PENDING, *(CommandStatus(name) for name in self.events if name not in _NOT_A_MOVE)]
        faults += [f"illegal move {one} -> {other}" for one, other in pairwise(moves) if other not in LEGAL_MOVES[one]]
        if moves[-1] is not self.status:
            faults.append(f"the audit trail ends with {moves[-1]}, the command is {self.status}")
        starts = self.events.count("in_progress") + self.events.count("taken_over")
        if starts != self.attempt:
            faults.append(f"attempt {self.attempt}, but {starts} starts in the audit trail")
        if self.status.is_terminal != (self.completed_at is not None):
            faults.append(f"{self.status} with completed_at {self.completed_at}")
        if "in_progress" in self.events and self.first_started_at > self.expires_at:
            faults.append("started after its expiry")
        return faults


@dataclass(frozen=True, slots=True)
class Ledger:
    """All commands of a database, in the order of the queue."""

    accounts: Mapping[str, Account]

    def of(self, command_id: str) -> Account:
        """One command."""
        return self.accounts[command_id]

    def faults(self) -> list[str]:
        """Of all commands, and of the lanes."""
        return [fault for account in self.accounts.values() for fault in account.faults()] + self._overlaps()

    def check(self, accepted: Collection[str]) -> None:
        """Nothing accepted is lost or in limbo; nothing at all is doubled or illegal."""
        assert self.faults() == []
        lost = set(accepted) - self.accounts.keys()
        assert not lost, f"accepted but lost: {lost}"
        limbo = {key: self.of(key).status for key in accepted if not self.of(key).status.is_terminal}
        assert not limbo, f"in limbo: {limbo}"

    def _overlaps(self) -> list[str]:
        lanes: dict[str, list[Account]] = {}
        for account in self.accounts.values():
            if account.started_at is not None:
                lanes.setdefault(account.lane.partition("/")[0], []).append(account)
        faults = []
        for lane in lanes.values():
            lane.sort(key=lambda account: account.first_started_at)
            running: list[Account] = []
            for other in lane:
                running = [
                    one for one in running if one.completed_at is None or one.completed_at > other.first_started_at
                ]
                faults += [
                    f"{other.command_id} started while {one.command_id} had its lane"
                    for one in running
                    if one.lane == other.lane or "/" not in one.lane or "/" not in other.lane
                ]
                running.append(other)
        return faults


async def read_ledger(database_url: str) -> Ledger:
    """Everything as it stands now, in one snapshot, over a connection of its own."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await connection.fetch(_COMMANDS)
            chunks = _by(await connection.fetch(_CHUNKS), "command_id")
            history = _by(await connection.fetch(_HISTORY), "object_id")
    finally:
        await connection.close()
    return Ledger({str(row["command_id"]): _account(row, chunks, history) for row in rows})


async def query(database_url: str, statement: str, *values: object) -> Any:
    """The first value a statement gives, over a connection of its own."""
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchval(statement, *values)
    finally:
        await connection.close()


def _by(rows: list[asyncpg.Record], column: str) -> dict[str, list[asyncpg.Record]]:
    grouped: dict[str, list[asyncpg.Record]] = {}
    for row in rows:
        grouped.setdefault(str(row[column]), []).append(row)
    return grouped


def _account(
    row: asyncpg.Record, chunks: dict[str, list[asyncpg.Record]], history: dict[str, list[asyncpg.Record]]
) -> Account:
    command_id: UUID = row["command_id"]
    key = str(command_id)
    return Account(
        command_id=key,
        lane=row["lane"],
        status=CommandStatus(row["status"]),
        attempt=row["attempt"],
        queue_number=row["queue_number"],
        expires_at=row["expires_at"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        error=row["error"],
        chunks=tuple(
            Chunk(number=item["sequence_number"], is_final=item["is_final"], received_at=item["received_at"])
            for item in chunks.get(key, ())
        ),
        history=tuple(
            Happening(
                event=item["action"].removeprefix("command."),
                actor_name=item["actor_name"],
                occurred_at=item["occurred_at"],
            )
            for item in history.get(key, ())
        ),
    )
