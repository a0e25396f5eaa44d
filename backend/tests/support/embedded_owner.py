"""A process that uses the embedded engines: `python -m support.embedded_owner HOME [UID]`.

Prints one line of JSON when the engines are up, then waits for the end of its standard input, SIGINT or SIGTERM. With a
user id it becomes that user first; Python itself may be out of that user's reach, so all modules are loaded before.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import asyncpg
import structlog

from app.embedded.engines import EmbeddedEngines
from app.embedded.errors import EmbeddedError
from app.embedded.wheels import find_postgres, find_valkey


async def _own(home: Path) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    threading.Thread(target=_wait_for_input_to_end, args=(loop, ended), daemon=True).start()
    started = time.monotonic()
    async with EmbeddedEngines.running(home) as addresses:
        assert addresses.database_url is not None
        ready_s = time.monotonic() - started
        # The first use loads what asyncpg and asyncio load late.
        connection = await asyncpg.connect(addresses.database_url)
        await connection.close()
        line = {"database_url": addresses.database_url, "redis_url": addresses.redis_url, "ready_s": ready_s}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        await ended.wait()


def _wait_for_input_to_end(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(ended.set)


def _become(uid: int) -> None:
    asyncio.run(asyncio.to_thread(time.monotonic))
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def main() -> int:
    """Exit code 3 and the message on standard error when the engines cannot start."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    find_postgres()
    find_valkey()
    if len(sys.argv) > 2:
        _become(int(sys.argv[2]))
    try:
        asyncio.run(_own(Path(sys.argv[1])))
    except EmbeddedError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
