"""Tasks that belong to an owner: none outlives it, and none fails unseen."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from app.domain.errors import SovdError
from app.observability.logs import get_logger

_log = get_logger(__name__)

T = TypeVar("T")


class OwnedTasks:
    """Starts tasks and ends them all together. A task that fails harms no other (unlike in a task group)."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Run `work` until done or until the owner ends. Failures that are none of ours are logged."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def cancel_all(self) -> None:
        """Cancel everything and wait for it."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, SovdError):
            _log.error("stream.task_failed", task=task.get_name(), exc_info=error)
