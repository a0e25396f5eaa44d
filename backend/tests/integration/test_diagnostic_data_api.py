"""Diagnostic data over real HTTP: add, assign, try out, decode stored answers again; audit entries and scope."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.domain.bus_messages import BusMessage
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject
from app.repositories import diagnostic_data_repository, vehicle_context_repository
from app.repositories.response_repository import create_response
from app.settings import Settings
from app.storage.engine import Database
from support.odx_files import odx_document, pdx_of
from support.running_app import RunningApp, running
from support.stored_commands import store_command

BRAKES = odx_document().encode()
PATH = "/api/v1/diagnostic-data"
ANSWER: list[JsonObject] = [
    {
        "dataId": "0x0100",
        "name": "0x0100",
        "value": "03E8",
        "raw": "62010003E8",
        "ecuAddress": "0x1030",
        "source": "built-in",
    },
    {
        "dtcs": [
            {
                "dtcCode": "C0110-11",
                "description": None,
                "raw": "401011",
                "snapshots": [{"recordNumber": 1, "value": None, "problem": "unknown", "raw": "5904401011090103E807"}],
            }
        ],
        "ecuAddress": "0x1030",
    },
    {"routineId": "0x0203", "result": None, "raw": "7101020302", "ecuAddress": "0x1030"},
    {"status": "complete", "read": 1, "failed": 0},
]


class _Nobody:
    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Nobody listens."""


@pytest.fixture
async def quiet_app(app_settings: Settings) -> AsyncIterator[RunningApp]:
    """The application without a worker."""
    async with running(app_settings, with_worker=False) as app:
        yield app


@pytest.fixture
async def database(app_settings: Settings) -> AsyncIterator[Database]:
    """The application's database."""
    assert app_settings.database_url is not None
    database = Database(app_settings.database_url.get_secret_value(), name="test")
    yield database
    await database.close()


async def add(client: httpx.AsyncClient, content: bytes = BRAKES, **query: str) -> httpx.Response:
    """Send a file."""
    return await client.post(PATH, params={"file_name": "brakes.odx", **query}, content=content)


async def add_vehicle(app: RunningApp, number: int = 1) -> str:
    """A registered vehicle that nobody probes."""
    body = {"vin": f"WVWZZZ1JZXW{number:06d}", "make": "VW", "model": "Golf", "address": "sim:?delay=0"}
    vehicle_id: str = (await app.admin.post("/api/v1/vehicles", json=body)).json()["vehicle_id"]
    return vehicle_id


async def audited(app: RunningApp, action: str) -> list[dict[str, Any]]:
    """Audit entries of an action."""
    items: list[dict[str, Any]] = (await app.admin.get("/api/v1/audit-logs", params={"action": action})).json()["items"]
    return items


async def test_a_file_is_added_once_and_shown_with_what_it_describes(quiet_app: RunningApp) -> None:
    first = await add(quiet_app.admin)
    again = await add(quiet_app.admin)
    assert (first.status_code, again.status_code) == (201, 200)
    found = first.json()
    assert (found["name"], found["version"], found["kind"], found["size"]) == ("brake_data", "2.1", "odx", len(BRAKES))
    assert [variant["name"] for variant in found["variants"]] == ["brakes_old", "brakes_new", "brakes"]
    assert again.json() == found
    assert (await quiet_app.admin.get(first.headers["location"])).json() == found
    listed = (await quiet_app.admin.get(PATH)).json()
    assert (listed["total"], listed["items"][0]["data_set_id"]) == (1, found["data_set_id"])
    (entry,) = await audited(quiet_app, "diagnostic_data.added")
    assert entry["details"]["checksum"] == found["checksum"]


async def test_names_of_the_sender_overrule_those_of_the_file(quiet_app: RunningApp) -> None:
    found = (await add(quiet_app.admin, pdx_of(brakes__odx=BRAKES), name="Brakes", version="2025-10")).json()
    assert (found["name"], found["version"]) == ("Brakes", "2025-10")


