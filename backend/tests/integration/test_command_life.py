"""The life of a command through the whole application: accepted, run, ended truthfully, cancelled, expired."""

import asyncio

from support.running_app import RunningApp


async def chunks_of(app: RunningApp, command_id: str) -> list[dict[str, object]]:
    answer = await app.admin.get(f"/api/v1/commands/{command_id}/responses")
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def test_read_dtc_completes_with_three_numbered_chunks(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle()
    command_id = await running_app.submit(vehicle_id)
    command = await running_app.ended(command_id)
    chunks = await chunks_of(running_app, command_id)
    assert command["status"] == "completed"
    assert [chunk["sequence_number"] for chunk in chunks] == [1, 2, 3]
    assert [chunk["is_final"] for chunk in chunks] == [False, False, True]
    timeline = (await running_app.admin.get(f"/api/v1/commands/{command_id}/timeline")).json()
    assert [item["event"] for item in timeline["items"]] == ["submitted", "in_progress", "completed"]


async def test_cleared_codes_stay_cleared_for_that_vehicle_only(running_app: RunningApp) -> None:
    cleared, other = await running_app.add_vehicle(), await running_app.add_vehicle(number=2)
    await running_app.ended(await running_app.submit(cleared, "ClearDTC"))
    for vehicle_id, expected in ((cleared, 0), (other, 2)):
        command_id = await running_app.submit(vehicle_id)
        await running_app.ended(command_id)
        final = (await chunks_of(running_app, command_id))[-1]
        assert final["response_payload"] == final["response_payload"] | {"totalDtcs": expected}  # type: ignore[operator]  # JSON


async def test_offline_vehicle_keeps_the_command_waiting_until_it_is_back(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    command_id = await running_app.submit(vehicle_id)
    waiting = (await running_app.admin.get(f"/api/v1/commands/{command_id}")).json()
    assert (waiting["status"], waiting["queue_position"]) == ("pending", 1)
    answer = await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"address": "sim:?delay=0"})
    assert answer.status_code == 200, answer.text
    assert (await running_app.ended(command_id))["status"] == "completed"


