"""Serves an ASGI application on a port of the simulator's own, as an async context manager."""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from app.simulator.doip_server import SimulatorPortTaken

_STOP_WITHIN_S = 2


class _QuietServer(uvicorn.Server):
    """uvicorn without its own signal handling: the program decides when to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does, and tell who waits."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the program."""
        yield


@asynccontextmanager
async def http_served(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve `app` as long as the block lasts; gives the port (0 takes a free one). Raises SimulatorPortTaken."""
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )
    server = _QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="simulator-http")
    try:
        ready = asyncio.create_task(server.ready.wait(), name="simulator-http-ready")
        await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if task.done():
            await task
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = "too many open files" if error.errno == errno.EMFILE else os.strerror(error.errno or 0)
        raise SimulatorPortTaken(
            f"cannot listen on {host}:{port} ({why}): choose another port, 0 takes free ones"
        ) from error
