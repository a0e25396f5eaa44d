"""A lean WebSocket client (RFC 6455): counts frames, and decodes none unless it is asked to."""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast

FrameHandler = Callable[[bytes], None]


class SocketClient(asyncio.Protocol):
    """One socket. `received` counts text frames; `closed` is done once the server has closed."""

    def __init__(self, request: bytes, on_frame: FrameHandler | None) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()
        self.received = 0
        self.first_at = 0.0
        self.last_at = 0.0
        self._request = request
        self._on_frame = on_frame
        self._buffer = bytearray()
        self._is_open = False
        self._loop = loop
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(
        cls, host: str, port: int, path: str, token: str | None = None, on_frame: FrameHandler | None = None
    ) -> "SocketClient":
        """Connect and wait for the end of the handshake. Raises ConnectionError where it is refused."""
        key = base64.b64encode(os.urandom(16)).decode()
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        request = (
            f"GET {path} HTTP/1.1\r\nHost: benchmark\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{authorization}\r\n"
        )
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(request.encode(), on_frame), host, port)
        await client.opened
        return client

    def send_text(self, text: str) -> None:
        """Send a short text frame (at most 125 bytes; the mask is zero, which the standard allows)."""
        assert self._transport is not None
        self._transport.write(bytes((0x81, 0x80 | len(text))) + bytes(4) + text.encode())

    def close(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class
        self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits has to know."""
        for future in (self.opened, self.closed):
            if not future.done():
                future.set_exception(error or ConnectionError("the connection was cut"))
                future.exception()  # looked at, so that nobody has to

    def data_received(self, data: bytes) -> None:
        """Split into frames."""
        self._buffer += data
        if not self._is_open and not self._finish_handshake():
            return
        before = self.received
        self._read_frames()
        if self.received > before:
            self.last_at = self._loop.time()
            if before == 0:
                self.first_at = self.last_at

    def _finish_handshake(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(ConnectionError(bytes(self._buffer[:60]).decode(errors="replace")))
            return False
        del self._buffer[: end + 4]
        self._is_open = True
        self.opened.set_result(None)
        return True

    def _read_frames(self) -> None:
        buffer, place, end = self._buffer, 0, len(self._buffer)
        while end - place >= 2:
            length, start = buffer[place + 1], place + 2
            if length == 126:
                length, start = int.from_bytes(buffer[place + 2 : place + 4]), place + 4
            elif length == 127:
                length, start = int.from_bytes(buffer[place + 2 : place + 10]), place + 10
            if start + length > end:
                break
            self._take(buffer[place] & 0x0F, start, length)
            place = start + length
        del buffer[:place]

    def _take(self, opcode: int, start: int, length: int) -> None:
        if opcode == 1:
            self.received += 1
            if self._on_frame is not None:
                self._on_frame(bytes(self._buffer[start : start + length]))
        elif opcode == 8 and not self.closed.done():
            code = int.from_bytes(self._buffer[start : start + 2]) if length >= 2 else 1005
            self.closed.set_result(code)
            self.close()
