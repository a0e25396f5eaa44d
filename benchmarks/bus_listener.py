"""Listens to every event on the bus, to learn that a command is completed without asking the server."""

import asyncio
from contextlib import suppress
from urllib.parse import unquote, urlsplit

import hiredis

_COMPLETED = b'"status":"completed"'
_GIVE_UP_AFTER_S = 20.0


class NotCompleted(Exception):
    """The command ended otherwise, or its event was lost: the measurement is worth nothing."""


class CompletionListener:
    """`await completed(command_id)`; an event that came before anybody asked is remembered."""

    def __init__(self) -> None:
        self._done: set[bytes] = set()
        self._waiting: dict[bytes, asyncio.Future[None]] = {}
        self._subscribed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, redis_url: str) -> None:
        """Subscribe to `response:*` on a Unix socket."""
        path = unquote(urlsplit(redis_url).path)
        reader, writer = await asyncio.open_unix_connection(path, limit=2**20)
        writer.write(b"PSUBSCRIBE response:*\r\n")
        self._task = asyncio.create_task(self._listen(reader, writer))
        await self._subscribed.wait()

    async def stop(self) -> None:
        """Listen no longer."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def completed(self, command_id: bytes) -> None:
        """Return once the command is completed. Raises NotCompleted."""
        if command_id in self._done:
            self._done.discard(command_id)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[command_id] = future
        try:
            async with asyncio.timeout(_GIVE_UP_AFTER_S):
                await future
        except TimeoutError:
            raise NotCompleted(f"no word of the completion of {command_id.decode()}") from None

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parser = hiredis.Reader()
        try:
            while data := await reader.read(2**16):
                parser.feed(data)
                while (reply := parser.gets()) is not False:
                    self._take(reply)
        finally:
            writer.close()

    def _take(self, reply: list[bytes]) -> None:
        if reply[0] == b"psubscribe":
            self._subscribed.set()
        elif _COMPLETED in reply[3]:
            command_id = reply[2][len(b"response:") :]
            future = self._waiting.pop(command_id, None)
            if future is None:
                self._done.add(command_id)
            elif not future.done():
                future.set_result(None)
