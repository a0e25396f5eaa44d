"""DoIP over UDP (ISO 13400-2, 7.4): who is there, is it ready, how many sockets are open. Changes nothing in a vehicle.

All deadlines are loop times. Datagrams get lost: requests are repeated while there is time. What is no DoIP message,
or none that was asked for, is ignored.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from app.domain.errors import VehicleTimeout
from app.links import doip_errors
from app.protocols.doip.codes import ANY_VERSION, DEFAULT_VERSION, UDP_PORT
from app.protocols.doip.messages import (
    DoipFormatError,
    DoipMessage,
    EntityStatusRequest,
    EntityStatusResponse,
    PowerModeRequest,
    PowerModeResponse,
    VehicleAnnouncement,
    VehicleIdentificationRequest,
    VehicleIdentificationRequestByEid,
    VehicleIdentificationRequestByVin,
    encode,
)
from app.protocols.doip.stream import decode_datagram

BROADCAST = "255.255.255.255"
_REPEAT_S = 0.5
_MAX_WAITING = 256
_MAX_FOUND = 1024
_MAX_DATAGRAM = 1024

Answer = TypeVar("Answer", EntityStatusResponse, PowerModeResponse)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEntity:
    """A DoIP entity that announced itself. `version` is the protocol version it speaks."""

    host: str
    version: int
    announcement: VehicleAnnouncement


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    host: str
    version: int
    message: DoipMessage


class _Datagrams(asyncio.DatagramProtocol):
    """Keeps readable messages for the one who asks; when too many wait, new ones are dropped as the network does."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[_Received] = asyncio.Queue(_MAX_WAITING)
        self.closed = asyncio.Event()

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        try:
            message = decode_datagram(data, _MAX_DATAGRAM)
        except DoipFormatError:
            return
        if not self.received.full():
            self.received.put_nowait(_Received(host=str(addr[0]), version=data[0], message=message))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()


@asynccontextmanager
async def _endpoint(host: str, *, listen_on: tuple[str, int] | None) -> AsyncIterator["_Endpoint"]:
    loop = asyncio.get_running_loop()
    local = listen_on or (("::", 0) if ":" in host else ("0.0.0.0", 0))  # noqa: S104 - answers come in on any interface
    try:
        transport, protocol = await loop.create_datagram_endpoint(
            _Datagrams, local_addr=local, allow_broadcast=True, reuse_port=listen_on is not None
        )
    except OSError as error:
        raise doip_errors.unreachable(host, f"no UDP socket: {error}") from error
    try:
        yield _Endpoint(transport, protocol)
    finally:
        transport.abort()
        await protocol.closed.wait()


class _Endpoint:
    def __init__(self, transport: asyncio.DatagramTransport, protocol: _Datagrams) -> None:
        self._transport = transport
        self._received = protocol.received

    def send(self, data: bytes, address: tuple[str, int]) -> None:
        self._transport.sendto(data, address)

    async def next(self, deadline: float) -> _Received | None:
        """None: nothing came until then."""
        if asyncio.get_running_loop().time() >= deadline:
            return None  # a flood must not carry us past it: what waits would be handed out without a pause
        try:
            async with asyncio.timeout_at(deadline):
                return await self._received.get()
        except TimeoutError:
            return None


async def identify(
    *, deadline: float, host: str = BROADCAST, port: int = UDP_PORT, vin: str | None = None, eid: bytes | None = None
) -> list[FoundEntity]:
    """Ask who is there: everybody, or the one with this VIN or EID.

    A broadcast collects answers until `deadline`; asking one host, one VIN or one EID ends with the first answer.
    Nobody: an empty list. Raises VehicleUnreachable where the host has no address or cannot be asked.
    """
    data = encode(_identification_request(vin, eid), ANY_VERSION)
    address = await _resolve(host, port, deadline)
    is_single = host != BROADCAST or vin is not None or eid is not None
    found: dict[tuple[str, int, bytes], FoundEntity] = {}
    async with _answers(data, address, deadline) as answers:
        async for received in answers:
            entity = _entity(received)
            if entity is None or len(found) >= _MAX_FOUND:
                continue
            found[entity.host, entity.announcement.logical_address, entity.announcement.eid] = entity
            if is_single:
                break
    return list(found.values())


async def announcements(
    *,
    deadline: float,
    port: int = UDP_PORT,
    host: str = "0.0.0.0",  # noqa: S104 - broadcasts come in on any interface
) -> AsyncGenerator[FoundEntity, None]:
    """Entities as they announce themselves, until `deadline`; each announces itself three times. Use `aclosing`."""
    async with _endpoint(host, listen_on=(host, port)) as endpoint:
        while (received := await endpoint.next(deadline)) is not None:
            entity = _entity(received)
            if entity is not None:
                yield entity


async def entity_status(*, host: str, deadline: float, port: int = UDP_PORT) -> EntityStatusResponse:
    """Kind of node and sockets. Raises VehicleTimeout where nothing came, VehicleUnreachable."""
    return await _ask_one(host, port, encode(EntityStatusRequest(), DEFAULT_VERSION), EntityStatusResponse, deadline)


async def power_mode(*, host: str, deadline: float, port: int = UDP_PORT) -> PowerModeResponse:
    """Whether the vehicle is ready for diagnostics. Raises VehicleTimeout where nothing came, VehicleUnreachable."""
    return await _ask_one(host, port, encode(PowerModeRequest(), DEFAULT_VERSION), PowerModeResponse, deadline)


async def _ask_one(host: str, port: int, data: bytes, kind: type[Answer], deadline: float) -> Answer:
    address = await _resolve(host, port, deadline)
    async with _answers(data, address, deadline) as answers:
        async for received in answers:
            if isinstance(received.message, kind):
                return received.message
    raise VehicleTimeout(
        f"The gateway {host}:{port} did not answer over UDP in time. It may be off, or a firewall may block the port; "
        "nothing in the vehicle was changed."
    )


@asynccontextmanager
async def _answers(
    data: bytes, address: tuple[str, int], deadline: float
) -> AsyncIterator[AsyncGenerator[_Received, None]]:
    async with (
        _endpoint(address[0], listen_on=None) as endpoint,
        aclosing(_send_and_hear(endpoint, data, address, deadline)) as answers,
    ):
        yield answers


async def _send_and_hear(
    endpoint: _Endpoint, data: bytes, address: tuple[str, int], deadline: float
) -> AsyncGenerator[_Received, None]:
    """Send, and again after each pause, and give what comes until the deadline."""
    loop = asyncio.get_running_loop()
    while loop.time() < deadline:
        endpoint.send(data, address)
        repeat_at = min(loop.time() + _REPEAT_S, deadline)
        while (received := await endpoint.next(repeat_at)) is not None:
            yield received


async def _resolve(host: str, port: int, deadline: float) -> tuple[str, int]:
    try:
        async with asyncio.timeout_at(deadline):
            found = await asyncio.get_running_loop().getaddrinfo(host, port)
    except (OSError, UnicodeError) as error:
        raise doip_errors.unreachable(host, f"the name has no address ({error})") from error
    return str(found[0][4][0]), port


def _identification_request(vin: str | None, eid: bytes | None) -> DoipMessage:
    if vin is not None:
        return VehicleIdentificationRequestByVin(vin=vin)
    if eid is not None:
        return VehicleIdentificationRequestByEid(eid=eid)
    return VehicleIdentificationRequest()


def _entity(received: _Received) -> FoundEntity | None:
    if not isinstance(received.message, VehicleAnnouncement):
        return None
    return FoundEntity(host=received.host, version=received.version, announcement=received.message)