async def test_command_that_cannot_start_in_time_expires(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    command = await running_app.ended(await running_app.submit(vehicle_id, expires_in_s=1))
    assert command["status"] == "expired"
    assert command["error"]["code"] == "expired"  # type: ignore[index]  # JSON


async def test_silent_vehicle_fails_a_read_and_leaves_a_clear_unknown(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?delay=0&silent_after=0")
    read = await running_app.ended(await running_app.submit(vehicle_id, timeout_s=0.3))
    assert read["status"] == "failed"
    clear = await running_app.ended(await running_app.submit(vehicle_id, "ClearDTC", timeout_s=0.3))
    assert clear["status"] == "outcome_unknown"
    assert clear["error"]["code"] == "vehicle_timeout"  # type: ignore[index]  # JSON


async def test_refusing_vehicle_fails_the_command_with_its_reason(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?delay=0&fail_after=1")
    command_id = await running_app.submit(vehicle_id)
    command = await running_app.ended(command_id)
    assert command["status"] == "failed"
    assert len(await chunks_of(running_app, command_id)) == 1


async def test_cancel_before_and_while_running(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?delay=30")
    running, waiting = await running_app.submit(vehicle_id), await running_app.submit(vehicle_id)
    await running_app.when(running, {"in_progress"})
    answer = await running_app.admin.post(f"/api/v1/commands/{waiting}/cancel", json={"reason": "not needed"})
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    answer = await running_app.admin.post(f"/api/v1/commands/{running}/cancel")
    assert answer.status_code == 202
    assert (await running_app.ended(running))["status"] == "cancelled"
    late = await running_app.admin.post(f"/api/v1/commands/{running}/cancel")
    assert (late.status_code, late.json()["status"]) == (202, "cancelled")


async def test_same_key_gives_the_same_command_and_another_body_a_conflict(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    body = {"vehicle_id": vehicle_id, "command_name": "ReadDTC", "command_params": {}}
    headers = {"Idempotency-Key": "bench-7/run-42"}
    answers = await asyncio.gather(
        *(running_app.admin.post("/api/v1/commands", json=body, headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["command_id"] for answer in answers}) == 1
    other = await running_app.admin.post("/api/v1/commands", json=body | {"reason": "something else"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (await running_app.admin.get("/api/v1/commands")).json()["total"] == 1


async def test_bad_requests_name_the_field_and_store_nothing(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle()
    unknown = {"vehicle_id": vehicle_id, "command_name": "Explode", "command_params": {}}
    params = {"vehicle_id": vehicle_id, "command_name": "ReadDTC", "command_params": {"ecuAddress": "10"}}
    nobody = {"vehicle_id": "00000000-0000-0000-0000-000000000000", "command_name": "ReadDTC", "command_params": {}}
    for body, status, pointer in (
        (unknown, 422, "/command_name"),
        (params, 422, "/command_params/ecuAddress"),
        (nobody, 404, None),
    ):
        answer = await running_app.admin.post("/api/v1/commands", json=body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert [item["pointer"] for item in answer.json()["errors"]] == ([pointer] if pointer else [])
    assert (await running_app.admin.get("/api/v1/commands")).json()["total"] == 0


async def test_permission_withdrawn_while_waiting_stops_the_dispatch(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    async with await running_app.add_user("erika") as erika:
        command_id = await running_app.submit(vehicle_id, client=erika)
        user_id = (await erika.get("/api/v1/auth/me")).json()["user_id"]
    changed = await running_app.admin.patch(f"/api/v1/users/{user_id}", json={"role": "viewer"})
    assert changed.status_code == 200, changed.text
    await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"address": "sim:?delay=0"})
    command = await running_app.ended(command_id)
    assert (command["status"], await chunks_of(running_app, command_id)) == ("cancelled", [])
    assert command["error"]["code"] == "permission_withdrawn"  # type: ignore[index]  # JSON


async def test_full_lane_is_refused_with_a_time_to_come_back(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    body = {"vehicle_id": vehicle_id, "command_name": "ReadDTC", "command_params": {}}
    limit = running_app.settings.lane_queue_limit
    answers = await asyncio.gather(*(running_app.admin.post("/api/v1/commands", json=body) for _ in range(limit + 5)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * limit + [429] * 5
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 1


async def test_request_that_filled_the_lane_is_recognised_when_it_is_sent_again(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    body = {"vehicle_id": vehicle_id, "command_name": "ReadDTC", "command_params": {}}
    headers = {"Idempotency-Key": "only-once"}
    first = await running_app.admin.post("/api/v1/commands", json=body, headers=headers)
    filling = range(running_app.settings.lane_queue_limit - 1)
    await asyncio.gather(*(running_app.admin.post("/api/v1/commands", json=body) for _ in filling))
    again = await running_app.admin.post("/api/v1/commands", json=body, headers=headers)
    assert (again.status_code, again.headers.get("idempotent-replay")) == (201, "true"), again.text
    assert again.json()["command_id"] == first.json()["command_id"]


async def test_read_back_settles_an_unknown_outcome_once_and_keeps_both_times(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?delay=0&silent_after=0")
    clear_id = await running_app.submit(vehicle_id, "ClearDTC", timeout_s=0.3)
    assert (await running_app.ended(clear_id))["status"] == "outcome_unknown"
    await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"address": "sim:?delay=0&dtcs=P0300"})
    await running_app.ended(await running_app.submit(vehicle_id))  # finds a code: proves nothing
    assert (await running_app.when(clear_id, {"outcome_unknown", "completed"}))["status"] == "outcome_unknown"
    await running_app.admin.patch(f"/api/v1/vehicles/{vehicle_id}", json={"address": "sim:?delay=0&dtcs="})
    await running_app.ended(await running_app.submit(vehicle_id))  # finds none
    settled = await running_app.when(clear_id, {"completed"})
    assert settled["error"] is None
    timeline = (await running_app.admin.get(f"/api/v1/commands/{clear_id}/timeline")).json()["items"]
    assert [item["event"] for item in timeline][-2:] == ["outcome_unknown", "completed"]
