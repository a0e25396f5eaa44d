"""Keeps an engine running while the program uses it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import structlog

from app.embedded.errors import EmbeddedError
from app.embedded.shared_engine import SharedEngine

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 0.25
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 30.0
_STEADY_AFTER_S = 60.0


class Backoff:
    """How long to wait before the next restart: doubles while restarts follow closely upon each other. Pure."""

    def __init__(self) -> None:
        self._pause_s = 0.0
        self._last = float("-inf")

    def next_pause(self, now: float) -> float:
        """Seconds to wait; `now` is monotonic time in seconds."""
        if now - self._last > _STEADY_AFTER_S:
            self._pause_s = _FIRST_PAUSE_S
        else:
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        self._last = now
        return self._pause_s


async def supervise(engine: SharedEngine) -> None:
    """Restart the engine whenever it has ended, until cancelled."""
    backoff = Backoff()
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        if await in_thread(engine.is_running):
            continue
        pause = backoff.next_pause(asyncio.get_running_loop().time())
        _log.warning("engine ended; it is restarted", engine=engine.name, in_s=pause)
        await asyncio.sleep(pause)
        try:
            await in_thread(engine.bring_back)
        except EmbeddedError as error:
            _log.error("engine did not come back", engine=engine.name, reason=str(error))
        else:
            _log.info("engine is back", engine=engine.name)


async def in_thread(work: Callable[[], T]) -> T:
    """Run blocking work in a thread. When cancelled, wait for its end first: nothing goes on behind our back."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if (error := task.exception()) is not None:
            _log.info("work ended badly after it was cancelled", reason=str(error))
        raise
