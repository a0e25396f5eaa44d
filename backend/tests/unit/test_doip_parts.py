"""The answer of a command, handed over part by part."""

import asyncio
from contextlib import aclosing

import pytest

from app.connectors.doip_parts import Outlet
from app.connectors.port import Progress, ResponseChunk
from app.domain.errors import VehicleTimeout
from app.domain.json_values import JsonObject
from support.waiting import until


async def test_parts_come_in_order_and_the_result_is_the_last() -> None:
    outlet = Outlet()

    async def work() -> JsonObject:
        for number in range(3):
            await outlet.put({"part": number})
        return {"status": "complete"}

    parts = [part async for part in outlet.parts(work())]
    assert [part.response_payload for part in parts if isinstance(part, ResponseChunk)] == [
        {"part": 0},
        {"part": 1},
        {"part": 2},
        {"status": "complete"},
    ]
    assert isinstance(parts[-1], ResponseChunk)
    assert parts[-1].is_final


async def test_nothing_is_made_while_the_consumer_is_busy() -> None:
    outlet, made = Outlet(), list[int]()

    async def work() -> JsonObject:
        for number in range(3):
            made.append(number)
            await outlet.put({"part": number})
        return {}

    async with aclosing(outlet.parts(work())) as parts:
        await anext(parts)
        for _ in range(20):
            await asyncio.sleep(0)
        assert made == [0]
        await anext(parts)
        assert made == [0, 1]


async def test_an_error_comes_after_the_parts_before_it() -> None:
    outlet = Outlet()

    async def work() -> JsonObject:
        await outlet.put({"part": 0})
        raise VehicleTimeout("silent")

    async with aclosing(outlet.parts(work())) as parts:
        assert isinstance(await anext(parts), ResponseChunk)
        with pytest.raises(VehicleTimeout):
            await anext(parts)


async def test_closing_ends_the_work_and_waits_for_its_cleaning_up() -> None:
    outlet, cleaned = Outlet(), asyncio.Event()

    async def work() -> JsonObject:
        try:
            await outlet.put({"part": 0})
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.set()
        return {}

    async with aclosing(outlet.parts(work())) as parts:
        await anext(parts)
    assert cleaned.is_set()


async def test_progress_is_told_at_once_and_once_a_second_at_most() -> None:
    outlet, go = Outlet(), asyncio.Event()

    async def work() -> JsonObject:
        now = asyncio.get_running_loop().time()
        for _ in range(50):
            outlet.progress("still working", now - 5)
        outlet.progress("another", now)
        await go.wait()
        return {}

    async with aclosing(outlet.parts(work())) as parts:
        first, second = await anext(parts), await anext(parts)
        assert isinstance(first, Progress)
        assert isinstance(second, Progress)
        assert (first.message, second.message) == ("still working", "another")
        assert 4.9 < (second.pending_since - first.pending_since).total_seconds() < 5.1
        go.set()
        assert isinstance(await anext(parts), ResponseChunk)


async def test_many_put_at_the_same_time() -> None:
    outlet = Outlet()

    async def work() -> JsonObject:
        async with asyncio.TaskGroup() as tasks:
            for number in range(10):
                tasks.create_task(outlet.put({"part": number}))
        return {"status": "complete"}

    parts = [part async for part in outlet.parts(work())]
    assert len(parts) == 11
    await until(lambda: len(asyncio.all_tasks()) == 1)
