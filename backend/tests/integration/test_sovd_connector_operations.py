"""The SOVD connector runs routines, resets and modes, and any request below the base URI."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from app.connectors import sovd_locks
from app.connectors.port import Progress, ResponseChunk
from app.connectors.sovd_outcomes import RanAndFailed
from app.domain.errors import (
    CommandNotSupported,
    InvalidRequest,
    VehicleProtocolError,
    VehicleRefused,
)
from app.domain.json_values import JsonObject
from app.links.vehicle_hosts import VehicleHosts
from support.odd_sovd_server import OddSovdServer, Reply, Seen, refusal
from support.sovd_runs import ON_ENGINE, error_of, parts_of, payloads_of
from support.wild_vehicle import BASE, ENGINE, capabilities, wild_vehicle

Connected = TypeVar("Connected")


@pytest.fixture
async def server() -> AsyncIterator[OddSovdServer]:
    async with wild_vehicle().running() as running:
        yield running


async def test_a_synchronous_operation_gives_its_result(server: OddSovdServer) -> None:
    server.on("POST", f"{ENGINE}/operations/selftest_0203/executions", Reply(body={"parameters": {"passed": True}}))
    params = {**ON_ENGINE, "routineId": "0x0203", "action": "start", "parameters": {"n": 2}}

    payloads = await payloads_of(server, "RoutineControl", params)

    assert payloads[0]["result"] == {"passed": True}
    assert server.asked("POST", f"{ENGINE}/operations/selftest_0203/executions")[0].json() == {"parameters": {"n": 2}}


@pytest.mark.parametrize("location", ["", f"{ENGINE}/operations/selftest_0203/executions/5", "http://10.0.0.1/x"])
async def test_an_asynchronous_operation_is_followed_to_its_end(server: OddSovdServer, location: str) -> None:
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    headers = {"Location": location} if location else {}
    server.on("POST", executions, Reply(status=202, body={"id": "5"}, headers=headers))
    server.on(
        "GET",
        f"{executions}/5",
        [
            Reply(body={"capability": "execute"}),
            Reply(cut=True),
            Reply(body={"status": "running", "progress": 40}),
            Reply(body={"status": "completed", "parameters": {"passed": True}}),
        ],
    )

    parts = await parts_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"})

    assert len([part for part in parts if isinstance(part, Progress)]) == 2
    assert isinstance(parts[-1], ResponseChunk)
    assert parts[-1].response_payload["result"] == {"passed": True}


async def test_an_execution_that_fails_says_why(server: OddSovdServer) -> None:
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    server.on("POST", executions, Reply(status=202, body={"id": "5"}))
    failed = {
        "status": "failed",
        "error": [{"path": "/", "error": {"message": "stuck", "parameters": {"nrc": "0x22"}}}],
    }
    server.on("GET", f"{executions}/5", Reply(body=failed))
    error = await error_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"})
    assert isinstance(error, VehicleRefused)
    assert error.details["nrcName"] == "conditionsNotCorrect"


@pytest.mark.parametrize("nrc", ["0x21", "0x22", "0x94"])
async def test_what_ran_and_failed_is_not_started_again_and_not_said_to_be_unchanged(
    server: OddSovdServer, nrc: str
) -> None:
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    server.on("POST", executions, Reply(status=202, body={"id": "5"}))
    problem = {"path": "/", "error": {"message": "stuck", "parameters": {"nrc": nrc}}}
    server.on("GET", f"{executions}/5", Reply(body={"status": "failed", "error": [problem]}))
    error = await error_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"})
    assert error.may_have_acted
    assert not error.retry_can_help


async def test_a_time_to_wait_that_is_no_number_is_none(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/odd", Reply(status=202, body={}, headers={"Retry-After": "\u00b2"}))
    [payload] = await payloads_of(server, "SOVDRequest", {"method": "GET", "path": "components/engine/odd"})
    assert payload["status"] == 202


async def test_a_forgotten_execution_leaves_the_outcome_open(server: OddSovdServer) -> None:
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    server.on("POST", executions, Reply(status=202, body={"id": "5"}))
    error = await error_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"})
    assert isinstance(error, VehicleProtocolError)
    assert error.may_have_acted


class CutOff(VehicleHosts):
    """A network whose way to the vehicle ends at some moment: packets go nowhere, nothing refuses them."""

    cut = False

    async def connect(self, host: str, port: int, attempt: Callable[[str], Awaitable[Connected]]) -> Connected:
        if self.cut:
            await asyncio.Event().wait()
        return await super().connect(host, port, attempt)


async def test_a_way_that_is_gone_after_the_start_does_not_make_it_undone(server: OddSovdServer) -> None:
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    hosts = CutOff()

    def started(_: Seen) -> Reply:
        hosts.cut = True
        return Reply(status=202, pieces=(b'{"id": "5"}',))  # and this connection ends too

    server.on("POST", executions, started)
    params = {**ON_ENGINE, "routineId": "0x0203", "action": "start"}
    error = await error_of(server, "RoutineControl", params, within_s=1.0, hosts=hosts)
    assert server.asked("POST", executions)
    assert error.may_have_acted, error


@pytest.mark.parametrize("status", [302, 303])
async def test_a_change_that_is_answered_by_a_redirect_is_neither_done_nor_undone(
    server: OddSovdServer, status: int
) -> None:
    reset = f"{ENGINE}/operations/reset/executions"
    server.on("POST", reset, Reply(status=status, headers={"Location": "/login"}))
    error = await error_of(server, "ECUReset", {**ON_ENGINE, "resetType": "soft"})
    assert isinstance(error, VehicleProtocolError)
    assert error.details["httpStatus"] == status


async def test_a_start_that_is_refused_in_its_answer_changed_nothing(server: OddSovdServer) -> None:
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    problem = {"path": "/", "error": {"message": "engine runs", "parameters": {"nrc": "0x22"}}}
    server.on("POST", executions, Reply(body={"error": [problem]}))
    error = await error_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"})
    assert isinstance(error, VehicleRefused)
    assert not error.may_have_acted


@pytest.mark.parametrize(
    "said",
    [
        {"error": [{"path": "/", "error": {"message": "valve did not open"}}]},
        {"status": "failed"},
        {"id": "5", "status": "failed", "parameters": {"step": 2}},
        {"error": [{"path": "/", "error": {"message": "no", "parameters": {"nrc": "0x72"}}}]},
    ],
)
async def test_a_start_that_ran_at_once_and_failed(server: OddSovdServer, said: JsonObject) -> None:
    server.on("POST", f"{ENGINE}/operations/selftest_0203/executions", Reply(body=said))
    error = await error_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"})
    assert isinstance(error, RanAndFailed)


@pytest.mark.parametrize("said", [("0x22", False), (None, True)])
@pytest.mark.parametrize(
    ("command_name", "params", "request_line"),
    [
        ("RoutineControl", {"routineId": "0x0203", "action": "stop"}, "DELETE operations/selftest_0203/executions/5"),
        ("WriteDataByID", {"dataId": "DID_F40C", "value": 7}, "PUT data/DID_F40C"),
        ("ECUReset", {}, "POST operations/reset/executions"),
        ("ClearDTC", {}, "DELETE faults"),
    ],
)
async def test_a_success_that_holds_an_error_is_none(
    server: OddSovdServer, command_name: str, params: JsonObject, request_line: str, said: tuple[str | None, bool]
) -> None:
    server.on("GET", f"{ENGINE}/operations/selftest_0203/executions", Reply(body={"items": [{"id": "5"}]}))
    nrc, may_have_acted = said
    problem = {"message": "no", "parameters": {"nrc": nrc} if nrc else {}}
    method, path = request_line.split()
    server.on(method, f"{ENGINE}/{path}", Reply(body={"errors": [{"path": "/", "error": problem}]}))
    error = await error_of(server, command_name, {**ON_ENGINE, **params})
    assert error.may_have_acted is may_have_acted


async def test_a_setting_whose_lock_is_lost_is_not_held(server: OddSovdServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sovd_locks, "EXTEND_EVERY_S", 0.02)
    server.on("GET", f"{ENGINE}/modes", Reply(body={"items": [{"id": "dtcsetting"}]}))
    wants_lock = refusal(423, "lock-required", "take a lock")
    server.on("PUT", f"{ENGINE}/modes/dtcsetting", [wants_lock, Reply(body={"value": "off"})])
    server.on("POST", f"{ENGINE}/locks", Reply(status=201, body={"id": "l1"}))
    server.on("PUT", f"{ENGINE}/locks/l1", refusal(409, "lock-broken", "somebody broke it"))
    error = await error_of(server, "ControlDTCSetting", {**ON_ENGINE, "setting": "off", "holdS": 30})
    assert error.may_have_acted
    assert "lock" in error.message


async def test_stop_deletes_the_last_execution_with_an_empty_object(server: OddSovdServer) -> None:
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    server.on("GET", executions, Reply(body={"items": [{"id": "4"}, {"id": "5"}]}))
    server.on("DELETE", f"{executions}/5", Reply(body={"parameters": {"stopped": 1}}))
    payloads = await payloads_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "stop"})
    assert payloads[0]["result"] == {"stopped": 1}
    assert server.asked("DELETE", f"{executions}/5")[0].json() == {}


async def test_results_are_those_of_the_last_execution(server: OddSovdServer) -> None:
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    server.on("GET", executions, Reply(body={"items": ["5"]}))
    server.on("GET", f"{executions}/5", Reply(body={"status": "completed", "parameters": {"a": 1}}))
    payloads = await payloads_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "results"})
    assert payloads[0]["result"] == {"a": 1}


async def test_results_without_execution_are_refused(server: OddSovdServer) -> None:
    params = {**ON_ENGINE, "routineId": "0x0203", "action": "results"}
    assert "no execution" in (await error_of(server, "RoutineControl", params)).message


async def test_reset_by_the_operation_named_so(server: OddSovdServer) -> None:
    server.on("POST", f"{ENGINE}/operations/reset/executions", Reply(status=204))
    payloads = await payloads_of(server, "ECUReset", {**ON_ENGINE, "resetType": "soft"})
    assert payloads[0]["by"] == "operations/reset"
    sent = server.asked("POST", f"{ENGINE}/operations/reset/executions")[0].json()
    assert sent == {"parameters": {"value": "softReset"}}


async def test_reset_by_status_waits_until_ready(server: OddSovdServer) -> None:
    with_status = {**capabilities("Engine", "0x1010", ENGINE), "status": f"{ENGINE}/status"}
    server.on("GET", ENGINE, Reply(body=with_status))
    ready = {"status": "ready", "restart": [f"{ENGINE}/status/restart"]}
    server.on("GET", f"{ENGINE}/status", [Reply(body=ready), Reply(cut=True), Reply(body={"status": "notReady"}),
                                          Reply(body=ready)])  # fmt: skip
    server.on("PUT", f"{ENGINE}/status/restart", Reply(status=202))
    parts = await parts_of(server, "ECUReset", ON_ENGINE)
    assert isinstance(parts[-1], ResponseChunk)
    assert parts[-1].response_payload["ready"] is True
    assert [type(part) for part in parts[:-1]] == [Progress]


async def test_no_way_to_reset_is_said(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/operations", Reply(body={"items": []}))
    assert isinstance(await error_of(server, "ECUReset", ON_ENGINE), CommandNotSupported)


async def test_dtc_setting_finds_the_servers_spelling_of_the_value(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/modes", Reply(body={"items": [{"id": "session"}, {"id": "dtc-setting"}]}))

    def put(seen: Seen) -> Reply:
        if seen.json()["value"] != "Off":
            return refusal(400, "vendor-specific", "invalid", possiblevalues=["On", "Off"])
        return Reply(body={"id": "dtc-setting", "value": "Off"})

    server.on("PUT", f"{ENGINE}/modes/dtc-setting", put)
    payloads = await payloads_of(server, "ControlDTCSetting", {**ON_ENGINE, "setting": "off", "holdS": 20})
    assert payloads[0]["value"] == "Off"
    assert server.asked("PUT", f"{ENGINE}/modes/dtc-setting")[-1].json() == {"value": "Off", "mode_expiration": 20}


async def test_dtc_setting_changes_the_session_where_the_ecu_asks_for_it(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/modes", Reply(body={"items": [{"id": "session"}, {"id": "dtcsetting"}]}))
    schema = {"properties": {"value": {"enum": ["Default", "Extended"]}}}
    server.on("GET", f"{ENGINE}/modes/session", Reply(body={"value": "Default", "schema": schema}))
    server.on("PUT", f"{ENGINE}/modes/session", Reply(body={"id": "session", "value": "Extended"}))
    wrong = refusal(500, "error-response", "no", nrc="0x7F")
    server.on("PUT", f"{ENGINE}/modes/dtcsetting", [wrong, Reply(body={"id": "dtcsetting", "value": "off"})])
    payloads = await payloads_of(server, "ControlDTCSetting", {**ON_ENGINE, "setting": "off"})
    assert payloads[0]["status"] == "success"
    assert server.asked("PUT", f"{ENGINE}/modes/session")[0].json()["value"] == "Extended"


async def test_a_download_is_waited_for_and_given_as_base64(server: OddSovdServer) -> None:
    path = f"{BASE}/components/engine/bulk-data/maps/1"
    binary = Reply(raw=b"\x00\x01", headers={"Content-Type": "application/octet-stream"})
    server.on("GET", path, [Reply(status=202, headers={"Retry-After": "0"}), binary])
    params = {"method": "GET", "path": "components/engine/bulk-data/maps/1"}
    payloads = await payloads_of(server, "SOVDRequest", params)
    assert base64.b64decode(payloads[0]["body"]) == b"\x00\x01"
    assert payloads[0]["bodyEncoding"] == "base64"


async def test_any_resource_with_query_and_body(server: OddSovdServer) -> None:
    server.on("PUT", f"{ENGINE}/modes/session", Reply(body={"id": "session", "value": "EXTENDED"}))
    params: JsonObject = {
        "method": "PUT",
        "path": "components/engine/modes/session",
        "query": {"tags": ["a", "b"]},
        "body": {"value": "EXTENDED", "mode_expiration": 5},
    }
    payloads = await payloads_of(server, "SOVDRequest", params)
    assert payloads[0]["body"] == {"id": "session", "value": "EXTENDED"}
    assert server.seen[-1].target.endswith("?tags=a&tags=b")
    assert server.seen[-1].json() == params["body"]


@pytest.mark.parametrize("path", ["../admin", "http://evil/", "components/%2e%2e/%2e%2e/admin", "//evil/x"])
async def test_paths_outside_the_base_are_not_sent(server: OddSovdServer, path: str) -> None:
    with pytest.raises(InvalidRequest, match="is not sent") as raised:  # by us: the vehicle has refused nothing
        await payloads_of(server, "SOVDRequest", {"method": "DELETE", "path": path})
    assert [item.pointer for item in raised.value.field_errors] == ["/command_params/path"]
    assert {one.path for one in server.seen} == {"/version-info"}
