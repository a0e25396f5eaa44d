"""The database allows exactly the moves of the state table, over the product of all states."""

from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import Range

from app.domain.command_states import CommandStatus, may_move
from app.storage.driver_errors import ConstraintViolated
from app.storage.engine import Database
from app.storage.tables import commands
from support.builders import add_user, add_vehicle, new_command

MOVES = [(before, after) for before, after in product(CommandStatus, repeat=2) if before is not after]


async def move(database: Database, before: CommandStatus, after: CommandStatus) -> None:
    async with database.transaction() as db:
        user_id = await add_user(db, f"user-{before}-{after}")
        vehicle_id = await add_vehicle(db)
        new = new_command(user_id, vehicle_id)
        place = MOVES.index((before, after))  # each in a lane of its own
        row = {
            "command_id": new.command_id,
            "vehicle_id": vehicle_id,
            "user_id": user_id,
            "lane": str(vehicle_id),
            "lane_span": Range(place, place + 1),
            "command_name": new.command_name,
            "command_params": {},
            "correlation_id": "test",
            "expires_at": datetime(2026, 1, 1, tzinfo=UTC),
            "timeout_s": 1.0,
            "status": before,
        }
        await db.execute(insert(commands).values(row))
    async with database.transaction() as db:
        await db.execute(update(commands).where(commands.c.command_id == new.command_id).values(status=after))


async def test_every_move_is_allowed_or_refused_as_the_table_says(database: Database) -> None:
    for before, after in MOVES:
        if may_move(before, after):
            await move(database, before, after)
            continue
        with pytest.raises(ConstraintViolated) as refused:
            await move(database, before, after)
        assert refused.value.constraint == "commands_legal_moves"
