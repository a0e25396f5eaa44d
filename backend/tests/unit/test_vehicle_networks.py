"""Which addresses vehicles may be at, decided without any network; and names that lead to several."""

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.connectors.doip_connector import DoipConnector
from app.connectors.port import ConnectorRegistry
from app.connectors.sovd_clients import SovdClients
from app.connectors.sovd_connector import SovdConnector
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.errors import InvalidRequest
from app.domain.vehicle_networks import VehicleNetworkDenied, VehicleNetworks, read_network
from app.links.doip_pool import DoipLinks
from app.links.vehicle_hosts import VehicleHosts, resolve_by_system
from app.settings import Settings

ANY = IPv4Address(0)
ONLY_DEPOT = VehicleNetworks.from_text(denied=["10.20.0.7/32"], allowed=["10.20.0.0/16", "fd00:20::/64"])


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "100.100.100.200",
        "fd00:ec2::254",
        "fd00:0ec2:0000::0254",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "::169.254.169.254",
        "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "fd00:ec2::254%eth0",
    ],
)
def test_metadata_addresses_are_closed_however_they_are_spelled(address: str) -> None:
    assert "SOVD_VEHICLE_NETWORKS_DENIED" in (VehicleNetworks().why_denied(address) or "")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.168.1.10", "169.254.169.253", "fe80::1%eth0", "8.8.8.8"])
def test_every_other_address_is_open_by_default(address: str) -> None:
    assert VehicleNetworks().why_denied(address) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", str(ANY), "::ffff:127.0.0.1", f"::ffff:{ANY}"])
def test_this_machine_is_closed_by_each_of_its_names(address: str) -> None:
    closed = VehicleNetworks.from_text(denied=["127.0.0.0/8"], allowed=[])
    assert closed.why_denied(address) is not None


def test_the_unspecified_address_is_this_machine() -> None:
    closed = VehicleNetworks.from_text(denied=["::1/128"], allowed=[])
    assert closed.why_denied("::") is not None
    assert closed.why_denied("::2") is None


def test_only_what_is_allowed_and_not_denied_is_open() -> None:
    assert ONLY_DEPOT.why_denied("10.20.3.4") is None
    assert ONLY_DEPOT.why_denied("::ffff:10.20.3.4") is None
    assert ONLY_DEPOT.why_denied("fd00:20::5") is None
    assert "SOVD_VEHICLE_NETWORKS_ALLOWED" in (ONLY_DEPOT.why_denied("10.21.0.1") or "")
    assert "SOVD_VEHICLE_NETWORKS_DENIED" in (ONLY_DEPOT.why_denied("10.20.0.7") or "")


@given(st.ip_addresses())
def test_every_address_gets_an_answer(address: object) -> None:
    closed = VehicleNetworks.from_text(denied=[str(address)], allowed=[])
    assert closed.why_denied(str(address)) is not None
    assert VehicleNetworks.from_text(denied=["0.0.0.0/0", "::/0"], allowed=[]).why_denied(str(address)) is not None


@pytest.mark.parametrize("text", ["depot", "10.20.0.7/16", "10.0.0.0/33", "", "fd00::/200"])
def test_what_is_no_network_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match=r"write a network as"):
        read_network(text)
    with pytest.raises(ValidationError, match="vehicle_networks_allowed"):
        Settings(vehicle_networks_allowed=(text,))


async def test_the_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOVD_VEHICLE_NETWORKS_DENIED", '["127.0.0.0/8"]')
    assert Settings().vehicle_networks_denied == ("127.0.0.0/8",)


@pytest.mark.parametrize(
    "address",
    [
        "doip://169.254.169.254",
        "doip://[fd00:ec2::254]:13400?ecus=0x1010",
        "sovd+http://169.254.169.254/latest/meta-data",
        "sovd+https://[::ffff:169.254.169.254]:8443/",
    ],
)
async def test_a_number_where_no_vehicle_may_be_is_refused_when_registering(
    address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def no_file(_: object) -> bytes:
        raise AssertionError("nothing is read")

    data = DiagnosticDataLibrary(tmp_path_factory.mktemp("data"), no_file)
    async with DoipLinks() as links:
        registry = ConnectorRegistry([DoipConnector(links, data), SovdConnector(SovdClients())])
        with pytest.raises(InvalidRequest, match="SOVD_VEHICLE_NETWORKS_DENIED") as raised:
            registry.check_address(address)
        assert [one.pointer for one in raised.value.field_errors] == ["/address"]
        registry.check_address("doip://metadata.internal")  # a name says nothing until it is resolved
        registry.check_address("sovd+http://169.254.169.253/")
    await data.close()


def _named(*addresses: str) -> VehicleHosts:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return VehicleHosts(ONLY_DEPOT, resolve=resolve)


async def test_of_several_addresses_only_the_open_ones_are_used() -> None:
    tried: list[str] = []

    async def attempt(address: str) -> str:
        tried.append(address)
        if address == "10.20.0.1":
            raise ConnectionRefusedError
        return address

    found = await _named("10.20.0.7", "10.20.0.1", "192.168.0.1", "10.20.0.2").connect("depot", 13400, attempt)
    assert (found, tried) == ("10.20.0.2", ["10.20.0.1", "10.20.0.2"])


async def test_the_error_names_host_address_and_setting() -> None:
    with pytest.raises(
        VehicleNetworkDenied, match=r"depot \(192\.168\.0\.1\).*SOVD_VEHICLE_NETWORKS_ALLOWED"
    ) as raised:
        await _named("192.168.0.1").addresses("depot", 13400)
    assert raised.value.error_code == "vehicle_network_denied"
    assert not raised.value.retry_can_help
    assert not raised.value.may_have_acted


async def test_a_name_without_addresses_is_no_permission() -> None:
    with pytest.raises(OSError, match="no address"):
        await _named().addresses("depot", 13400)


async def test_the_last_failure_is_told() -> None:
    async def attempt(address: str) -> str:
        raise ConnectionRefusedError(address)

    with pytest.raises(ConnectionRefusedError, match=r"10\.20\.0\.2"):
        await _named("10.20.0.1", "10.20.0.2").connect("depot", 13400, attempt)


async def test_the_system_knows_this_machine_and_numbers_in_odd_spelling() -> None:
    assert set(await resolve_by_system("localhost", 80)) & {"127.0.0.1", "::1"}
    assert await resolve_by_system("0xa9fea9fe", 80) == ("169.254.169.254",)
    assert asyncio.all_tasks() == {asyncio.current_task()}
