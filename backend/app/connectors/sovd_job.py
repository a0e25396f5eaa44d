"""What every command on a SOVD vehicle works with, and how it asks many entities side by side."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from app.connectors.answer_parts import before_the_end, not_answered
from app.connectors.port import Progress, ResponseChunk
from app.connectors.sovd_calls import SovdCalls
from app.connectors.sovd_entities import IN_PARALLEL, EntityDirectory
from app.connectors.sovd_knowledge import Entity
from app.domain.errors import VehicleError
from app.domain.json_values import JsonObject

Result = TypeVar("Result")

SOURCE = "SOVD server of the vehicle"


@dataclass(frozen=True, slots=True, kw_only=True)
class SovdJob:
    """One command: its parameters and the way to its vehicle."""

    calls: SovdCalls
    directory: EntityDirectory
    command_name: str
    params: JsonObject
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def now(self) -> float:
        """Loop time, in seconds."""
        return asyncio.get_running_loop().time()

    def before_the_end(self) -> float:
        """A deadline that leaves time to say what came, when some of many did not answer."""
        return before_the_end(self.calls.deadline)


Answer = AsyncGenerator[ResponseChunk | Progress, None]
"""The answer to one command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What asking one entity gave: a payload, or the trouble."""

    entity: Entity
    payload: JsonObject
    error: VehicleError | None = None


def entities_not_answered(asked: Sequence[Asked], known: Sequence[Entity]) -> list[JsonObject]:
    """The entities that gave no answer, and those of the `known` ones below which may be more; each with its reason."""
    below = [
        {**one.names(), "reason": f"What is below it could not be listed. {one.hidden.message}"}
        for one in known
        if one.hidden is not None
    ]
    return not_answered((one.entity.names(), one.error) for one in asked) + below


async def in_parallel(
    works: Iterable[Callable[[], Awaitable[Result]]], most: int = IN_PARALLEL
) -> AsyncGenerator[Result, None]:
    """Run works side by side, at most `most` at a time, and give results as they come.

    A new work begins only when a result is asked for. An error of a work ends all. Closing cancels what runs and
    waits for it.
    """
    # no task group: a generator may be continued by another task than the one that began it, which groups do not bear
    waiting = iter(works)
    running: set[asyncio.Future[Result]] = set()
    try:
        while True:
            while len(running) < most and (work := next(waiting, None)) is not None:
                running.add(asyncio.ensure_future(work()))
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                running.discard(task)
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def in_order(works: Iterable[Callable[[], Awaitable[Result]]], most: int) -> AsyncGenerator[Result, None]:
    """Like `in_parallel`, with the results in the order of the works."""
    numbered = [partial(_numbered, number, work) for number, work in enumerate(works)]
    early: dict[int, Result] = {}
    due = 0
    async with aclosing(in_parallel(numbered, most)) as coming:
        async for number, result in coming:
            early[number] = result
            while due in early:
                yield early.pop(due)
                due += 1


async def _numbered(number: int, work: Callable[[], Awaitable[Result]]) -> tuple[int, Result]:
    return number, await work()
