"""A small DoIP gateway on real sockets: the entity's end of the protocol, ECUs as functions, and disturbances."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.protocols.doip.codes import DiagnosticNackCode
from app.protocols.doip.entity import DoipEntity, EntitySettings
from app.protocols.doip.entity_connection import EntityConnection
from app.protocols.doip.messages import AliveCheckRequest, DiagnosticMessage, HeaderNack, encode

Ecu = Callable[[bytes], list[bytes]]
"""Request → answers."""


def echo(request: bytes) -> list[bytes]:
    """Answers a read with the identifier itself as the data, anything else positively."""
    return [bytes((request[0] + 0x40,)) + request[1:] + request[1:3]]


def default_ecus() -> dict[int, Ecu]:
    """A gateway and two ECUs."""
    return {0x1000: echo, 0x1010: echo, 0x1020: echo}


@dataclass
class DoipPeer:
    """What the tests may set is read at every message."""

    entity: DoipEntity = field(default_factory=lambda: DoipEntity(EntitySettings(logical_address=0x1000)))
    ecus: dict[int, Ecu] = field(default_factory=default_ecus)
    delays_s: dict[int, float] = field(default_factory=dict)
    """How long an ECU takes."""
    refuses: dict[int, DiagnosticNackCode] = field(default_factory=dict)
    acknowledges: bool = True
    ignores_alive_checks: bool = False
    only_version: int | None = None
    is_deaf: bool = False
    """Takes bytes and answers nothing at all."""
    drops_on_request: bool = False
    garbage_on_request: bytes = b""
    port: int = 0
    seen: list[DiagnosticMessage] = field(default_factory=list)
    accepted: int = 0
    writers: dict[EntityConnection, asyncio.StreamWriter] = field(default_factory=dict)
    tasks: asyncio.TaskGroup | None = None
    handlers: "set[asyncio.Task[None]]" = field(default_factory=set)

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["DoipPeer"]:
        """Listen on a free port, or again on the same one, until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            async with asyncio.TaskGroup() as self.tasks:
                try:
                    yield self
                finally:
                    server.close()
                    self.close_all()
                    if self.handlers:
                        await asyncio.wait(self.handlers)
        finally:
            await server.wait_closed()

    def close_all(self) -> None:
        """Close every socket, as a gateway does that finds them idle."""
        for writer in list(self.writers.values()):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.current_task()
        if handler is not None:
            self.handlers.add(handler)
            handler.add_done_callback(self.handlers.discard)
        now = asyncio.get_running_loop().time
        secure = writer.get_extra_info("ssl_object") is not None
        connection = self.entity.accept(now(), secure=secure, wake=lambda: self._flush(connection))
        self.accepted += 1
        self.writers[connection] = writer
        try:
            while (data := await reader.read(65536)) and not self.is_deaf:
                if self.only_version not in {None, data[0]}:
                    writer.write(encode(HeaderNack(code=0), self.only_version or 0))
                    break
                if self.ignores_alive_checks:
                    data = data.replace(encode(AliveCheckRequest()), b"")
                for message in connection.receive_data(data, now()):
                    self._on_request(connection, message)
                self._flush(connection)
            while data:
                data = await reader.read(65536)
        except OSError:
            pass
        finally:
            del self.writers[connection]
            connection.closed(now())
            writer.close()

    def _flush(self, connection: EntityConnection) -> None:
        writer = self.writers.get(connection)
        data = connection.data_to_send()
        if writer is None:
            return
        if data and not writer.is_closing():
            writer.write(data)
        if connection.should_close:
            writer.close()

    def _on_request(self, connection: EntityConnection, message: DiagnosticMessage) -> None:
        self.seen.append(message)
        if self.drops_on_request:
            self.writers[connection].close()
            return
        if self.garbage_on_request:
            connection.send_raw(self.garbage_on_request)
        code = self.refuses.get(message.target_address)
        ecu = self.ecus.get(message.target_address)
        if code is None and ecu is None and message.target_address < 0xE400:
            code = DiagnosticNackCode.UNKNOWN_TARGET_ADDRESS
        if code is not None:
            connection.refuse(message, code)
            return
        if self.acknowledges:
            connection.acknowledge(message)
        for address in [message.target_address] if ecu is not None else list(self.ecus):
            self._answer(connection, address, message.user_data)

    def _answer(self, connection: EntityConnection, address: int, request: bytes) -> None:
        delay_s = self.delays_s.get(address, 0.0)
        if delay_s and self.tasks is not None:
            self.tasks.create_task(self._answer_later(connection, address, request, delay_s))
            return
        for answer in self.ecus[address](request):
            connection.send_diagnostic(source=address, user_data=answer)

    async def _answer_later(self, connection: EntityConnection, address: int, request: bytes, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        for answer in self.ecus[address](request):
            connection.send_diagnostic(source=address, user_data=answer)
        self._flush(connection)
