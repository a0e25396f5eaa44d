"""The server describes itself truthfully: every link works, every answer fits its own schema, every docs is valid."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from app.protocols.sovd.dialect import DIALECT, meta_schemas
from app.simulator.description_reading import built_in_description
from app.simulator.sovd_backend import sovd_backend, utc_now
from app.simulator.virtual_vehicle import VirtualVehicle
from app.sovd_server.backend import SovdBackend
from app.sovd_server.backend_values import ClearableData, StatusAction
from app.sovd_server.sovd_app import SovdServer, create_sovd_app
from support.memory_vehicle import MemoryVehicle, backend_of, settings_for_tests
from support.sovd_asking import ask, read
from support.sovd_peer import sovd_client

REGISTRY: Registry[Any] = Registry().with_resources(
    [(name, Resource.from_contents(schema, DRAFT202012)) for name, schema in meta_schemas().items()]
)
DIALECT_VALIDATOR = Draft202012Validator(meta_schemas()[DIALECT], registry=REGISTRY)
NOT_TO_GET = {*StatusAction, *ClearableData, "event_source", "subscription"}
ENGINE = "components/engine"


def simulated() -> SovdBackend:
    """A virtual vehicle."""
    return sovd_backend(VirtualVehicle(built_in_description(), number=1, started_at=-1.0), utc_now)


BACKENDS = {"memory": lambda: backend_of(MemoryVehicle()), "simulated": simulated}


@pytest.fixture(params=[("memory", True), ("simulated", False)], ids=lambda param: param[0])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """Clients of all kinds of backends, with relative and with absolute links."""
    name, absolute = request.param
    settings = settings_for_tests(absolute_links=absolute)
    async with sovd_client(create_sovd_app(BACKENDS[name](), SovdServer(settings))) as client:
        yield client


def links_in(body: object) -> Iterator[str]:
    """Every link that can be followed by GET."""
    if isinstance(body, list):
        for value in body:
            yield from links_in(value)
    elif isinstance(body, dict):
        for key, value in body.items():
            if isinstance(value, dict | list):
                if key != "schema":
                    yield from links_in(value)
            elif key not in NOT_TO_GET and isinstance(value, str) and "/sovd/v1/" in value:
                yield value


async def make_resources(client: httpx.AsyncClient) -> None:
    """Something of everything that clients make, so that the crawl meets it."""
    upload = {"Content-Type": "application/json", "Content-Disposition": 'attachment; name="m"'}
    data_id = (await read(client, f"{ENGINE}/data"))["items"][0]["id"]
    await ask(client, "POST", f"{ENGINE}/data-lists", 201, {"ids": [data_id]})
    await ask(client, "POST", f"{ENGINE}/locks", 201, {"lock_expiration": 60})
    body = {"resource": f"../data/{data_id}", "interval": "slow", "duration": 60}
    await ask(client, "POST", f"{ENGINE}/cyclic-subscriptions", 201, body)
    await ask(client, "POST", f"{ENGINE}/bulk-data/logs", 201, content=b"{}", headers=upload)
    session = (await read(client, f"{ENGINE}/modes/session"))["id"]
    await ask(client, "PUT", f"{ENGINE}/modes/{session}", 200, {"value": "EXTENDED", "mode_expiration": 60})
    operations = (await read(client, f"{ENGINE}/operations"))["items"]
    operation = next(item for item in operations if item["asynchronous_execution"])
    await ask(client, "POST", f"{operation['href']}/executions", 202, {})


async def crawled(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Every resource that links lead to, by URI, as JSON; asked for with its schema."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [str(client.base_url)]
    while waiting:
        uri = str(client.base_url.join(waiting.pop()))
        if uri in found:
            continue
        answer = await ask(client, "GET", uri, 200, params={"include-schema": "true"})
        is_json = answer.headers["Content-Type"] == "application/json"
        found[uri] = answer.json() if is_json else {}
        waiting += links_in(found[uri])
        if "executions" not in uri and "/operations/" in uri:
            waiting += [f"{uri}/executions/{name}" for name in (await read(client, f"{uri}/executions"))["items"]]
    return found


async def test_every_link_works_and_every_answer_fits_its_own_schema(client: httpx.AsyncClient) -> None:
    await make_resources(client)
    found = await crawled(client)
    with_schema = {uri: body for uri, body in found.items() if "schema" in body}
    assert len(found) > 60
    assert len(with_schema) > 40
    for uri, body in with_schema.items():
        DIALECT_VALIDATOR.validate(body["schema"])
        Draft202012Validator.check_schema(body["schema"])
        errors = [error.message for error in Draft202012Validator(body["schema"]).iter_errors(body)]
        assert not errors, uri


async def test_every_capability_description_is_valid_and_what_it_names_exists(client: httpx.AsyncClient) -> None:
    await make_resources(client)
    called: set[str] = set()
    for uri in await crawled(client):
        document = await read(client, f"{uri.rstrip('/')}/docs")
        errors = [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)]
        assert not errors, uri
        assert document["jsonSchemaDialect"] == DIALECT
        [server] = document["servers"]
        for path, item in document["paths"].items():
            target = f"{server['url']}{path}"
            if "{" in path or "get" not in item or target in called:
                continue
            called.add(target)
            await ask(client, "GET", target, 200)
    assert len(called) > 50


async def test_docs_of_one_resource_are_exact() -> None:
    async with sovd_client(create_sovd_app(backend_of(MemoryVehicle()), SovdServer(settings_for_tests()))) as client:
        rpm = (await read(client, f"{ENGINE}/data/rpm/docs"))["paths"][f"/{ENGINE}/data/rpm"]
        assert set(rpm) == {"x-sovd-name", "x-sovd-data-category", "get", "put"}
        vin = (await read(client, f"{ENGINE}/data/vin/docs"))["paths"][f"/{ENGINE}/data/vin"]
        assert "put" not in vin
        check = (await read(client, f"{ENGINE}/operations/check/docs"))["paths"]
        assert set(check) == {f"/{ENGINE}/operations/check", f"/{ENGINE}/operations/check/executions"}
        assert set(check[f"/{ENGINE}/operations/check/executions"]["post"]["responses"]) == {"200", "409", "default"}
        bleed = (await read(client, f"{ENGINE}/operations/bleed/docs"))["paths"]
        execution = bleed[f"/{ENGINE}/operations/bleed/executions/{{execution-id}}"]
        assert execution["put"]["x-sovd-capabilities"] == ["freeze", "execute", "stop"]
        modes = (await read(client, f"{ENGINE}/modes/docs"))["paths"]
        put = modes[f"/{ENGINE}/modes/session"]["put"]["requestBody"]["content"]["application/json"]["schema"]
        assert put["properties"]["value"]["default"] == "DEFAULT"
        assert put["properties"]["mode_expiration"]["maximum"] == 600
        brakes = (await read(client, "components/brakes/locks/docs"))["paths"]["/components/brakes/locks"]["post"]
        schema = brakes["requestBody"]["content"]["application/json"]["schema"]
        assert schema["properties"]["scopes"]["items"]["enum"] == ["control"]


@pytest.mark.parametrize(
    "path",
    ["components/none/docs", "nothing/docs", f"{ENGINE}/data/none/docs", "apps/tuner/faults/docs", f"{ENGINE}/x/docs"],
)
async def test_docs_of_what_is_not_there(path: str) -> None:
    async with sovd_client(create_sovd_app(backend_of(MemoryVehicle()), SovdServer(settings_for_tests()))) as client:
        await read(client, path, 404)
