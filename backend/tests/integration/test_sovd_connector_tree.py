"""The SOVD connector finds entities and follows links in all dialects, and never leaves the vehicle's origin."""

from collections.abc import AsyncIterator

import pytest

from app.connectors import sovd_entities
from app.domain.errors import (
    VehicleProtocolError,
    VehicleRefused,
)
from support.odd_sovd_server import OddSovdServer, Reply
from support.sovd_runs import ON_ENGINE, error_of, payloads_of
from support.wild_vehicle import BASE, BRAKES, ENGINE, capabilities, wild_vehicle


@pytest.fixture
async def server() -> AsyncIterator[OddSovdServer]:
    async with wild_vehicle().running() as running:
        yield running


async def test_components_are_found_whatever_their_links_look_like(server: OddSovdServer) -> None:
    payloads = await payloads_of(server, "DiscoverECUs", {})

    found = [(one["ecu"]["ecuAddress"], one["ecu"]["component"], one["ecu"]["variant"]) for one in payloads[:-1]]
    assert found == [("0x1010", "engine", "Engine_App_1"), ("0x1030", "brakes", "Brakes_App_1")]
    assert payloads[-1] == {"status": "complete", "totalEcus": 2, "totalApps": 0, "ecusNotAnswered": []}


async def test_subcomponents_and_apps_are_found_too(server: OddSovdServer) -> None:
    with_below = {**capabilities("Brakes", "0x1030", "brakes"), "subcomponents": "brakes/subcomponents"}
    server.on("GET", BRAKES, Reply(body=with_below))
    server.on("GET", f"{BRAKES}/subcomponents", Reply(body={"items": [{"id": "sensor#1", "name": "Sensor"}]}))
    server.on("GET", f"{BASE}/apps", Reply(body={"items": [{"id": "tuner", "name": "Tuner"}]}))

    payloads = await payloads_of(server, "DiscoverECUs", {})

    assert payloads[-1]["totalEcus"] == 2
    assert payloads[-1]["totalApps"] == 0
    assert {one["component"] for one in payloads[-1]["ecusNotAnswered"]} == {"sensor#1", "tuner"}
    assert server.asked("GET", f"{BRAKES}/subcomponents/sensor%231")


@pytest.mark.parametrize("trouble", [Reply(cut=True), Reply(status=500), Reply(silent=True)])
@pytest.mark.parametrize("command_name", ["DiscoverECUs", "ReadDTC", "ReadIdentification"])
async def test_what_may_be_below_a_component_is_not_passed_over_in_silence(
    server: OddSovdServer, command_name: str, trouble: Reply
) -> None:
    with_below = {**capabilities("Brakes", "0x1030", "brakes"), "subcomponents": "brakes/subcomponents"}
    server.on("GET", BRAKES, Reply(body=with_below))
    server.on("GET", f"{BRAKES}/subcomponents", trouble)
    last = (await payloads_of(server, command_name, {}, within_s=3))[-1]
    [brakes] = [one for one in last["ecusNotAnswered"] if one["component"] == "brakes" and "below" in one["reason"]]
    assert brakes["ecuAddress"] == "0x1030"


async def test_a_component_without_answer_is_named_and_the_others_come(server: OddSovdServer) -> None:
    server.on("GET", BRAKES, Reply(silent=True))

    payloads = await payloads_of(server, "DiscoverECUs", {}, within_s=3.0)

    assert [one["component"] for one in payloads[-1]["ecusNotAnswered"]] == ["brakes"]
    assert payloads[-1]["totalEcus"] == 1


@pytest.mark.parametrize("command_name", ["DiscoverECUs", "ReadDTC", "ReadIdentification"])
async def test_a_tree_too_large_to_be_read_says_so(
    server: OddSovdServer, command_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sovd_entities, "MOST_ENTITIES", 1)
    assert (await payloads_of(server, command_name, {}))[-1]["note"].startswith("1 more entities were not asked")
    assert "note" not in (await payloads_of(server, "ReadDTC", ON_ENGINE))[-1]


