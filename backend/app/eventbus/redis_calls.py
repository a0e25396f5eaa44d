"""Questions to Redis with answers. All askers of a process share one connection, and what they ask in one turn of the
loop leaves in one write: a call costs a fraction of one through a pool of connections.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

import hiredis
from redis.exceptions import ResponseError

from app.eventbus.redis_link import LinkTiming, RedisLink, pack

_MOST_WAITING = 10_000
_HEARTBEAT = "PONG"
"""The answer to the link's own pings; no call of ours is answered so."""


class RedisAway(ConnectionError):
    """Redis cannot be reached, did not answer in time, or was lost before it did: the call may have had its effect."""


class RedisCalls:
    """Calls are answered in the order in which they were made; each waits `answer_within_s` seconds at most.

    While Redis is away, calls fail at once; just after a loss they wait for the connection within their time.
    """

    def __init__(
        self, redis_url: str, *, name: str, answer_within_s: float = 0.5, timing: LinkTiming | None = None
    ) -> None:
        """`name` shows in `CLIENT LIST`. Opens nothing yet. Raises ValueError where the address is none of Redis."""
        self._answer_within_s = answer_within_s
        self._link = RedisLink(
            redis_url, name=name, on_up=self._went_up, on_down=self._went_down, on_replies=self._settle, timing=timing
        )
        self._up = asyncio.Event()
        self._lost_at: float | None = None
        self._unsent: list[bytes] = []
        self._waiting: deque[asyncio.Future[Any]] = deque()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Keep the connection up while the block runs. Enters when it is up, or after `answer_within_s`."""
        task = asyncio.create_task(self._link.run(), name="redis calls")
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._up.wait(), self._answer_within_s)
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def call(self, *words: str) -> Any:
        """The answer: text, number, list or None. Raises RedisAway, and ResponseError where Redis refuses the call."""
        try:
            async with asyncio.timeout(self._answer_within_s):
                if not self._link.is_up:
                    await self._wait_for_link()
                return await self._ask(words)
        except TimeoutError:
            raise RedisAway("Redis did not answer in time") from None

    async def _wait_for_link(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._lost_at is None or now - self._lost_at > self._answer_within_s:
            raise RedisAway("Redis cannot be reached")
        await self._up.wait()

    def _ask(self, words: tuple[str, ...]) -> "asyncio.Future[Any]":
        if len(self._waiting) >= _MOST_WAITING:
            raise RedisAway("too many calls wait for Redis")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append(future)
        if not self._unsent:
            loop.call_soon(self._flush)
        self._unsent.append(pack(*words))
        return future

    def _flush(self) -> None:
        data, self._unsent = b"".join(self._unsent), []
        self._link.write(data)

    def _settle(self, replies: list[Any]) -> None:
        for reply in replies:
            if reply == _HEARTBEAT or not self._waiting:
                continue
            future = self._waiting.popleft()
            if future.done():  # whoever asked has stopped waiting
                continue
            if isinstance(reply, hiredis.ReplyError):
                future.set_exception(ResponseError(str(reply)))
            else:
                future.set_result(reply)

    def _went_up(self) -> None:
        self._up.set()

    def _went_down(self) -> None:
        self._up.clear()
        self._lost_at = asyncio.get_running_loop().time()
        self._unsent = []
        lost, self._waiting = self._waiting, deque()
        for future in lost:
            if not future.done():
                future.set_exception(RedisAway("the connection to Redis was lost"))
