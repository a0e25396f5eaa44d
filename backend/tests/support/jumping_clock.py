"""`python -m support.jumping_clock SECONDS ARGUMENTS…`: the program `sovd` whose wall clock jumps.

SIGUSR1 moves the wall clock of this process by so many seconds, once more with every signal, as a corrected clock or a
resumed laptop does. Monotonic time goes on undisturbed, also as there.
"""

import signal
import sys
from datetime import UTC, datetime, timedelta

import time_machine

from app.cli import main


def _jump(seconds: float) -> None:
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()
    print(f"the wall clock jumped by {seconds:g} s", flush=True)  # noqa: T201 - read by the test from the log


if __name__ == "__main__":
    by = float(sys.argv[1])
    signal.signal(signal.SIGUSR1, lambda *_: _jump(by))
    sys.argv = ["sovd", *sys.argv[2:]]
    main()
