"""Data, faults, operations, modes, configurations, logs and bulk data over the SOVD server."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.domain.errors import VehicleRefused, VehicleTimeout
from app.domain.json_values import JsonObject, JsonValue
from app.sovd_server.backend_values import Asking, ExecutionState, ExecutionStatus, ModeAnswer, Reading
from app.sovd_server.entity_tree import EntityKey
from app.sovd_server.sovd_app import SovdServer, create_sovd_app
from support.memory_vehicle import MemoryVehicle, backend_of, settings_for_tests
from support.sovd_asking import ask, ids, read
from support.sovd_peer import sovd_client
from support.waiting import until

ENGINE = "components/engine"


class Stubborn(MemoryVehicle):
    """Refuses as an ECU does."""

    async def read_data(self, entity: EntityKey, data_id: str, asking: Asking) -> Reading:
        """`rpm` is refused with 0x31, `mute` is silent."""
        if data_id == "rpm":
            raise VehicleRefused("out of range", details={"nrc": "0x31", "service": "0x22"})
        if data_id == "mute":
            raise VehicleTimeout("silent")
        raise RuntimeError("a mistake of ours")

    async def set_mode(self, entity: EntityKey, mode_id: str, request: JsonObject, asking: Asking) -> ModeAnswer:
        """The ECU says no."""
        raise VehicleRefused("not now", details={"nrc": "0x22", "service": "0x10"})

    async def write_data(self, entity: EntityKey, data_id: str, value: JsonValue, asking: Asking) -> None:
        """Locked."""
        raise VehicleRefused("locked", details={"nrc": "0x33", "service": "0x2E"})


@pytest.fixture
def vehicle() -> MemoryVehicle:
    """The vehicle behind `client`."""
    return MemoryVehicle()


@pytest.fixture
async def client(vehicle: MemoryVehicle) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with one vehicle."""
    settings = settings_for_tests(most_data_lists=2, most_executions=3, largest_upload=1000, largest_json=500)
    async with sovd_client(create_sovd_app(backend_of(vehicle), SovdServer(settings))) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["vin", "rpm", "mute"]),
        ("?category=identData", ["vin"]),
        ("?categories=identData&category=currentData", ["vin", "rpm"]),
        ("?groups=motion", ["rpm", "mute"]),
        ("?groups=other&groups=motion&category=identData", ["rpm", "mute"]),
        ("?tags=legal&category=identData", ["vin"]),
        ("?category=none", []),
    ],
)
async def test_data_filters(client: httpx.AsyncClient, query: str, expected: list[str]) -> None:
    assert ids(await read(client, f"{ENGINE}/data{query}")) == expected


async def test_data_is_written_and_read_back(client: httpx.AsyncClient) -> None:
    await ask(client, "PUT", f"{ENGINE}/data/rpm", 204, {"data": 1000})
    assert (await read(client, f"{ENGINE}/data/rpm"))["data"] == 1000


async def test_a_wrong_value_is_a_data_error(client: httpx.AsyncClient) -> None:
    for body in ({"data": "fast"}, {"value": 3}):
        error = (await ask(client, "PUT", f"{ENGINE}/data/rpm", 400, body)).json()
        assert error["path"] == "/data"


