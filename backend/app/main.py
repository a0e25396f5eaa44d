"""Processes: serve the API (with or without a worker), run a worker, migrate. Each returns an exit code."""

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
import uvloop
from fastapi import FastAPI

from app.api.http_server import listen, make_server, url_of
from app.bootstrap import Addresses, Foundation, api, engines, first_start, foundation, make_worker
from app.domain.errors import SovdError
from app.observability.logs import configure_logging
from app.observability.metrics_server import metrics_served
from app.settings import Settings
from app.stop_signals import stop_signals_heard
from app.storage.migrate import upgrade
from app.worker.supervisor import Worker

_log = structlog.get_logger(__name__)
_INTERRUPTED = 130
"""Exit code of what was asked to stop before it was done, as a shell has it for Ctrl-C."""


class Stopping:
    """The wish to stop: `soon` after the first signal, `now` after the second."""

    def __init__(self) -> None:
        self.soon = asyncio.Event()
        self.now = asyncio.Event()
        self.started = asyncio.Event()

    def signalled(self) -> None:
        """SIGINT or SIGTERM arrived."""
        if self.soon.is_set():
            self.now.set()
        self.soon.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What a person wants to know of a server that has come up.

    `data` is the folder of the private engines, None where both are the user's own servers; `new_password` is that of
    the admin that was made just now, if it was generated.
    """

    url: str
    data: Path | None
    demo_fleet: bool
    new_password: str | None


class Announcer(Protocol):
    """Tells the person who started the server. A service manager gets the log."""

    def ready(self, serving: Serving) -> None:
        """Requests are taken."""
        ...

    def stopping(self) -> None:
        """The wish to stop was heard."""
        ...


def serve(settings: Settings, announcer: Announcer, *, with_worker: bool) -> int:
    """Serve the API until SIGINT or SIGTERM; a second signal does not wait for running commands."""
    return _run(settings, lambda stopping: _serve(settings, stopping, announcer, with_worker=with_worker))


def run_worker(settings: Settings) -> int:
    """Run a worker alone until SIGINT or SIGTERM; it finishes what it runs, at most `drain_s` seconds."""
    return _run(settings, lambda stopping: _work(settings, stopping))


def migrate(settings: Settings) -> int:
    """Bring the database to this release."""

    async def work(_: Stopping) -> None:
        async with engines(settings) as addresses:
            await upgrade(addresses.database_url)

    return _run(settings, work, code_if_cut_short=_INTERRUPTED)


def _run(settings: Settings, work: Callable[[Stopping], Awaitable[None]], *, code_if_cut_short: int = 0) -> int:
    configure_logging(settings.log_level, settings.log_format)
    try:
        whole = uvloop.run(_until_signalled(work))
    except SovdError as error:
        print(f"sovd: {error.message}", file=sys.stderr)  # noqa: T201 - the last word of a process that cannot start
        return 1
    return 0 if whole else code_if_cut_short


async def _until_signalled(work: Callable[[Stopping], Awaitable[None]]) -> bool:
    """Do the work, which heeds `stopping` once it has started; until then a signal cancels it. False if it did."""
    stopping = Stopping()
    task = asyncio.ensure_future(work(stopping))

    def signalled() -> None:
        stopping.signalled()
        if not stopping.started.is_set():
            task.cancel()

    with stop_signals_heard(signalled):
        await asyncio.wait({task})
    if task.cancelled() and stopping.soon.is_set():
        return False
    await task
    return True


async def _serve(settings: Settings, stopping: Stopping, announcer: Announcer, *, with_worker: bool) -> None:
    with listen(settings.host, settings.port) as listener:
        async with _announced(stopping, announcer), engines(settings) as addresses:
            all_own = settings.database_url is not None and settings.redis_url is not None

            def on_ready(_: FastAPI, new_password: str | None) -> None:
                _set_startup_aside()
                announcer.ready(
                    Serving(
                        url=url_of(listener),
                        data=None if all_own else addresses.home,
                        demo_fleet=settings.demo_fleet,
                        new_password=new_password,
                    )
                )

            await serve_until_stopped(
                settings, addresses, listener, stopping, with_worker=with_worker, on_ready=on_ready
            )


@asynccontextmanager
async def _announced(stopping: Stopping, announcer: Announcer) -> AsyncIterator[None]:
    async def tell() -> None:
        await stopping.soon.wait()
        announcer.stopping()

    telling = asyncio.create_task(tell(), name="announce the stop")
    try:
        yield
    finally:
        telling.cancel()


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
    async with (
        foundation(settings, addresses, role="api") as base,
        api(settings, base) as app,
        first_start(settings, app.state.sovd.accounts, base) as password,
        _worker_beside(settings, base, stopping) if with_worker else _nothing(),
    ):
        server = make_server(app, trusted_proxies=settings.trusted_proxies)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve(sockets=[listener]), name="http")
            stopping.started.set()
            on_ready(app, password)
            await stopping.soon.wait()
            app.state.sovd.hub.stop()
            server.should_exit = True


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
        with metrics_served(base.metrics, host=settings.host, port=settings.worker_metrics_port):
            stopping.started.set()
            _set_startup_aside()
            await make_worker(settings, base).run(stopping.soon, stopping.now)


def _set_startup_aside() -> None:
    """Let garbage collection pass over what lives as long as the process: else it stops all for 0.1 s at times."""
    gc.collect()
    gc.freeze()
