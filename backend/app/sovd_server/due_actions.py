"""What has to happen later: a lock that ends, a mode that falls back, an operation whose time is over.

One task serves all vehicles of a server, so that thousands of them cost no timers of their own.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count

import structlog

Action = Callable[[], Awaitable[None]]

_log = structlog.get_logger(component=__name__)

_SIDE_BY_SIDE = 64
_TIDY_FROM = 1024


class DueAction:
    """Something that is to happen; `cancel` before it does."""

    __slots__ = ("_action",)

    def __init__(self, action: Action) -> None:
        self._action: Action | None = action

    def cancel(self) -> None:
        """Let it not happen."""
        self._action = None

    @property
    def is_waiting(self) -> bool:
        """Whether it has neither begun nor been cancelled."""
        return self._action is not None

    async def run(self) -> None:
        """Do it, once. What goes wrong is logged: nobody waits for the result."""
        action, self._action = self._action, None
        if action is None:
            return
        try:
            await action()
        except Exception:  # noqa: BLE001 - the edge of a task: one vehicle's failure must not stop the others' actions
            _log.warning("sovd_server.due_action_failed", exc_info=True)


class DueActions:
    """Actions by the time they are due (seconds of `loop.time()`). `run` does them; a slow one holds up no other."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, DueAction]] = []
        self._order = count()
        self._changed = asyncio.Event()
        self._tidy_at = _TIDY_FROM

    def at(self, when: float, action: Action) -> DueAction:
        """Do something at a time."""
        due = DueAction(action)
        if len(self._heap) >= self._tidy_at:
            self._tidy()
        heapq.heappush(self._heap, (when, next(self._order), due))
        self._changed.set()
        return due

    async def run(self) -> None:
        """Do what is due until cancelled; then actions under way are cancelled too."""
        loop = asyncio.get_running_loop()
        places = asyncio.Semaphore(_SIDE_BY_SIDE)
        async with asyncio.TaskGroup() as tasks:
            while True:
                while (due := self._next_due(loop.time())) is not None:
                    await places.acquire()
                    tasks.create_task(due.run(), name="sovd-due-action").add_done_callback(lambda _: places.release())
                await self._until_next(loop.time())

    def _tidy(self) -> None:
        """Drop what was cancelled, so that often extended locks do not pile up."""
        self._heap = [entry for entry in self._heap if entry[2].is_waiting]
        heapq.heapify(self._heap)
        self._tidy_at = max(_TIDY_FROM, 2 * len(self._heap))

    def _next_due(self, now: float) -> DueAction | None:
        while self._heap and (self._heap[0][0] <= now or not self._heap[0][2].is_waiting):
            due = heapq.heappop(self._heap)[2]
            if due.is_waiting:
                return due
        return None

    async def _until_next(self, now: float) -> None:
        """Sleep until the earliest action, or until another one is added."""
        self._changed.clear()
        wait = self._heap[0][0] - now if self._heap else None
        try:
            async with asyncio.timeout(wait):
                await self._changed.wait()
        except TimeoutError:
            return
