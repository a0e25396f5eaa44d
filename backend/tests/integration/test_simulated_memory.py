"""What simulated vehicles remember is seen by every worker, and Redis trouble fails no command."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from app.connectors.port import ConnectorRegistry, NumberedChunk
from app.connectors.simulated_memory import ProcessMemory, RedisMemory, SimulatedMemory
from app.connectors.vehicle_connector import VehicleConnector, execute_command
from app.domain.identifiers import CommandId, VehicleId
from app.eventbus.redis_calls import RedisCalls
from support.engines import ValkeyProcess


@pytest.fixture
def own_valkey(engine_folder: Path) -> Iterator[ValkeyProcess]:
    """A Valkey that this test may kill."""
    server = ValkeyProcess(engine_folder / uuid4().hex[:8])
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def memory_on(redis_url: str) -> AsyncIterator[RedisMemory]:
    """What one worker has of the vehicles' memory."""
    async with RedisCalls(redis_url, name="test").running() as redis:
        yield RedisMemory(redis)


async def last_payload(memory: SimulatedMemory, vehicle_id: VehicleId, name: str) -> dict[str, object]:
    answer = execute_command(
        CommandId(uuid4()),
        vehicle_id,
        name,
        {"ecuAddress": "0x10"},
        address="sim:?delay=0",
        deadline=asyncio.get_running_loop().time() + 10,
        connectors=ConnectorRegistry([VehicleConnector(memory)]),
    )
    async with aclosing(answer):
        parts = [part async for part in answer]
    last = parts[-1]
    assert isinstance(last, NumberedChunk)
    return last.response_payload


async def test_a_code_cleared_by_one_worker_is_gone_for_the_other(redis_url: str) -> None:
    car, other = VehicleId(uuid4()), VehicleId(uuid4())
    async with memory_on(redis_url) as one, memory_on(redis_url) as two:
        cleared = await last_payload(one, car, "ClearDTC")
        read = await last_payload(two, car, "ReadDTC")
        untouched = await last_payload(two, other, "ReadDTC")

    assert (cleared["clearedCount"], read["totalDtcs"], untouched["totalDtcs"]) == (2, 0, 2)


async def test_with_redis_away_the_worker_remembers_alone(own_valkey: ValkeyProcess) -> None:
    car = VehicleId(uuid4())
    async with memory_on(own_valkey.url) as memory:
        own_valkey.kill()
        await memory.clear(car, ["P0420"])

        assert await memory.cleared(car) == {"P0420"}


async def test_a_restarted_redis_is_used_again(own_valkey: ValkeyProcess) -> None:
    car = VehicleId(uuid4())
    async with memory_on(own_valkey.url) as memory, memory_on(own_valkey.url) as other:
        await memory.clear(car, ["P0420"])
        own_valkey.restart()
        await memory.clear(car, ["P0171"])

        assert "P0171" in await other.cleared(car)


async def test_many_commands_share_few_connections(redis_url: str) -> None:
    async with memory_on(redis_url) as memory:
        cars = [VehicleId(uuid4()) for _ in range(200)]
        async with asyncio.TaskGroup() as tasks:
            for car in cars:
                tasks.create_task(memory.clear(car, ["P0420"]))

    async with memory_on(redis_url) as other:
        assert [await other.cleared(car) for car in cars] == [frozenset({"P0420"})] * 200


async def test_the_memory_of_a_process_is_bounded() -> None:
    memory = ProcessMemory(most_vehicles=2)
    cars = [VehicleId(uuid4()) for _ in range(3)]
    for car in cars:
        await memory.clear(car, ["P0420"])

    assert [await memory.cleared(car) for car in cars] == [frozenset(), {"P0420"}, {"P0420"}]