async def test_bodies_that_cannot_be_read(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/data/rpm"
    await ask(client, "PUT", path, 400, content=b"{", headers={"Content-Type": "application/json"})
    await ask(client, "PUT", path, 400, content=b"[1]", headers={"Content-Type": "application/json"})
    await ask(client, "PUT", path, 400)
    await ask(client, "PUT", path, 415, content=b"{}", headers={"Content-Type": "text/plain"})
    await ask(client, "PUT", path, 413, {"data": "x" * 600})


async def test_read_only_data_cannot_be_written(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "PUT", f"{ENGINE}/data/vin", 405, {"data": 1})
    assert answer.headers["Allow"] == "GET"
    assert answer.json()["vendor_code"] == "read-only"


async def test_categories_and_groups(client: httpx.AsyncClient) -> None:
    categories = await read(client, f"{ENGINE}/data-categories")
    assert ids(categories, "item") == ["identData", "currentData", "x-acme-odd"]
    assert ids(await read(client, f"{ENGINE}/data-groups")) == ["motion", "other"]
    assert ids(await read(client, f"{ENGINE}/data-groups?tags=odd")) == ["other"]


async def test_data_lists(client: httpx.AsyncClient) -> None:
    made = await ask(client, "POST", f"{ENGINE}/data-lists", 201, {"ids": ["vin", "mute"]})
    location = made.headers["Location"]
    assert location == f"http://vehicle.test/sovd/v1/{ENGINE}/data-lists/{made.json()['id']}"
    first, second = (await read(client, location))["items"]
    assert first["data"] == "WVWZZZ1JZXW000001"
    assert second["errors"][0]["error"]["error_code"] == "not-responding"
    assert ids(await read(client, f"{ENGINE}/data-lists")) == [made.json()["id"]]
    assert (await read(client, f"{ENGINE}/data-lists?tags=any"))["items"] == []
    await ask(client, "GET", f"components/brakes/data-lists/{made.json()['id']}", 404)
    await ask(client, "DELETE", location, 204)
    await ask(client, "GET", location, 404)
    assert "none" in (await ask(client, "POST", f"{ENGINE}/data-lists", 400, {"ids": ["none"]})).json()["message"]


async def test_data_lists_are_bounded_and_the_longest_unused_goes(client: httpx.AsyncClient) -> None:
    made = [
        (await ask(client, "POST", f"{ENGINE}/data-lists", 201, {"ids": ["vin"]})).headers["Location"] for _ in range(2)
    ]
    await read(client, made[0])
    await ask(client, "POST", f"{ENGINE}/data-lists", 201, {"ids": ["vin"]})
    await ask(client, "GET", made[0], 200)
    await ask(client, "GET", made[1], 404)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["042000", "017100", "C10000"]),
        ("status[testFailed]=1", ["042000"]),
        ("status[pending_dtc]=true", ["042000", "017100"]),
        ("status[confirmedDTC]=1&status[testNotCompletedSinceLastClear]=1", ["042000", "C10000"]),
        ("status[aggregatedStatus]=active", ["042000"]),
        ("status[mask]=50", ["C10000"]),
        ("status[none]=1", []),
        ("severity=2", ["042000"]),
        ("severity=3", ["042000", "017100"]),
        ("scope=default", ["042000", "017100", "C10000"]),
        ("tags=none", []),
    ],
)
async def test_fault_filters(client: httpx.AsyncClient, query: str, expected: list[str]) -> None:
    assert ids(await read(client, f"{ENGINE}/faults?{query}"), "code") == expected


async def test_fault_detail_and_clearing(client: httpx.AsyncClient) -> None:
    detail = await read(client, f"{ENGINE}/faults/042000")
    assert detail["item"]["status"]["mask"] == "2F"
    assert detail["environment_data"]["data"] == {"rpm": 900}
    await ask(client, "GET", f"{ENGINE}/faults?scope=none", 400)
    await ask(client, "GET", f"{ENGINE}/faults?severity=high", 400)
    await ask(client, "DELETE", f"{ENGINE}/faults/042000?scope=Default", 400)
    await ask(client, "DELETE", f"{ENGINE}/faults/042000", 204)
    await ask(client, "DELETE", f"{ENGINE}/faults/042000", 404)
    await ask(client, "DELETE", f"{ENGINE}/faults/C10000", 501)
    await ask(client, "DELETE", f"{ENGINE}/faults", 204)
    assert (await read(client, f"{ENGINE}/faults"))["items"] == []


