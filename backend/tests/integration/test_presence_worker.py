"""Workers that probe, against vehicles that come and go, answer late or say odd things; on a real database."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.port import NO_CONTEXT, ConnectorRegistry, Progress, ResponseChunk, VehicleContext, VehicleRequest
from app.domain.bus_messages import PRESENCE, BusMessage
from app.domain.errors import VehicleError, VehicleRefused, VehicleTimeout
from app.domain.identifiers import VehicleId
from app.domain.json_values import decode_json_object
from app.domain.vehicle import ConnectionStatus
from app.repositories.unit_of_work import UnitOfWork
from app.storage.engine import Database
from app.worker.presence import Presence
from support.builders import add_vehicle
from support.waiting import eventually, until

UNKNOWN = ConnectionStatus.UNKNOWN


class Cars:
    """Vehicles of the scheme `test`: what a probe of an address comes back with, and when."""

    schemes = ("test",)

    def __init__(self) -> None:
        self.trouble: dict[str, VehicleError] = {}
        self.asked: dict[str, int] = {}
        self.probed = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def check_address(self, address: str) -> None:
        """Any address will do."""

    async def preview(self, wanted: PreviewWanted) -> CommandPreview:
        return CommandPreview()

    async def probe(self, address: str, deadline: float, context: VehicleContext = NO_CONTEXT) -> None:
        self.asked[address] = self.asked.get(address, 0) + 1
        self.probed.set()
        await self.may_answer.wait()
        if address in self.trouble:
            raise self.trouble[address]

    async def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        raise NotImplementedError
        yield  # type: ignore[unreachable]  # makes it a generator

    async def close(self) -> None:
        """Nothing is open."""


class NoContexts:
    """Vehicles without secrets."""

    async def context_of(self, vehicle_id: VehicleId, address: str) -> VehicleContext:
        return NO_CONTEXT


class Heard:
    """Takes what would go onto the bus."""

    def __init__(self) -> None:
        self.statuses: list[str] = []
        self.commits = 0

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        self.commits += 1
        bodies = (decode_json_object(message.body) for message in messages if message.channel == PRESENCE)
        self.statuses += [str(body["connection_status"]) for body in bodies]


@pytest.fixture
def cars() -> Cars:
    return Cars()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@asynccontextmanager
async def probing(database: Database, cars: Cars, heard: Heard, *, interval_s: float = 0.05) -> AsyncIterator[Presence]:
    """A worker's presence at work; killed at the end, whatever it was doing."""
    presence = Presence(
        UnitOfWork(database, heard),
        ConnectorRegistry([cars]),
        NoContexts(),
        worker_name="test",
        interval_s=interval_s,
    )
    work = asyncio.create_task(presence.run())
    try:
        yield presence
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def car_in(database: Database, address: str) -> VehicleId:
    """A vehicle that nobody has asked yet."""
    async with database.transaction() as db:
        return await add_vehicle(db, address=address, status=UNKNOWN)


async def rows_of(database: Database, vehicle_id: VehicleId) -> list[str]:
    """The statuses of its history, oldest first."""
    query = text("SELECT connection_status FROM presence_changes WHERE vehicle_id = :id ORDER BY since")
    async with database.autocommit() as db:
        return list((await db.scalars(query, {"id": vehicle_id})).all())


async def becomes(database: Database, vehicle_id: VehicleId, status: str) -> None:
    """Wait until its newest row says so."""

    async def is_so() -> bool:
        return (await rows_of(database, vehicle_id))[-1] == status

    await eventually(is_so, within_s=20, what=f"the vehicle is {status}")


async def all_written(workers: Sequence[tuple[Presence, Heard]]) -> None:
    """Wait until each worker has written down all that it has found: each round ends with a commit."""
    enough = [heard.commits + 3 for _, heard in workers]

    def is_so() -> bool:
        for presence, _ in workers:
            presence.wake()
        return all(heard.commits >= number for (_, heard), number in zip(workers, enough, strict=True))

    await until(is_so, within_s=20, what="three commits of each worker")


async def gone_and_back(cars: Cars, car: VehicleId, workers: Sequence[tuple[Presence, Heard]]) -> None:
    """A command of each worker meets silence, so both ask; then one of each is answered."""
    cars.trouble["test:a"] = VehicleTimeout("No answer.")
    asked = cars.asked["test:a"]
    for presence, _ in workers:
        presence.note(car, "test:a", VehicleTimeout("No answer."))
    await until(lambda: cars.asked["test:a"] == asked + len(workers), what="all have asked")
    await all_written(workers)
    del cars.trouble["test:a"]
    for presence, _ in workers:
        presence.note(car, "test:a", None)
    await all_written(workers)


async def test_two_workers_and_a_vehicle_that_comes_and_goes_make_one_row_per_change(
    database: Database, cars: Cars
) -> None:
    car = await car_in(database, "test:a")
    one, other = Heard(), Heard()
    async with (
        probing(database, cars, one, interval_s=1000) as first,
        probing(database, cars, other, interval_s=1000) as second,
    ):
        workers = ((first, one), (second, other))
        await becomes(database, car, "connected")
        for _ in range(6):
            await gone_and_back(cars, car, workers)
    assert await rows_of(database, car) == ["unknown", "connected", *["disconnected", "connected"] * 6]
    assert sorted(one.statuses + other.statuses) == ["connected"] * 7 + ["disconnected"] * 6


async def test_a_worker_killed_between_probe_and_write_costs_an_interval_and_no_row(
    database: Database, cars: Cars, heard: Heard
) -> None:
    car = await car_in(database, "test:a")
    async with probing(database, cars, heard):
        await cars.probed.wait()
    assert await rows_of(database, car) == ["unknown"]
    async with probing(database, cars, heard):
        await becomes(database, car, "connected")
    assert await rows_of(database, car) == ["unknown", "connected"]
    assert heard.statuses == ["connected"]


async def test_silence_is_not_believed_of_a_vehicle_that_answered_a_command_meanwhile(
    database: Database, cars: Cars, heard: Heard
) -> None:
    """The control unit that a probe asks is busy with a command for longer than a probe waits."""
    car = await car_in(database, "test:a")
    async with probing(database, cars, heard, interval_s=1000) as presence:
        await becomes(database, car, "connected")
        cars.may_answer.clear()
        cars.probed.clear()
        cars.trouble["test:a"] = VehicleTimeout("No answer.")
        presence.note(car, "test:a", VehicleTimeout("No answer."))
        await cars.probed.wait()
        presence.note(car, "test:a", None)
        cars.may_answer.set()
        other = await car_in(database, "test:b")  # seen later than the first: its finding was written by then
        presence.wake()
        await becomes(database, other, "connected")
    assert await rows_of(database, car) == ["unknown", "connected"]


@pytest.mark.parametrize("said", ["\x00", "half a pair \ud800", "x" * 100_000, "two\nlines \x1b[31m"])
async def test_what_one_vehicle_says_does_not_cost_the_others_their_presence(
    database: Database, cars: Cars, heard: Heard, said: str
) -> None:
    odd, other = await car_in(database, "test:odd"), await car_in(database, "test:b")
    cars.trouble["test:odd"] = VehicleRefused(f"The vehicle could not do it: {said}.")
    async with probing(database, cars, heard):
        await becomes(database, odd, "error")
        await becomes(database, other, "connected")
    async with database.autocommit() as db:
        cause = await db.scalar(text("SELECT status_cause FROM vehicles WHERE vehicle_id = :id"), {"id": odd})
    assert cause.startswith("The vehicle could not do it")
    assert len(cause) <= 500
    assert cause.isprintable()
