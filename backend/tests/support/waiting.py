"""Waits for a condition instead of for a time."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool], *, within_s: float = 10.0, what: str = "condition") -> None:
    """Return as soon as `condition` holds; AssertionError after `within_s`."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s} s")
        await asyncio.sleep(0.005)


async def eventually(condition: Callable[[], Awaitable[bool]], *, within_s: float = 10.0, what: str) -> None:
    """The same for a condition that has to be asked for, from a database for example."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s} s")
        await asyncio.sleep(0.02)
