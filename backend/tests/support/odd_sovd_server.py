"""A SOVD server that does what no good one does: other dialects, silence, cuts, garbage, endless bodies, foreign links.

It speaks HTTP/1.1 by hand, so that a test can break any rule of it. Routes are added by method and path.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Doing = Callable[["Seen"], "Reply"]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as received. `target` has the query, `path` has not."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """Without the query."""
        return self.target.partition("?")[0]

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What to do with a request. Exactly one of the oddities may be set; without any it is a plain answer."""

    status: int = 200
    body: object = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False
    """Never answer; the connection stays open."""
    cut: bool = False
    """Close before the answer."""
    half: bool = False
    """Announce the whole body, send half of it, close."""
    garbage: bytes | None = None
    """Send these bytes instead of HTTP."""
    endless: bool = False
    """A body that never ends."""
    pieces: tuple[bytes, ...] | None = None
    """A body without length, piece by piece; the connection is then closed."""
    hold: bool = False
    """After the pieces, keep the connection open."""


@dataclass
class OddSovdServer:
    """Serves routes; notes every request; `url` is its root."""

    routes: dict[tuple[str, str], Reply | Doing | list[Reply]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    otherwise: Doing | None = None
    """What to do with a request that no route is for; None: 404."""
    url: str = ""
    connections: int = 0
    open_connections: int = 0

    @property
    def address(self) -> str:
        """As a vehicle's address."""
        return f"sovd+{self.url}/"

    def on(self, method: str, path: str, reply: "Reply | Doing | list[Reply]") -> "OddSovdServer":
        """Answer a request so; of a list one after the other, the last one again and again."""
        self.routes[method, path] = reply
        return self

    def asked(self, method: str, path: str) -> list[Seen]:
        """The requests of this kind, in order."""
        return [one for one in self.seen if one.method == method and one.path == path]

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["OddSovdServer"]:
        """Listen on a free port until the block ends."""
        serving: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            serving.add(task)
            self.connections += 1
            self.open_connections += 1
            try:
                while await self._serve_one(reader, writer):
                    pass
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                self.open_connections -= 1
                serving.discard(task)
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        try:
            yield self
        finally:
            server.close()
            for task in list(serving):
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
            await server.wait_closed()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read(reader)
        self.seen.append(request)
        reply = self._reply_to(request)
        if reply.silent:
            await reader.read()  # until the client gives up
            return False
        if reply.cut:
            return False
        if reply.garbage is not None:
            writer.write(reply.garbage)
            await writer.drain()
            return False
        if reply.endless or reply.pieces is not None:
            await _stream(reader, writer, reply)
            return False
        writer.write(_encoded(reply))
        await writer.drain()
        return not reply.half

    def _reply_to(self, request: Seen) -> Reply:
        found = self.routes.get((request.method, request.path), self.otherwise)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            found = found(request)
        return found if found is not None else not_found()


def not_found() -> Reply:
    """404 as Eclipse OpenSOVD Core sends it."""
    return Reply(
        status=404,
        body={"error_code": "vendor-specific", "vendor_code": "resource-not-found", "message": "nothing there"},
    )


def refusal(status: int, error_code: str, message: str, **parameters: object) -> Reply:
    """A GenericError."""
    body: dict[str, object] = {"error_code": error_code, "message": message}
    return Reply(status=status, body=body | ({"parameters": parameters} if parameters else {}))


def events(*envelopes: object, hold: bool = True) -> Reply:
    """An event stream."""
    pieces = tuple(f"data: {json.dumps(envelope)}\n\n".encode() for envelope in envelopes)
    return Reply(headers={"Content-Type": "text/event-stream"}, pieces=pieces, hold=hold)


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request_line, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = request_line.split(" ")
    return Seen(method=method, target=target, headers=headers, body=body)


async def _stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply) -> None:
    headers = {"Content-Type": "application/json", "Connection": "close", **reply.headers}
    writer.write(_head(reply.status, headers))
    for piece in reply.pieces or ():
        writer.write(piece)
        await writer.drain()
    while reply.endless:
        writer.write(b"x" * 65536)
        await writer.drain()
    if reply.hold:
        await reader.read()


def _encoded(reply: Reply) -> bytes:
    body = reply.raw if reply.raw is not None else b"" if reply.body is None else json.dumps(reply.body).encode()
    kind = {"Content-Type": "application/json"} if reply.body is not None else {}
    length = {} if reply.status == 204 else {"Content-Length": str(len(body))}
    return _head(reply.status, {**kind, **length, **reply.headers}) + (body[: len(body) // 2] if reply.half else body)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
