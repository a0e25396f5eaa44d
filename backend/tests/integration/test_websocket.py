"""The live stream end to end: real server, real sockets, real Valkey and PostgreSQL, the simulated vehicle."""

import asyncio
import logging
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis.asyncio
from websockets.asyncio.client import ClientConnection

from app.domain.identifiers import SessionId, UserId
from app.domain.json_values import JsonObject, decode_json_object
from app.security.access_tokens import AccessTokens
from app.settings import Settings
from support.running_app import USER_PASSWORD, RunningApp, running
from support.viewers import Watched, read_to_end, socket_to, token_of, token_with, watch
from support.waiting import until

_COMPLETE = ["in_progress", 1, 2, 3, "completed"]


def _from_running(watched: Watched) -> list[Any]:
    """What was seen, without the `pending` that only those see who come before the start."""
    return watched.short[1:] if watched.short[:1] == ["pending"] else watched.short


async def _next(socket: ClientConnection) -> JsonObject:
    async with asyncio.timeout(10):
        return decode_json_object(await socket.recv())


async def test_chunks_come_in_order_and_when_they_exist_not_all_at_the_end(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle("sim:?delay=1")
    command = await running_app.submit(vehicle, command_params={"ecuAddress": "0x10"})
    clock = asyncio.get_running_loop()
    arrived: list[tuple[float, JsonObject]] = []
    async with socket_to(running_app, command, token_of(running_app.admin)) as socket:
        while not arrived or arrived[-1][1].get("status") != "completed":
            event = await _next(socket)
            arrived.append((clock.time(), event))
        rest = await read_to_end(socket)

    times = [at for at, event in arrived if event["event"] == "response"]
    chunks = [event for _, event in arrived if event["event"] == "response"]
    assert [chunk["sequence_number"] for chunk in chunks] == [1, 2, 3]
    assert [chunk["is_final"] for chunk in chunks] == [False, False, True]
    assert [chunk["response_payload"].get("dtcs", [{}])[0].get("dtcCode") for chunk in chunks] == [
        "P0420",
        "P0171",
        None,
    ]
    assert times[2] - times[0] > 0.5  # two seconds, were it not for machines that stand still
    assert rest == Watched([], 1000, rest.close_reason)


async def test_events_have_the_form_of_the_contract(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    watched = await watch(running_app, command, token_of(running_app.admin))

    chunk = next(event for event in watched.events if event["event"] == "response")
    status = watched.events[-1]
    assert set(chunk) == {"event", "command_id", "response_id", "response_payload", "sequence_number", "is_final"}
    assert (chunk["command_id"], UUID(chunk["response_id"]).version) == (command, UUID(chunk["response_id"]).version)
    assert set(status) == {"event", "command_id", "status", "completed_at"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", status["completed_at"])


async def test_several_viewers_see_the_same(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?delay=0.5"))
    token = token_of(running_app.admin)
    viewers = await asyncio.gather(*(watch(running_app, command, token) for _ in range(25)))

    assert all(_from_running(viewer) == _COMPLETE for viewer in viewers)
    assert {viewer.close_code for viewer in viewers} == {1000}
    chunks = [[event for event in viewer.events if event["event"] == "response"] for viewer in viewers]
    assert all(seen == chunks[0] for seen in chunks)


async def test_joining_before_the_command_runs(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle("sim:?offline=true")
    command = await running_app.submit(vehicle)
    async with socket_to(running_app, command, token_of(running_app.admin)) as socket:
        first = await _next(socket)
        address = {"address": "sim:?delay=0"}
        assert (await running_app.admin.patch(f"/api/v1/vehicles/{vehicle}", json=address)).status_code == 200
        rest = await read_to_end(socket)

    assert (first["status"], first["completed_at"]) == ("pending", None)
    assert rest.short == _COMPLETE
    assert rest.close_code == 1000


async def test_joining_while_the_command_runs(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?delay=0.4"))
    token = token_of(running_app.admin)
    async with socket_to(running_app, command, token) as early:
        while (await _next(early)).get("sequence_number") != 2:
            pass
        late = await watch(running_app, command, token)

    assert late.short == _COMPLETE


async def test_joining_after_the_end(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    await running_app.ended(command)
    watched = await watch(running_app, command, token_of(running_app.admin))

    assert watched.short == [1, 2, 3, "completed"]
    assert watched.close_code == 1000


@pytest.mark.parametrize(("after", "seen"), [(1, [2, 3, "completed"]), (3, ["completed"]), (9, ["completed"])])
async def test_resuming_after_the_end(running_app: RunningApp, after: int, seen: list[Any]) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    await running_app.ended(command)
    watched = await watch(running_app, command, token_of(running_app.admin), query=f"?after={after}")

    assert watched.short == seen


async def test_reconnecting_at_every_chunk_misses_and_repeats_nothing(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?delay=0.2"))
    numbers: list[int] = []
    while len(numbers) < 3:
        query = f"?after={len(numbers)}"
        async with socket_to(running_app, command, token_of(running_app.admin), query=query) as socket:
            while "sequence_number" not in (event := await _next(socket)):
                pass
            numbers.append(event["sequence_number"])

    assert numbers == [1, 2, 3]


async def test_a_bad_ending_says_why(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?delay=0.5&fail_after=1"))
    watched = await watch(running_app, command, token_of(running_app.admin))
    stored = await running_app.ended(command)

    assert _from_running(watched)[:2] == ["in_progress", 1]
    assert watched.events[-2]["event"] == "error"
    assert set(watched.events[-2]) == {"event", "command_id", "code", "error_message"}
    assert watched.events[-1]["status"] == stored["status"]
    assert watched.close_code == 1000


async def test_a_raw_redis_subscriber_sees_each_event(running_app: RunningApp, redis_url: str) -> None:
    vehicle = await running_app.add_vehicle("sim:?offline=true")
    command = await running_app.submit(vehicle)
    async with redis.asyncio.from_url(redis_url, decode_responses=True) as client, client.pubsub() as pubsub:
        await pubsub.subscribe(f"response:{command}")
        await running_app.admin.patch(f"/api/v1/vehicles/{vehicle}", json={"address": "sim:?delay=0"})
        events: list[JsonObject] = []
        async with asyncio.timeout(10):
            while not events or events[-1].get("status") != "completed":
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=1.0)
                if message is not None:
                    assert message["channel"] == f"response:{command}"
                    events.append(decode_json_object(message["data"]))

    assert Watched(events).short == _COMPLETE
    assert all(event["command_id"] == command for event in events)
    assert list(events[1]) == [
        "event",
        "command_id",
        "response_id",
        "response_payload",
        "sequence_number",
        "is_final",
    ]
    assert events[-1]["completed_at"].endswith("Z")


@pytest.mark.parametrize("how", ["header", "subprotocol", "query"])
async def test_three_ways_to_show_the_token(
    running_app: RunningApp, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "uvicorn.error")  # the most the program ever lets libraries say
    command = await running_app.submit(await running_app.add_vehicle())
    token = token_of(running_app.admin)
    match how:
        case "header":
            watched = await watch(running_app, command, token)
        case "subprotocol":
            offered = ["sovd.v1", f"bearer.{token}"]
            async with socket_to(running_app, command, None, subprotocols=offered) as socket:
                assert socket.subprotocol == "sovd.v1"
                watched = await read_to_end(socket)
        case _:
            watched = await watch(running_app, command, None, query=f"?token={token}&after=0")

    assert watched.close_code == 1000
    of_server = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets.client")]
    assert any(command in line for line in of_server)
    assert not any(token in line for line in of_server)


async def test_the_query_is_kept_apart_from_its_token(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    await running_app.ended(command)
    watched = await watch(running_app, command, None, query=f"?after=2&token={token_of(running_app.admin)}")

    assert watched.short == [3, "completed"]


async def test_without_a_valid_token(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    real = token_of(running_app.admin)
    foreign = AccessTokens("another server's secret, also long enough", ttl_s=900).issue(
        UserId(uuid4()), SessionId(uuid4()), datetime.now(UTC)
    )
    for token in (None, "nonsense", real[:-3] + "abc", foreign):
        watched = await watch(running_app, command, token)
        assert (watched.events, watched.close_code) == ([], 1008)
        assert watched.close_reason


async def test_an_expired_token(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    old = token_with(running_app, running_app.admin, left_s=-240)
    watched = await watch(running_app, command, old)

    assert (watched.events, watched.close_code) == ([], 1008)
    assert "expired" in watched.close_reason


async def test_the_stream_ends_when_its_token_expires(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?offline=true"))
    watched = await watch(running_app, command, token_with(running_app, running_app.admin, left_s=2))

    assert watched.short == ["pending"]
    assert (watched.close_code, "expired" in watched.close_reason) == (1008, True)


@pytest.mark.parametrize("how", ["deactivated", "logged out"])
async def test_a_revoked_session_ends_its_streams_at_once(running_app: RunningApp, how: str) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?offline=true"))
    async with (
        await running_app.add_user("erika") as erika,
        await running_app.add_user("max") as other,
        socket_to(running_app, command, token_of(erika)) as socket,
        socket_to(running_app, command, token_of(other)) as bystander,
    ):
        assert (await _next(socket))["status"] == "pending"
        assert (await _next(bystander))["status"] == "pending"
        begun = asyncio.get_running_loop().time()
        if how == "deactivated":
            user = (await erika.get("/api/v1/auth/me")).json()["user_id"]
            answer = await running_app.admin.patch(f"/api/v1/users/{user}", json={"is_active": False})
        else:
            answer = await erika.post("/api/v1/auth/logout")
        assert answer.is_success, answer.text
        watched = await read_to_end(socket)

        assert (watched.events, watched.close_code) == ([], 1008)
        assert asyncio.get_running_loop().time() - begun < 1.5
        assert bystander.close_code is None


async def test_unknown_malformed_and_hidden_commands_look_the_same(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    other_vehicle = await running_app.add_vehicle(number=2)
    async with await running_app.add_user("erika", vehicle_ids=[other_vehicle]) as erika:
        token = token_of(erika)
        answers = [await watch(running_app, name, token) for name in (command, str(uuid4()), "not-an-id")]

    assert [(answer.events, answer.close_code) for answer in answers] == [([], 4404)] * 3
    assert len({answer.close_reason for answer in answers}) == 1


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "", "9" * 30, "%D9%A1"])
async def test_a_start_that_is_no_number(running_app: RunningApp, after: str) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    watched = await watch(running_app, command, token_of(running_app.admin), query=f"?after={after}")

    assert (watched.events, watched.close_code) == ([], 1008)
    assert "after" in watched.close_reason


async def test_what_viewers_say_is_ignored(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?delay=0.5"))
    async with socket_to(running_app, command, token_of(running_app.admin)) as socket:
        for _ in range(200):
            await socket.send("x" * 1000)
            await socket.send(b"\x00" * 1000)
        watched = await read_to_end(socket)

    assert _from_running(watched) == _COMPLETE


async def test_viewers_that_leave_are_noticed_at_once(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?offline=true"))
    hub = running_app.app.state.sovd.hub
    async with socket_to(running_app, command, token_of(running_app.admin)) as socket:
        await _next(socket)
        assert hub.viewer_count == 1
        socket.transport.abort()
        await until(lambda: (hub.viewer_count, hub.topic_count) == (0, 0))


async def test_a_server_that_stops_says_so(app_settings: Settings) -> None:
    async with running(app_settings) as app:
        command = await app.submit(await app.add_vehicle("sim:?offline=true"))
        async with socket_to(app, command, token_of(app.admin)) as socket:
            await _next(socket)
            app.app.state.sovd.hub.stop()
            watched = await read_to_end(socket)
        refused = await watch(app, command, token_of(app.admin))

    assert (watched.close_code, refused.close_code) == (1012, 1012)


async def test_every_role_may_watch_and_users_keep_apart(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    async with await running_app.add_user("vera", role="viewer") as vera:
        watched = await watch(running_app, command, token_of(vera))
    assert watched.close_code == 1000
    assert USER_PASSWORD not in str(watched)
