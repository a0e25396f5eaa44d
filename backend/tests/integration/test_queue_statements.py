"""Submit, claim, record, recover: the statements that carry promises 1, 2, 4, 5, 6 and 8, against PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.domain.command import Command, Ending, NewChunk
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, ResponseId, UserId, VehicleId, WorkerId
from app.domain.vehicle import ConnectionStatus
from app.repositories import (
    command_repository,
    presence_repository,
    queue_repository,
    recording_repository,
    submission_repository,
    vehicle_repository,
    worker_repository,
)
from app.repositories.presence_repository import PresenceObservation
from app.repositories.queue_repository import ClaimedCommand
from app.repositories.recording_repository import Recording
from app.repositories.submission_repository import NewCommand, Refusal
from app.storage.engine import Database
from support.builders import add_user, add_vehicle, count, new_command
from support.waiting import eventually

LANE_LIMIT = 100


@pytest.fixture
async def user_id(database: Database) -> UserId:
    async with database.transaction() as db:
        return await add_user(db)


@pytest.fixture
async def vehicle_id(database: Database) -> VehicleId:
    async with database.transaction() as db:
        return await add_vehicle(db)


async def submit(database: Database, *items: NewCommand, lane_limit: int = LANE_LIMIT) -> list[Command | Refusal]:
    async with database.autocommit() as db:
        return await submission_repository.submit(db, items, lane_limit)


async def start_worker(database: Database, lease_s: float = 30.0) -> WorkerId:
    worker_id = WorkerId(uuid4())
    async with database.autocommit() as db:
        await worker_repository.register(db, worker_id, "test", lease_s)
    return worker_id


async def claim(database: Database, worker_id: WorkerId, slots: int = 10) -> list[ClaimedCommand]:
    async with database.autocommit() as db:
        return await queue_repository.claim(db, worker_id, "test", slots)


def chunk_of(claimed: ClaimedCommand, number: int, *, is_final: bool = False) -> NewChunk:
    return NewChunk(
        command_id=claimed.command.command_id,
        response_id=ResponseId(uuid4()),
        sequence_number=number,
        response_payload={"n": number},
        is_final=is_final,
    )


def step_of(claimed: ClaimedCommand, number: int, *, is_final: bool = False) -> Recording:
    return Recording(
        command_id=claimed.command.command_id,
        lease_token=claimed.lease_token,
        chunks_stored=number,
        chunk=chunk_of(claimed, number, is_final=is_final),
        ending=Ending(status=CommandStatus.COMPLETED, status_reason="done") if is_final else None,
    )


async def test_accepted_command_is_stored_with_its_audit_entry(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    wanted = new_command(user_id, vehicle_id)
    (answer,) = await submit(database, wanted)
    assert isinstance(answer, Command)
    assert answer.status is CommandStatus.PENDING
    async with database.autocommit() as db:
        stored = await command_repository.find(db, wanted.command_id)
        assert stored is not None
        assert stored.queue_position == 1
        assert [entry.event for entry in await command_repository.timeline(db, wanted.command_id)] == ["submitted"]


async def test_unknown_vehicle_full_lane_and_used_key_store_nothing(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    keyed = new_command(user_id, vehicle_id, idempotency_key="k", request_digest=b"1")
    again = new_command(user_id, vehicle_id, idempotency_key="k", request_digest=b"1")
    stranger = new_command(user_id, VehicleId(uuid4()))
    answers = await submit(database, keyed, again, stranger)
    assert isinstance(answers[0], Command)
    assert answers[1:] == [Refusal.KEY_USED, Refusal.NO_VEHICLE]
    assert await submit(database, new_command(user_id, vehicle_id), lane_limit=1) == [Refusal.LANE_FULL]
    async with database.autocommit() as db:
        assert await count(db, "SELECT count(*) FROM commands") == 1
        earlier = await submission_repository.find_earlier(db, user_id, "k")
    assert earlier is not None
    assert earlier.command.command_id == keyed.command_id


async def test_vehicle_that_is_removed_at_the_same_moment_takes_no_command(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    async def somebody_waits() -> bool:
        waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        waiting += " WHERE datname = current_database() AND NOT granted"
        async with database.autocommit() as db:
            return await count(db, waiting) == 1

    async with asyncio.TaskGroup() as tasks, database.transaction() as db:
        await vehicle_repository.lock(db, vehicle_id)
        await vehicle_repository.remove(db, vehicle_id)
        submitting = tasks.create_task(submit(database, new_command(user_id, vehicle_id)))
        await eventually(somebody_waits, what="the submission waits for the vehicle")
    assert submitting.result() == [Refusal.NO_VEHICLE]


async def test_presence_is_written_while_commands_are_being_submitted(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    seen = PresenceObservation(
        vehicle_id=vehicle_id, address="sim:?delay=0", status=ConnectionStatus.DISCONNECTED, cause="gone"
    )
    async with database.transaction() as submitting, asyncio.timeout(20):
        await submission_repository.submit(submitting, [new_command(user_id, vehicle_id)], LANE_LIMIT)
        async with database.transaction() as observing:
            assert len(await presence_repository.claim_due_probes(observing, 10, 1.0)) == 1
            await presence_repository.record_presence(observing, [seen])


async def test_hundred_submissions_with_one_key_store_one_command(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    wanted = [
        new_command(user_id, vehicle_id, idempotency_key="same", request_digest=b"1", expires_in_s=60.0)
        for _ in range(100)
    ]
    answers = await asyncio.gather(*(submit(database, item) for item in wanted))
    assert sum(isinstance(answer[0], Command) for answer in answers) == 1


async def test_claim_takes_only_the_head_of_a_free_lane(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    first, second = new_command(user_id, vehicle_id), new_command(user_id, vehicle_id)
    await submit(database, first, second)
    worker_id = await start_worker(database)
    claimed = await claim(database, worker_id)
    assert [item.command.command_id for item in claimed] == [first.command_id]
    assert await claim(database, worker_id) == []
    async with database.autocommit() as db:
        await recording_repository.record(db, worker_id, "test", [step_of(claimed[0], 1, is_final=True)])
    (following,) = await claim(database, worker_id)
    assert following.command.command_id == second.command_id


async def test_racing_workers_never_share_a_command_or_a_lane(database: Database, user_id: UserId) -> None:
    async with database.transaction() as db:
        lanes = [await add_vehicle(db) for _ in range(20)]
    await submit(database, *(new_command(user_id, lane) for lane in lanes for _ in range(3)))
    workers = [await start_worker(database) for _ in range(4)]
    claimed = [
        item for group in await asyncio.gather(*(claim(database, worker, 50) for worker in workers)) for item in group
    ]
    taken = [item.command.vehicle_id for item in claimed]
    assert len(taken) == len(set(taken))
    while len(taken) < len(lanes):  # a lane whose head was locked by a racing worker is claimed the next time
        more = await claim(database, workers[0], 50)
        assert more
        taken += [item.command.vehicle_id for item in more]
    assert sorted(map(str, taken)) == sorted(map(str, lanes))


async def test_offline_vehicles_and_late_commands_are_not_claimed(database: Database, user_id: UserId) -> None:
    async with database.transaction() as db:
        offline = await add_vehicle(db, status=ConnectionStatus.DISCONNECTED)
        late = await add_vehicle(db)
    await submit(database, new_command(user_id, offline), new_command(user_id, late, expires_in_s=0.0))
    assert await claim(database, await start_worker(database)) == []
    async with database.autocommit() as db:
        expired = await queue_repository.expire(db, reason="late", error={"code": "expired", "message": "late"})
    assert [change.status for change in expired] == [CommandStatus.EXPIRED]


async def test_users_take_turns_whatever_one_of_them_floods(database: Database, user_id: UserId) -> None:
    async with database.transaction() as db:
        other = await add_user(db, "otto")
        flood = [await add_vehicle(db) for _ in range(10)]
        single = await add_vehicle(db)
    await submit(database, *(new_command(user_id, lane) for lane in flood))
    await submit(database, new_command(other, single))
    claimed = await claim(database, await start_worker(database), slots=2)
    assert {item.command.user_id for item in claimed} == {user_id, other}


async def test_steps_are_stored_in_order_and_the_last_one_ends_the_command(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    await submit(database, new_command(user_id, vehicle_id))
    worker_id = await start_worker(database)
    (claimed,) = await claim(database, worker_id)
    steps = [step_of(claimed, 1), step_of(claimed, 2), step_of(claimed, 3, is_final=True)]
    async with database.autocommit() as db:
        first = await recording_repository.record(db, worker_id, "test", steps)
        again = await recording_repository.record(db, worker_id, "test", steps)
        assert await count(db, "SELECT count(*) FROM responses") == 3
        stored = await command_repository.find(db, claimed.command.command_id)
        events = [entry.event for entry in await command_repository.timeline(db, claimed.command.command_id)]
    assert stored is not None
    assert stored.status is CommandStatus.COMPLETED
    assert first[-1] is not None
    assert again[-1] == first[-1]
    assert events == ["submitted", "in_progress", "completed"]


async def test_worker_without_its_lease_changes_nothing(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    await submit(database, new_command(user_id, vehicle_id))
    dead = await start_worker(database, lease_s=0.0)
    (claimed,) = await claim(database, dead)
    heir = await start_worker(database)
    async with database.transaction() as db:
        assert await worker_repository.heartbeat(db, dead, 30.0) is None
        (orphan,) = await worker_repository.lock_orphans(db, heir, [], 10)
        again = await worker_repository.take_over(db, heir, "heir", orphan)
    assert again is not None
    assert again.lease_token > claimed.lease_token
    async with database.autocommit() as db:
        assert await recording_repository.record(db, dead, "test", [step_of(claimed, 1, is_final=True)]) == [None]
        assert await count(db, "SELECT count(*) FROM responses") == 0
        recorded = await recording_repository.record(db, heir, "heir", [step_of(again, 1, is_final=True)])
    assert recorded[0] is not None


async def test_cancel_of_waiting_and_running_commands(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    running, waiting = new_command(user_id, vehicle_id), new_command(user_id, vehicle_id)
    await submit(database, running, waiting)
    worker_id = await start_worker(database)
    await claim(database, worker_id)
    ending = Ending(status=CommandStatus.CANCELLED, status_reason="no longer wanted")
    async with database.autocommit() as db:
        who = {"user_id": user_id, "username": "erika"}
        assert await cancel_pending(db, running.command_id, ending, user_id) is False
        assert await cancel_pending(db, waiting.command_id, ending, user_id) is True
        assert await command_repository.request_cancel(db, running.command_id, reason=None, **who)  # type: ignore[arg-type]  # a plain dict of the two names
        beat = await worker_repository.heartbeat(db, worker_id, 30.0)
    assert beat is not None
    assert beat.cancelled == [running.command_id]


async def cancel_pending(db: object, command_id: CommandId, ending: Ending, user_id: UserId) -> bool:
    ended = await command_repository.cancel_pending(
        db,  # type: ignore[arg-type]  # the connection of the test
        command_id,
        user_id=user_id,
        username="erika",
        ending=ending,
    )
    return ended is not None


async def test_database_refuses_a_gap_a_second_final_and_two_active_in_a_lane(
    database: Database, user_id: UserId, vehicle_id: VehicleId
) -> None:
    await submit(database, new_command(user_id, vehicle_id), new_command(user_id, vehicle_id))
    worker_id = await start_worker(database)
    (claimed,) = await claim(database, worker_id)
    async with database.autocommit() as db:
        with pytest.raises(Exception, match=r"sequence|predecessor|gap"):
            await recording_repository.record(db, worker_id, "test", [step_of(claimed, 2)])
    async with database.autocommit() as db:
        with pytest.raises(Exception, match="ex_commands_active_lane"):
            await db.execute(text("UPDATE commands SET status = 'in_progress'"))
