"""Discovery over the SOVD server: entities, relations, version-info, and what is not there."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.sovd_server.sovd_app import SovdServer, create_sovd_app, create_sovd_fleet_app
from support.memory_vehicle import MemoryVehicle, backend_of, settings_for_tests
from support.sovd_peer import sovd_client, sovd_served


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with one vehicle."""
    async with sovd_client(create_sovd_app(backend_of(MemoryVehicle()), SovdServer(settings_for_tests()))) as client:
        yield client


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> dict[str, Any]:
    """The JSON object at a path."""
    answer = await client.get(client.base_url.join(path))
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(body: dict[str, Any]) -> list[str]:
    """The ids of a list."""
    return [item["id"] for item in body["items"]]


async def test_version_info_names_the_base(client: httpx.AsyncClient) -> None:
    body = await get(client, "http://vehicle.test/version-info")
    assert body == {"sovd_info": [{"version": "1.1", "base_uri": "http://vehicle.test/sovd/v1"}]}


async def test_the_base_links_all_collections(client: httpx.AsyncClient) -> None:
    body = await get(client, "")
    assert body["components"] == "/sovd/v1/components"
    assert body["data"] == "/sovd/v1/data"
    assert {"areas", "apps", "functions"} <= body.keys()


async def test_entities_with_references_and_tags(client: httpx.AsyncClient) -> None:
    body = await get(client, "components")
    assert body["items"][0] == {
        "id": "engine",
        "name": "Engine",
        "href": "/sovd/v1/components/engine",
        "translation_id": "engine.name",
        "tags": ["powertrain"],
    }
    assert ids(await get(client, "components?tags=powertrain&tags=none")) == ["engine"]
    assert ids(await get(client, "components?tags=none")) == []


async def test_an_entity_links_what_it_offers(client: httpx.AsyncClient) -> None:
    engine = await get(client, "components/engine")
    assert engine["faults"] == "/sovd/v1/components/engine/faults"
    assert engine["cyclic-subscriptions"] == "/sovd/v1/components/engine/cyclic-subscriptions"
    assert engine["belongs-to"] == "/sovd/v1/areas/body"
    assert engine["variant"]["name"] == "EV6"
    assert "faults" not in await get(client, "apps/tuner")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("areas/body/subareas", ["front"]),
        ("components/engine/subcomponents", ["sensor#1"]),
        ("areas/body/related-components", ["engine"]),
        ("areas/body/contains", ["engine"]),
        ("components/engine/related-apps", ["tuner"]),
        ("components/engine/hosts", ["tuner"]),
        ("components/brakes/hosts", []),
        ("functions/lights/hosts", ["engine", "brakes"]),
        ("apps/tuner/depends-on", ["engine"]),
    ],
)
async def test_relations(client: httpx.AsyncClient, path: str, expected: list[str]) -> None:
    assert ids(await get(client, path)) == expected


async def test_relations_are_links_to_the_other_side(client: httpx.AsyncClient) -> None:
    assert (await get(client, "apps/tuner"))["is-located-on"] == "/sovd/v1/components/engine"
    assert (await get(client, "areas/body"))["contains"] == "/sovd/v1/areas/body/contains"


async def test_a_subcomponent_is_found_below_its_master_and_only_there(client: httpx.AsyncClient) -> None:
    assert (await get(client, "components/engine/subcomponents/sensor%231"))["name"] == "Sensor"
    assert (await get(client, "components/engine/subcomponents/sensor%231/data/vin"))["data"]
    assert (await get(client, "components/brakes/subcomponents/sensor%231", 404))["vendor_code"] == "entity-not-found"


async def test_ids_are_percent_encoded_in_links(client: httpx.AsyncClient) -> None:
    items = (await get(client, "components"))["items"]
    [sensor] = [item for item in items if item["id"] == "sensor#1"]
    assert sensor["href"] == "/sovd/v1/components/sensor%231"
    assert (await get(client, sensor["href"]))["id"] == "sensor#1"


@pytest.mark.parametrize(
    ("path", "vendor_code"),
    [
        ("components/none", "entity-not-found"),
        ("components/none/data", "entity-not-found"),
        ("apps/tuner/faults", "resource-not-found"),
        ("components/engine/nothing", "resource-not-found"),
        ("components/engine/data/none", "resource-not-found"),
        ("elsewhere", "resource-not-found"),
        ("http://vehicle.test/other", "resource-not-found"),
    ],
)
async def test_what_is_not_there_is_a_generic_error(client: httpx.AsyncClient, path: str, vendor_code: str) -> None:
    body = await get(client, path, 404)
    assert body["error_code"] == "vendor-specific"
    assert body["vendor_code"] == vendor_code
    assert body["message"]


async def test_other_methods_are_refused_with_those_allowed(client: httpx.AsyncClient) -> None:
    for method in ("POST", "PATCH", "OPTIONS"):
        answer = await client.request(method, "components/engine/data/rpm")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, PUT"
        assert answer.json()["error_code"] == "vendor-specific"


async def test_a_flag_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    assert (await get(client, "components?include-schema=perhaps", 400))["error_code"] == "incomplete-request"


async def test_many_vehicles_under_paths_of_their_own_on_one_port() -> None:
    first, second = MemoryVehicle(), MemoryVehicle(values={"vin": "W2", "rpm": 1.0})
    fleet = {"one": backend_of(first), "two": backend_of(second)}
    app = create_sovd_fleet_app(fleet, settings_for_tests())
    async with sovd_served(app) as root, httpx.AsyncClient(base_url=root) as client:
        info = await get(client, "/two/version-info")
        assert info["sovd_info"][0]["base_uri"] == f"{root}/two/sovd/v1"
        body = await get(client, f"{root}/two/sovd/v1/components/engine")
        assert body["data"] == "/two/sovd/v1/components/engine/data"
        assert (await get(client, body["data"] + "/vin"))["data"] == "W2"
        assert (await get(client, "/one/sovd/v1/components/engine/data/vin"))["data"] != "W2"
        assert (await get(client, "/three/sovd/v1/components", 404))["vendor_code"] == "entity-not-found"
        assert (await get(client, "/", 404))["vendor_code"] == "entity-not-found"
        del fleet["one"]
        await get(client, "/one/sovd/v1/components", 404)
