"""The HTTP server: its socket, and uvicorn as we run it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from app.domain.errors import SovdError

_CLOSE_SOCKETS_WITHIN_S = 5
_KEEP_IDLE_S = 90
"""Longer than clients (httpx: 5 s) and proxies (most: 60 s) keep a connection that rests: else a request is sent into
one that is being closed just then, and fails although the service is well."""
_LARGEST_VIEWER_MESSAGE = 64 * 1024
"""Bytes; viewers have nothing to say."""

_UNREAD_MS = 60_000
"""How long the kernel keeps what a peer does not take, before it drops the connection (RFC 5482)."""


class PortTaken(SovdError):
    """Somebody else listens on our port."""

    code = "port_taken"


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handling: the process decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process."""
        yield


def make_server(app: FastAPI, *, trusted_proxies: str) -> HttpServer:
    """A server for the app; it serves on a socket of `listen`. `X-Forwarded-For` of `trusted_proxies` is believed."""
    return HttpServer(
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
            forwarded_allow_ips=trusted_proxies,
            timeout_keep_alive=_KEEP_IDLE_S,
            timeout_graceful_shutdown=_CLOSE_SOCKETS_WITHIN_S,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise PortTaken(f"cannot listen on {host}:{port} ({why}): set SOVD_PORT to a free port, 0 takes any") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; accepted sockets inherit it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    return listener


def url_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds it; a socket on all addresses is shown as the machine's own."""
    host, port = listener.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    return f"http://{f'[{here}]' if ':' in here else here}:{port}"
