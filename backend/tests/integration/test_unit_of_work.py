"""Nothing is told before it is committed, and nothing at all where it is rolled back."""

from collections.abc import Sequence

import pytest

from app.domain.bus_messages import BusMessage
from app.repositories.unit_of_work import UnitOfWork
from app.storage.engine import Database
from support.builders import add_user, count

CHANGED = BusMessage("wake:accounts", "erika")


class Listener:
    """Looks at the database, over a connection of its own, when it is told something."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.heard: list[tuple[BusMessage, int]] = []

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        async with self._database.autocommit() as db:
            users = await count(db, "SELECT count(*) FROM users")
        self.heard += [(message, users) for message in messages]


async def test_who_is_told_finds_it_committed(database: Database) -> None:
    listener = Listener(database)
    async with UnitOfWork(database, listener).begin() as work:
        work.publish(CHANGED)
        await add_user(work.db)

    assert listener.heard == [(CHANGED, 1)]


async def test_what_is_rolled_back_is_not_told(database: Database) -> None:
    listener = Listener(database)

    async def fail_midway() -> None:
        async with UnitOfWork(database, listener).begin() as work:
            work.publish(CHANGED)
            await add_user(work.db)
            raise KeyError("something went wrong")

    with pytest.raises(KeyError):
        await fail_midway()

    assert listener.heard == []
    async with database.autocommit() as db:
        assert await count(db, "SELECT count(*) FROM users") == 0
