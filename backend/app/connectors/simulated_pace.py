"""How simulated vehicles spend time: always through `asyncio.sleep`, never past the command's deadline."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from app.connectors.port import Progress
from app.domain.errors import VehicleTimeout

PROGRESS_EVERY_S = 1.0


def now() -> float:
    """The running loop's clock, in seconds: the clock of deadlines."""
    return asyncio.get_running_loop().time()


async def pause(seconds: float, deadline: float) -> None:
    """Let time pass. Raises VehicleTimeout where the deadline comes first, when it comes."""
    if seconds <= 0:
        return
    left = deadline - now()
    if seconds < left:
        await asyncio.sleep(seconds)
        return
    if left > 0:
        await asyncio.sleep(left)
    raise VehicleTimeout("The vehicle fell silent: nothing more came before the deadline.")


async def work_on(seconds: float, text: str, deadline: float) -> AsyncGenerator[Progress, None]:
    """Let time pass and say so: one event at once, then one a second. Raises like `pause`."""
    since = datetime.now(UTC)
    left = seconds
    yield Progress(message=text, pending_since=since)
    while left > 0:
        await pause(min(left, PROGRESS_EVERY_S), deadline)
        left -= PROGRESS_EVERY_S
        if left > 0:
            yield Progress(message=text, pending_since=since)
