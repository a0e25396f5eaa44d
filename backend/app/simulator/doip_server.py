"""Serves simulated vehicles over DoIP: a TCP port each (and one for TLS), one UDP port for all of them."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.simulator.doip_identification import DoipIdentification
from app.simulator.doip_socket import DoipSocket
from app.simulator.served_doip_vehicle import ServedDoipVehicle
from app.sovd_server.http_serving import address_family, cannot_listen

BACKLOG = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DoipPlaces:
    """Where DoIP is served. Port 0 takes free ones; otherwise vehicle n has the port plus n - 1."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    tls_port: int = 0
    announce_to: tuple[str, int] | None = None
    """Where vehicles announce themselves when they start; usually the broadcast address, port 13400."""


class DoipServer:
    """Async context manager: inside, the vehicles can be reached; after it, no socket and no timer is left."""

    def __init__(self, vehicles: Sequence[ServedDoipVehicle], places: DoipPlaces) -> None:
        self._vehicles = vehicles
        self._places = places
        self._servers: list[asyncio.Server] = []
        self._open_sockets: set[DoipSocket] = set()
        self._identification: asyncio.DatagramTransport | None = None
        self.ports: dict[str, int] = {}
        """VIN → TCP port."""
        self.tls_ports: dict[str, int] = {}
        """VIN → TLS port; empty without TLS."""
        self.udp_port = 0

    async def __aenter__(self) -> Self:
        """Raises CannotListen; then nothing is left open."""
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    @property
    def open_sockets(self) -> int:
        """Connections that are open."""
        return len(self._open_sockets)

    async def _start(self) -> None:
        known = self._places
        for index, served in enumerate(self._vehicles):
            port = known.port + index if known.port else 0
            self.ports[served.vehicle.vin] = await self._listen(served, port, None)
            if known.tls is not None:
                port = known.tls_port + index if known.tls_port else 0
                self.tls_ports[served.vehicle.vin] = await self._listen(served, port, known.tls)
        await self._open_udp()

    async def _listen(self, served: ServedDoipVehicle, port: int, tls: ssl.SSLContext | None) -> int:
        def make_socket() -> DoipSocket:
            return DoipSocket(served, self._open_sockets, secure=tls is not None)

        listener = _tcp_socket(self._places.host, port)
        self._servers.append(await asyncio.get_running_loop().create_server(make_socket, sock=listener, ssl=tls))
        taken: int = listener.getsockname()[1]
        return taken

    async def _open_udp(self) -> None:
        loop, known = asyncio.get_running_loop(), self._places
        transport, protocol = await loop.create_datagram_endpoint(
            lambda: DoipIdentification(self._vehicles), sock=_udp_socket(known.host, known.port)
        )
        self._identification = transport
        self.udp_port = transport.get_extra_info("sockname")[1]
        if known.announce_to is not None:
            protocol.announce(known.announce_to)

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._open_sockets):
            connection.abort()
        if self._identification is not None:
            self._identification.close()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()
        await asyncio.sleep(0)  # closed transports tell their protocols in the loop's next round


def _tcp_socket(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotListen."""
    try:
        return socket.create_server((host, port), family=address_family(host), backlog=BACKLOG)
    except OSError as error:
        raise cannot_listen(host, port, error) from error


def _udp_socket(host: str, port: int) -> socket.socket:
    """A bound socket. Raises CannotListen; then it is closed again."""
    try:
        opened = socket.socket(address_family(host), socket.SOCK_DGRAM)
    except OSError as error:
        raise cannot_listen(host, port, error) from error
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise cannot_listen(host, port, error) from error
    return opened