async def test_the_report_names_what_was_skipped(quiet_app: RunningApp) -> None:
    lost = '<DIAG-SERVICE ID="svc.Lost"><SHORT-NAME>Lost</SHORT-NAME><REQUEST-REF ID-REF="nowhere"/></DIAG-SERVICE>'
    found = (await add(quiet_app.admin, odx_document(extra_service=lost).encode())).json()
    assert found["skipped"] == 1
    assert found["report"]["findings"][0]["what"] == "DIAG-SERVICE Lost"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "invalid_request"),
        (b"<ODX", 422, "invalid_diagnostic_data"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><ODX/>', 422, "invalid_diagnostic_data"),
        (pdx_of(bomb__odx=b" " * 40_000_000), 422, "invalid_diagnostic_data"),
        (b"x" * (64 * 1024 * 1024 + 1), 413, "request_too_large"),
    ],
)
async def test_what_cannot_be_used_is_refused_with_the_reason(
    quiet_app: RunningApp, content: bytes, status: int, code: str
) -> None:
    answer = await add(quiet_app.admin, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await quiet_app.admin.get(PATH)).json()["total"] == 0


async def test_a_viewer_is_refused_before_the_file_is_read(quiet_app: RunningApp) -> None:
    async with await quiet_app.add_user("vera", "viewer") as vera:
        answer = await add(vera, b"x" * 8_000_000)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_assignments_count_for_the_vehicle_and_what_is_special_comes_first(
    quiet_app: RunningApp, database: Database
) -> None:
    vehicle_id = await add_vehicle(quiet_app)
    brakes = (await add(quiet_app.admin)).json()["data_set_id"]
    bench = (await add(quiet_app.admin, b"identifiers: [{id: 1, name: a}]", file_name="bench.yaml")).json()[
        "data_set_id"
    ]
    async with await quiet_app.add_user("emil") as emil:
        refused = await emil.post(f"{PATH}/{bench}/assignments", json={})
        assert refused.status_code == 403
        special = {"vehicle_id": vehicle_id, "ecu_address": "0x1030", "variant": "brakes_new"}
        assert (await emil.post(f"{PATH}/{brakes}/assignments", json=special)).status_code == 201
        twice = await emil.post(f"{PATH}/{brakes}/assignments", json=special)
        assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
        wrong = await emil.post(f"{PATH}/{brakes}/assignments", json={**special, "variant": "engine"})
        assert wrong.json()["errors"][0]["pointer"] == "/variant"
        own = await emil.post(f"{PATH}/{bench}/assignments", json={"vehicle_id": vehicle_id})  # newer, but for all ECUs
        assert own.status_code == 201
    assert (await quiet_app.admin.post(f"{PATH}/{bench}/assignments", json={})).status_code == 201
    async with database.autocommit() as db:
        refs = await diagnostic_data_repository.data_sets_of(db, VehicleId(UUID(vehicle_id)))
        stored = await vehicle_context_repository.read(db, VehicleId(UUID(vehicle_id)))
    assert [(ref.data_set_id, ref.ecu_address, ref.variant) for ref in refs] == [
        (brakes, 0x1030, "brakes_new"),
        (bench, None, None),
        (bench, None, None),
    ]
    assert stored is not None
    assert stored.data_sets == refs
    assert len(await audited(quiet_app, "diagnostic_data.assigned")) == 3


async def test_an_engineer_neither_assigns_nor_sees_outside_the_scope(quiet_app: RunningApp) -> None:
    near, far = await add_vehicle(quiet_app, 1), await add_vehicle(quiet_app, 2)
    data_set_id = (await add(quiet_app.admin)).json()["data_set_id"]
    path = f"{PATH}/{data_set_id}/assignments"
    made = (await quiet_app.admin.post(path, json={"vehicle_id": far})).json()
    async with await quiet_app.add_user("emil", vehicle_ids=[near]) as emil:
        assert (await emil.post(path, json={"vehicle_id": far})).status_code == 404
        assert (await emil.delete(f"{path}/{made['assignment_id']}")).status_code == 404
        assert (await emil.post(path, json={"vehicle_id": near})).status_code == 201
        assert [item["vehicle_id"] for item in (await emil.get(path)).json()["items"]] == [near]
    gone = await quiet_app.admin.delete(f"{path}/{made['assignment_id']}")
    assert gone.status_code == 204
    assert (await quiet_app.admin.get(path)).json()["total"] == 1
    (entry,) = await audited(quiet_app, "diagnostic_data.unassigned")
    assert entry["details"]["vehicle_id"] == far