async def test_a_tree_too_deep_to_be_read_says_so(server: OddSovdServer) -> None:
    path = BRAKES
    for level in range(2, 7):
        server.on(
            "GET", path, Reply(body=capabilities("Part", "0x1030", path) | {"subcomponents": f"{path}/subcomponents"})
        )
        server.on("GET", f"{path}/subcomponents", Reply(body={"items": [{"id": f"part{level}", "name": "Part"}]}))
        path = f"{path}/subcomponents/part{level}"
    payloads = await payloads_of(server, "DiscoverECUs", {})
    assert [one["ecu"]["component"] for one in payloads[:-1]] == ["engine", "brakes", "part2", "part3", "part4"]
    assert payloads[-1]["note"].startswith("1 more entities were not asked")


async def test_an_empty_tree_says_why_it_may_be(server: OddSovdServer) -> None:
    server.on("GET", f"{BASE}/components", Reply(body={"items": []}))
    assert "credentials" in (await payloads_of(server, "DiscoverECUs", {}))[-1]["note"]


async def test_an_unknown_component_is_refused_with_those_there_are(server: OddSovdServer) -> None:
    error = await error_of(server, "ReadDTC", {"component": "gearbox"})
    assert isinstance(error, VehicleRefused)
    assert "engine" in error.message


async def test_a_base_uri_on_another_host_is_refused(server: OddSovdServer) -> None:
    async with OddSovdServer().running() as other:
        foreign = {"sovd_info": [{"version": "1.1", "base_uri": f"http://localhost:{other.url[-5:]}/v1"}]}
        server.on("GET", "/version-info", Reply(body=foreign))

        error = await error_of(server, "ReadDTC", {})

        assert isinstance(error, VehicleProtocolError)
        assert "not followed" in error.message
        assert other.seen == []


async def test_links_to_another_host_are_not_followed(server: OddSovdServer) -> None:
    async with OddSovdServer().running() as other:
        hostile = capabilities("Engine", "0x1010", f"{other.url}/steal")
        server.on("GET", ENGINE, Reply(body=hostile))

        payloads = await payloads_of(server, "ReadDTC", ON_ENGINE)

        assert payloads[-1]["totalDtcs"] == 2
        assert other.seen == []


async def test_links_with_an_inner_host_name_are_called_at_our_address(server: OddSovdServer) -> None:
    inner = capabilities("Engine", "0x1010", f"http://10.1.2.3:8080{ENGINE}")
    server.on("GET", ENGINE, Reply(body=inner))
    assert (await payloads_of(server, "ReadDTC", ON_ENGINE))[-1]["totalDtcs"] == 2


async def test_redirects_on_the_same_server_are_followed(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/faults", Reply(status=307, headers={"Location": f"{ENGINE}/faults/"}))
    server.on("GET", f"{ENGINE}/faults/", Reply(body={"items": []}))
    assert (await payloads_of(server, "ReadDTC", ON_ENGINE))[-1]["totalDtcs"] == 0


async def test_redirects_to_another_host_are_not(server: OddSovdServer) -> None:
    async with OddSovdServer().running() as other:
        server.on("GET", f"{ENGINE}/faults", Reply(status=302, headers={"Location": f"{other.url}/"}))
        error = await error_of(server, "ReadDTC", ON_ENGINE)
        assert isinstance(error, VehicleRefused)
        assert other.seen == []


async def test_redirects_without_end_are_given_up(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/faults", Reply(status=301, headers={"Location": f"{ENGINE}/faults"}))
    assert "without end" in (await error_of(server, "ReadDTC", ON_ENGINE)).message


async def test_a_server_without_version_info_takes_its_base_from_the_address(server: OddSovdServer) -> None:
    del server.routes["GET", "/version-info"]
    address = f"{server.address}?base={BASE}"
    assert (await payloads_of(server, "ReadDTC", ON_ENGINE, address=address))[-1]["totalDtcs"] == 2
    assert isinstance(await error_of(server, "ReadDTC", ON_ENGINE), VehicleRefused)
