"""Cyclic subscriptions over real sockets: envelopes, intervals, ends of streams, bounds."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from httpx_sse import aconnect_sse

from app.protocols.sovd.sovd_errors import resource_unknown
from app.sovd_server.backend_values import Asking, Reading
from app.sovd_server.entity_tree import EntityKey
from app.sovd_server.sovd_app import SovdServer, create_sovd_app
from support.memory_vehicle import MemoryVehicle, backend_of, settings_for_tests
from support.sovd_asking import ask, ids, read
from support.sovd_peer import sovd_served

ENGINE = "components/engine"


class Counting(MemoryVehicle):
    """Every reading is one more; it can be made to fail."""

    readings: int = 0
    fails: bool = False

    async def read_data(self, entity: EntityKey, data_id: str, asking: Asking) -> Reading:
        """One more, or no such data."""
        if self.fails:
            raise resource_unknown("data")
        self.readings += 1
        return Reading(data=self.readings)


@pytest.fixture
def vehicle() -> Counting:
    """The vehicle behind `client`."""
    return Counting()


@pytest.fixture
async def client(vehicle: Counting) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server on a real socket."""
    intervals = {"fast": 0.01, "normal": 0.02, "slow": 30.0}
    settings = settings_for_tests(most_subscriptions=3, most_streams=1, intervals_s=intervals)
    app = create_sovd_app(backend_of(vehicle), SovdServer(settings))
    async with sovd_served(app) as root, httpx.AsyncClient(base_url=f"{root}/sovd/v1/") as client:
        yield client


