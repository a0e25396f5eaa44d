"""A small server for the client's live stream: real sockets, and a script of what it does to each connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

COMMAND_ID = "6f1f7a52-5a0e-4a7c-8f35-0f1d6f1d1a01"

Act = Callable[[ServerConnection], Awaitable[None]]


def chunk(number: int, *, final: bool = False) -> str:
    """A `response` event."""
    return json.dumps(
        {
            "event": "response",
            "command_id": COMMAND_ID,
            "response_id": f"00000000-0000-0000-0000-{number:012d}",
            "response_payload": {"n": number},
            "sequence_number": number,
            "is_final": final,
        }
    )


def status(name: str) -> str:
    """A `status` event."""
    return json.dumps({"event": "status", "command_id": COMMAND_ID, "status": name, "completed_at": None})


def sending(*texts: str, code: int | None = 1000, reason: str = "") -> Act:
    """Send the texts, then close with the code; None breaks the connection without a word."""

    async def act(connection: ServerConnection) -> None:
        for text in texts:
            await connection.send(text)
        if code is None:
            # What was sent must leave before the connection is cut.
            await connection.ping()
            connection.transport.close() if texts else connection.transport.abort()
        else:
            await connection.close(code, reason)

    return act


def answering(status_code: int, body: str = "", content_type: str = "text/plain") -> Response:
    """A plain HTTP answer instead of a WebSocket."""
    headers = Headers({"Content-Type": content_type, "Content-Length": str(len(body)), "Connection": "close"})
    return Response(status_code, HTTPStatus(status_code).phrase, headers, body.encode())


def sse(*texts: str) -> Response:
    """The texts as server-sent events."""
    return answering(200, "".join(f"data: {text}\n\n" for text in texts), "text/event-stream")


@dataclass
class StreamPeer:
    """Plays one script entry per connection and notes what was asked. `url` is its HTTP address."""

    script: list[Act | Response]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["StreamPeer"]:
        """Listen on a free port until the block ends."""
        server: Server
        async with serve(self._play, "127.0.0.1", 0, process_request=self._answer) as server:
            host, port = next(iter(server.sockets)).getsockname()[:2]
            self.url = f"http://{host}:{port}"
            yield self

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request.path)
        self.tokens.append(request.headers.get("Authorization"))
        if self.script and isinstance(self.script[0], Response):
            entry = self.script.pop(0)
            assert isinstance(entry, Response)
            return entry
        return None

    async def _play(self, connection: ServerConnection) -> None:
        act = self.script.pop(0)
        assert not isinstance(act, Response)
        await act(connection)


async def silence(connection: ServerConnection) -> None:
    """Say nothing until the other side goes."""
    await connection.wait_closed()


async def pause_until(event: asyncio.Event, connection: ServerConnection) -> None:
    """Hold the connection open until the event."""
    await event.wait()
