"""Chunks in a real PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest

from app.domain.command import CommandError
from app.domain.command_states import CommandStatus
from app.domain.errors import Conflict
from app.domain.identifiers import CommandId
from app.eventbus.event_bus import EventBus
from app.repositories.response_repository import create_response, high_water_marks, list_responses, read_stream
from app.storage.driver_errors import ConstraintViolated
from app.storage.engine import Database
from support.stored_commands import StoredCommand, store_command

_ERROR = CommandError(code="vehicle_timeout", message="no answer", details={"after_s": 3})


@pytest.fixture
async def command(database: Database) -> StoredCommand:
    return await store_command(database, EventBus("redis://127.0.0.1:1"), CommandStatus.IN_PROGRESS)


async def test_what_was_stored_comes_back_in_order(command: StoredCommand, database: Database) -> None:
    async with database.transaction() as db:
        stored = [await create_response(db, command.command_id, {"ü": [n, None]}, n, n == 3) for n in (1, 2, 3)]

    async with database.autocommit() as db:
        assert list(await list_responses(db, command.command_id)) == stored
        assert list(await list_responses(db, command.command_id, after=1, limit=1)) == stored[1:2]
        assert await list_responses(db, command.command_id, after=2**40) == ()


@pytest.mark.parametrize("number", [2, 4])
async def test_no_gap_can_be_made(command: StoredCommand, database: Database, number: int) -> None:
    if number == 4:
        await command.answer(2)
    with pytest.raises(Conflict):
        async with database.transaction() as db:
            await create_response(db, command.command_id, {}, number, is_final=False)


async def test_nothing_follows_the_final_chunk(command: StoredCommand, database: Database) -> None:
    await command.answer(2, is_final=True, quietly=True)
    with pytest.raises(Conflict):
        async with database.transaction() as db:
            await create_response(db, command.command_id, {}, 3, is_final=False)


async def test_a_number_is_given_once(command: StoredCommand, database: Database) -> None:
    async def store() -> None:
        async with database.transaction() as db:
            await create_response(db, command.command_id, {}, 1, is_final=False)

    results = await asyncio.gather(store(), store(), return_exceptions=True)

    assert {type(result) for result in results} == {type(None), ConstraintViolated}


async def test_a_stream_is_read_with_its_state(command: StoredCommand, database: Database) -> None:
    await command.answer(3, quietly=True)
    await command.become(CommandStatus.FAILED, _ERROR, quietly=True)

    async with database.autocommit() as db:
        page = await read_stream(db, command.command_id, 1, 1)
        rest = await read_stream(db, command.command_id, 2)
        beyond = await read_stream(db, command.command_id, 2**40)

    assert page is not None
    assert rest is not None
    assert beyond is not None
    assert [chunk.sequence_number for chunk in page.chunks] == [2]
    assert (page.last_sequence_number, page.reaches_end, page.status) == (3, False, CommandStatus.FAILED)
    assert page.error == _ERROR
    assert page.completed_at is not None
    assert rest.reaches_end
    assert beyond.chunks == ()
    assert beyond.reaches_end


async def test_an_unknown_command_has_no_stream(database: Database) -> None:
    async with database.autocommit() as db:
        assert await read_stream(db, CommandId(uuid4()), 0) is None


async def test_marks_of_many_commands_come_together(command: StoredCommand, database: Database) -> None:
    await command.answer(2, is_final=True, quietly=True)
    other = await store_command(database, command.publisher)

    async with database.autocommit() as db:
        marks = await high_water_marks(db, [command.command_id, other.command_id, CommandId(uuid4())])
        assert await high_water_marks(db, []) == {}

    assert set(marks) == {command.command_id, other.command_id}
    assert (marks[command.command_id].last_sequence_number, marks[command.command_id].status) == (2, "completed")
    assert (marks[other.command_id].last_sequence_number, marks[other.command_id].status) == (0, "pending")
