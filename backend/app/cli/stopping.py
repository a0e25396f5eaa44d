"""Work that goes on until Ctrl-C or SIGTERM. Light: imported before anything that takes long to load."""

import signal
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.cli.terminal import Terminal

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def leave_at_once_when_stopped() -> None:
    """Until `until_stopped` takes over: while modules are loaded, there is nothing to stop in order."""
    for number in _SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))


async def until_stopped(serving: Coroutine[None, None, None], terminal: "Terminal") -> None:
    """Serve until Ctrl-C or SIGTERM, which may also come while it starts; then `serving` is cancelled and cleans up.

    A second signal is not heard: the program ends anyway. Raises what `serving` raises.
    """
    import asyncio  # noqa: PLC0415 - not needed for --help, which must appear at once

    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(serving)
    was_stopped = False

    def stop() -> None:
        nonlocal was_stopped
        if not was_stopped:
            was_stopped = True
            terminal.note("Stopping ...")
            task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not was_stopped:
            raise
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            if was_stopped:
                signal.signal(number, signal.SIG_IGN)
