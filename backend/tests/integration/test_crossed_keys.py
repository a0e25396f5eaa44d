"""Two API processes store the same idempotency keys in opposite order: nobody is refused, each key is stored once."""

import asyncio

from app.domain.command import Command
from app.domain.errors import StorageUnavailable
from app.repositories.submission_repository import NewCommand, Refusal
from app.services.command_service import CommandIntake
from app.storage.engine import Database
from support.builders import add_user, add_vehicle, count, new_command

_KEYS = 60
_ROUNDS = 8


class NoBus:
    """Nobody listens."""

    async def publish(self, messages: object) -> None:
        """Dropped."""


async def store(intake: CommandIntake, group: list[NewCommand]) -> list[Command | Refusal | StorageUnavailable]:
    try:
        return list(await intake._store(group))
    except StorageUnavailable as error:
        return [error]


async def test_crossed_keys_are_stored_once_and_nobody_is_refused(database: Database) -> None:
    async with database.transaction() as db:
        user_id, vehicle_id = await add_user(db), await add_vehicle(db)
    intakes = [CommandIntake(database, NoBus(), lane_limit=10_000) for _ in range(4)]
    for number in range(_ROUNDS):
        keys = [f"{number}-{key}" for key in range(_KEYS)]
        groups = [
            [
                new_command(user_id, vehicle_id, idempotency_key=key, request_digest=b"1")
                for key in (keys if place % 2 else reversed(keys))
            ]
            for place in range(len(intakes))
        ]
        answers = await asyncio.gather(*(store(intake, group) for intake, group in zip(intakes, groups, strict=True)))
        assert [item for group in answers for item in group if isinstance(item, StorageUnavailable)] == []
        assert sum(isinstance(item, Command) for group in answers for item in group) == _KEYS
    async with database.autocommit() as db:
        assert await count(db, "SELECT count(*) FROM commands") == _KEYS * _ROUNDS
