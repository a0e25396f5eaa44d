"""All 94 operations of ISO 17978-3 are called: offered ones succeed, the others are refused as the standard says."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.protocols.sovd.operation_documents import OPERATION_DOCUMENTS
from app.protocols.sovd.operations import OPERATIONS, SovdOperation
from app.sovd_server.backend_values import BulkElsewhere, BulkNotReady
from app.sovd_server.offered import HANDLERS, is_offered
from app.sovd_server.operations_page import operations_page
from app.sovd_server.routing import DOCS, EVENTS
from app.sovd_server.sovd_app import SovdServer, create_sovd_app
from support.memory_vehicle import MemoryVehicle, backend_of, settings_for_tests
from support.sovd_asking import ask, read
from support.sovd_peer import sovd_client

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "sovd-operations.md"
ENGINE = "components/engine"
UPLOAD = {"Content-Type": "application/x-map", "Content-Disposition": 'attachment; name="m"'}
BODIES: dict[tuple[str, str], object] = {
    ("PUT", "/{e}/data/{data-id}"): {"data": 5},
    ("POST", "/{e}/data-lists"): {"ids": ["vin"]},
    ("POST", "/{e}/operations/{operation-id}/executions"): {},
    ("PUT", "/{e}/operations/{operation-id}/executions/{execution-id}"): {"capability": "freeze"},
    ("PUT", "/{e}/modes/{mode-id}"): {"value": "EXTENDED", "mode_expiration": 5},
    ("PUT", "/{e}/configurations/{configuration-id}"): {"data": 5},
    ("POST", "/{e}/locks"): {"lock_expiration": 5},
    ("PUT", "/{e}/locks/{lock-id}"): {"lock_expiration": 5},
    ("PUT", "/{e}/logs/config"): {"items": [{"context": {"type": "RFC5424"}, "severity": "info"}]},
    ("POST", "/{e}/cyclic-subscriptions"): {"resource": "../data/rpm", "interval": "slow", "duration": 5},
    ("PUT", "/{e}/cyclic-subscriptions/{id}"): {"duration": 9},
}
FIXED = {
    "entity-collection": "components",
    "area-id": "body",
    "component-id": "engine",
    "data-id": "rpm",
    "fault-code": "042000",
    "operation-id": "bleed",
    "mode-id": "session",
    "configuration-id": "limit",
    "category": "maps",
}
MADE_BY = {
    "data-list-id": ("data-lists", {"ids": ["vin"]}),
    "lock-id": ("locks", {"lock_expiration": 60}),
    "execution-id": ("operations/bleed/executions", {}),
    "id": ("cyclic-subscriptions", {"resource": "../data/rpm", "interval": "slow", "duration": 60}),
}


@pytest.fixture
def vehicle() -> MemoryVehicle:
    """The vehicle behind `client`; it offers everything."""
    return MemoryVehicle()


@pytest.fixture
async def client(vehicle: MemoryVehicle) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server."""
    async with sovd_client(create_sovd_app(backend_of(vehicle), SovdServer(settings_for_tests()))) as client:
        yield client


async def made(client: httpx.AsyncClient, name: str) -> str:
    """The id of a resource that a client makes."""
    if name == "bulk-data-id":
        answer = await ask(client, "POST", f"{ENGINE}/bulk-data/maps", 201, content=b"1", headers=UPLOAD)
    else:
        path, body = MADE_BY[name]
        status = 202 if name == "execution-id" else 201
        answer = await ask(client, "POST", f"{ENGINE}/{path}", status, body)
    return str(answer.json()["id"])


async def concrete(client: httpx.AsyncClient, operation: SovdOperation) -> str:
    """A path of the operation that exists."""
    path = operation.path.replace("/{any-path}", f"/{ENGINE}").replace("/{e}", f"/{ENGINE}")
    for part in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{part}}}", FIXED[part] if part in FIXED else await made(client, part))
    return path.lstrip("/")


