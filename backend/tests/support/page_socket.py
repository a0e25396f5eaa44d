"""A page as the server sees it: one socket to `/ws/events`, and everything that came over it, by subscription."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import jsonschema
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.api.events_schema import PAGE_EVENTS_SCHEMA
from app.domain.json_values import JsonObject, decode_json_object, encode_json

_WITHIN_S = 30.0
_SERVER_FRAME = jsonschema.Draft202012Validator({"$ref": "#/$defs/ServerFrame", "$defs": PAGE_EVENTS_SCHEMA["$defs"]})


@dataclass
class PageSocket:
    """An open socket. A reader of its own collects frames in the order in which they came."""

    socket: ClientConnection
    frames: list[JsonObject] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)
    """Where frames do not have the form of the contract."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, **frame: object) -> None:
        """Send a frame."""
        await self.socket.send(encode_json(frame))

    async def subscribe(self, frame_id: str, topic: str, **more: object) -> JsonObject:
        """Subscribe and wait for the answer: `subscribed` or `error`."""
        seen = len(self.frames)
        await self.say(op="subscribe", id=frame_id, topic=topic, **more)
        return await self.when(lambda frame: frame.get("id") == frame_id, since=seen)

    async def when(self, wanted: Callable[[JsonObject], bool], *, since: int = 0) -> JsonObject:
        """Wait for the first frame, from the `since`-th on, that is the wanted one."""
        async with asyncio.timeout(_WITHIN_S):
            while True:
                for frame in self.frames[since:]:
                    if wanted(frame):
                        return frame
                self._news.clear()
                await self._news.wait()

    async def has(self, count: int) -> None:
        """Wait until so many frames have come, however long that takes."""
        while len(self.frames) < count:
            self._news.clear()
            await self._news.wait()

    async def is_told(self, members: JsonObject) -> None:
        """Wait for a frame that has these members."""
        await self.when(lambda frame: members.items() <= frame.items())

    def of(self, frame_id: str) -> list[JsonObject]:
        """The events of a subscription, as they came."""
        return [frame for frame in self.frames if frame.get("sub") == frame_id]

    def short(self, frame_id: str) -> list[Any]:
        """One word per event of a subscription: number, status, or kind."""
        return [item.get("sequence_number") or item.get("status") or item["event"] for item in self.of(frame_id)]

    async def closed(self) -> int | None:
        """Wait until the server closes; the close code."""
        async with asyncio.timeout(_WITHIN_S):
            await self.socket.wait_closed()
        return self.socket.close_code

    async def read(self) -> None:
        """Collect for ever."""
        with suppress(ConnectionClosed):
            while True:
                frame = decode_json_object(await self.socket.recv())
                self.unfit += [error.message for error in _SERVER_FRAME.iter_errors(frame)]
                self.frames.append(frame)
                self._news.set()


@asynccontextmanager
async def page_socket(ws_url: str, token: str | None, *, subprotocols: Sequence[str] = ()) -> AsyncIterator[PageSocket]:
    """An open page socket; the token goes into the header."""
    offered = [Subprotocol(name) for name in subprotocols] or None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with connect(
        f"{ws_url}/ws/events",
        additional_headers=headers,
        subprotocols=offered,
        proxy=None,
        close_timeout=1,
        compression=None,
    ) as socket:
        page = PageSocket(socket)
        reader = asyncio.create_task(page.read())
        try:
            yield page
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        assert page.unfit == []