async def subscribe(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """Subscribe to rpm; gives the answer's body and its location."""
    body = {"resource": f"/sovd/v1/{ENGINE}/data/rpm", "interval": "fast", "duration": 60, **changes}
    answer = await ask(client, "POST", f"{ENGINE}/cyclic-subscriptions", 201, body)
    return {**answer.json(), "location": answer.headers["Location"]}


async def events(client: httpx.AsyncClient, source: str, most: int = 1000) -> list[dict[str, Any]]:
    """The envelopes of a stream until it ends, or until there are enough."""
    got: list[dict[str, Any]] = []
    async with asyncio.timeout(20), aconnect_sse(client, "GET", source) as stream:
        assert stream.response.status_code == 200
        async for event in stream.aiter_sse():
            got.append(event.json())
            if len(got) == most:
                break
    return got


async def test_a_subscription_says_all_its_names_and_an_absolute_location(client: httpx.AsyncClient) -> None:
    made = await subscribe(client)
    root = str(client.base_url)
    assert made["location"] == f"{root}{ENGINE}/cyclic-subscriptions/{made['id']}"
    assert made["resource"] == made["observed_resource"] == f"{root}{ENGINE}/data/rpm"
    assert made["subscription"] == made["event_source"] == f"{made['location']}/events"
    assert made["protocol"] == "sse"
    assert datetime.fromisoformat(made["expires"]).tzinfo is not None
    [listed] = (await read(client, f"{ENGINE}/cyclic-subscriptions"))["items"]
    assert {"id", "resource", "subscription", "protocol"} <= listed.keys()
    assert (await read(client, made["location"]))["id"] == made["id"]


async def test_events_are_envelopes_of_what_a_get_gives(client: httpx.AsyncClient) -> None:
    made = await subscribe(client)
    got = await events(client, made["event_source"], most=3)
    assert [event["payload"] for event in got] == [{"id": "rpm", "data": number} for number in (2, 3, 4)]
    assert all(event["timestamp"].endswith("Z") for event in got)


async def test_events_also_come_from_the_subscription_itself(client: httpx.AsyncClient) -> None:
    made = await subscribe(client)
    assert (await events(client, made["location"], most=1))[0]["payload"]["id"] == "rpm"


async def test_a_stream_ends_when_the_duration_is_over(client: httpx.AsyncClient) -> None:
    made = await subscribe(client, duration=1)
    assert len(await events(client, made["event_source"])) > 1
    await ask(client, "GET", made["location"], 404)


async def test_deleting_the_subscription_ends_the_stream(client: httpx.AsyncClient) -> None:
    made = await subscribe(client, interval="slow")
    async with asyncio.timeout(20), aconnect_sse(client, "GET", made["event_source"]) as stream:
        source = stream.aiter_sse()
        await anext(source)
        await ask(client, "DELETE", made["location"], 204)
        assert [event async for event in source] == []


async def test_a_shorter_interval_works_at_once_on_an_open_stream(client: httpx.AsyncClient) -> None:
    made = await subscribe(client, interval="slow")
    async with asyncio.timeout(20), aconnect_sse(client, "GET", made["event_source"]) as stream:
        source = stream.aiter_sse()
        await anext(source)
        changed = await ask(client, "PUT", made["location"], 200, {"interval": "fast", "duration": 30})
        assert changed.json()["interval"] == "fast"
        await anext(source)
        await anext(source)


async def test_a_value_that_cannot_be_read_is_an_error_event_and_the_stream_goes_on(
    client: httpx.AsyncClient, vehicle: Counting
) -> None:
    made = await subscribe(client)
    async with asyncio.timeout(20), aconnect_sse(client, "GET", made["event_source"]) as stream:
        source = stream.aiter_sse()
        assert "payload" in (await anext(source)).json()
        vehicle.fails = True
        while "error" not in (event := (await anext(source)).json()):
            pass
        assert event["error"]["vendor_code"] == "resource-not-found"
        vehicle.fails = False
        while "payload" not in (await anext(source)).json():
            pass


@pytest.mark.parametrize(
    "resource",
    ["../data/rpm", "data/rpm", "../faults", "../modes/session", f"http://elsewhere/sovd/v1/{ENGINE}/data/rpm"],
)
async def test_resources_may_be_relative(client: httpx.AsyncClient, resource: str) -> None:
    made = await subscribe(client, resource=resource)
    assert "payload" in (await events(client, made["event_source"], most=1))[0]


async def test_a_data_list_can_be_observed(client: httpx.AsyncClient) -> None:
    made = await ask(client, "POST", f"{ENGINE}/data-lists", 201, {"ids": ["vin", "rpm"]})
    subscription = await subscribe(client, resource=f"../data-lists/{made.json()['id']}")
    [event] = await events(client, subscription["event_source"], most=1)
    assert ids(event["payload"]) == ["vin", "rpm"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"resource": "/sovd/v1/components/brakes/data/rpm"}, 400),
        ({"resource": "../../brakes/data/rpm"}, 400),
        ({"resource": "../data/none"}, 400),
        ({"resource": "nothing at all"}, 400),
        ({"resource": "../data"}, 501),
        ({"resource": ""}, 400),
        ({"interval": "sometimes"}, 400),
        ({"duration": 0}, 400),
        ({"duration": None}, 400),
        ({"protocol": "mqtt"}, 400),
    ],
)
async def test_what_cannot_be_subscribed(client: httpx.AsyncClient, changes: dict[str, Any], status: int) -> None:
    body = {"resource": "../data/rpm", "interval": "fast", "duration": 60, **changes}
    await ask(client, "POST", f"{ENGINE}/cyclic-subscriptions", status, body)


async def test_subscriptions_and_streams_are_bounded(client: httpx.AsyncClient) -> None:
    made = [await subscribe(client) for _ in range(3)]
    body = {"resource": "../data/rpm", "interval": "fast", "duration": 60}
    refused = await ask(client, "POST", f"{ENGINE}/cyclic-subscriptions", 503, body)
    assert refused.headers["Retry-After"] == "1"
    async with aconnect_sse(client, "GET", made[0]["event_source"]) as stream:
        await anext(stream.aiter_sse())
        await ask(client, "GET", made[1]["event_source"], 503)


async def test_with_the_schema_of_its_events(client: httpx.AsyncClient) -> None:
    body = {"resource": "../data/rpm", "interval": "fast", "duration": 60}
    made = (await ask(client, "POST", f"{ENGINE}/cyclic-subscriptions?include-schema=true", 201, body)).json()
    payload = made["event_schema"]["properties"]["payload"]
    assert payload["properties"]["data"]["x-sovd-unit"]["display_name"] == "1/min"
    assert "schema" in made
