"""Vehicle identification, status and power mode over real UDP sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest

from app.domain.errors import VehicleTimeout, VehicleUnreachable
from app.links import doip_discovery
from app.protocols.doip.entity import DoipEntity, EntitySettings

GATEWAY = EntitySettings(logical_address=0x1000, vin="WVWZZZ1KZ6W000001", eid=b"\x02\x00\x00\x00\x00\x01", version=3)


class UdpEntity(asyncio.DatagramProtocol):
    """An entity behind a UDP socket; `garbage` comes before every answer, `loses` requests are not answered."""

    def __init__(self, entity: DoipEntity, garbage: bytes = b"", loses: int = 0) -> None:
        self.entity = entity
        self.garbage = garbage
        self.loses = loses
        self.closed = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self.loses -= 1
        reply = self.entity.answer_datagram(data)
        if reply is None or self.loses >= 0 or self._transport is None:
            return
        if self.garbage:
            self._transport.sendto(self.garbage, addr)
        self._transport.sendto(reply, addr)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()


@asynccontextmanager
async def serving(settings: EntitySettings = GATEWAY, *, garbage: bytes = b"", loses: int = 0) -> AsyncIterator[int]:
    """The port of a running entity."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: UdpEntity(DoipEntity(settings), garbage, loses), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
        await protocol.closed.wait()


def soon(seconds: float = 5.0) -> float:
    """A deadline."""
    return asyncio.get_running_loop().time() + seconds


async def test_one_host_is_asked_who_it_is() -> None:
    async with serving() as port:
        [found] = await doip_discovery.identify(deadline=soon(), host="127.0.0.1", port=port)
    assert (found.host, found.version, found.announcement.vin) == ("127.0.0.1", 3, GATEWAY.vin)
    assert found.announcement.logical_address == 0x1000


async def test_a_vehicle_is_found_by_its_vin_or_its_entity() -> None:
    async with serving() as port:
        by_vin = await doip_discovery.identify(deadline=soon(), host="127.0.0.1", port=port, vin=GATEWAY.vin)
        by_eid = await doip_discovery.identify(deadline=soon(), host="127.0.0.1", port=port, eid=GATEWAY.eid)
        nobody = await doip_discovery.identify(deadline=soon(0.05), host="127.0.0.1", port=port, vin="W" * 17)
    assert by_vin == by_eid != []
    assert nobody == []


async def test_a_broadcast_collects_until_the_deadline() -> None:
    # on the loopback network, where a broadcast reaches sockets that listen on all addresses
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: UdpEntity(DoipEntity(GATEWAY)),
        local_addr=("0.0.0.0", 0),  # noqa: S104 - only so are broadcasts heard
    )
    port = transport.get_extra_info("sockname")[1]
    found = await doip_discovery.identify(deadline=soon(0.3), host="127.255.255.255", port=port)
    transport.close()
    await protocol.closed.wait()
    assert [entity.announcement.vin for entity in found] == [GATEWAY.vin]


async def test_lost_datagrams_and_garbage_are_survived() -> None:
    async with serving(garbage=b"\x00\x01garbage", loses=1) as port:
        [found] = await doip_discovery.identify(deadline=soon(), host="127.0.0.1", port=port)
    assert found.announcement.vin == GATEWAY.vin


async def test_status_and_power_mode() -> None:
    async with serving(replace(GATEWAY, power_mode=0)) as port:
        status = await doip_discovery.entity_status(host="127.0.0.1", port=port, deadline=soon())
        mode = await doip_discovery.power_mode(host="127.0.0.1", port=port, deadline=soon())
    assert (status.node_type, status.max_sockets, status.open_sockets) == (0, 16, 0)
    assert mode.power_mode == 0


async def test_silence_is_told_at_the_deadline() -> None:
    async with serving(loses=1000) as port:
        with pytest.raises(VehicleTimeout, match="did not answer over UDP"):
            await doip_discovery.power_mode(host="127.0.0.1", port=port, deadline=soon(0.05))


async def test_a_name_without_address_is_unreachable() -> None:
    with pytest.raises(VehicleUnreachable):
        await doip_discovery.power_mode(host="nowhere..invalid", deadline=soon())


async def test_announcements_are_heard() -> None:
    heard = asyncio.Queue[str | None]()

    async def listen(port: int) -> None:
        async with aclosing(doip_discovery.announcements(deadline=soon(), port=port, host="127.0.0.1")) as found:
            async for entity in found:
                await heard.put(entity.announcement.vin)

    async with serving() as free_port:
        pass
    listening = asyncio.create_task(listen(free_port))
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: UdpEntity(DoipEntity(GATEWAY)), local_addr=("127.0.0.1", 0)
    )
    async with asyncio.timeout(20):
        while heard.empty():
            transport.sendto(DoipEntity(GATEWAY).announcement(), ("127.0.0.1", free_port))
            await asyncio.sleep(0.01)
    assert heard.get_nowait() == GATEWAY.vin
    listening.cancel()
    await asyncio.wait([listening])
    transport.close()
    await protocol.closed.wait()
