"""Lanes of control units (promise 6): side by side where they differ, a whole vehicle alone, oldest first."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.domain.command import Command
from app.domain.identifiers import CommandId, UserId, VehicleId, WorkerId
from app.domain.lanes import WHOLE_VEHICLE, lane_of
from app.repositories import command_repository, queue_repository, submission_repository, worker_repository
from app.repositories.submission_repository import NewCommand, Refusal
from app.storage.driver_errors import ConstraintViolated
from app.storage.engine import Database
from support.builders import add_user, add_vehicle, new_command

ENGINE, BRAKES = lane_of({"ecuAddress": "0x1010"}), lane_of({"ecuAddress": "0x1030"})


class Queue:
    """One user's commands to one vehicle, and a worker that claims and ends them."""

    def __init__(self, database: Database, user_id: UserId, vehicle_id: VehicleId, worker_id: WorkerId) -> None:
        self.database, self.user_id, self.vehicle_id, self.worker_id = database, user_id, vehicle_id, worker_id

    async def submit(self, *wanted: NewCommand) -> list[Command | Refusal]:
        async with self.database.autocommit() as db:
            return await submission_repository.submit(db, wanted, 100)

    def new(self, **changes: object) -> NewCommand:
        return new_command(self.user_id, self.vehicle_id, **changes)

    async def at_address(self, address: str) -> None:
        async with self.database.autocommit() as db:
            await db.execute(text("UPDATE vehicles SET address = :address"), {"address": address})

    async def another_worker(self, lease_s: float = 30.0) -> "Queue":
        worker_id = WorkerId(uuid4())
        async with self.database.transaction() as db:
            await worker_repository.register(db, worker_id, "other", lease_s)
        return Queue(self.database, self.user_id, self.vehicle_id, worker_id)

    async def claim(self, slots: int = 100) -> list[CommandId]:
        async with self.database.autocommit() as db:
            claimed = await queue_repository.claim(db, self.worker_id, "test", slots)
        return [item.command.command_id for item in claimed]

    async def end(self, commands: Sequence[CommandId], status: str = "failed") -> None:
        async with self.database.autocommit() as db:
            await db.execute(
                text("UPDATE commands SET status = :status WHERE command_id = ANY(:ids)"),
                {"status": status, "ids": list(commands)},
            )


@pytest.fixture
async def queue(database: Database) -> Queue:
    worker_id = WorkerId(uuid4())
    async with database.transaction() as db:
        user_id, vehicle_id = await add_user(db), await add_vehicle(db)
        await worker_repository.register(db, worker_id, "test", 30.0)
    return Queue(database, user_id, vehicle_id, worker_id)


async def test_different_control_units_of_one_vehicle_are_claimed_side_by_side(queue: Queue) -> None:
    engine, brakes, behind = queue.new(lane=ENGINE), queue.new(lane=BRAKES), queue.new(lane=ENGINE)
    await queue.submit(engine, brakes, behind)

    assert set(await queue.claim()) == {engine.command_id, brakes.command_id}
    assert await queue.claim() == []
    await queue.end([brakes.command_id])
    assert await queue.claim() == []
    await queue.end([engine.command_id])
    assert await queue.claim() == [behind.command_id]


async def test_a_whole_vehicle_command_waits_for_all_lanes_and_holds_all_lanes(queue: Queue) -> None:
    engine, whole, brakes = queue.new(lane=ENGINE), queue.new(lane=WHOLE_VEHICLE), queue.new(lane=BRAKES)
    await queue.submit(engine)
    assert await queue.claim() == [engine.command_id]
    await queue.submit(whole, brakes)

    assert await queue.claim() == []  # the brakes came later than the one that waits for all
    await queue.end([engine.command_id])
    assert await queue.claim() == [whole.command_id]
    assert await queue.claim() == []
    await queue.end([whole.command_id])
    assert await queue.claim() == [brakes.command_id]


async def test_lanes_of_other_vehicles_are_free(queue: Queue, database: Database) -> None:
    async with database.transaction() as db:
        other = await add_vehicle(db)
    first, second = queue.new(lane=ENGINE), new_command(queue.user_id, other, lane=WHOLE_VEHICLE)
    await queue.submit(first, second)

    assert set(await queue.claim()) == {first.command_id, second.command_id}


async def test_the_position_counts_what_it_really_waits_for(queue: Queue) -> None:
    wanted = [queue.new(lane=lane) for lane in (ENGINE, BRAKES, WHOLE_VEHICLE, ENGINE)]
    await queue.submit(*wanted)
    async with queue.database.autocommit() as db:
        found = [await command_repository.find(db, item.command_id) for item in wanted]

    assert [command.queue_position for command in found if command is not None] == [1, 1, 3, 3]


