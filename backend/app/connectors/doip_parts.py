"""The answer of one command as it is made by a task of its own: handed over part by part, never read ahead."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from datetime import timedelta
from typing import Any

from app.connectors.answer_parts import chunk, final, utc_now
from app.connectors.port import Progress, ResponseChunk
from app.domain.json_values import JsonObject
from app.links.uds_client import PendingNotice
from app.links.uds_errors import ecu_text

PROGRESS_EVERY_S = 1.0


class Outlet:
    """Where a command puts the parts of its answer."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._chunk: ResponseChunk | None = None
        self._taken = asyncio.Event()
        self._news = asyncio.Event()
        self._progress: deque[Progress] = deque(maxlen=16)
        """Full: the oldest is forgotten; progress is told anew anyway."""
        self._told_at: dict[str, float] = {}

    async def put(self, payload: JsonObject) -> None:
        """Hand a part over. Returns when the consumer has dealt with it and wants the next."""
        async with self._turn:
            self._taken.clear()
            self._chunk = chunk(payload)
            self._news.set()
            await self._taken.wait()

    def pending(self, notice: PendingNotice) -> None:
        """An ECU said that it still works on it."""
        self.progress(f"ECU {ecu_text(notice.ecu_address)} still working", notice.since)

    def progress(self, message: str, since: float) -> None:
        """Tell how it goes, once a second at most for each message; `since` is loop time."""
        now = self._loop.time()
        if now - self._told_at.get(message, -PROGRESS_EVERY_S) < PROGRESS_EVERY_S:
            return
        self._told_at[message] = now
        self._progress.append(Progress(message=message, pending_since=utc_now() - timedelta(seconds=now - since)))
        self._news.set()

    async def parts(self, work: Coroutine[Any, Any, JsonObject]) -> AsyncGenerator[ResponseChunk | Progress, None]:
        """Run the command; its result is the final part. Raises what it raises.

        Closing or cancelling ends the work, waits for its cleaning up, and leaves no task behind.
        """
        task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._news.set())
        try:
            while not task.done() or self._progress or self._chunk:
                await self._news.wait()
                self._news.clear()
                while self._progress:
                    yield self._progress.popleft()
                if self._chunk is not None:
                    yield self._chunk
                    self._chunk = None
                    self._taken.set()
            yield final(task.result())
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
