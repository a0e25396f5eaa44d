"""Processes: serve the API (with or without a worker), run a worker, migrate. Each returns an exit code."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from app.bootstrap import Addresses, Foundation, api, engines, first_start, foundation, make_worker
from app.domain.errors import SovdError
from app.observability.logs import configure_logging
from app.settings import Settings
from app.storage.migrate import upgrade
from app.worker.supervisor import Worker

_log = structlog.get_logger(__name__)
_CLOSE_SOCKETS_WITHIN_S = 5
_LARGEST_VIEWER_MESSAGE = 64 * 1024
"""Bytes; viewers have nothing to say."""

_UNREAD_MS = 60_000
"""How long the kernel keeps what a peer does not take, before it drops the connection (RFC 5482)."""


class Stopping:
    """The wish to stop: `soon` after the first signal, `now` after the second."""

    def __init__(self) -> None:
        self.soon = asyncio.Event()
        self.now = asyncio.Event()

    def signalled(self) -> None:
        """SIGINT or SIGTERM arrived."""
        if self.soon.is_set():
            self.now.set()
        self.soon.set()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the process decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `Stopping`."""
        yield


def serve(settings: Settings, *, with_worker: bool) -> int:
    """Serve the API until SIGINT or SIGTERM; a second signal does not wait for running commands."""
    return _run(settings, lambda stopping: _serve(settings, stopping, with_worker=with_worker))


def run_worker(settings: Settings) -> int:
    """Run a worker alone until SIGINT or SIGTERM; it finishes what it runs, at most `drain_s` seconds."""
    return _run(settings, lambda stopping: _work(settings, stopping))


def migrate(settings: Settings) -> int:
    """Bring the database to this release."""

    async def work(_: Stopping) -> None:
        async with engines(settings) as addresses:
            await asyncio.to_thread(upgrade, addresses.database_url)

    return _run(settings, work)


def _run(settings: Settings, work: Callable[[Stopping], Awaitable[None]]) -> int:
    configure_logging(settings.log_level, settings.log_format)

    async def main() -> None:
        stopping = Stopping()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.signalled)
        await work(stopping)

    try:
        uvloop.run(main())
    except SovdError as error:
        print(f"sovd: {error.message}", file=sys.stderr)  # noqa: T201 - the last word of a process that cannot start
        return 1
    return 0


async def _serve(settings: Settings, stopping: Stopping, *, with_worker: bool) -> None:
    with _listen(settings.host, settings.port) as listener:
        async with engines(settings) as addresses:
            await serve_until_stopped(
                settings,
                addresses,
                listener,
                stopping,
                with_worker=with_worker,
                on_ready=lambda _, password: _greet(listener, password),
            )


async def serve_until_stopped(
    settings: Settings,
    addresses: Addresses,
    listener: socket.socket,
    stopping: Stopping,
    *,
    with_worker: bool,
    on_ready: Callable[[FastAPI, str | None], None],
) -> None:
    """Serve on a listening socket until `stopping`.

    `on_ready` gets the app and, on first start, the admin's generated password.
    """
    async with foundation(settings, addresses, role="api") as base, api(settings, base) as app:
        password = await first_start(settings, app.state.sovd.accounts, base)
        async with _worker_beside(settings, base, stopping) if with_worker else _nothing():
            server = _make_server(settings, app)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.serve(sockets=[listener]), name="http")
                on_ready(app, password)
                await stopping.soon.wait()
                app.state.sovd.hub.stop()
                server.should_exit = True


def _make_server(settings: Settings, app: FastAPI) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_per_message_deflate=False,  # would compress the same text once per viewer
            ws_max_size=_LARGEST_VIEWER_MESSAGE,
            http="httptools",
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=_CLOSE_SOCKETS_WITHIN_S,
        )
    )


@asynccontextmanager
async def _worker_beside(settings: Settings, base: Foundation, stopping: Stopping) -> AsyncIterator[None]:
    worker = make_worker(settings, base)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_stop_all_if_it_fails(worker, stopping), name="worker")
        yield
        stopping.soon.set()


async def _stop_all_if_it_fails(worker: Worker, stopping: Stopping) -> None:
    try:
        await worker.run(stopping.soon, stopping.now)
    finally:
        stopping.soon.set()


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


async def _work(settings: Settings, stopping: Stopping) -> None:
    async with engines(settings) as addresses, foundation(settings, addresses, role="worker") as base:
        await make_worker(settings, base).run(stopping.soon, stopping.now)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(
            f"cannot listen on {host}:{port} ({error.strerror}); set SOVD_PORT or SOVD_HOST to something free"
        ) from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; accepted sockets inherit it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    return listener


class PortTaken(SovdError):
    """Somebody else listens on our port."""

    code = "port_taken"


def _greet(listener: socket.socket, password: str | None) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    lines = [f"SOVD Command serves on http://{shown}:{port}   (API: /docs, health: /health/ready; Ctrl-C stops)"]
    if password is not None:
        lines += [
            "",
            "First start: sign in as  admin  with the password  " + password,
            "It is shown only this once. Change it with: sovd user password admin",
        ]
    lines += ["", f"Try:  sovd login --server http://{shown}:{port} --username admin", "      sovd vehicles"]
    print("\n".join(lines), flush=True)  # noqa: T201 - what the person who started us is waiting for
