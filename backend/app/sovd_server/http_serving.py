"""Serves an ASGI application on a port of its own, as an async context manager: simulated and adapted vehicles."""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from app.domain.errors import ServiceError

_STOP_WITHIN_S = 2


class CannotListen(ServiceError):
    """Somebody else listens where a server shall, or this machine has no such place."""

    code = "port_taken"
    retry_can_help = False


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
async def http_served(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    log_level: str | None = None,
) -> AsyncIterator[int]:
    """Serve `app` as long as the block lasts; gives the port (0 takes a free one). Raises CannotListen.

    `certificate` and `key` are PEM files; with them it is HTTPS. `log_level` is for all uvicorn servers of the process.
    """
    with _listening(host, port) as listener:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level=log_level,
            access_log=False,
            server_header=False,
            lifespan="on",
            ssl_certfile=certificate,
            ssl_keyfile=key,
            timeout_graceful_shutdown=_STOP_WITHIN_S,
        )
        server = _QuietServer(config)
        task = asyncio.create_task(server.serve(sockets=[listener]), name="http server")
        try:
            await _ready(server, task)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(task)


async def _ready(server: _QuietServer, task: asyncio.Task[None]) -> None:
    """Wait until the server takes requests. Raises what kept it from that."""
    ready = asyncio.create_task(server.ready.wait(), name="http server ready")
    try:
        await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ready.cancel()
    if task.done():
        await task


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((host, port), family=address_family(host), backlog=2048)
    except OSError as error:
        raise cannot_listen(host, port, error) from error
    with listener:
        yield listener


def address_family(host: str) -> socket.AddressFamily:
    """The kind of socket that listens on `host`."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def cannot_listen(host: str, port: int, error: OSError) -> CannotListen:
    """What the operating system objects to, in words, and what to do about it."""
    if error.errno == errno.EMFILE:
        return CannotListen("too many open files: serve fewer vehicles, or raise the limit with `ulimit -n`")
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return CannotListen(f"cannot listen on {host}: this machine has no such address; 0.0.0.0 stands for all it has")
    why = os.strerror(error.errno or 0)
    return CannotListen(f"cannot listen on {host}:{port} ({why}): choose another port, 0 takes free ones")


def host_in_url(host: str) -> str:
    """A host as it stands in an address; where a server listens on all addresses, the one of this machine."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    return f"[{here}]" if ":" in here else here
