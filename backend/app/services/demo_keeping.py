"""The demo fleet beside a service: registered by every process, simulated by one of a data directory at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from app.domain.errors import SovdError
from app.embedded.file_lock import lock_if_free
from app.embedded.home import home_errors, prepared_home
from app.repositories.unit_of_work import UnitOfWork
from app.services.demo_fleet import register_demo_fleet
from app.services.demo_simulation import demo_simulation

_log = structlog.get_logger(__name__)

_LOCK = "demo-simulation.lock"
_LOOK_EVERY_S = 1.0


@asynccontextmanager
async def demo_fleet_kept(unit_of_work: UnitOfWork, home: Path) -> AsyncIterator[None]:
    """Register the demo fleet, and simulate those of its vehicles that need it as long as the block lasts.

    Where another process with the data directory `home` simulates them, they are left to it, and this one takes over
    when that one ends, however it ends: two that both registered theirs would move the vehicles to and fro, and the
    vehicles would be gone with the process that ends first. Raises HomeUnusable, StorageUnavailable.
    """
    lock = prepared_home(home) / _LOCK
    async with AsyncExitStack() as stack:
        if await _simulated(stack, unit_of_work, lock):
            yield
            return
        _log.info("another process simulates the demo vehicles; this one takes over when that one ends")
        await register_demo_fleet(unit_of_work)
        waiting = asyncio.create_task(_take_over(unit_of_work, lock), name="demo vehicles")
        try:
            yield
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


async def _simulated(stack: AsyncExitStack, unit_of_work: UnitOfWork, lock: Path) -> bool:
    """Simulate until the stack is closed; False: another process does so."""
    with home_errors(lock.parent):
        is_ours = stack.enter_context(lock_if_free(lock))
    if is_ours:
        simulated = await stack.enter_async_context(demo_simulation())
        await register_demo_fleet(unit_of_work, simulated)
    return is_ours


async def _take_over(unit_of_work: UnitOfWork, lock: Path) -> None:
    while True:
        try:
            async with AsyncExitStack() as stack:
                if await _simulated(stack, unit_of_work, lock):
                    _log.info("the demo vehicles are simulated by this process now")
                    await asyncio.Event().wait()
        except SovdError as error:
            _log.warning("the demo vehicles cannot be simulated yet", reason=error.message)
        await asyncio.sleep(_LOOK_EVERY_S)
