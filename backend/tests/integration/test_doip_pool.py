"""Shared links: equal settings share one socket, unused ones are closed, TLS with the certificates of the settings."""

import asyncio
import ssl
from dataclasses import replace

import pytest
import trustme

from app.domain.errors import VehicleConnectionLost, VehicleUnreachable
from app.links.breaker import BreakerSettings
from app.links.doip_pool import DoipLinks
from app.links.doip_settings import DoipSettings
from app.protocols.doip.entity import DoipEntity, EntitySettings
from support.doip_peer import DoipPeer
from support.waiting import until

READ_VIN = b"\x22\xf1\x90"
ONE_ATTEMPT = BreakerSettings(opens_after=1)


def soon(seconds: float = 5.0) -> float:
    """A deadline."""
    return asyncio.get_running_loop().time() + seconds


def settings(peer: DoipPeer) -> DoipSettings:
    """How to reach the peer."""
    return DoipSettings(host="127.0.0.1", port=peer.port, breaker=ONE_ATTEMPT)


async def read(links: DoipLinks, known: DoipSettings, ecu_address: int = 0x1010) -> bytes:
    """One request over a shared link."""
    async with links.use(known) as link, link.channel(ecu_address, soon()) as channel:
        await channel.send(READ_VIN, soon())
        return (await channel.receive(soon())).payload


async def test_equal_settings_share_a_socket() -> None:
    async with DoipPeer().running() as peer, DoipLinks() as links:
        await asyncio.gather(*(read(links, settings(peer), address) for address in (0x1000, 0x1010, 0x1020)))
        assert (peer.accepted, len(links)) == (1, 1)
        await read(links, replace(settings(peer), tester_address=0x0E01))
        assert (peer.accepted, len(links)) == (2, 2)


async def test_unused_links_are_closed_after_a_while() -> None:
    async with DoipPeer().running() as peer, DoipLinks(idle_close_s=0.02) as links:
        await read(links, settings(peer))
        await until(lambda: not peer.writers, what="the socket closed")
        assert len(links) == 0
        await read(links, settings(peer))
        assert peer.accepted == 2


async def test_the_unused_link_gives_way_to_a_new_one_and_used_ones_stay() -> None:
    async with DoipPeer().running() as peer, DoipLinks(max_links=1) as links:
        await read(links, settings(peer))
        async with links.use(replace(settings(peer), tester_address=0x0E01)):
            assert len(links) == 1
            with pytest.raises(VehicleUnreachable, match="connections of this process are in use"):
                await read(links, settings(peer))


async def test_closing_the_pool_ends_everything() -> None:
    async with DoipPeer(ecus={0x1010: lambda _: []}).running() as peer:
        links = DoipLinks()
        reading = asyncio.create_task(read(links, settings(peer)))
        await until(lambda: len(peer.seen) == 1, what="the request")
        await links.close()
        with pytest.raises(VehicleConnectionLost):
            await reading
        with pytest.raises(VehicleUnreachable, match="stopping"):
            await read(links, settings(peer))
        await until(lambda: not peer.writers, what="the socket closed")


class Certificates:
    """An authority, the vehicle's server side, and the tester's certificate."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        vehicle = self.authority.issue_cert("gateway.vehicle.test")
        tester = self.authority.issue_cert("tester.test")
        self.trusted = self.authority.cert_pem.bytes().decode()
        self.tester = (tester.private_key_pem.bytes() + tester.cert_chain_pems[0].bytes()).decode()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.verify_mode = ssl.CERT_REQUIRED
        self.authority.configure_trust(self.server)
        vehicle.configure_cert(self.server)


def secure_peer() -> DoipPeer:
    """A gateway that activates routing over TLS only."""
    return DoipPeer(DoipEntity(EntitySettings(logical_address=0x1000, tls_types=frozenset({0x00}))))


async def test_tls_with_certificates_on_both_sides() -> None:
    known = Certificates()
    async with secure_peer().running(known.server) as peer, DoipLinks() as links:
        secure = replace(settings(peer), tls=True, trusted_certificates=known.trusted, client_certificate=known.tester)
        assert await read(links, secure) == b"\x62\xf1\x90\xf1\x90"
        named = replace(secure, tls_server_name="gateway.vehicle.test")
        await until(lambda: len(peer.writers) == 1, what="the first socket")
        assert await read(links, replace(named, tester_address=0x0E01)) == b"\x62\xf1\x90\xf1\x90"
        with pytest.raises(VehicleUnreachable, match="TLS failed"):
            await read(links, replace(secure, tls_server_name="another.vehicle.test"))
        with pytest.raises(VehicleUnreachable, match="TLS failed"):
            await read(links, replace(secure, trusted_certificates=Certificates().trusted))


async def test_a_gateway_that_demands_tls_says_so() -> None:
    async with secure_peer().running() as peer, DoipLinks() as links:
        with pytest.raises(VehicleUnreachable, match=r"demands TLS.*`tls=1`"):
            await read(links, settings(peer))


async def test_certificates_that_are_none_are_told() -> None:
    async with DoipPeer().running() as peer, DoipLinks() as links:
        with pytest.raises(VehicleUnreachable, match="no PEM text"):
            await read(links, replace(settings(peer), tls=True, client_certificate="secret nonsense"))
        assert "secret" not in repr(replace(settings(peer), client_certificate="secret nonsense"))
