"""Serves an adapted vehicle over HTTP, as an async context manager."""

import asyncio
import contextlib
import hashlib
import hmac
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp

from app.sovd_server.identity import TokenChecker, anyone, by_token
from app.sovd_server.served_vehicle import ServedVehicle
from app.sovd_server.server_settings import SovdServerSettings
from app.sovd_server.sovd_app import SovdServer, create_app
from app.uds_adapter.adapted_vehicle import AdaptedVehicle
from app.uds_adapter.adapter_backend import adapter_backend

_STOP_WITHIN_S = 2
_ANSWER_WITHIN_S = 330.0
"""Longer than an ECU may say that it still works on it (`UdsTiming.pending_limit_s`): that limit shall be the one."""


class AdapterPortTaken(Exception):
    """The adapter cannot listen where it shall."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingPlace:
    """Where to listen, and who may come in. Port 0 takes a free one; no tokens: everybody who gets there."""

    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    """PEM files; with them it is HTTPS."""
    tokens: tuple[str, ...] = ()

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines get in without a token."""
        if self.tokens or self.host == "localhost":
            return False
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return True


@asynccontextmanager
async def vehicle_served(vehicle: AdaptedVehicle, place: ServingPlace) -> AsyncIterator[str]:
    """Serve as long as the block lasts; gives the URL of the server's root. Raises AdapterPortTaken."""
    settings = SovdServerSettings(
        now=_utc_now,
        identify=by_token(token_checker(place.tokens)) if place.tokens else anyone,
        vendor_info={"name": "SOVD Command adapter"},
        answer_within_s=_ANSWER_WITHIN_S,
    )
    server = SovdServer(settings)
    served = server.serve(adapter_backend(vehicle))

    async def find(_: Request) -> ServedVehicle | None:
        return served

    async with _http_served(create_app(server, find), place) as port:
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place.host, place.host)  # noqa: S104 - compared, not listened on
        scheme = "https" if place.certificate is not None else "http"
        try:
            yield f"{scheme}://{f'[{here}]' if ':' in here else here}:{port}"
        finally:
            served.subscriptions.clear()  # event streams end now, not when the time for stopping is over


def token_checker(tokens: Sequence[str]) -> TokenChecker:
    """Knows callers by the digest of their token, so that no token gets into a lock, an answer or a log."""
    digests = tuple(_digest(token) for token in tokens)

    async def check(token: str) -> str | None:
        shown = _digest(token)
        known = [digest for digest in digests if hmac.compare_digest(digest, shown)]
        return f"token:{shown[:32]}" if known else None

    return check


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _utc_now() -> datetime:
    return datetime.now(UTC)


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
async def _http_served(app: ASGIApp, place: ServingPlace) -> AsyncIterator[int]:
    listener = _listen(place.host, place.port)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",  # else it tells of requests cut off while stopping; failures are logged by us
        access_log=False,
        server_header=False,
        lifespan="on",
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )
    server = _QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="uds-adapter-http")
    try:
        ready = asyncio.create_task(server.ready.wait(), name="uds-adapter-http-ready")
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
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise AdapterPortTaken(f"cannot listen on {host}:{port} ({why}): choose another --host or --port") from error