async def test_a_synchronous_operation(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/operations/check/executions"
    assert (await ask(client, "POST", path, 200, {"parameters": 3})).json() == {"parameters": {"echo": 3}}
    failed = (await ask(client, "POST", path, 200, {"parameters": "fail"})).json()
    assert failed["error"]["error_code"] == "error-response"
    assert (await read(client, path))["items"] == []
    assert (await read(client, f"{ENGINE}/operations/check"))["modes"] == {"session": "EXTENDED"}


async def test_the_life_of_an_execution(client: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    path = f"{ENGINE}/operations/bleed/executions"
    started = await ask(client, "POST", path, 202)
    assert started.json()["status"] == "running"
    location = started.headers["Location"]
    execution_id = started.json()["id"]
    assert location.endswith(f"/{path}/{execution_id}")
    assert (await read(client, path))["items"] == [execution_id]
    await ask(client, "POST", path, 409, {})
    assert (await read(client, location)) == {"capability": "execute", "status": "running"}
    controlled = await ask(client, "PUT", location, 202, {"capability": "freeze"})
    assert controlled.headers["Location"] == location
    assert (await read(client, location))["capability"] == "freeze"
    vehicle.executions[execution_id] = ExecutionState(status=ExecutionStatus.COMPLETED, parameters={"done": True})
    assert (await read(client, location))["parameters"] == {"done": True}
    await ask(client, "POST", path, 202, {})
    assert (await read(client, location))["status"] == "completed"
    await ask(client, "DELETE", location, 204, {})
    await ask(client, "GET", location, 404)


async def test_deleting_an_execution_stops_it_with_and_without_body(
    client: httpx.AsyncClient, vehicle: MemoryVehicle
) -> None:
    path = f"{ENGINE}/operations/bleed/executions"
    bodies: tuple[dict[str, object] | None, ...] = ({}, None)
    for body in bodies:
        location = (await ask(client, "POST", path, 202, {})).headers["Location"]
        await ask(client, "DELETE", location, 204, body)
    assert vehicle.actions == ["stop", "stop"]


async def test_capabilities_that_an_operation_lacks(client: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    path = f"{ENGINE}/operations/bleed/executions"
    location = (await ask(client, "POST", path, 202, {})).headers["Location"]
    for capability in ("status", "reset"):
        await ask(client, "PUT", location, 400, {"capability": capability})
    await ask(client, "PUT", location, 202, {"capability": "stop"})
    assert (await read(client, location)) == {"capability": "stop", "status": "completed"}
    assert vehicle.actions == ["stop"]


async def test_a_timeout_stops_an_execution(client: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    path = f"{ENGINE}/operations/bleed/executions"
    await ask(client, "POST", path, 400, {"timeout": 0})
    location = (await ask(client, "POST", path, 202, {"timeout": 1})).headers["Location"]
    await until(lambda: vehicle.actions == ["stop"], what="the stop")
    assert (await read(client, location))["status"] == "completed"


async def test_finished_executions_are_bounded(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/operations/bleed/executions"
    locations = []
    for _ in range(4):
        locations.append((await ask(client, "POST", path, 202, {})).headers["Location"])
        await ask(client, "PUT", locations[-1], 202, {"capability": "stop"})
    assert len((await read(client, path))["items"]) == 3
    await ask(client, "GET", locations[0], 404)


async def test_modes_fall_back_when_their_time_is_over(client: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    path = f"{ENGINE}/modes/session"
    await ask(client, "PUT", path, 400, {"value": "EXTENDED"})
    await ask(client, "PUT", path, 400, {"value": "EXTENDED", "mode_expiration": 601})
    wrong = await ask(client, "PUT", path, 400, {"value": "FLYING", "mode_expiration": 1})
    assert wrong.json()["parameters"]["possiblevalues"] == ["DEFAULT", "EXTENDED"]
    answer = await ask(client, "PUT", path, 200, {"value": "EXTENDED", "mode_expiration": 1})
    assert answer.json() == {"id": "session", "value": "EXTENDED"}
    assert (await read(client, path)) == {"id": "session", "name": "Session", "value": "EXTENDED"}
    await until(lambda: vehicle.mode_values["session"] == "DEFAULT", what="the default session")
    await ask(client, "GET", f"{ENGINE}/modes/none", 404)


async def test_configurations(client: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    path = f"{ENGINE}/configurations"
    items = (await read(client, path))["items"]
    assert [item["type"] for item in items] == ["parameter", "bulk"]
    assert items[1]["content_type"] == "application/octet-stream"
    await ask(client, "PUT", f"{path}/limit", 204, {"data": 7000})
    assert (await read(client, f"{path}/limit"))["data"] == 7000
    await ask(client, "PUT", f"{path}/limit", 400, {})
    coding = f"{path}/coding"
    await ask(client, "PUT", coding, 204, content=b"\x07", headers={"Content-Type": "application/octet-stream"})
    assert vehicle.coding == b"\x07"
    assert (await ask(client, "GET", coding, 200)).content == b"\x07"
    await ask(client, "GET", coding, 406, headers={"Accept": "application/json"})
    await ask(client, "PUT", coding, 415, content=b"x", headers={"Content-Type": "text/plain"})


async def test_logs(client: httpx.AsyncClient) -> None:
    links = await read(client, f"{ENGINE}/logs")
    entries = await read(client, f"{links['entries']}?severity=error")
    assert [entry["severity"] for entry in entries["items"]] == ["fatal", "error"]
    assert entries["items"][0]["timestamp"] == "2026-05-04T12:00:00.000Z"
    await ask(client, "GET", f"{links['entries']}?severity=loud", 400)
    setting = {"context": {"type": "RFC5424", "process": "engine"}, "severity": "debug"}
    await ask(client, "DELETE", links["config"], 404)
    for member in ("items", "contexts"):
        await ask(client, "PUT", links["config"], 204, {member: [setting]})
    assert (await read(client, links["config"]))["contexts"] == [setting]
    await ask(client, "PUT", links["config"], 400, {"items": [{"context": {"type": "none"}, "severity": "info"}]})
    await ask(client, "PUT", links["config"], 400, {"items": [{}]})
    await ask(client, "DELETE", links["config"], 204)


UPLOAD = {"Content-Type": "application/x-map", "Content-Disposition": 'attachment; name="m"; filename="my map.bin"'}


async def test_bulk_data_there_and_back(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/bulk-data"
    assert (await read(client, path))["items"] == ["maps"]
    content = bytes(range(256))
    made = await ask(client, "POST", f"{path}/tiles", 201, content=content, headers=UPLOAD)
    assert (await read(client, path))["items"] == ["maps", "tiles"]
    [item] = (await read(client, f"{path}/tiles"))["items"]
    assert (item["id"], item["mimetype"], item["size"]) == (made.json()["id"], "application/x-map", 256)
    assert item["name"] == "my map.bin"
    got = await ask(client, "GET", made.headers["Location"], 200)
    assert got.content == content
    assert got.headers["Content-Type"] == "application/x-map"
    await ask(client, "DELETE", made.headers["Location"], 204)
    await ask(client, "GET", made.headers["Location"], 404)


async def test_bulk_data_filters_and_deletion_of_a_category(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/bulk-data/maps"
    made = (await ask(client, "POST", path, 201, content=b"1", headers=UPLOAD)).json()["id"]
    assert ids(await read(client, f"{path}?created-after=2026-05-04T11:00:00Z")) == [made]
    assert ids(await read(client, f"{path}?created-after=2026-05-04T12:00:00%2B00:00")) == []
    assert ids(await read(client, f"{path}?created-before=2026-05-04T11:00:00Z")) == []
    await ask(client, "GET", f"{path}?created-before=yesterday", 400)
    await ask(client, "GET", f"{ENGINE}/bulk-data/none", 404)
    deleted = await ask(client, "DELETE", path, 200)
    assert deleted.json() == {"deleted_ids": [made], "errors": []}


async def test_uploads_are_refused_without_their_headers_or_too_large(client: httpx.AsyncClient) -> None:
    path = f"{ENGINE}/bulk-data/maps"
    await ask(client, "POST", path, 400, content=b"1", headers={"Content-Type": "application/x-map"})
    await ask(client, "POST", path, 400, content=b"1", headers={"Content-Disposition": 'attachment; name="m"'})
    await ask(client, "POST", path, 413, content=b"1" * 1001, headers=UPLOAD)

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"1" * 100

    await ask(client, "POST", path, 413, content=unannounced(), headers=UPLOAD)
    assert (await read(client, path))["items"] == []


async def test_status_actions(client: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    status = await read(client, f"{ENGINE}/status")
    assert status["status"] == "ready"
    answer = await ask(client, "PUT", status["restart"], 202)
    assert answer.headers["Location"] == f"http://vehicle.test/sovd/v1/{ENGINE}/status"
    await ask(client, "PUT", status["force-shutdown"], 202, {"parameters": {"soft": True}})
    await ask(client, "PUT", status["start"], 409, {})
    assert vehicle.actions == ["restart", "force-shutdown"]


async def test_clear_data(client: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    path = f"{ENGINE}/clear-data"
    assert (await read(client, f"{path}/status")) == {"status": "notRequested"}
    made = await ask(client, "POST", f"{ENGINE}/data-lists", 201, {"ids": ["vin"]})
    links = await read(client, path)
    vehicle.may_clear.clear()
    answer = await ask(client, "PUT", links["client-defined-resources"], 202)
    assert answer.headers["Location"].endswith(links["status"])
    await ask(client, "PUT", links["learned-data"], 409)
    vehicle.may_clear.set()
    await until(lambda: vehicle.cleared == ["client-defined-resources"], what="the clearing")
    status = await read(client, links["status"])
    assert (status["status"], status["progress"], status["type"]) == ("completed", 100, "client-defined-resources")
    await ask(client, "GET", made.headers["Location"], 404)


async def test_refusals_of_an_ecu_and_of_ourselves() -> None:
    app = create_sovd_app(backend_of(Stubborn()), SovdServer(settings_for_tests()))
    async with sovd_client(app) as client:
        error = (await ask(client, "GET", f"{ENGINE}/data/rpm", 400)).json()
        assert error["parameters"] == {"service": "0x22", "nrc": "0x31"}
        assert error["error_code"] == "error-response"
        assert (await read(client, f"{ENGINE}/data/mute", 504))["error_code"] == "not-responding"
        failed = await read(client, f"{ENGINE}/data/vin", 500)
        assert failed["error_code"] == "sovd-server-failure"
        assert "mistake" not in failed["message"]
        await ask(client, "PUT", f"{ENGINE}/data/rpm", 403, {"data": 1})
        await ask(client, "PUT", f"{ENGINE}/modes/session", 500, {"value": "EXTENDED", "mode_expiration": 5})
        made = await ask(client, "POST", f"{ENGINE}/data-lists", 201, {"ids": ["rpm", "mute"]})
        items = (await read(client, made.headers["Location"]))["items"]
        assert [item["errors"][0]["error"]["error_code"] for item in items] == ["error-response", "not-responding"]
