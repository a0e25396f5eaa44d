"""Secrets and settings of vehicles over real HTTP: set, used, forgotten, never read back."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.settings import Settings
from support.running_app import ADMIN_PASSWORD, RunningApp
from support.sovd_process import SovdUser


async def test_a_secret_is_named_but_never_shown(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle()
    kept = f"/api/v1/vehicles/{vehicle_id}/secrets"
    assert (await running_app.admin.put(f"{kept}/bearer_token", json={"value": "abc"})).status_code == 204
    assert (await running_app.admin.put(f"{kept}/bearer_token", json={"value": "def"})).status_code == 204

    listed = (await running_app.admin.get(kept)).json()
    assert [item["name"] for item in listed["items"]] == ["bearer_token"]
    assert (await running_app.admin.delete(f"{kept}/bearer_token")).status_code == 204
    assert (await running_app.admin.delete(f"{kept}/bearer_token")).status_code == 404
    assert (await running_app.admin.put(f"{kept}/anything", json={"value": "x"})).status_code == 422
    entries = (await running_app.admin.get("/api/v1/audit-logs", params={"object_id": vehicle_id})).json()["items"]
    assert [(e["action"], e["details"]) for e in entries if "secret" in e["action"]] == [
        ("vehicle.secret_removed", {"name": "bearer_token"}),
        ("vehicle.secret_set", {"name": "bearer_token"}),
        ("vehicle.secret_set", {"name": "bearer_token"}),
    ]


async def test_the_database_alone_does_not_give_a_secret_away(running_app: RunningApp, app_settings: Settings) -> None:
    vehicle_id = await running_app.add_vehicle()
    await running_app.admin.put(f"/api/v1/vehicles/{vehicle_id}/secrets/bearer_token", json={"value": "open sesame"})
    assert app_settings.database_url is not None
    connection = await asyncpg.connect(app_settings.database_url.get_secret_value())
    try:
        sealed = await connection.fetchval("SELECT sealed FROM vehicle_secrets")
    finally:
        await connection.close()

    assert b"sesame" not in sealed


async def test_a_removed_vehicle_leaves_no_secret(running_app: RunningApp, app_settings: Settings) -> None:
    vehicle_id = await running_app.add_vehicle()
    path = f"/api/v1/vehicles/{vehicle_id}"
    for name in ("security_access", "bearer_token"):
        assert (await running_app.admin.put(f"{path}/secrets/{name}", json={"value": "open sesame"})).status_code == 204
    assert (await running_app.admin.delete(path)).status_code == 204

    assert app_settings.database_url is not None
    connection = await asyncpg.connect(app_settings.database_url.get_secret_value())
    try:
        assert await connection.fetchval("SELECT count(*) FROM vehicle_secrets") == 0
    finally:
        await connection.close()
    removed = await running_app.admin.get("/api/v1/audit-logs", params={"action": "vehicle.removed"})
    assert removed.json()["items"][0]["details"]["secrets_removed"] == ["bearer_token", "security_access"]


async def test_secrets_in_a_terminal_are_kept_listed_and_forgotten_but_never_shown(
    running_app: RunningApp, tmp_path: Path
) -> None:
    vin = str((await running_app.vehicle(await running_app.add_vehicle()))["vin"])
    admin = SovdUser(tmp_path, running_app.base_url)
    assert (await admin.sign_in("admin", ADMIN_PASSWORD)).code == 0
    file = tmp_path / "token"
    await asyncio.to_thread(file.write_text, "open sesame\n")

    kept = await admin.call("vehicle", "secret", "set", vin, "bearer_token", "--file", str(file))
    assert (kept.code, kept.out.strip()) == (0, f"kept bearer_token of {vin}")
    masks = '{"provider": "xor-demo", "masks": {"1": "A5C35A3C"}}'
    assert (await admin.call("vehicle", "secret", "set", vin, "security_access", stdin=masks)).code == 0
    assert "is empty" in (await admin.call("vehicle", "secret", "set", vin, "bearer_token", stdin="\n")).err

    listed = await admin.call("vehicle", "secret", "list", vin)
    assert [row.split()[0] for row in listed.out.splitlines()] == ["Secret", "bearer_token", "security_access"]
    told = await admin.call("vehicle", "secret", "list", vin, "--json")
    assert [item["name"] for item in told.document["items"]] == ["bearer_token", "security_access"]
    assert "sesame" not in listed.out + told.out

    for name in ("bearer_token", "security_access"):
        forgotten = await admin.call("vehicle", "secret", "remove", vin, name)
        assert (forgotten.code, forgotten.out.strip()) == (0, f"forgot {name} of {vin}")
    again = await admin.call("vehicle", "secret", "remove", vin, "bearer_token")
    assert (again.code, again.out) == (2, "")
    assert f"no secrets are kept for {vin}" in (await admin.call("vehicle", "secret", "list", vin)).out


SPEED: dict[str, Any] = {"reading": "speed", "ecuAddress": "0x1010", "dataId": "0xF40D", "equals": 0}


async def test_a_safe_state_is_kept_as_it_was_given(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle()
    settings = {"safe_state": {"conditions": [SPEED]}}
    changed = await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"settings": settings})

    assert changed.status_code == 200, changed.text
    assert changed.json()["settings"]["safe_state"] == {"policy": "checked", "conditions": [SPEED]}


@pytest.mark.parametrize(
    "condition",
    [
        SPEED | {"component": "engine"},
        SPEED | {"one_of": [1]},
        {name: value for name, value in SPEED.items() if name != "equals"},
        {name: value for name, value in SPEED.items() if name != "dataId"},
        SPEED | {"surprise": 1},
    ],
)
async def test_a_condition_that_says_too_much_or_too_little_is_refused(
    running_app: RunningApp, condition: dict[str, Any]
) -> None:
    vehicle_id = await running_app.add_vehicle()
    settings = {"safe_state": {"conditions": [condition]}}
    answer = await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"settings": settings})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/settings/safe_state/conditions/0")


async def test_what_moves_things_needs_a_reason(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle()
    body = {
        "vehicle_id": vehicle_id,
        "command_name": "ECUReset",
        "command_params": {"ecuAddress": "0x10"},
    }
    refused = await running_app.admin.post("/api/v1/commands", json=body)
    accepted = await running_app.admin.post("/api/v1/commands", json=body | {"reason": "after the update"})

    assert (refused.status_code, refused.json()["code"]) == (422, "reason_required")
    assert refused.json()["errors"][0]["pointer"] == "/reason"
    assert accepted.status_code == 201
