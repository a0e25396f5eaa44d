"""Calls to Redis over one connection: each asker gets its own answer; a lost Redis fails calls and mixes up none."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from redis.exceptions import ResponseError

from app.eventbus.redis_calls import RedisAway, RedisCalls
from app.eventbus.redis_link import LinkTiming
from support.engines import ValkeyProcess


@pytest.fixture
def own_valkey(engine_folder: Path) -> Iterator[ValkeyProcess]:
    """A Valkey that this test may kill."""
    server = ValkeyProcess(engine_folder / uuid4().hex[:8])
    server.start()
    yield server
    server.stop()


async def test_each_asker_gets_its_own_answer(redis_url: str) -> None:
    async with RedisCalls(redis_url, name="test").running() as redis:
        answers = await asyncio.gather(*(redis.call("ECHO", str(number)) for number in range(500)))
    assert answers == [str(number) for number in range(500)]


async def test_a_refusal_concerns_its_call_alone(redis_url: str) -> None:
    async with RedisCalls(redis_url, name="test").running() as redis:
        calls = (redis.call("NONSENSE"), redis.call("ECHO", "here"))
        results: list[object] = list(await asyncio.gather(*calls, return_exceptions=True))
    assert isinstance(results[0], ResponseError)
    assert results[1] == "here"


async def test_heartbeats_of_the_connection_are_nobodys_answer(redis_url: str) -> None:
    timing = LinkTiming(ping_every_s=0.005)
    async with RedisCalls(redis_url, name="test", timing=timing).running() as redis:
        for number in range(100):
            assert await redis.call("ECHO", str(number)) == str(number)
            await asyncio.sleep(0.001)  # lets pings fall between calls


async def test_who_stops_waiting_leaves_the_answers_of_others_in_place(redis_url: str) -> None:
    async with RedisCalls(redis_url, name="test").running() as redis:
        tasks = [asyncio.create_task(redis.call("ECHO", str(number))) for number in range(10)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers.pop(3), asyncio.CancelledError)
    assert answers == [str(number) for number in range(10) if number != 3]


async def test_without_redis_calls_fail_at_once() -> None:
    async with RedisCalls("redis://127.0.0.1:1/0", name="test").running() as redis:
        async with asyncio.timeout(10):
            for _ in range(100):
                with pytest.raises(RedisAway):
                    await redis.call("ECHO", "anybody?")


async def test_a_lost_redis_fails_what_was_asked_and_answers_again_once_it_is_back(own_valkey: ValkeyProcess) -> None:
    async with RedisCalls(own_valkey.url, name="test").running() as redis:
        await redis.call("ECHO", "here")
        own_valkey.kill()
        with pytest.raises(RedisAway):
            await redis.call("ECHO", "anybody?")
        own_valkey.restart()
        async with asyncio.timeout(10):
            while True:
                try:
                    assert await redis.call("ECHO", "back") == "back"
                    break
                except RedisAway:
                    await asyncio.sleep(0.02)
