"""A fleet of simulated vehicles: addresses, identification, TLS, limits, and nothing left behind."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import trustme

from app.domain.vin import check_digit
from app.protocols.doip.codes import DiagnosticNackCode
from app.protocols.doip.messages import (
    AliveCheckRequest,
    AliveCheckResponse,
    DiagnosticAck,
    DiagnosticMessage,
    DiagnosticNack,
    DoipMessage,
    EntityStatusRequest,
    EntityStatusResponse,
    HeaderNack,
    PowerModeRequest,
    PowerModeResponse,
    VehicleAnnouncement,
    VehicleIdentificationRequest,
    VehicleIdentificationRequestByVin,
    encode,
)
from app.protocols.doip.stream import decode_datagram
from app.simulator.disturbances import Disturbance, DisturbanceKind
from app.simulator.doip_server import DoipPlaces
from app.simulator.doip_socket import MOST_PLANNED
from app.simulator.fleet import FleetSettings, SimulatedFleet
from app.sovd_server.http_serving import CannotListen
from support.raw_tester import ENGINE, TESTER, RawTester
from support.simulated_fleet import quick_description, quick_fleet
from support.waiting import until

MANY = 200


async def test_two_hundred_vehicles_start_answer_and_leave_nothing_behind() -> None:
    process = psutil.Process()
    async with quick_fleet():
        pass  # what the event loop opens for itself the first time is not counted
    files, tasks = process.num_fds(), asyncio.all_tasks()
    async with quick_fleet(MANY) as fleet:
        assert len({item.vin for item in fleet.vehicles}) == MANY
        assert all(check_digit(item.vin) == item.vin[8] for item in fleet.vehicles)
        assert asyncio.all_tasks() == tasks
        for item in fleet.vehicles[::10]:
            async with RawTester(item.doip_address) as tester:
                assert await tester.activate() == 0x10
                assert bytes.fromhex(await tester.ask("22F190"))[3:].decode() == item.vin
        # three connections that nobody closes
        left = []
        for item in fleet.vehicles[:3]:
            item.served.disturbances.add(Disturbance(kind=DisturbanceKind.DELAY, seconds=60))
            tester = await RawTester(item.doip_address).__aenter__()
            left.append(tester)
            await tester.activate()
            await tester.request("22F190")
        await until(lambda: fleet.open_sockets == 3, what="the others are closed")
    assert fleet.open_sockets == 0
    for tester in left:
        assert await tester.closed()
        await tester.__aexit__(None, None, None)
    await until(lambda: process.num_fds() == files, what="no file is left open")
    assert asyncio.all_tasks() == tasks


class Listener(asyncio.DatagramProtocol):
    """Collects what comes over UDP."""

    def __init__(self) -> None:
        self.messages: list[DoipMessage] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Keep it."""
        self.messages.append(decode_datagram(data))

    @property
    def vins(self) -> list[str | None]:
        """Of announcements."""
        return [item.vin for item in self.messages if isinstance(item, VehicleAnnouncement)]


@pytest.fixture
async def udp() -> AsyncIterator[tuple[asyncio.DatagramTransport, Listener]]:
    loop = asyncio.get_running_loop()
    transport, listener = await loop.create_datagram_endpoint(Listener, local_addr=("127.0.0.1", 0))
    yield transport, listener
    transport.close()


async def test_vehicles_are_identified_over_one_udp_socket(
    udp: tuple[asyncio.DatagramTransport, Listener],
) -> None:
    transport, listener = udp
    async with quick_fleet(120) as fleet:
        place = ("127.0.0.1", fleet.udp_port)
        wanted = fleet.vehicles[77].vin
        transport.sendto(encode(VehicleIdentificationRequestByVin(vin=wanted)), place)
        await until(lambda: listener.vins == [wanted], what="the one vehicle answered")
        listener.messages.clear()
        transport.sendto(encode(VehicleIdentificationRequest(), 0xFF), place)
        await until(lambda: len(listener.vins) == 120, what="all vehicles answered")
        assert set(listener.vins) == {item.vin for item in fleet.vehicles}
        listener.messages.clear()
        for request in (EntityStatusRequest(), PowerModeRequest()):
            transport.sendto(encode(request), place)
        transport.sendto(b"\x00\x01garbage", place)
        await until(lambda: len(listener.messages) == 3, what="three answers")
        kinds = {type(message) for message in listener.messages}
        assert kinds == {EntityStatusResponse, PowerModeResponse, HeaderNack}


async def test_vehicles_announce_themselves_three_times(udp: tuple[asyncio.DatagramTransport, Listener]) -> None:
    transport, listener = udp
    to = transport.get_extra_info("sockname")[:2]
    async with quick_fleet(2, doip=DoipPlaces(announce_to=to)) as fleet:
        await until(lambda: len(listener.vins) == 6, what="three announcements of each")
        assert sorted(map(str, listener.vins)) == sorted(item.vin for item in fleet.vehicles for _ in range(3))


