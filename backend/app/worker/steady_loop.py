"""One way for all background work to go on: at an interval or when woken, through any trouble of the database."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from app.domain.errors import StorageUnavailable

_log = structlog.get_logger(__name__)
_PAUSE_AFTER_TROUBLE_S = 0.3


async def run_steadily(
    name: str,
    step: Callable[[], Awaitable[None]],
    *,
    interval_s: float,
    wake: asyncio.Event | None = None,
) -> None:
    """Call `step` for ever: again when `wake` is set, after `interval_s` seconds at the latest.

    A database that is away is said once and waited for; an unexpected error is logged and the work goes on, because a
    loop that died would leave commands in limbo.
    """
    in_trouble = False
    while True:
        try:
            await step()
            if in_trouble:
                _log.info("background work goes on", work=name)
            in_trouble = False
            pause = interval_s
        except StorageUnavailable as error:
            if not in_trouble:
                _log.warning("background work waits for the database", work=name, error=error.message)
            in_trouble, pause = True, min(interval_s, _PAUSE_AFTER_TROUBLE_S)
        except Exception:  # noqa: BLE001 - the edge of a task: logged, and the loop must not die
            _log.exception("background work failed; it goes on", work=name)
            in_trouble, pause = True, interval_s
        await wait_for_wake(wake, pause)


async def wait_for_wake(wake: asyncio.Event | None, at_most_s: float) -> None:
    """Wait until `wake` is set (and clear it), but no longer than `at_most_s` seconds."""
    if wake is None:
        await asyncio.sleep(at_most_s)
        return
    try:
        async with asyncio.timeout(at_most_s):
            await wake.wait()
    except TimeoutError:
        pass
    wake.clear()
