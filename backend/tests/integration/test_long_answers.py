"""Long answers: read in parts or as a whole, never cut silently, and stopped where they outgrow what is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.domain.bus_messages import BusMessage
from app.settings import Settings
from app.storage.engine import Database
from support.running_app import ADMIN_PASSWORD, RunningApp, running
from support.sovd_process import SovdUser
from support.stored_commands import StoredCommand, store_command

CHUNKS = 1203
TEN_CODES = "sim:?delay=0&dtcs=" + ",".join(f"P01{number}" for number in range(10, 30))


class Nobody:
    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Nobody listens."""


async def long_answer(app: RunningApp) -> StoredCommand:
    """A command with an answer of more than one page, and not complete yet."""
    assert app.settings.database_url is not None
    database = Database(app.settings.database_url.get_secret_value(), name="test")
    try:
        command = await store_command(database, Nobody())
        await command.answer(CHUNKS)
    finally:
        await database.close()
    return command


def numbers(body: dict[str, Any]) -> list[int]:
    """The chunks' numbers."""
    return [item["sequence_number"] for item in body["items"]]


async def test_the_whole_answer_comes_without_a_gap(running_app: RunningApp) -> None:
    command = await long_answer(running_app)
    body = (await running_app.admin.get(f"/api/v1/commands/{command.command_id}/responses")).json()

    assert numbers(body) == list(range(1, CHUNKS + 1))
    assert (body["total"], body["limit"], body["offset"]) == (CHUNKS, CHUNKS, 0)
    assert body["items"][-1]["response_payload"] == {"n": CHUNKS}


async def test_an_answer_comes_in_parts_where_asked(running_app: RunningApp) -> None:
    command = await long_answer(running_app)
    path = f"/api/v1/commands/{command.command_id}/responses"
    found: list[int] = []
    after = 0
    while after < CHUNKS:
        body = (await running_app.admin.get(path, params={"after": after, "limit": 700})).json()
        assert (body["total"], body["limit"], body["offset"]) == (CHUNKS, 700, after)
        found += numbers(body)
        after = found[-1]
    assert found == list(range(1, CHUNKS + 1))

    rest = (await running_app.admin.get(path, params={"after": CHUNKS - 2})).json()
    assert (numbers(rest), rest["limit"]) == ([CHUNKS - 1, CHUNKS], 2)
    beyond = (await running_app.admin.get(path, params={"after": CHUNKS + 5})).json()
    assert (beyond["items"], beyond["total"], beyond["limit"]) == ([], CHUNKS, 0)
    for wrong in ({"limit": 0}, {"limit": 1001}, {"after": -1}):
        assert (await running_app.admin.get(path, params=wrong)).status_code == 422


async def test_the_program_shows_all_of_a_long_answer(running_app: RunningApp, tmp_path: Path) -> None:
    command = await long_answer(running_app)
    admin = SovdUser(tmp_path, running_app.base_url)
    await admin.sign_in("admin", ADMIN_PASSWORD)
    shown = await admin.call("show", str(command.command_id), "--json")

    assert shown.code == 0, shown.err
    assert len(shown.document["responses"]) == CHUNKS


async def test_an_answer_that_outgrows_the_limit_is_stopped_and_says_so(app_settings: Settings) -> None:
    async with running(app_settings.model_copy(update={"answer_chunk_limit": 10})) as app:
        vehicle_id = await app.add_vehicle(TEN_CODES)
        command_id = await app.submit(vehicle_id)
        ended: dict[str, Any] = await app.when(command_id, {"completed", "failed"})
        stored = (await app.admin.get(f"/api/v1/commands/{command_id}/responses")).json()

        assert (ended["status"], ended["error"]["code"]) == ("failed", "answer_too_long")
        assert "10 parts of the answer had arrived" in str(ended["status_reason"])
        assert numbers(stored) == list(range(1, 11))
        assert not any(item["is_final"] for item in stored["items"])
        again = await app.submit(vehicle_id, "ClearDTC")  # the lane is free
        assert (await app.when(again, {"completed"}))["status"] == "completed"


async def test_samples_that_cannot_fit_are_refused_before_anything_is_sent(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle()
    params = {"ecuAddress": "0x10", "dataIds": ["0xF40C"], "durationS": 3000, "intervalMs": 20}
    body = {"vehicle_id": vehicle_id, "command_name": "SubscribeData", "command_params": params}
    refused = await running_app.admin.post("/api/v1/commands", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_params")
    (field,) = refused.json()["errors"]
    assert (field["pointer"], "take 61 ms" in field["message"]) == ("/command_params/intervalMs", True)
