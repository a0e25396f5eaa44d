"""Connections to vehicles lead only where the settings let them: DoIP and SOVD, numbers and names, on real sockets."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
import trustme

from app.connectors.port import VehicleContext
from app.connectors.sovd_clients import SovdClients
from app.connectors.sovd_connector import SovdConnector
from app.connectors.sovd_outcomes import NotTrusted
from app.domain.errors import VehicleUnreachable
from app.domain.vehicle_networks import VehicleNetworkDenied, VehicleNetworks
from app.domain.vehicle_secrets import SecretName
from app.links.doip_pool import DoipLinks
from app.links.vehicle_hosts import VehicleHosts
from support.doip_linked import ENGINE, VIN_ANSWER, ask, settings, soon
from support.doip_peer import DoipPeer
from support.odd_sovd_server import OddSovdServer
from support.sovd_runs import ON_ENGINE, loop_time, request_for
from support.wild_vehicle import BASE, wild_vehicle

CLOSED = VehicleNetworks.from_text(denied=["127.0.0.0/8", "::1/128"], allowed=[])
ELSEWHERE = VehicleNetworks.from_text(denied=[], allowed=["10.20.0.0/16"])
HERE = VehicleNetworks.from_text(denied=[], allowed=["127.0.0.0/8"])
HOSTS = ["127.0.0.1", "localhost", "vehicle.test", "0.0.0.0"]  # noqa: S104 - a host to connect to


class Resolver:
    """Says one address the first time a name is asked for, and another one from then on."""

    def __init__(self, first: str, then: str) -> None:
        self._answers = [first, then]
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return (self._answers[0] if len(self.asked) == 1 else self._answers[1],)


def hosts(networks: VehicleNetworks, first: str = "127.0.0.1", then: str = "127.0.0.1") -> VehicleHosts:
    return VehicleHosts(networks, resolve=Resolver(first, then))


@asynccontextmanager
async def sovd(made_with: VehicleHosts) -> AsyncIterator[SovdConnector]:
    made = SovdConnector(SovdClients(hosts=made_with))
    try:
        yield made
    finally:
        await made.close()


def at(server: OddSovdServer, host: str) -> str:
    """The server's address under another name. With its base, as its version-info names the address it listens on."""
    return f"{server.address.replace('127.0.0.1', host)}?base={BASE}/components"


async def ask_doip(links: DoipLinks, peer: DoipPeer, host: str) -> bytes:
    async with links.use(replace(settings(peer), host=host)) as link, link.channel(ENGINE, soon()) as channel:
        return await ask(channel)


@pytest.mark.parametrize("networks", [CLOSED, ELSEWHERE], ids=["denied", "not allowed"])
@pytest.mark.parametrize("host", HOSTS)
async def test_doip_makes_no_connection_into_a_closed_network(networks: VehicleNetworks, host: str) -> None:
    async with DoipPeer().running() as peer, DoipLinks(hosts=hosts(networks)) as links:
        for _ in range(5):  # the reason stays the same: no breaker hides it
            with pytest.raises(VehicleNetworkDenied, match="SOVD_VEHICLE_NETWORKS_"):
                await ask_doip(links, peer, host)
        assert peer.accepted == 0


@pytest.mark.parametrize("networks", [CLOSED, ELSEWHERE], ids=["denied", "not allowed"])
@pytest.mark.parametrize("host", HOSTS)
async def test_sovd_makes_no_connection_into_a_closed_network(networks: VehicleNetworks, host: str) -> None:
    async with wild_vehicle().running() as server, sovd(hosts(networks)) as made:
        address = at(server, host)
        with pytest.raises(VehicleNetworkDenied, match="SOVD_VEHICLE_NETWORKS_"):
            await made.probe(address, loop_time() + 3)
        with pytest.raises(VehicleUnreachable) as raised:
            async with aclosing(made.execute(request_for(address, "ClearDTC", ON_ENGINE))) as answer:
                await anext(answer)
        assert raised.value.error_code == "vehicle_network_denied"
        assert server.connections == 0


async def test_an_open_network_is_used() -> None:
    async with DoipPeer().running() as peer, DoipLinks(hosts=hosts(HERE)) as links:
        assert await ask_doip(links, peer, "vehicle.test") == VIN_ANSWER
    async with wild_vehicle().running() as server, sovd(hosts(HERE)) as made:
        await made.probe(at(server, "vehicle.test"), loop_time() + 3)


async def test_what_was_checked_is_what_is_connected_to() -> None:
    """A name server that says an open address first and a closed one afterwards is asked once per connection."""
    doip_says, sovd_says = Resolver("127.0.0.1", "127.0.0.2"), Resolver("127.0.0.1", "127.0.0.2")
    first_only = VehicleNetworks.from_text(denied=["127.0.0.2/32"], allowed=[])
    async with DoipPeer().running() as peer, DoipLinks(hosts=VehicleHosts(first_only, resolve=doip_says)) as links:
        assert await ask_doip(links, peer, "vehicle.test") == VIN_ANSWER
    async with wild_vehicle().running() as server, sovd(VehicleHosts(first_only, resolve=sovd_says)) as made:
        address = at(server, "vehicle.test")
        await made.probe(address, loop_time() + 3)
        assert sovd_says.asked == ["vehicle.test"]
        await made.close()
        with pytest.raises(VehicleNetworkDenied, match=r"127\.0\.0\.2"):
            await made.probe(address, loop_time() + 3)
    assert doip_says.asked == ["vehicle.test"]


async def test_tls_still_checks_the_name_of_the_address() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("vehicle.test").configure_cert(tls)
    context = VehicleContext(secrets={str(SecretName.TRUSTED_CERTIFICATES): authority.cert_pem.bytes().decode()})
    async with wild_vehicle().running(tls) as server, sovd(hosts(HERE)) as made:
        await made.probe(at(server, "vehicle.test"), loop_time() + 3, context)
        for other in ("another.test", "127.0.0.1"):
            with pytest.raises(NotTrusted):
                await made.probe(at(server, other), loop_time() + 3, context)
