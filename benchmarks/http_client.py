"""A lean HTTP client: one keep-alive connection, one request at a time, so that the server is what is measured."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import orjson


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        """The decoded body."""
        return orjson.loads(self.body)


class UnexpectedAnswer(Exception):
    """The server answered something else than the benchmark counts on."""


class HttpConnection(asyncio.Protocol):
    """Raises ConnectionError where the server closes the connection. Answers must carry a Content-Length."""

    def __init__(self, token: str | None = None) -> None:
        """`token` goes along with every request."""
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._waiting: asyncio.Future[Answer] | None = None
        self._authorization = f"authorization: Bearer {token}\r\n".encode() if token else b""

    @classmethod
    async def open(cls, host: str, port: int, token: str | None = None) -> "HttpConnection":
        """Connect."""
        _, connection = await asyncio.get_running_loop().create_connection(lambda: cls(token), host, port)
        return connection

    async def request(self, method: str, path: str, body: object = None) -> Answer:
        """Send a request and wait for its answer; a body goes as JSON."""
        return await self.send(self.encode(method, path, body))

    def encode(self, method: str, path: str, body: object = None) -> bytes:
        """The bytes of a request; encode once what is sent often."""
        content = b"" if body is None else orjson.dumps(body)
        head = f"{method} {path} HTTP/1.1\r\nhost: benchmark\r\ncontent-length: {len(content)}\r\n".encode()
        kind = b"content-type: application/json\r\n" if content else b""
        return head + kind + self._authorization + b"\r\n" + content

    async def send(self, request: bytes) -> Answer:
        """Send an encoded request and wait for its answer."""
        if self._transport is None:
            raise ConnectionError("the connection is closed")
        if self._waiting is not None:
            raise RuntimeError("one request at a time")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class

    def data_received(self, data: bytes) -> None:
        """Look whether the answer is complete."""
        self._received += data
        head, end_of_head, rest = self._received.partition(b"\r\n\r\n")
        if not end_of_head:
            return
        length = int(header(head, b"content-length") or 0)
        if len(rest) < length or self._waiting is None:
            return
        self._received = rest[length:]
        self._waiting.set_result(Answer(int(head[9:12]), head, rest[:length]))

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits has to know."""
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection") if error is None else error)


def header(head: bytes, name: bytes) -> str | None:
    """A header's value; `name` in lower case, as uvicorn sends it."""
    _, found, rest = head.partition(b"\r\n" + name + b": ")
    return rest.partition(b"\r\n")[0].decode() if found else None
