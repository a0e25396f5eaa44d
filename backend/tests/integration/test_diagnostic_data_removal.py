"""Diagnostic data is removed: never while it counts somewhere, and what it was stays known."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.domain.bus_messages import BusMessage
from app.domain.identifiers import UserId
from app.repositories import diagnostic_data_repository as repository
from app.repositories.diagnostic_data_repository import NewAssignment
from app.repositories.response_repository import create_response
from app.settings import Settings
from app.storage.engine import Database
from support.builders import count
from support.odx_files import odx_document
from support.running_app import RunningApp, running
from support.stored_commands import store_command
from support.waiting import eventually

PATH = "/api/v1/diagnostic-data"
BRAKES = odx_document().encode()
ANSWER = {"dataId": "0x0100", "value": "03E8", "raw": "62010003E8", "ecuAddress": "0x1030", "source": "built-in"}


class Nobody:
    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Nobody listens."""


@pytest.fixture
async def app(app_settings: Settings) -> AsyncIterator[RunningApp]:
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


async def registered(app: RunningApp) -> str:
    """A vehicle that nobody probes."""
    body = {"vin": "WVWZZZ1JZXW000001", "make": "VW", "model": "Golf", "address": "sim:?delay=0"}
    vehicle_id: str = (await app.admin.post("/api/v1/vehicles", json=body)).json()["vehicle_id"]
    return vehicle_id


async def added(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    """The set of the brakes, as the service shows it."""
    answer = await client.post(PATH, params={"file_name": "brakes.odx", **query}, content=BRAKES)
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_is_assigned_is_not_removed_and_the_audit_trail_tells_what_was(app: RunningApp) -> None:
    shown = await added(app.admin)
    one = f"{PATH}/{shown['data_set_id']}"
    vehicle_id = await registered(app)
    place = (await app.admin.post(f"{one}/assignments", json={"vehicle_id": vehicle_id})).json()

    refused = await app.admin.delete(one)
    assert (refused.status_code, "1 place" in refused.json()["detail"]) == (409, True)
    assert (await app.admin.post(f"{one}/decodings", json={"raw": "62010003E8"})).status_code == 200

    await app.admin.delete(f"{one}/assignments/{place['assignment_id']}")
    assert (await app.admin.delete(one)).status_code == 204
    assert (await app.admin.get(PATH)).json()["total"] == 0
    (entry,) = (await app.admin.get("/api/v1/audit-logs", params={"action": "diagnostic_data.removed"})).json()["items"]
    assert (entry["object_id"], entry["details"]["checksum"]) == (shown["data_set_id"], shown["checksum"])


async def test_an_assignment_to_a_vehicle_that_is_gone_keeps_nothing(app: RunningApp) -> None:
    one = f"{PATH}/{(await added(app.admin))['data_set_id']}"
    vehicle_id = await registered(app)
    await app.admin.post(f"{one}/assignments", json={"vehicle_id": vehicle_id})
    assert (await app.admin.delete(f"/api/v1/vehicles/{vehicle_id}")).status_code == 204

    assert (await app.admin.delete(one)).status_code == 204
    assert (await app.admin.get(f"{one}/assignments")).json()["total"] == 0


async def test_answers_decoded_with_a_removed_set_stay_and_say_what_it_was(app: RunningApp, database: Database) -> None:
    shown = await added(app.admin)
    one = f"{PATH}/{shown['data_set_id']}"
    command = await store_command(database, Nobody())
    async with database.transaction() as db:
        await create_response(db, command.command_id, ANSWER, 1, True)
    redecodings = f"/api/v1/commands/{command.command_id}/redecodings"
    body = {"data_set_id": shown["data_set_id"]}
    made = (await app.admin.post(redecodings, json=body)).json()
    assert made["chunks"][0]["response_payload"]["source"] == "brake_data 2.1"

    assert (await app.admin.delete(one)).status_code == 204
    assert (await app.admin.get(redecodings)).json()["items"] == [made]
    after = (await app.admin.get(one)).json()
    assert after["removed_at"] is not None
    assert after | {"removed_at": None} == shown  # name, version, checksum, variants and report are as they were
    for path, wanted in (
        (redecodings, body),
        (f"{one}/decodings", {"raw": "62010003E8"}),
        (f"{one}/encodings", {"data_id": "0x0110", "value": 1}),
        (f"{one}/assignments", {}),
    ):
        gone = await app.admin.post(path, json=wanted)
        assert (gone.status_code, "was removed" in gone.json()["detail"]) == (404, True), path
    assert (await app.admin.delete(one)).status_code == 404


async def test_the_same_file_brings_a_removed_set_back_as_it_was(app: RunningApp, database: Database) -> None:
    shown = await added(app.admin, name="Brakes")
    one = f"{PATH}/{shown['data_set_id']}"
    await app.admin.delete(one)
    async with database.autocommit() as db:
        assert await repository.content_of(db, shown["checksum"]) is None

    assert await added(app.admin, name="Other") == shown
    answer = await app.admin.post(f"{one}/decodings", json={"raw": "62010003E8"})
    assert answer.json()["messages"][0]["service"] == "ReadWheelSpeed"
    restored = await app.admin.get("/api/v1/audit-logs", params={"action": "diagnostic_data.restored"})
    assert restored.json()["total"] == 1


async def test_only_who_added_it_or_an_admin_removes_it(app: RunningApp) -> None:
    async with await app.add_user("emil") as emil, await app.add_user("erik") as erik:
        one = f"{PATH}/{(await added(emil))['data_set_id']}"
        assert (await erik.delete(one)).status_code == 403
        assert (await emil.delete(one)).status_code == 204
        await added(erik)  # brings it back; it is still emil's
        assert (await erik.delete(one)).status_code == 403
    assert (await app.admin.delete(one)).status_code == 204


def fleet_wide(shown: dict[str, Any]) -> NewAssignment:
    """The set counts everywhere."""
    return NewAssignment(
        assignment_id=uuid4(),
        data_set_id=UUID(shown["data_set_id"]),
        vehicle_id=None,
        ecu_address=None,
        variant=None,
        created_by=UserId(UUID(shown["created_by"])),
    )


async def somebody_waits(database: Database) -> None:
    """Until a statement waits for a lock of another transaction."""

    async def waits() -> bool:
        async with database.autocommit() as db:
            return bool(await count(db, "SELECT count(*) FROM pg_locks WHERE NOT granted"))

    await eventually(waits, what="somebody waits for the other")


async def test_who_removes_waits_for_who_assigns(app: RunningApp, database: Database) -> None:
    shown = await added(app.admin)
    async with database.transaction() as db:
        assert await repository.assign(db, fleet_wide(shown)) is not None
        remover = asyncio.create_task(app.admin.delete(f"{PATH}/{shown['data_set_id']}"))
        await somebody_waits(database)
    assert (await remover).status_code == 409


async def test_who_assigns_waits_for_who_removes(app: RunningApp, database: Database) -> None:
    shown = await added(app.admin)
    async with database.transaction() as db:
        assert await repository.lock_to_remove(db, UUID(shown["data_set_id"])) == 0
        assigner = asyncio.create_task(app.admin.post(f"{PATH}/{shown['data_set_id']}/assignments", json={}))
        await somebody_waits(database)
        await repository.remove(db, UUID(shown["data_set_id"]))
    assert (await assigner).status_code == 404
