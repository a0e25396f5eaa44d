"""The SOVD connector reads and clears faults of servers of other dialects; locks where they are demanded."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.connectors import sovd_locks
from app.domain.errors import (
    VehicleRefused,
    VehicleTimeout,
)
from support.odd_sovd_server import OddSovdServer, Reply, Seen, refusal
from support.sovd_runs import ON_ENGINE, error_of, parts_of, payloads_of
from support.waiting import until
from support.wild_vehicle import BRAKES, ENGINE, wild_vehicle


@pytest.fixture
async def server() -> AsyncIterator[OddSovdServer]:
    async with wild_vehicle().running() as running:
        yield running


async def test_faults_are_read_in_their_spellings(server: OddSovdServer) -> None:
    first, last = await payloads_of(server, "ReadDTC", ON_ENGINE)

    assert [(one["dtcCode"], one["status"], one["raw"]) for one in first["dtcs"]] == [
        ("P0420", "confirmed", "042000"),
        ("P0171-11", "pending", "017111"),
    ]
    assert first["dtcs"][0]["statusBits"] == ["testFailed", "pendingDTC", "confirmedDTC"]
    assert first["dtcs"][1]["description"] == "System Too Lean (Bank 1)"
    assert last == {"status": "complete", "totalDtcs": 2, "ecusAnswered": ["0x1010"], "ecusNotAnswered": []}


async def test_all_components_are_asked_and_the_silent_ones_named(server: OddSovdServer) -> None:
    server.on("GET", f"{BRAKES}/faults", refusal(504, "not-responding", "ECU silent"))

    payloads = await payloads_of(server, "ReadDTC", {})

    assert payloads[-1]["ecusAnswered"] == ["0x1010"]
    assert payloads[-1]["ecusNotAnswered"][0]["ecuAddress"] == "0x1030"
    assert "silent" in payloads[-1]["ecusNotAnswered"][0]["reason"]


async def test_a_component_that_hangs_does_not_hold_up_the_rest(server: OddSovdServer) -> None:
    server.on("GET", f"{BRAKES}/faults", Reply(silent=True))
    payloads = await payloads_of(server, "ReadDTC", {}, within_s=3.0)
    assert [one["component"] for one in payloads[-1]["ecusNotAnswered"]] == ["brakes"]


async def test_where_nobody_answers_the_command_fails(server: OddSovdServer) -> None:
    for entity in (ENGINE, BRAKES):
        server.on("GET", f"{entity}/faults", Reply(silent=True))
    assert isinstance(await error_of(server, "ReadDTC", {}, within_s=1.0), VehicleTimeout)


async def test_a_status_filter_unknown_to_the_server_is_left_out(server: OddSovdServer) -> None:
    listed = server.routes["GET", f"{ENGINE}/faults"]
    assert isinstance(listed, Reply)
    server.on(
        "GET",
        f"{ENGINE}/faults",
        lambda seen: refusal(400, "vendor-specific", "unknown key") if "?" in seen.target else listed,
    )
    first, _ = await payloads_of(server, "ReadDTC", {**ON_ENGINE, "statusMask": "0x08"})
    assert [one["dtcCode"] for one in first["dtcs"]] == ["P0420"]


async def test_environment_data_is_read_where_asked_for(server: OddSovdServer) -> None:
    environment = {"snapshots": {"data": [{"rpm": 900}]}, "extended_data_records": {"data": [{"count": 3}]}}
    server.on("GET", f"{ENGINE}/faults/042000", Reply(body={"item": {}, "environment_data": environment}))

    first, _ = await payloads_of(server, "ReadDTC", {**ON_ENGINE, "snapshot": True, "extendedData": True})

    assert first["dtcs"][0]["snapshots"] == [{"rpm": 900}]
    assert first["dtcs"][0]["extendedData"] == [{"count": 3}]
    assert first["dtcs"][1]["environmentError"]["code"] == "vehicle_refused"


async def test_clearing_counts_what_is_gone_and_takes_a_lock_where_demanded(server: OddSovdServer) -> None:
    with_lock = _needs_lock(server, "DELETE", f"{ENGINE}/faults")
    listed = server.routes["GET", f"{ENGINE}/faults"]
    server.on(
        "GET",
        f"{ENGINE}/faults",
        lambda _: Reply(body={"items": []}) if with_lock() else listed,  # type: ignore[return-value,arg-type]  # a plain reply
    )

    assert await payloads_of(server, "ClearDTC", {"ecuAddress": "0x1010"}) == [
        {"status": "success", "ecuAddress": "0x1010", "component": "engine", "clearedCount": 2}
    ]
    assert len(server.asked("POST", f"{ENGINE}/locks")) == 1
    assert len(server.asked("DELETE", f"{ENGINE}/locks/7")) == 1


def _needs_lock(server: OddSovdServer, method: str, path: str) -> Any:
    held: list[str] = []
    done: list[str] = []

    def lock(request: Seen) -> Reply:
        held.append("7")
        return Reply(status=201, body={"items": [{"id": "7"}]})

    def act(request: Seen) -> Reply:
        if not held:
            return refusal(403, "insufficient-access-rights", "Required ECU lock is missing")
        done.append("done")
        return Reply(status=204)

    server.on("POST", f"{ENGINE}/locks", lock).on(method, path, act)
    server.on("DELETE", f"{ENGINE}/locks/7", Reply(status=204))
    return lambda: bool(done)


async def test_a_lock_of_somebody_else_is_told(server: OddSovdServer) -> None:
    server.on("DELETE", f"{ENGINE}/faults", Reply(status=423))
    server.on("POST", f"{ENGINE}/locks", refusal(409, "lock-broken", "held"))
    server.on("GET", f"{ENGINE}/locks", Reply(body={"items": [{"id": "77", "owned": False}]}))

    error = await error_of(server, "ClearDTC", ON_ENGINE)

    assert isinstance(error, VehicleRefused)
    assert not error.may_have_acted
    assert error.details["locks"] == ["77"]


async def test_the_lock_is_released_when_the_command_is_cancelled(server: OddSovdServer) -> None:
    def act(request: Seen) -> Reply:
        return Reply(silent=True) if server.asked("POST", f"{ENGINE}/locks") else Reply(status=423)

    server.on("DELETE", f"{ENGINE}/faults", act)
    server.on("POST", f"{ENGINE}/locks", Reply(status=201, body={"id": "7"}))
    server.on("DELETE", f"{ENGINE}/locks/7", Reply(status=204))
    running = asyncio.create_task(parts_of(server, "ClearDTC", ON_ENGINE))
    await until(lambda: len(server.asked("DELETE", f"{ENGINE}/faults")) == 2)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert len(server.asked("DELETE", f"{ENGINE}/locks/7")) == 1


async def test_clearing_one_code_means_the_servers_own_spelling(server: OddSovdServer) -> None:
    server.on("DELETE", f"{ENGINE}/faults/0x017111", Reply(status=204))
    payloads = await payloads_of(server, "ClearDTC", {**ON_ENGINE, "dtcCode": "P0171"})
    assert payloads[0]["dtcCode"] == "P0171-11"


async def test_clearing_a_code_that_is_not_stored_sends_nothing(server: OddSovdServer) -> None:
    payloads = await payloads_of(server, "ClearDTC", {**ON_ENGINE, "dtcCode": "P0999"})
    assert payloads[0]["clearedCount"] == 0
    assert {one.method for one in server.seen} == {"GET"}


async def test_a_lock_in_use_is_extended(server: OddSovdServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sovd_locks, "EXTEND_EVERY_S", 0.02)
    executions = f"{ENGINE}/operations/selftest_0203/executions"
    server.on("POST", executions, [Reply(status=423), Reply(status=202, body={"id": "5"})])
    extended = f"{ENGINE}/locks/7"
    server.on("POST", f"{ENGINE}/locks", [refusal(400, "incomplete-request", "too long"),
                                          Reply(status=201, body={"id": "7"})])  # fmt: skip
    server.on("PUT", extended, Reply(status=204)).on("DELETE", extended, Reply(status=204))
    server.on(
        "GET",
        f"{executions}/5",
        lambda _: Reply(body={"status": "completed" if len(server.asked("PUT", extended)) > 1 else "running"}),
    )

    await payloads_of(server, "RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"})

    assert [one.json() for one in server.asked("POST", f"{ENGINE}/locks")] == [
        {"lock_expiration": 30},
        {"lock_expiration": 10},
    ]
    assert server.asked("PUT", extended)[0].json() == {"lock_expiration": 10}
    assert server.seen[-1].method == "DELETE"


@pytest.mark.parametrize("reply", [Reply(silent=True), Reply(cut=True), Reply(status=409)])
async def test_a_release_that_fails_does_not_spoil_what_was_done(server: OddSovdServer, reply: Reply) -> None:
    _needs_lock(server, "DELETE", f"{ENGINE}/faults")
    server.on("DELETE", f"{ENGINE}/locks/7", reply)
    payloads = await payloads_of(server, "ClearDTC", ON_ENGINE)
    assert payloads[-1]["status"] == "success"
