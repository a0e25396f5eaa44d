"""A small HTTP server that does what its script says to each request: answer, or break the connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What to send back; `broken` cuts the connection instead."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as received."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


@dataclass
class HttpPeer:
    """Plays one answer per request; the last one again and again. Notes every request."""

    script: list[Answer]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["HttpPeer"]:
        """Listen on a free port until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    def next_answer(self) -> Answer:
        """The answer to the request that came last."""
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request_line, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            raw = await reader.readexactly(int(headers.get("content-length", "0")))
            method, target, _ = request_line.split(" ")
            self.asked.append(
                Asked(method=method, target=target, headers=headers, body=json.loads(raw) if raw else None)
            )
            answer = self.next_answer()
            if not answer.broken:
                writer.write(_encoded(answer))
                await writer.drain()
        finally:
            writer.close()


def _encoded(answer: Answer) -> bytes:
    body = answer.text.encode() if answer.text is not None else json.dumps(answer.body).encode()
    headers = {"Content-Length": str(len(body)), "Connection": "close", **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
