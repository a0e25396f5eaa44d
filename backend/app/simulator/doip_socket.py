"""One TCP (or TLS) connection to a simulated vehicle: bytes in, bytes out, timers. Without a task of its own."""

import asyncio
import socket
from typing import cast

from app.protocols.doip.codes import DiagnosticNackCode
from app.protocols.doip.entity_connection import EntityConnection
from app.protocols.doip.messages import DiagnosticMessage
from app.simulator.disturbed_answers import WireAct
from app.simulator.served_doip_vehicle import ServedDoipVehicle

MOST_PLANNED = 1024
"""Answers on their way per connection; the gateway refuses messages beyond (out of memory)."""


class DoipSocket(asyncio.Protocol):
    """Serves one connection. `open_sockets` is the server's list of them; each takes itself out when it is lost."""

    def __init__(self, served: ServedDoipVehicle, open_sockets: set["DoipSocket"], *, secure: bool) -> None:
        self._served = served
        self._open_sockets = open_sockets
        self._secure = secure
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._connection: EntityConnection | None = None
        self._planned: set[asyncio.TimerHandle] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_dead = False
        self._is_cut = False

    # ---- called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A tester connected."""
        self._transport = cast("asyncio.Transport", transport)
        # an answer must not wait until the tester's system has confirmed the acknowledgement before it
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        now = self._loop.time()
        if self._served.is_booting(now):
            transport.abort()  # type: ignore[attr-defined]  # a Transport, as the line above says
            return
        self._open_sockets.add(self)
        self._connection = self._served.entity.accept(now, secure=self._secure, wake=self._flush)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Bytes from the tester."""
        if self._connection is None or self._is_half_open():
            return
        now = self._loop.time()
        if self._served.is_booting(now):
            self.abort()
            return
        for message in self._connection.receive_data(data, now):
            self._deliver(self._connection, message, now)
        self._flush()

    def eof_received(self) -> bool:
        """The tester closed its side. A half-open vehicle does not notice."""
        return self._is_half_open() and not self._secure  # TLS cannot stay open after it

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: nothing stays behind."""
        self._open_sockets.discard(self)
        for handle in self._planned:
            handle.cancel()
        self._planned.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.closed(self._loop.time())

    def pause_writing(self) -> None:
        """The tester does not read: nothing more is read from it, so nothing more is answered."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The tester reads again."""
        if self._transport is not None:
            self._transport.resume_reading()

    # ---- called by the server

    def abort(self) -> None:
        """Cut the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    # ---- inside

    def _is_half_open(self) -> bool:
        """Once it has swallowed bytes, a half-open connection never comes back: only a new one helps."""
        self._is_dead = self._is_dead or self._served.disturbances.is_half_open
        return self._is_dead

    def _deliver(self, connection: EntityConnection, message: DiagnosticMessage, now: float) -> None:
        if len(self._planned) >= MOST_PLANNED:
            connection.refuse(message, DiagnosticNackCode.OUT_OF_MEMORY)
            return
        delivery = self._served.deliver(message.target_address, message.user_data, now)
        if delivery.refusal is not None:
            connection.refuse(message, delivery.refusal)
            return
        connection.acknowledge(message)
        for address, act in delivery.acts:
            if act.at <= now:
                self._do(address, act)
            else:
                self._plan(address, act)

    def _plan(self, address: int, act: WireAct) -> None:
        def do_now() -> None:
            self._planned.discard(handle)
            self._do(address, act)
            self._flush()

        handle = self._loop.call_at(act.at, do_now)
        self._planned.add(handle)

    def _do(self, address: int, act: WireAct) -> None:
        connection = self._connection
        if connection is None or self._is_half_open():
            return
        if act.payload is not None:
            connection.send_diagnostic(source=address, user_data=act.payload)
        if act.raw:
            connection.send_raw(act.raw)
        if act.reset:
            ecu = self._served.vehicle.ecu(address)
            if ecu is not None:
                ecu.reset(self._loop.time())
        if act.cut:
            connection.should_close = True
            self._is_cut = self._is_cut or act.payload is None

    def _flush(self) -> None:
        """Send what there is to send, close if that is due, and see to the next deadline."""
        connection, transport = self._connection, self._transport
        if connection is None or transport is None or transport.is_closing():
            return
        if self._is_dead or self._served.disturbances.is_half_open:
            return
        data = connection.data_to_send()
        if data:
            transport.write(data)
        if self._is_cut:
            transport.abort()
        elif connection.should_close:
            transport.close()
        else:
            self._set_timer(connection)

    def _set_timer(self, connection: EntityConnection) -> None:
        """Only a deadline that comes sooner needs a new timer: a timer that rings early just looks again."""
        deadline = connection.next_deadline()
        if deadline is None or (self._timer is not None and self._timer.when() <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._connection is not None and not self._is_half_open():
            self._connection.handle_time(self._loop.time())
            self._flush()
