"""How long to wait between two questions to a vehicle's SOVD server."""

import asyncio
from collections.abc import Iterator

from app.domain.errors import VehicleTimeout

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0


def waits() -> Iterator[float]:
    """Seconds between two questions: short at first, then longer, without end."""
    wait = FIRST_WAIT_S
    while True:
        yield wait
        wait = min(wait * 1.5, LONGEST_WAIT_S)


async def pause(seconds: float, deadline: float) -> None:
    """Let time pass. Raises VehicleTimeout where the deadline (loop seconds) comes first, when it comes."""
    left = deadline - asyncio.get_running_loop().time()
    if seconds < left:
        await asyncio.sleep(max(0.0, seconds))
        return
    await asyncio.sleep(max(0.0, left))
    raise VehicleTimeout("The time for this command was over before the vehicle had finished.")
