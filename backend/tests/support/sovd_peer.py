"""A SOVD server on a free port of this machine, and a client for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from support.waiting import until


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the tests."""
        yield


@asynccontextmanager
async def sovd_served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an app; gives its root URL (`http://127.0.0.1:port`). Nothing is left after the block."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=2)
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started or serving.done())
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def sovd_client(app: FastAPI, client_id: str = "tester-1") -> AsyncIterator[httpx.AsyncClient]:
    """A client that talks to the app without sockets, while the app runs. Paths are below `/sovd/v1/`."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://vehicle.test/sovd/v1/", headers={"X-Client-Id": client_id}
        ) as client:
            yield client
