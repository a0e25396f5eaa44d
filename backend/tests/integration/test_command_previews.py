"""What a command would send, asked over HTTP: by vehicle, with its diagnostic data, for whoever may send it."""

import json
from pathlib import Path
from typing import Any

from support.received_requests import keep_received
from support.running_app import ADMIN_PASSWORD, RunningApp
from support.simulated_fleet import quick_fleet
from support.sovd_process import SovdUser

BENCH = (
    b"name: bench\nversion: 1\nidentifiers:"
    b" [{id: 0x0110, name: Limit, type: uint, length: 2, unit: km/h, writable: true, minimum: 0, maximum: 1000}]"
)


async def preview(
    app: RunningApp, vehicle_id: str, name: str, params: dict[str, object] | None = None, *, status: int = 200
) -> dict[str, Any]:
    body = {"command_name": name, "command_params": params or {}}
    answer = await app.admin.post(f"/api/v1/vehicles/{vehicle_id}/command-previews", json=body)
    assert answer.status_code == status, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_value_is_shown_as_the_bytes_that_then_arrive_and_out_of_range_at_its_field(
    running_app: RunningApp,
) -> None:
    async with quick_fleet() as fleet:
        received = keep_received(fleet.vehicles[0].served)
        vehicle_id = await running_app.add_vehicle(fleet.vehicles[0].doip_address)
        stored = await running_app.admin.post(
            "/api/v1/diagnostic-data", params={"file_name": "bench.yaml"}, content=BENCH
        )
        place = f"/api/v1/diagnostic-data/{stored.json()['data_set_id']}/assignments"
        assert (await running_app.admin.post(place, json={"vehicle_id": vehicle_id})).status_code == 201
        params: dict[str, object] = {"ecuAddress": "0x1010", "dataId": "0x0110", "value": 800}

        shown = await preview(running_app, vehicle_id, "WriteDataByID", params)
        assert [(one["ecu_address"], one["raw"]) for one in shown["requests"]] == [
            ("0x1010", "1003"),
            ("0x1010", "2E01100320"),
        ]
        assert shown["requests"][1]["meaning"] == "WriteDataByIdentifier (0x2E) 0x0110"
        before = await running_app.admin.get("/api/v1/commands", params={"vehicle_id": vehicle_id})
        assert before.json()["total"] == 0

        wrong = await preview(running_app, vehicle_id, "WriteDataByID", {**params, "value": 70_000}, status=422)
        assert [error["pointer"] for error in wrong["errors"]] == ["/command_params/value"]

        await running_app.ended(await running_app.submit(vehicle_id, "WriteDataByID", command_params=params))
        assert (0x1010, "2E01100320") in received


async def test_parameters_are_refused_as_submitting_refuses_them(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("doip://127.0.0.1:1?ecus=0x1010")
    body = {"command_name": "ReadDataByID", "command_params": {"ecuAddress": "engine", "dataId": "0xF190"}}
    shown = await running_app.admin.post(f"/api/v1/vehicles/{vehicle_id}/command-previews", json=body)
    sent = await running_app.admin.post("/api/v1/commands", json={"vehicle_id": vehicle_id, **body})
    left_out = {"correlation_id", "instance"}
    assert shown.status_code == sent.status_code == 422
    assert {name: value for name, value in shown.json().items() if name not in left_out} == {
        name: value for name, value in sent.json().items() if name not in left_out
    }


async def test_what_moves_things_says_what_is_read_first(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("doip://127.0.0.1:1?ecus=0x1010")
    refused = await preview(running_app, vehicle_id, "ECUReset", {"ecuAddress": "0x1010"})
    assert refused["requests"] == []
    assert "no safe state" in refused["notes"][0]

    condition = {"reading": "vehicle speed", "ecuAddress": "0x1010", "dataId": "0xF40D", "maximum": 1}
    for safe_state, first in (
        ({"conditions": [condition]}, "The safe state is read first (vehicle speed)"),
        ({"policy": "not_needed"}, "Then it is asked"),
    ):
        changes = {"settings": {"safe_state": safe_state}}
        changed = await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json=changes)
        assert changed.status_code == 200, changed.text
        shown = await preview(running_app, vehicle_id, "ECUReset", {"ecuAddress": "0x1010"})
        assert [one["raw"] for one in shown["requests"]] == ["1101"]
        assert shown["notes"][0].startswith(first)


async def test_other_kinds_of_vehicles_say_what_is_known(running_app: RunningApp) -> None:
    mock = await running_app.add_vehicle("sim:?delay=0", number=1)
    assert (await preview(running_app, mock, "ReadDTC"))["requests"] == []
    server = await running_app.add_vehicle("sovd+http://127.0.0.1:1/", number=2)
    later = await preview(running_app, server, "ReadDTC")
    assert later["requests"] == []
    assert "decided when the command runs" in later["notes"][0]
    known = await preview(
        running_app,
        server,
        "SOVDRequest",
        {"method": "GET", "path": "components/engine/data", "query": {"groups": ["a", "b"]}},
    )
    (only,) = known["requests"]
    assert (only["method"], only["uri"]) == ("GET", "{base}/components/engine/data?groups=a&groups=b")
    assert (only["raw"], only["ecu_address"], only["body"]) == (None, None, None)


async def test_the_program_shows_the_bytes_and_sends_nothing(running_app: RunningApp, tmp_path: Path) -> None:
    vehicle_id = await running_app.add_vehicle("doip://127.0.0.1:1?ecus=0x1010")
    vin = str((await running_app.vehicle(vehicle_id))["vin"])
    anna = SovdUser(tmp_path, running_app.base_url)
    assert (await anna.sign_in("admin", ADMIN_PASSWORD)).code == 0
    write = ("run", "WriteDataByID", "--vehicle", vin, "-p", "ecuAddress=0x1010", "-p", "dataId=0xF199", "--preview")
    shown = await anna.call(*write, "-p", "raw=20261122")
    assert shown.code == 0, shown.err
    rows = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert "0x1010 2E F1 99 20 26 11 22 WriteDataByIdentifier (0x2E) 0xF199" in rows
    assert "Then the value is read back, and the session is given back." in rows
    assert "nothing was sent" in shown.err
    told = json.loads((await anna.call(*write, "-p", "raw=20261122", "--json")).out)
    assert [request["raw"] for request in told["requests"]] == ["1003", "2EF19920261122"]
    refused = await anna.call(*write, "-p", "raw=2")
    assert (refused.code, "command_params/raw" in refused.err) == (2, True), refused.err
    sent = await running_app.admin.get("/api/v1/commands", params={"vehicle_id": vehicle_id})
    assert sent.json()["total"] == 0
