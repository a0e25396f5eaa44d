"""The floor of the fan-out: uvicorn as we set it up, and an application that sends one ready string in a loop.

Run as a process: `python -m benchmarks.bare_fanout`; prints its port. A socket's text frame says how many times the
string is to be sent (`COUNT LENGTH`); all sockets begin when the last of the expected ones has said so.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
import uvloop
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope


class ReadyString:
    """The ASGI application."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._here = 0
        self._go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """One socket: wait for the others, then send."""
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        message = await receive()
        if message["type"] != "websocket.receive":
            return
        count, length = (int(part) for part in (message["text"] or "").split())
        text = "x" * length
        await self._wait_for_others()
        for _ in range(count):
            await send({"type": "websocket.send", "bytes": None, "text": text})
        await send({"type": "websocket.close", "code": 1000, "reason": None})

    async def _wait_for_others(self) -> None:
        self._here += 1
        go = self._go
        if self._here == self._expected:
            self._here, self._go = 0, asyncio.Event()
            go.set()
        await go.wait()


async def serve(expected: int) -> None:
    """Serve until killed."""
    app = ReadyString(expected)
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio", http="httptools"
    )
    await uvicorn.Server(config).serve(sockets=[listener])


@asynccontextmanager
async def bare_server(expected: int) -> AsyncIterator[int]:
    """Serve from a child process while the block runs; gives the port."""
    child = await asyncio.to_thread(_start, expected)
    try:
        assert child.stdout is not None
        yield int(await asyncio.to_thread(child.stdout.readline))
    finally:
        child.terminate()
        await asyncio.to_thread(child.wait, 30)


def _start(expected: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.bare_fanout", str(expected)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own module


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
