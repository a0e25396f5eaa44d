"""Reads request bodies in, bounded, and turns away what no route could store."""

from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.body_check import may_hold_unstorable, unstorable_parts
from app.api.error_mapping import problem_of, problem_response
from app.api.unread_body import UnreadBody
from app.domain.errors import InvalidRequest

_OVERRUN = 16
"""How many times the limit is read and dropped before a 413: closing on a client that still writes loses the answer."""


class BodyGuard:
    """Holds at most `limit` bytes per request; a larger body is answered 413, and only a bounded rest of it is read.

    Routes named in `streamed` (method and path) read their body themselves, after they know who sends it.
    """

    def __init__(self, app: ASGIApp, *, limit: int, streamed: frozenset[tuple[str, str]] = frozenset()) -> None:
        self._app = app
        self._limit = limit
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry. WebSocket frames have limits of their own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refuse_nul(scope)
        if refusal is None and (scope["method"], scope["path"]) in self._streamed:
            unread = UnreadBody(receive, send)
            await self._app(scope, unread.receive, unread.send)
            return
        if refusal is None and _announces_body(scope):
            body = await self._read(scope, receive)
            if isinstance(body, bytes):
                refusal = _refuse_unstorable(scope, body)
                receive = _replaying(body, receive)
            else:
                refusal = body
        await (refusal or self._app)(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | Response:
        headers = _headers(scope)
        announced = headers.get(b"content-length", b"0")
        if b"expect" in headers and announced.isdigit() and int(announced) > self._limit:
            return self._too_large()  # the client waits for a word before it sends the body
        parts: list[bytes] = []
        size = 0
        more = True
        while more and size <= _OVERRUN * self._limit:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            part: bytes = message.get("body", b"")
            size += len(part)
            if size <= self._limit:
                parts.append(part)
            else:
                parts.clear()
            more = message.get("more_body", False)
        return b"".join(parts) if size <= self._limit else self._too_large()

    def _too_large(self) -> Response:
        detail = f"the body may have {self._limit} bytes at most; send less"
        return problem_response("request_too_large", detail, headers={"Connection": "close"})


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return dict(scope["headers"])


def _announces_body(scope: Scope) -> bool:
    headers = _headers(scope)
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _refuse_nul(scope: Scope) -> Response | None:
    if b"%00" in scope.get("query_string", b"") or "\x00" in scope["path"]:
        return problem_of(InvalidRequest("the address must not contain the character U+0000 (%00); leave it out"))
    return None


def _refuse_unstorable(scope: Scope, body: bytes) -> Response | None:
    """None where the body is fine, or not JSON at all: routes then say what they expect."""
    if not body or b"json" not in _headers(scope).get(b"content-type", b"").lower():
        return None
    try:
        document: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return problem_response("malformed_json", "the body is not valid JSON in UTF-8")
    findings = unstorable_parts(document) if may_hold_unstorable(body) else []
    if not findings:
        return None
    return problem_of(InvalidRequest("the body holds values that cannot be stored; errors names each", findings))


def _replaying(body: bytes, receive: Receive) -> Receive:
    """First the body in one piece, then whatever the connection says (that the client left)."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
