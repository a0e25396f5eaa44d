"""Groups form while the last one commits, in order, and one bad item does not fail its neighbours."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from app.domain.errors import Overloaded, StorageUnavailable
from app.storage.group_commit import GroupCommit


class Store:
    """Remembers the groups it committed; doubles each number; refuses negative ones."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.away = False

    async def commit(self, group: Sequence[int]) -> Sequence[int | Exception]:
        await self.open.wait()
        if self.away:
            raise StorageUnavailable("away")
        if any(item < 0 for item in group):
            raise ValueError("negative")
        self.groups.append(list(group))
        return [item * 2 for item in group]


@asynccontextmanager
async def running(store: Store, **limits: int) -> AsyncIterator[GroupCommit[int, int]]:
    group: GroupCommit[int, int] = GroupCommit(store.commit, **limits)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(group.run())
        yield group
        group.close()


async def test_items_that_come_while_a_group_commits_share_the_next_one() -> None:
    store = Store()
    store.open.clear()
    async with running(store) as group:
        first = group.enqueue(1)
        await asyncio.sleep(0)
        later = [group.enqueue(number) for number in range(2, 7)]
        await asyncio.sleep(0)
        store.open.set()
        assert await asyncio.gather(first, *later) == [2, 4, 6, 8, 10, 12]
    assert store.groups == [[1], [2, 3, 4, 5, 6]]


async def test_groups_stay_below_their_limit_and_in_order() -> None:
    store = Store()
    async with running(store, limit=2) as group:
        await asyncio.gather(*(group.enqueue(number) for number in range(5)))
    assert [item for one in store.groups for item in one] == list(range(5))
    assert max(len(one) for one in store.groups) == 2


async def test_one_bad_item_fails_alone() -> None:
    store = Store()
    async with running(store) as group:
        futures = [group.enqueue(number) for number in (1, -1, 3)]
        results = await asyncio.gather(*futures, return_exceptions=True)
    assert results[0] == 2
    assert isinstance(results[1], ValueError)
    assert results[2] == 6


async def test_storage_that_is_away_fails_the_whole_group_and_later_ones_go_on() -> None:
    store = Store()
    store.away = True
    async with running(store) as group:
        results = await asyncio.gather(group.enqueue(1), group.enqueue(2), return_exceptions=True)
        assert all(isinstance(result, StorageUnavailable) for result in results)
        store.away = False
        assert await group.add(3) == 6


async def test_full_queue_refuses_at_once_and_loses_nothing_it_took() -> None:
    store = Store()
    store.open.clear()
    async with running(store, capacity=2) as group:
        taken = [group.enqueue(1), group.enqueue(2)]
        with pytest.raises(Overloaded):
            group.enqueue(3)
        store.open.set()
        assert await asyncio.gather(*taken) == [2, 4]


async def test_closing_commits_what_was_taken_and_refuses_more() -> None:
    store = Store()
    async with running(store) as group:
        taken = group.enqueue(1)
        group.close()
        with pytest.raises(Overloaded):
            group.enqueue(2)
    assert await taken == 2


async def test_a_caller_that_gave_up_does_not_take_its_item_back() -> None:
    store = Store()
    async with running(store) as group:
        group.enqueue(1).cancel()
        assert await group.add(2) == 4
    assert store.groups == [[1, 2]]
