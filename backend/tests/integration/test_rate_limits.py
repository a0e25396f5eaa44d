"""Limits on sign-ins and commands: shared through a real Valkey, and still there when it is away."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from app.domain.errors import TooManyRequests
from app.domain.identifiers import UserId
from app.eventbus.redis_calls import RedisCalls
from app.security.rate_limits import RateLimits
from support.engines import ValkeyProcess

HERE, THERE = "192.0.2.1", "198.51.100.2"
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@asynccontextmanager
async def limits_on(
    redis_url: str | None, login: str = "5/minute", commands: str = "5/minute"
) -> AsyncIterator[RateLimits]:
    if redis_url is None:
        yield RateLimits(None, login=login, commands=commands)
        return
    async with RedisCalls(redis_url, name="test").running() as redis:
        yield RateLimits(redis, login=login, commands=commands)


async def admitted(limits: RateLimits, attempts: int, username: str = "erika", address: str | None = HERE) -> int:
    """How many of so many attempts were let through."""
    count = 0
    waits: list[float] = []
    for _ in range(attempts):
        try:
            await limits.admit_login(username, address)
        except TooManyRequests as refusal:
            waits.append(refusal.retry_after_s)
        else:
            count += 1
    assert all(1 <= wait_s <= 60 for wait_s in waits)
    return count


def said(logs: Sequence[Mapping[str, object]]) -> list[str]:
    """What the limits themselves have logged."""
    events = [str(log["event"]) for log in logs]
    return [event for event in events if event.startswith("rate_limits.")]


async def test_processes_count_together(redis_url: str) -> None:
    async with limits_on(redis_url) as one, limits_on(redis_url) as two:
        assert await admitted(one, 3) + await admitted(two, 7) == 5


async def test_attempts_at_once_are_all_counted(redis_url: str) -> None:
    async with limits_on(redis_url) as limits:
        results = await asyncio.gather(*(admitted(limits, 1) for _ in range(50)))
    assert sum(results) == 5


@pytest.mark.parametrize("redis", [True, False])
async def test_nobody_is_locked_out_from_elsewhere(redis_url: str, redis: bool) -> None:
    async with limits_on(redis_url if redis else None) as limits:
        assert await admitted(limits, 100) == 5
        assert await admitted(limits, 1, address=THERE) == 1
        assert await admitted(limits, 1, username="otto") == 0, "the address has used up its share, too"


@pytest.mark.parametrize("redis", [True, False])
async def test_one_address_cannot_try_all_names(redis_url: str, redis: bool) -> None:
    async with limits_on(redis_url if redis else None) as limits:
        assert sum([await admitted(limits, 1, username=f"user{number}") for number in range(50)]) == 20


async def test_an_ipv6_customer_counts_as_one_address(redis_url: str) -> None:
    async with limits_on(redis_url) as limits:
        tries = [await admitted(limits, 1, f"user{number}", f"2001:db8:1:2::{number:x}") for number in range(50)]
        assert sum(tries) == 20
        assert await admitted(limits, 1, address="2001:db8:1:3::1") == 1


async def test_an_ipv4_address_in_ipv6_clothes_is_the_same(redis_url: str) -> None:
    async with limits_on(redis_url) as limits:
        assert await admitted(limits, 5) == 5
        assert await admitted(limits, 1, address=f"::ffff:{HERE}") == 0


async def test_commands_are_limited_per_user(redis_url: str) -> None:
    one, other = UserId(uuid4()), UserId(uuid4())
    async with limits_on(redis_url, commands="3/minute;1000/hour") as limits:
        for _ in range(3):
            await limits.admit_command(one)
        with pytest.raises(TooManyRequests):
            await limits.admit_command(one)
        await limits.admit_command(other)


async def test_without_redis_each_process_counts_and_says_so_once() -> None:
    async with limits_on(NOBODY_LISTENS) as limits:
        with capture_logs() as logs:
            assert await admitted(limits, 20) == 5
    assert said(logs) == ["rate_limits.redis_away"]


async def test_redis_comes_and_goes(engine_folder: Path) -> None:
    server = ValkeyProcess(engine_folder / "rate-limits")
    server.start()
    try:
        async with limits_on(server.url) as limits:
            with capture_logs() as logs:
                await limits.admit_login("erika", HERE)
                server.kill()
                assert await admitted(limits, 20) == 5
                server.restart()
                async with asyncio.timeout(10):
                    while True:
                        await admitted(limits, 1)
                        if "rate_limits.redis_back" in said(logs):
                            break
                        await asyncio.sleep(0.05)
            assert said(logs) == ["rate_limits.redis_away", "rate_limits.redis_back"]
    finally:
        server.stop()


async def test_a_redis_that_hangs_holds_nobody_up_for_long() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, limits_on(f"redis://127.0.0.1:{port}/0") as limits:
        async with asyncio.timeout(20):
            assert await admitted(limits, 10) == 5


@pytest.mark.parametrize("limit", ["", "often", "5", "5/fortnight", "-1/minute"])
def test_other_texts_are_refused_at_the_start(limit: str) -> None:
    with pytest.raises(ValueError, match="reads like"):
        RateLimits(None, login=limit, commands="5/minute")
