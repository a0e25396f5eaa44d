"""SIGINT (Ctrl-C) and SIGTERM as the wish to stop in order. Light: imported before anything that takes long to load.

The handlers are exchanged in one step each. `loop.remove_signal_handler` puts the interpreter's own handler there
first, and one more Ctrl-C in that moment would end an orderly stop with a traceback.
"""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def leave_at_once_when_stopped() -> None:
    """Until `stop_signals_heard` takes over: while modules are loaded, there is nothing to stop in order."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))


@contextmanager
def stop_signals_heard(heard: Callable[[], None]) -> Iterator[None]:
    """Call `heard` in the running loop for every stop signal that arrives in here.

    After a block in which one arrived, no stop signal is heard any more: the process is about to end, with the exit
    code of an orderly stop. After any other block the handlers are as before. Only for the main thread.
    """
    import asyncio  # noqa: PLC0415 - not needed for --help, which must appear at once

    loop = asyncio.get_running_loop()
    arrived = False

    def handler(*_: object) -> None:
        nonlocal arrived
        arrived = True
        loop.call_soon_threadsafe(heard)

    before = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN if arrived else before[number])