async def test_bytes_are_previewed_and_ranges_named(quiet_app: RunningApp) -> None:
    data_set_id = (await add(quiet_app.admin)).json()["data_set_id"]
    path = f"{PATH}/{data_set_id}/encodings"
    written = {"data_id": "0x0110", "value": {"mode": "Sport", "limit": 12.5}}
    assert (await quiet_app.admin.post(path, json=written)).json() == {"raw": "2E01100704E2"}
    started = {"routine_id": "0x203", "value": {"cycles": 5}}
    assert (await quiet_app.admin.post(path, json=started)).json() == {"raw": "3101020305"}
    wrong = {"data_id": "0x0110", "value": {"mode": "Sport", "limit": 301}}
    answer = await quiet_app.admin.post(path, json=wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/value/limit", "message": "must be in 0.0 … 300.0"}]
    assert (await quiet_app.admin.post(path, json={"value": 1})).status_code == 422


async def test_messages_are_decoded_for_people(quiet_app: RunningApp) -> None:
    data_set_id = (await add(quiet_app.admin)).json()["data_set_id"]
    answer = await quiet_app.admin.post(f"{PATH}/{data_set_id}/decodings", json={"raw": "62010003e8"})
    (message,) = answer.json()["messages"]
    assert (message["service"], message["values"]["speed"]) == ("ReadWheelSpeed", 10.0)
    described = await quiet_app.admin.get(f"{PATH}/{data_set_id}/description", params={"variant": "brakes"})
    assert described.json()["identifiers"]["0100"]["name"] == "ReadWheelSpeed"


async def stored_answer(database: Database) -> CommandId:
    """A command that was answered when no data was there."""
    command = await store_command(database, _Nobody())
    async with database.transaction() as db:
        for number, payload in enumerate(ANSWER, 1):
            await create_response(db, command.command_id, payload, number, number == len(ANSWER))
    return command.command_id


async def test_an_old_answer_is_decoded_again_with_each_version_and_all_are_kept(
    quiet_app: RunningApp, database: Database
) -> None:
    command_id = await stored_answer(database)
    path = f"/api/v1/commands/{command_id}/redecodings"
    sets = [
        (await add(quiet_app.admin)).json()["data_set_id"],
        (await add(quiet_app.admin, odx_document(kmh="mph", revision="2.2").encode())).json()["data_set_id"],
    ]
    for data_set_id in sets:
        assert (await quiet_app.admin.post(path, json={"data_set_id": data_set_id})).status_code == 201
    items = (await quiet_app.admin.get(path)).json()["items"]
    assert [item["data_set_id"] for item in items] == sets
    first, second = (item["chunks"] for item in items)
    assert first[0]["response_payload"] == ANSWER[0] | {
        "name": "ReadWheelSpeed",
        "description": None,
        "value": 10.0,
        "unit": "km/h",
        "source": "brake_data 2.1",
    }
    assert (second[0]["response_payload"]["unit"], second[0]["response_payload"]["source"]) == ("mph", "brake_data 2.2")
    (dtc,) = first[1]["response_payload"]["dtcs"]
    assert (dtc["dtcCode"], dtc["description"]) == ("C0110-11", "Wheel speed sensor front left: short to ground")
    (snapshot,) = dtc["snapshots"]
    assert (snapshot["value"], "problem" in snapshot) == ({"vehicle_speed": 10.0, "brake_mode": "Sport"}, False)
    assert first[2]["response_payload"]["result"]["value"] == "Comfort"
    assert first[3]["response_payload"] == ANSWER[3]
    originals = (await quiet_app.admin.get(f"/api/v1/commands/{command_id}/responses")).json()["items"]
    assert [item["response_payload"] for item in originals] == ANSWER
    assert len(await audited(quiet_app, "command.redecoded")) == 2


async def test_the_assigned_set_is_the_default_and_without_one_it_is_said(
    quiet_app: RunningApp, database: Database
) -> None:
    command_id = await stored_answer(database)
    path = f"/api/v1/commands/{command_id}/redecodings"
    refused = await quiet_app.admin.post(path)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/data_set_id")
    data_set_id = (await add(quiet_app.admin)).json()["data_set_id"]
    await quiet_app.admin.post(f"{PATH}/{data_set_id}/assignments", json={"ecu_address": "0x1030"})
    assert (await quiet_app.admin.post(path)).json()["data_set_id"] == data_set_id
    unknown = await quiet_app.admin.post(path, json={"data_set_id": str(uuid4())})
    assert unknown.status_code == 404


async def test_an_answer_without_raw_bytes_cannot_be_decoded_again(quiet_app: RunningApp, database: Database) -> None:
    command = await store_command(database, _Nobody())
    await command.answer(2)
    data_set_id = (await add(quiet_app.admin)).json()["data_set_id"]
    path = f"/api/v1/commands/{command.command_id}/redecodings"
    answer = await quiet_app.admin.post(path, json={"data_set_id": data_set_id})
    assert (answer.status_code, "no raw bytes" in answer.json()["detail"]) == (409, True)
