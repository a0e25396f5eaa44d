"""`sovd odx` as a real child process against the whole application."""

import asyncio
from pathlib import Path

import pytest

from support.odx_files import odx_document
from support.running_app import ADMIN_PASSWORD, RunningApp
from support.sovd_process import SovdUser


async def test_from_a_file_to_previewed_bytes(running_app: RunningApp, tmp_path: Path) -> None:
    admin = SovdUser(tmp_path, running_app.base_url)
    assert (await admin.sign_in("admin", ADMIN_PASSWORD)).code == 0
    file = tmp_path / "brakes.odx"
    await asyncio.to_thread(file.write_text, odx_document())
    vehicle_id = await running_app.add_vehicle()
    vin = str((await running_app.vehicle(vehicle_id))["vin"])

    added = await admin.call("odx", "add", str(file), "--name", "Brakes")
    assert added.code == 0, added.err
    assert "Brakes 2.1" in added.out
    assert "brakes_new" in added.out
    assert "0 skipped" in added.err
    assert "Brakes" in (await admin.call("odx", "list")).out

    assigned = await admin.call("odx", "assign", "Brakes", "--vehicle", vin, "--ecu", "0x1030")
    assert f"assigned to vehicle {vehicle_id}, ECU 0x1030" in assigned.out
    assert "ECU 0x1030" in (await admin.call("odx", "show", "Brakes")).out
    described = await admin.call("odx", "show", "Brakes", "--variant", "brakes")
    assert "ReadWheelSpeed" in described.out
    assert "C0110-11" in described.out

    preview = ("odx", "preview", "Brakes", "--data-id", "0x0110", "-p", "mode=Sport", "-p")
    assert (await admin.call(*preview, "limit=12.5")).out.strip() == "2E 01 10 07 04 E2"
    refused = await admin.call(*preview, "limit=301")
    assert refused.code != 0
    assert "0.0 … 300.0" in refused.err
    assert "Traceback" not in refused.err

    assert "no longer assigned" in (await admin.call("odx", "unassign", "Brakes")).out
    again = await admin.call("odx", "unassign", "Brakes")
    assert "0 assignments fit" in again.err
    assert (await admin.call("odx", "show", "Engine")).code != 0

    assert "--yes" in (await admin.call("odx", "remove", "Brakes")).err
    assert "removed Brakes" in (await admin.call("odx", "remove", "Brakes", "--yes")).out
    assert "Brakes" not in (await admin.call("odx", "list")).out


@pytest.mark.parametrize("content", ["<ODX", "{"])
async def test_a_file_that_cannot_be_used_is_refused_in_words(
    running_app: RunningApp, tmp_path: Path, content: str
) -> None:
    admin = SovdUser(tmp_path, running_app.base_url)
    assert (await admin.sign_in("admin", ADMIN_PASSWORD)).code == 0
    file = tmp_path / "broken.odx"
    await asyncio.to_thread(file.write_text, content)
    refused = await admin.call("odx", "add", str(file))
    assert refused.code != 0
    assert "cannot be used as diagnostic data" in refused.err
