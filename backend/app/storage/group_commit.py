"""Work of many callers committed in groups: the next group forms while the last one commits.

A commit is the unit of cost (design, section 7). One caller alone waits for one commit; a hundred callers share one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from app.domain.errors import Overloaded, StorageUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Collects items and hands them to `commit`, in order, one group at a time.

    `commit` gets 1..`limit` items and returns one result per item, in the same order; a result that is an exception is
    raised to the caller of that item alone. When `commit` raises, a group of several is tried again item by item, so
    that one bad item does not fail its neighbours; StorageUnavailable fails the whole group at once.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        limit: int = 256,
        capacity: int = 4096,
    ) -> None:
        self._commit = commit
        self._limit = limit
        self._capacity = capacity
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._wake = asyncio.Event()
        self._closing = False

    def enqueue(self, item: Item) -> "asyncio.Future[Result]":
        """Queue `item`; the future resolves once it is committed. Raises Overloaded when the queue is full.

        Items of one caller are committed in the order in which they were queued. Cancelling the future does not take
        the item back.
        """
        if self._closing or len(self._waiting) >= self._capacity:
            raise Overloaded("too much work is waiting for the database; try again shortly")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._wake.set()
        return future

    async def add(self, item: Item) -> Result:
        """Queue `item` and wait until it is committed."""
        return await self.enqueue(item)

    async def run(self) -> None:
        """Commit groups until `close` is called and everything queued before is committed."""
        try:
            while not (self._closing and not self._waiting):
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    group, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
                    await self._commit_group(group)
        finally:
            self._closing = True
            for _, future in self._waiting:
                future.cancel()

    def close(self) -> None:
        """Take no more items and let `run` return once the queue is empty."""
        self._closing = True
        self._wake.set()

    async def _commit_group(self, group: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._commit([item for item, _ in group])
        except asyncio.CancelledError:
            for _, future in group:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong belongs to the callers, not to this loop
            if len(group) == 1 or isinstance(error, StorageUnavailable):
                for _, future in group:
                    _settle(future, error)
                return
            for single in group:
                await self._commit_group([single])
            return
        for (_, future), result in zip(group, results, strict=True):
            _settle(future, result)


def _settle(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
