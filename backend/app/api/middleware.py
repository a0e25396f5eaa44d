"""What every HTTP exchange gets, as plain ASGI: correlation id, security headers, log, figures, answers for crashes."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.error_mapping import answer_crash
from app.observability.correlation import accept_or_make, bound_correlation
from app.observability.logs import get_logger
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing

API_PREFIX = "/api/v1"
CLIENT_LEFT = 499
"""Status for figures and log where the client went away before the answer began (a convention of nginx)."""

_Header = tuple[bytes, bytes]

_ALWAYS: tuple[_Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
_UNLESS_SET: tuple[_Header, ...] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_HTTPS_ONLY: _Header = (b"strict-transport-security", b"max-age=31536000")
_QUIET_PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})

_log = get_logger(__name__)


@dataclass(slots=True)
class _Exchange:
    """One request and what became of it."""

    begun: float
    status: int = CLIENT_LEFT


class RequestContext:
    """Outermost: binds the correlation id, completes the answer's headers, then logs and counts the exchange."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, tracing: Tracing) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry; leaves the lifespan alone."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        correlation_id = accept_or_make(_header(scope, b"x-correlation-id"))
        own_header = (b"x-correlation-id", correlation_id.encode())
        with bound_correlation(correlation_id):
            if scope["type"] == "http":
                await self._exchange(scope, receive, send, own_header)
            else:
                await self._app(scope, receive, _adding_to_handshake(send, own_header))

    async def _exchange(self, scope: Scope, receive: Receive, send: Send, own_header: _Header) -> None:
        exchange = _Exchange(time.perf_counter())
        added = (own_header, *_ALWAYS, *((_HTTPS_ONLY,) if scope.get("scheme") == "https" else ()))

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = _completed(message.get("headers", ()), added)
            await send(message)

        try:
            with self._tracing.span(f"HTTP {scope['method']}", parent=_header(scope, b"traceparent")):
                await self._app(scope, receive, send_completed)
        finally:
            self._account_for(scope, exchange)

    def _account_for(self, scope: Scope, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.begun
        method, path = scope["method"], scope["path"]
        self._metrics.http_answered(method=method, route=route_template(scope), status=exchange.status, seconds=seconds)
        log = _log.debug if path in _QUIET_PATHS else _log.info
        client = scope.get("client")
        log(
            "http.answered",
            method=method,
            path=path,
            status=exchange.status,
            took_ms=round(seconds * 1000, 2),
            client=client[0] if client else None,
        )


class CrashAnswers:
    """Inside of CORS: turns whatever nobody foresaw into a 500 problem, so that even that has all its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry; an answer that has begun cannot be taken back, so there the exception goes on to the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_watched)
        except Exception as error:
            if begun:
                raise
            await answer_crash(error)(scope, receive, send)


def route_template(scope: Scope) -> str:
    """The matched route's path with its parameters by name; `unmatched` where none matched."""
    template: str | None = getattr(scope.get("route"), "path", None)
    if template is None:
        return "unmatched"
    if scope["path"].startswith(API_PREFIX) and not template.startswith(API_PREFIX):
        return API_PREFIX + template
    return template


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


def _completed(headers: Iterable[_Header], added: Iterable[_Header]) -> list[_Header]:
    present = list(headers)
    names = {name.lower() for name, _ in present}
    return [*present, *added, *(header for header in _UNLESS_SET if header[0] not in names)]


def _adding_to_handshake(send: Send, header: _Header) -> Send:
    async def send_completed(message: Message) -> None:
        if message["type"] in {"websocket.accept", "websocket.http.response.start"}:
            message["headers"] = [*message.get("headers", ()), header]
        await send(message)

    return send_completed