@pytest.mark.parametrize(
    "operation", [operation for operation in OPERATIONS if is_offered(operation)], ids=lambda one: str(one.number)
)
async def test_every_offered_operation_succeeds_with_its_code(
    client: httpx.AsyncClient, vehicle: MemoryVehicle, operation: SovdOperation
) -> None:
    key = (operation.method, operation.path)
    path = await concrete(client, operation)
    if key == ("DELETE", "/{e}/logs/config"):
        await ask(client, "PUT", path, 204, BODIES["PUT", operation.path])
    vehicle.ready = operation.path != "/{e}/status/start"
    if key == ("POST", "/{e}/bulk-data/{category}"):
        answer = await ask(client, "POST", path, 201, content=b"1", headers=UPLOAD)
    else:
        answer = await client.request(operation.method, client.base_url.join(path), json=BODIES.get(key))
    assert answer.status_code in operation.success, answer.text
    if answer.status_code in {201, 202}:
        assert answer.headers["Location"].startswith(f"http://vehicle.test/sovd/v1/{ENGINE}/")
        await ask(client, "GET", answer.headers["Location"], 200)


@pytest.mark.parametrize(
    "operation", [operation for operation in OPERATIONS if not is_offered(operation)], ids=lambda one: str(one.number)
)
async def test_what_is_not_offered_is_refused_as_the_standard_says(
    client: httpx.AsyncClient, operation: SovdOperation
) -> None:
    path = operation.path.replace("{e}", ENGINE).replace("{", "").replace("}", "").lstrip("/")
    expected = 501 if 501 in operation.declared_errors else 404
    await ask(client, operation.method, path, expected, {} if operation.method != "GET" else None)


async def test_a_second_start_is_refused_and_a_synchronous_one_is_200(client: httpx.AsyncClient) -> None:
    await ask(client, "POST", f"{ENGINE}/operations/check/executions", 200)
    await ask(client, "POST", f"{ENGINE}/operations/bleed/executions", 202)
    await ask(client, "POST", f"{ENGINE}/operations/bleed/executions", 409)


async def test_downloads_that_are_not_ready_or_elsewhere() -> None:
    class Elsewhere:
        """Bulk data that is never here."""

        async def read_bulk(self, *rest: object) -> BulkNotReady | BulkElsewhere:
            """By the id."""
            return BulkNotReady(retry_after_s=7) if "slow" in rest else BulkElsewhere(location="https://files/x")

    backend = backend_of(MemoryVehicle())
    object.__setattr__(backend, "bulk_data", Elsewhere())
    async with sovd_client(create_sovd_app(backend, SovdServer(settings_for_tests()))) as client:
        waiting = await ask(client, "GET", f"{ENGINE}/bulk-data/maps/slow", 202)
        assert waiting.headers["Retry-After"] == "7"
        elsewhere = await ask(client, "GET", f"{ENGINE}/bulk-data/maps/far", 307)
        assert elsewhere.headers["Location"] == "https://files/x"


async def test_collections_that_an_entity_does_not_have(client: httpx.AsyncClient) -> None:
    for path in ("faults", "locks", "modes", "cyclic-subscriptions", "data-lists"):
        await read(client, f"apps/tuner/{path}", 404)
    await ask(client, "POST", "apps/tuner/data-lists", 501, {"ids": ["vin"]})
    await ask(client, "POST", "apps/tuner/cyclic-subscriptions", 501, {})


def test_every_offered_operation_is_described_for_capability_descriptions() -> None:
    assert HANDLERS.keys() - OPERATION_DOCUMENTS.keys() == {("GET", DOCS), ("GET", EVENTS)}
    assert OPERATION_DOCUMENTS.keys() <= HANDLERS.keys()


def test_documents_state_the_codes_that_the_standard_declares() -> None:
    for operation in OPERATIONS:
        document = OPERATION_DOCUMENTS.get((operation.method, operation.path))
        if document is not None:
            declared = {*operation.success, *operation.declared_errors}
            assert set(document.answers) == declared, operation


def test_the_table_of_the_standard_is_complete() -> None:
    assert len(OPERATIONS) == 94
    assert len({operation.path for operation in OPERATIONS}) == 60
    assert [operation.number for operation in OPERATIONS] == list(range(1, 95))


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == operations_page()