async def test_the_database_refuses_overlapping_lanes_whatever_a_worker_thinks(queue: Queue) -> None:
    await queue.submit(queue.new(lane=ENGINE), queue.new(lane=WHOLE_VEHICLE))
    with pytest.raises(ConstraintViolated) as refused:
        async with queue.database.autocommit() as db:
            await db.execute(text("UPDATE commands SET status = 'in_progress'"))

    assert refused.value.constraint == "ex_commands_active_lane"


async def test_racing_workers_keep_overlapping_lanes_apart(queue: Queue) -> None:
    lanes = [lane_of({"ecuAddress": f"0x{1000 + number}"}) for number in range(6)]
    wanted = [queue.new(lane=lane) for lane in (*lanes, WHOLE_VEHICLE, *lanes, WHOLE_VEHICLE)]
    await queue.submit(*wanted)
    order: list[list[CommandId]] = []

    while sum(map(len, order)) < len(wanted):
        answers = await asyncio.gather(*(queue.claim() for _ in range(4)), return_exceptions=True)
        taken = [item for answer in answers if not isinstance(answer, BaseException) for item in answer]
        assert len(taken) == len(set(taken))
        if taken:
            order.append(taken)
            await queue.end(taken)

    numbers = [[item.command_id for item in wanted].index(command_id) for group in order for command_id in group]
    assert sorted(numbers) == list(range(len(wanted)))
    assert numbers.index(6) == 6  # the first whole-vehicle command after the six before it, before the six after it
    assert numbers[-1] == 13


async def test_lanes_of_a_doip_vehicle_stay_with_the_worker_that_talks_to_its_gateway(queue: Queue) -> None:
    await queue.at_address("doip://10.0.0.1?ecus=0x1010,0x1030")
    other = await queue.another_worker()
    engine, brakes = queue.new(lane=ENGINE), queue.new(lane=BRAKES)
    await queue.submit(engine)
    assert await queue.claim() == [engine.command_id]
    await queue.submit(brakes)

    assert await other.claim() == []
    assert await queue.claim() == [brakes.command_id]


async def test_racing_workers_never_share_a_vehicle_that_serves_one_worker(queue: Queue) -> None:
    await queue.at_address("DoIP://10.0.0.1")
    workers = [queue, *[await queue.another_worker() for _ in range(3)]]
    lanes = [lane_of({"ecuAddress": f"0x{1000 + number}"}) for number in range(4)]

    for _ in range(60):
        waiting = [queue.new(lane=lane) for lane in lanes]
        await queue.submit(*waiting)
        answers = await asyncio.gather(*(worker.claim(1) for worker in workers))
        assert [bool(answer) for answer in answers].count(True) == 1
        await queue.end([item.command_id for item in waiting], "cancelled")


async def test_orphans_of_a_vehicle_that_serves_one_worker_go_to_one_worker(queue: Queue) -> None:
    """One recovery may skip an orphan that another one has locked: the two must still not divide them."""
    await queue.at_address("doip://10.0.0.1")
    dead, heir, late = [await queue.another_worker(lease_s) for lease_s in (-1.0, 30.0, 30.0)]
    await queue.submit(queue.new(lane=ENGINE), queue.new(lane=BRAKES))
    assert len(await dead.claim()) == 2
    async with queue.database.autocommit() as db:
        engine, brakes = await worker_repository.lock_orphans(db, heir.worker_id, [], 2)

    async with queue.database.transaction() as one, queue.database.transaction() as other:
        assert await worker_repository.take_over(one, heir.worker_id, "heir", engine) is not None
        assert await worker_repository.take_over(other, late.worker_id, "late", brakes) is None  # at the same moment
    async with queue.database.transaction() as db:
        assert await worker_repository.take_over(db, late.worker_id, "late", brakes) is None  # afterwards
        assert await worker_repository.take_over(db, heir.worker_id, "heir", brakes) is not None


async def test_lanes_of_other_vehicles_are_free_for_every_worker(queue: Queue) -> None:
    other = await queue.another_worker()
    engine, brakes = queue.new(lane=ENGINE), queue.new(lane=BRAKES)
    await queue.submit(engine)
    assert await queue.claim() == [engine.command_id]
    await queue.submit(brakes)

    assert await other.claim() == [brakes.command_id]


def test_lanes_of_addresses_and_components_never_meet() -> None:
    assert lane_of({}) == WHOLE_VEHICLE
    assert lane_of({"ecuAddress": "0xA"}) == lane_of({"ecuAddress": "0x000A"})
    component = lane_of({"component": "engine"})
    assert component.first >= 1 << 31
    assert component.end <= WHOLE_VEHICLE.end
    assert ENGINE.end <= 1 << 16