async def test_tls_reaches_the_same_vehicle(tmp_path: Path) -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    async with quick_fleet(doip=DoipPlaces(tls=server)) as fleet:
        address = fleet.vehicles[0].doip_tls_address
        assert address is not None
        assert address.endswith("&tls=1")
        async with RawTester(address, tls=client) as tester:
            assert await tester.activate() == 0x10
            assert await tester.ask("22F40D") == "62F40D00"


async def test_an_idle_connection_is_closed() -> None:
    description = replace(quick_description(), idle_close_s=0.1)
    async with quick_fleet(description=description) as fleet, RawTester(fleet.vehicles[0].doip_address) as tester:
        assert await tester.activate() == 0x10
        assert await tester.ask("22F40D") == "62F40D00"
        assert await tester.closed()


async def test_a_functional_request_is_answered_by_all_ecus() -> None:
    async with quick_fleet() as fleet, RawTester(fleet.vehicles[0].doip_address) as tester:
        await tester.activate()
        tester.send(DiagnosticMessage(TESTER, 0xE400, bytes.fromhex("22F186")))
        assert isinstance(await tester.next(), DiagnosticAck)
        answers = [await tester.next() for _ in fleet.vehicles[0].vehicle.ecus]
        sources = {item.source_address for item in answers if isinstance(item, DiagnosticMessage)}
        assert sources == {0x1000, 0x1010, 0x1020, 0x1030, 0x1040, 0x1050}


async def test_a_tester_that_shows_no_life_gives_its_place_to_the_next() -> None:
    async with quick_fleet() as fleet, RawTester(fleet.vehicles[0].doip_address) as first:
        await first.activate()
        async with RawTester(fleet.vehicles[0].doip_address) as second:
            assert await second.activate() == 0x10
            assert isinstance(await first.next(), AliveCheckRequest)
            assert await first.closed()
        async with (
            RawTester(fleet.vehicles[0].doip_address) as alive,
            RawTester(fleet.vehicles[0].doip_address) as late,
        ):
            await alive.activate()
            refused = asyncio.ensure_future(late.activate())
            assert isinstance(await alive.next(), AliveCheckRequest)
            alive.send(AliveCheckResponse(source_address=TESTER))
            assert await refused == 0x03


async def test_a_flood_of_requests_is_refused_beyond_the_limit() -> None:
    async with quick_fleet() as fleet, RawTester(fleet.vehicles[0].doip_address) as tester:
        await tester.activate()
        fleet.vehicles[0].served.disturbances.add(Disturbance(kind=DisturbanceKind.DELAY, seconds=30))
        for _ in range(MOST_PLANNED + 5):
            tester.send(DiagnosticMessage(TESTER, ENGINE, bytes.fromhex("3E00")))
        answers = [await tester.next() for _ in range(MOST_PLANNED + 5)]
        refusals = [item.code for item in answers if isinstance(item, DiagnosticNack)]
        assert refusals == [DiagnosticNackCode.OUT_OF_MEMORY] * 5
    assert fleet.open_sockets == 0


async def test_ports_follow_each_other_and_a_taken_one_is_named() -> None:
    async with quick_fleet() as first:
        taken = first.udp_port
        settings = FleetSettings(description=quick_description(), doip=DoipPlaces(port=taken))
        with pytest.raises(CannotListen, match=f"cannot listen on 127.0.0.1:{taken}"):
            async with SimulatedFleet(settings):
                pass


async def test_more_vehicles_than_vins_are_refused() -> None:
    settings = FleetSettings(description=quick_description(), vehicles=2, first_number=999_999)
    with pytest.raises(ValueError, match="does not fit into the VIN pattern"):
        async with SimulatedFleet(settings):
            pass


async def test_any_bytes_on_a_connection_do_no_harm() -> None:
    async with quick_fleet() as fleet:
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", bytes(100), b"\x02\xfd\x80\x01\xff\xff\xff\xff", b"\x02\xfd\x00"):
            async with RawTester(fleet.vehicles[0].doip_address) as tester:
                tester.writer.write(garbage)
                await tester.writer.drain()
                tester.writer.write_eof()
                while not await tester.closed():
                    pass
        async with RawTester(fleet.vehicles[0].doip_address) as tester:
            assert await tester.activate() == 0x10


async def test_vehicles_are_served_over_ipv6() -> None:
    async with quick_fleet(doip=DoipPlaces(host="::1")) as fleet, RawTester(fleet.vehicles[0].doip_address) as tester:
        assert fleet.vehicles[0].doip_address.startswith("doip://[::1]:")
        assert await tester.activate() == 0x10
