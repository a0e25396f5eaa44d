"""The vehicle registry over real HTTP on real PostgreSQL: forms, scope, audit, refusals."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.domain.catalogue import COMMANDS
from app.settings import Settings
from support.running_app import RunningApp, running

BODY: dict[str, Any] = {
    "vin": "1HGCM82633A004352",
    "make": "Honda",
    "model": "Accord",
    "year": 2003,
    "address": "sim:?delay=0",
    "metadata": {"bench": "north 3"},
}


@pytest.fixture
async def quiet_app(app_settings: Settings) -> AsyncIterator[RunningApp]:
    """The application without a worker: nobody probes vehicles or runs commands."""
    async with running(app_settings, with_worker=False) as app:
        yield app


async def registered(app: RunningApp, **changes: object) -> dict[str, Any]:
    """A vehicle of the registry."""
    answer = await app.admin.post("/api/v1/vehicles", json=BODY | changes)
    assert answer.status_code == 201, answer.text
    vehicle: dict[str, Any] = answer.json()
    return vehicle


async def audited(app: RunningApp, action: str) -> list[dict[str, Any]]:
    """Audit entries of an action, newest first."""
    items: list[dict[str, Any]] = (await app.admin.get("/api/v1/audit-logs", params={"action": action})).json()["items"]
    return items


async def vins(client: httpx.AsyncClient, **params: str | int) -> tuple[list[str], int]:
    """VINs of a listing, and its total."""
    page = (await client.get("/api/v1/vehicles", params=params)).json()
    return [item["vin"] for item in page["items"]], page["total"]


async def test_a_registered_vehicle_is_shown_as_it_was_given(quiet_app: RunningApp) -> None:
    answer = await quiet_app.admin.post("/api/v1/vehicles", json=BODY | {"vin": "1hgcm82633a004352"})
    vehicle = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/vehicles/{vehicle['vehicle_id']}"
    assert vehicle == vehicle | BODY
    assert (vehicle["connection_status"], vehicle["last_seen_at"]) == ("unknown", None)
    assert (await quiet_app.admin.get(answer.headers["location"])).json() == vehicle


async def test_a_vin_is_there_once_even_in_other_letters(quiet_app: RunningApp) -> None:
    await registered(quiet_app)
    answer = await quiet_app.admin.post("/api/v1/vehicles", json=BODY | {"vin": BODY["vin"].lower()})
    assert (answer.status_code, answer.json()["code"]) == (409, "vin_taken")
    assert len(await audited(quiet_app, "vehicle.registered")) == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"vin": "IHGCM82633A004352"}, "/vin"),
        ({"vin": "1HGCM82633A00435"}, "/vin"),
        ({"make": ""}, "/make"),
        ({"make": " "}, "/make"),
        ({"model": "x" * 101}, "/model"),
        ({"year": 1899}, "/year"),
        ({"year": "2003"}, "/year"),
        ({"address": "http://192.0.2.1"}, "/address"),
        ({"address": "sim:?delay=never"}, "/address"),
        ({"metadata": []}, "/metadata"),
        ({"metadata": {"a": "x" * 16_400}}, "/metadata"),
        ({"metadata": {"a": [[[[[[[[1]]]]]]]]}}, "/metadata"),
        ({"colour": "blue"}, "/colour"),
    ],
)
async def test_a_wrong_field_is_named(quiet_app: RunningApp, changes: dict[str, Any], pointer: str) -> None:
    answer = await quiet_app.admin.post("/api/v1/vehicles", json=BODY | changes)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_changes_are_audited_with_what_was_before(quiet_app: RunningApp) -> None:
    vehicle = await registered(quiet_app)
    path = f"/api/v1/vehicles/{vehicle['vehicle_id']}"
    answer = await quiet_app.admin.patch(path, json={"model": "Civic", "year": None, "make": "Honda"})
    assert answer.json() == vehicle | {"model": "Civic", "year": None}
    (entry,) = await audited(quiet_app, "vehicle.updated")
    assert entry["object_id"] == vehicle["vehicle_id"]
    assert entry["details"] == {
        "before": {"model": "Accord", "year": 2003},
        "after": {"model": "Civic", "year": None},
    }


@pytest.mark.parametrize("body", [{}, {"make": "Honda"}])
async def test_a_change_that_changes_nothing_leaves_no_entry(quiet_app: RunningApp, body: dict[str, Any]) -> None:
    vehicle = await registered(quiet_app)
    answer = await quiet_app.admin.patch(f"/api/v1/vehicles/{vehicle['vehicle_id']}", json=body)
    assert (answer.status_code, answer.json()) == (200, vehicle)
    assert await audited(quiet_app, "vehicle.updated") == []


@pytest.mark.parametrize("body", [{"vin": None}, {"make": None}, {"address": None}, {"metadata": None}])
async def test_null_is_no_value_for_what_must_be_there(quiet_app: RunningApp, body: dict[str, Any]) -> None:
    vehicle = await registered(quiet_app)
    answer = await quiet_app.admin.patch(f"/api/v1/vehicles/{vehicle['vehicle_id']}", json=body)
    assert answer.status_code == 422


async def test_a_vin_cannot_be_changed_into_a_taken_one(quiet_app: RunningApp) -> None:
    await registered(quiet_app)
    other = await registered(quiet_app, vin="1M8GDM9AXKP042788")
    answer = await quiet_app.admin.patch(f"/api/v1/vehicles/{other['vehicle_id']}", json={"vin": BODY["vin"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "vin_taken")


async def test_a_new_address_is_probed_at_once(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    assert (await running_app.vehicle(vehicle_id))["connection_status"] == "disconnected"
    answer = await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"address": "sim:?delay=0"})
    assert (answer.json()["connection_status"], answer.json()["status_cause"]) == ("unknown", "the address was changed")
    command = await running_app.ended(await running_app.submit(vehicle_id))
    assert command["status"] == "completed"
    assert (await running_app.vehicle(vehicle_id))["last_seen_at"] is not None


async def test_a_vehicle_with_an_open_command_stays(quiet_app: RunningApp) -> None:
    vehicle = await registered(quiet_app)
    path = f"/api/v1/vehicles/{vehicle['vehicle_id']}"
    command_id = await quiet_app.submit(vehicle["vehicle_id"])
    refused = await quiet_app.admin.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "vehicle_busy")
    assert (await quiet_app.admin.post(f"/api/v1/commands/{command_id}/cancel", json={})).status_code == 202
    assert (await quiet_app.admin.delete(path)).status_code == 204


async def test_a_removed_vehicle_is_gone_and_its_history_stays(quiet_app: RunningApp) -> None:
    vehicle = await registered(quiet_app)
    path = f"/api/v1/vehicles/{vehicle['vehicle_id']}"
    command_id = await quiet_app.submit(vehicle["vehicle_id"])
    await quiet_app.admin.post(f"/api/v1/commands/{command_id}/cancel", json={})
    assert (await quiet_app.admin.delete(path)).content == b""
    assert (await quiet_app.admin.get(path)).status_code == 404
    assert (await quiet_app.admin.patch(path, json={"make": "x"})).status_code == 404
    assert (await quiet_app.admin.delete(path)).status_code == 404
    assert await vins(quiet_app.admin) == ([], 0)
    assert (await quiet_app.admin.get(f"/api/v1/commands/{command_id}")).status_code == 200
    assert (await quiet_app.admin.get(f"/api/v1/commands/{command_id}/timeline")).json()["total"] >= 2
    assert (await registered(quiet_app))["vehicle_id"] != vehicle["vehicle_id"]
    (entry,) = await audited(quiet_app, "vehicle.removed")
    assert entry["details"]["before"]["vin"] == BODY["vin"]


async def test_listing_pages_filters_and_searches(quiet_app: RunningApp) -> None:
    for number in range(5):
        await registered(
            quiet_app, vin=f"1HGCM82633A00000{number}", make="VW" if number else "100%_Car", model=f"Golf {number}"
        )
    everything = [f"1HGCM82633A00000{number}" for number in range(5)]
    assert await vins(quiet_app.admin) == (everything, 5)
    assert await vins(quiet_app.admin, limit=2, offset=2) == (everything[2:4], 5)
    assert await vins(quiet_app.admin, offset=5) == ([], 5)
    assert await vins(quiet_app.admin, status="unknown", limit=1) == (everything[:1], 5)
    assert await vins(quiet_app.admin, status="connected") == ([], 0)
    assert await vins(quiet_app.admin, search="golf 3") == (everything[3:4], 1)
    assert await vins(quiet_app.admin, search="a000004") == (everything[4:5], 1)
    assert await vins(quiet_app.admin, search="100%_c") == (everything[:1], 1)
    assert await vins(quiet_app.admin, search="%") == (everything[:1], 1)
    assert await vins(quiet_app.admin, search="_W") == ([], 0)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "offset=-1", "offset=1000001", "status=sleeping", "search="])
async def test_a_wrong_query_is_refused(quiet_app: RunningApp, query: str) -> None:
    answer = await quiet_app.admin.get(f"/api/v1/vehicles?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "query"


async def test_a_scoped_account_sees_its_vehicles_only(quiet_app: RunningApp) -> None:
    own, foreign = await registered(quiet_app), await registered(quiet_app, vin="1M8GDM9AXKP042788")
    async with await quiet_app.add_user("erika", vehicle_ids=[own["vehicle_id"]]) as erika:
        assert await vins(erika) == ([own["vin"]], 1)
        assert (await erika.get(f"/api/v1/vehicles/{own['vehicle_id']}")).status_code == 200
        hidden = await erika.get(f"/api/v1/vehicles/{foreign['vehicle_id']}")
        unknown = await erika.get(f"/api/v1/vehicles/{uuid4()}")
        assert hidden.status_code == unknown.status_code == 404
        same = {"title", "status", "detail", "code", "errors", "type"}
        assert {key: hidden.json()[key] for key in same} == {key: unknown.json()[key] for key in same}


@pytest.mark.parametrize("role", ["viewer", "engineer"])
async def test_only_admins_change_the_registry_and_refusals_are_audited(quiet_app: RunningApp, role: str) -> None:
    vehicle = await registered(quiet_app)
    path = f"/api/v1/vehicles/{vehicle['vehicle_id']}"
    async with await quiet_app.add_user("erika", role) as erika:
        assert (await erika.get(path)).status_code == 200
        refusals = [
            await erika.post("/api/v1/vehicles", json=BODY | {"vin": "1M8GDM9AXKP042788"}),
            await erika.patch(path, json={"make": "x"}),
            await erika.delete(path),
        ]
    assert [answer.status_code for answer in refusals] == [403, 403, 403]
    entries = await audited(quiet_app, "manage_vehicle")
    assert [(entry["outcome"], entry["actor_name"]) for entry in entries] == [("refused", "erika")] * 3


async def test_without_a_token_nothing_is_said(quiet_app: RunningApp) -> None:
    async with httpx.AsyncClient(base_url=quiet_app.base_url, trust_env=False) as nobody:
        for path in ("/api/v1/vehicles", f"/api/v1/vehicles/{uuid4()}", "/api/v1/command-definitions"):
            answer = await nobody.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            basic = await nobody.get(path, headers={"Authorization": "Basic YTpi"})
            assert basic.status_code == 401


async def test_the_catalogue_is_listed_whole(quiet_app: RunningApp) -> None:
    page = (await quiet_app.admin.get("/api/v1/command-definitions")).json()
    by_name = {item["name"]: item for item in page["items"]}
    assert page["total"] == len(COMMANDS)
    assert by_name["ReadDTC"]["idempotent"] is True
    assert by_name["ClearDTC"]["may_change_vehicle"] is True
    assert by_name["ReadDataByID"]["parameters"]["allOf"][0] == {
        "title": "Control unit",
        "oneOf": [{"required": ["ecuAddress"]}, {"required": ["component"]}],
    }
