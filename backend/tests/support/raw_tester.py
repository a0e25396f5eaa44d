"""A DoIP tester that hides nothing: every message as it comes, with nothing repeated, matched or repaired."""

import asyncio
import ssl
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from app.protocols.doip.messages import (
    DiagnosticAck,
    DiagnosticMessage,
    DoipMessage,
    RoutingActivationRequest,
    RoutingActivationResponse,
    encode,
)
from app.protocols.doip.stream import HeaderProblem, StreamDecoder

TESTER = 0x0E00
ENGINE = 0x1010
WITHIN_S = 10.0


class RawTester:
    """One connection to the vehicle at a `doip://` address."""

    def __init__(self, address: str, *, tls: ssl.SSLContext | None = None, tester: int = TESTER) -> None:
        place = urlsplit(address)
        assert place.hostname is not None
        assert place.port is not None
        self._place = (place.hostname, place.port)
        self._tls = tls
        self.tester = tester
        self._decoder = StreamDecoder()
        self._messages: list[DoipMessage | HeaderProblem] = []
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        name = "localhost" if self._tls else None
        self.reader, self.writer = await asyncio.open_connection(*self._place, ssl=self._tls, server_hostname=name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.transport.abort()

    def send(self, message: DoipMessage) -> None:
        """Send a message."""
        self.writer.write(encode(message))

    async def next(self, within_s: float = WITHIN_S) -> DoipMessage | HeaderProblem:
        """The next message. Raises TimeoutError, ConnectionError where the vehicle has closed."""
        async with asyncio.timeout(within_s):
            while not self._messages:
                data = await self.reader.read(65536)
                if not data:
                    raise ConnectionResetError("the vehicle closed the connection")
                self._messages += self._decoder.feed(data)
        return self._messages.pop(0)

    async def activate(self) -> int:
        """Ask for routing activation; gives the answer's code."""
        self.send(RoutingActivationRequest(source_address=self.tester))
        answer = await self.next()
        assert isinstance(answer, RoutingActivationResponse), answer
        return answer.code

    async def request(self, uds: str, ecu: int = ENGINE) -> None:
        """Send a UDS request in hex, and see it acknowledged."""
        self.send(DiagnosticMessage(self.tester, ecu, bytes.fromhex(uds)))
        answer = await self.next()
        assert isinstance(answer, DiagnosticAck), answer

    async def answer(self, within_s: float = WITHIN_S) -> str:
        """The next UDS message in hex."""
        message = await self.next(within_s)
        assert isinstance(message, DiagnosticMessage), message
        return message.user_data.hex().upper()

    async def ask(self, uds: str, ecu: int = ENGINE) -> str:
        """Request and next answer, in hex."""
        await self.request(uds, ecu)
        return await self.answer()

    async def closed(self) -> bool:
        """Wait until the vehicle closes; True when it did so without another message."""
        try:
            await self.next()
        except ConnectionError:
            return True
        return False
