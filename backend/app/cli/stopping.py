"""Work that goes on until Ctrl-C or SIGTERM."""

import asyncio
from collections.abc import Coroutine

from app.cli.terminal import Terminal
from app.stop_signals import stop_signals_heard


async def until_stopped(serving: Coroutine[None, None, None], terminal: Terminal) -> None:
    """Serve until Ctrl-C or SIGTERM, which may also come while it starts; then `serving` is cancelled and cleans up.

    A second signal is not heard: the program ends anyway. Raises what `serving` raises.
    """
    task = asyncio.ensure_future(serving)
    was_stopped = False

    def stop() -> None:
        nonlocal was_stopped
        if not was_stopped:
            was_stopped = True
            terminal.note("Stopping ...")
            task.cancel()

    with stop_signals_heard(stop):
        try:
            await task
        except asyncio.CancelledError:
            if not was_stopped:
                raise
