"""One socket for all that a page watches: real server, real sockets, real Valkey and PostgreSQL."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.domain.bus_messages import PRESENCE, BusMessage
from app.domain.identifiers import SessionId, UserId
from app.domain.json_values import JsonObject
from app.security.access_tokens import AccessTokens
from app.settings import Settings
from support.page_socket import page_socket
from support.running_app import RunningApp, running
from support.viewers import token_of, token_with
from support.waiting import until

_COMPLETE = ["in_progress", 1, 2, 3, "completed"]


def from_running(short: list[object]) -> list[object]:
    """Without the `pending` that only those see who come before the start."""
    return short[1:] if short[:1] == ["pending"] else short


def ended(frame_id: str) -> JsonObject:
    """The last frame of a command's subscription."""
    return {"event": "unsubscribed", "id": frame_id, "reason": "ended"}


async def test_a_command_is_shown_whole_and_then_given_free(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?delay=0.2"))
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        answer = await page.subscribe("a1", "command", command_id=command, after=0)
        await page.when(lambda frame: frame == ended("a1"))
        assert answer == {"event": "subscribed", "id": "a1"}
        assert from_running(page.short("a1")) == _COMPLETE
        chunk = next(frame for frame in page.of("a1") if frame["event"] == "response")
        assert list(chunk) == [
            "sub",
            "event",
            "command_id",
            "response_id",
            "response_payload",
            "sequence_number",
            "is_final",
        ]
        late = await page.subscribe("a1", "command", command_id=command, after=2)
        assert late["event"] == "subscribed"
        await page.when(lambda frame: frame == ended("a1"), since=page.frames.index(late))
        assert page.short("a1")[-2:] == [3, "completed"]


async def test_many_commands_over_one_socket_each_in_order(running_app: RunningApp) -> None:
    vehicles = [await running_app.add_vehicle("sim:?delay=0.05", number=number) for number in range(1, 6)]
    commands = [await running_app.submit(vehicle) for vehicle in vehicles for _ in range(3)]
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        for number, command in enumerate(commands):
            await page.subscribe(f"c{number}", "command", command_id=command)
        for number in range(len(commands)):
            await page.is_told(ended(f"c{number}"))
        for number, command in enumerate(commands):
            assert from_running(page.short(f"c{number}")) in (_COMPLETE, _COMPLETE[1:])
            assert {frame["command_id"] for frame in page.of(f"c{number}")} == {command}


async def test_states_of_all_commands_are_told_in_order(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle("sim:?delay=0.1")
    other = await running_app.add_vehicle(number=2)
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        await page.subscribe("c", "commands")
        await page.subscribe("v", "vehicle", vehicle_id=vehicle)
        command = await running_app.submit(vehicle)
        await running_app.ended(await running_app.submit(other))
        await page.when(lambda frame: frame.get("sub") == "v" and frame.get("status") == "completed")
        seen = [frame for frame in page.of("c") if frame.get("command_id") == command]
        assert [frame["status"] for frame in seen] == ["pending", "in_progress", "completed"]
        assert [frame["at"] for frame in seen] == sorted(frame["at"] for frame in seen)
        assert set(seen[0]) == {
            *("sub", "event", "command_id", "vehicle_id", "user_id", "command_name", "status", "at"),
        }
        assert (seen[0]["event"], seen[0]["vehicle_id"], seen[0]["command_name"]) == ("command", vehicle, "ReadDTC")
        assert {frame["vehicle_id"] for frame in page.of("v")} == {vehicle}
        assert len({frame["command_id"] for frame in page.of("c")}) == 2


async def test_cancelled_and_expired_commands_are_told(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle("sim:?offline=true")
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        await page.subscribe("c", "commands")
        cancelled = await running_app.submit(vehicle)
        await running_app.admin.post(f"/api/v1/commands/{cancelled}/cancel", json={})
        expired = await running_app.submit(vehicle, expires_in_s=1)
        for command, status in ((cancelled, "cancelled"), (expired, "expired")):
            await page.is_told({"sub": "c", "command_id": command, "status": status})


async def test_presence_is_told_as_it_changes(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle()
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        await page.subscribe("p", "presence")
        await running_app.admin.patch(f"/api/v1/vehicles/{vehicle}", json={"address": "sim:?offline=true"})
        told = await page.when(lambda frame: frame.get("connection_status") == "disconnected")
        names = {"sub", "event", "vehicle_id", "connection_status", "status_cause", "status_since", "last_seen_at"}
        assert (set(told), told["sub"], told["vehicle_id"]) == (names, "p", vehicle)


async def test_after_unsubscribing_nothing_more_comes(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle("sim:?offline=true")
    command = await running_app.submit(vehicle)
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        await page.subscribe("a", "command", command_id=command)
        await page.when(lambda frame: frame.get("status") == "pending")
        await page.say(op="unsubscribe", id="a")
        await page.when(lambda frame: frame == {"event": "unsubscribed", "id": "a"})
        hub = running_app.app.state.sovd.hub
        await until(lambda: hub.viewer_count == 0)
        await running_app.admin.patch(f"/api/v1/vehicles/{vehicle}", json={"address": "sim:?delay=0"})
        await running_app.ended(command)
        await page.say(op="unsubscribe", id="a")
        await page.when(lambda frame: frame.get("code") == "not_subscribed")
        assert page.short("a") == ["pending"]


async def test_hidden_objects_look_unknown_and_changes_in_them_are_not_told(running_app: RunningApp) -> None:
    near, far = [await running_app.add_vehicle(number=number) for number in (1, 2)]
    command = await running_app.submit(far)
    await running_app.ended(command)
    async with (
        await running_app.add_user("erika", vehicle_ids=[near]) as erika,
        page_socket(running_app.ws_url, token_of(erika)) as page,
    ):
        for topic, name, hidden in (("command", "command_id", command), ("vehicle", "vehicle_id", far)):
            answers = [await page.subscribe("x", topic, **{name: item}) for item in (hidden, str(uuid4()), "nonsense")]
            assert answers == [answers[0]] * 3
            assert (answers[0]["event"], answers[0]["code"]) == ("error", "not_found")
        await page.subscribe("c", "commands")
        await page.subscribe("p", "presence")
        await running_app.admin.patch(f"/api/v1/vehicles/{far}", json={"address": "sim:?offline=true"})
        await running_app.admin.patch(f"/api/v1/vehicles/{near}", json={"address": "sim:?offline=true"})
        await running_app.submit(far)
        await running_app.submit(near)
        await page.when(lambda frame: frame.get("connection_status") == "disconnected")
        await page.when(lambda frame: frame.get("status") == "pending")
        assert {frame["vehicle_id"] for frame in [*page.of("c"), *page.of("p")] if "vehicle_id" in frame} == {near}


async def test_a_smaller_scope_ends_what_is_out_of_sight(running_app: RunningApp) -> None:
    near, far = [await running_app.add_vehicle("sim:?offline=true", number=number) for number in (1, 2)]
    commands = [await running_app.submit(vehicle) for vehicle in (near, far)]
    async with (
        await running_app.add_user("erika") as erika,
        page_socket(running_app.ws_url, token_of(erika)) as page,
    ):
        for name, command in zip(("near", "far"), commands, strict=True):
            await page.subscribe(name, "command", command_id=command)
        user = (await erika.get("/api/v1/auth/me")).json()["user_id"]
        await running_app.admin.patch(f"/api/v1/users/{user}", json={"vehicle_ids": [near]})
        gone = await page.when(lambda frame: frame["event"] == "unsubscribed")
        assert gone == {"event": "unsubscribed", "id": "far", "reason": "not_found"}
        await until(lambda: running_app.app.state.sovd.hub.viewer_count == 1)


async def test_two_hundred_subscriptions_and_no_more(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?offline=true"))
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        for number in range(200):
            assert (await page.subscribe(f"c{number}", "command", command_id=command))["event"] == "subscribed"
        refused = await page.subscribe("one more", "presence")
        twice = await page.subscribe("c1", "presence")
        assert (refused["code"], twice["code"]) == ("too_many_subscriptions", "id_in_use")
        await page.say(op="unsubscribe", id="c7")
        await page.when(lambda frame: frame == {"event": "unsubscribed", "id": "c7"})
        assert (await page.subscribe("one more", "presence"))["event"] == "subscribed"
        await until(lambda: running_app.app.state.sovd.hub.viewer_count == 199)
    await until(lambda: running_app.app.state.sovd.hub.viewer_count == 0)
    await until(lambda: running_app.app.state.sovd.hub.feed.listener_count == 0)


async def test_a_ping_is_answered(running_app: RunningApp) -> None:
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        await page.socket.send('{"op":"ping"}')
        assert await page.when(lambda frame: frame["event"] == "pong") == {"event": "pong"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"op":"fly"}',
        '{"op":"subscribe","topic":"presence"}',
        '{"op":"subscribe","id":7,"topic":"presence"}',
        '{"op":"subscribe","id":"x","topic":"weather"}',
        '{"op":"subscribe","id":"x","topic":"command"}',
        '{"op":"subscribe","id":"x","topic":"command","command_id":"y","after":-1}',
        '{"op":"subscribe","id":"x","topic":"command","command_id":"y","after":true}',
        '{"op":"token"}',
        "x" * 20_000,
        b"\x00\x01",
    ],
)
async def test_frames_that_make_no_sense_are_answered_and_harm_nothing(
    running_app: RunningApp, text: str | bytes
) -> None:
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        await page.socket.send(text)
        answer = await page.when(lambda frame: frame["event"] == "error")
        assert (answer["code"], bool(answer["message"])) == ("malformed_frame", True)
        assert (await page.subscribe("p", "presence"))["event"] == "subscribed"


async def test_without_a_valid_token(running_app: RunningApp) -> None:
    foreign = AccessTokens("another server's secret, also long enough", ttl_s=900).issue(
        UserId(uuid4()), SessionId(uuid4()), datetime.now(UTC)
    )
    for token in (None, "nonsense", foreign, token_with(running_app, running_app.admin, left_s=-240)):
        async with page_socket(running_app.ws_url, token) as page:
            assert await page.closed() == 1008
            assert page.frames == []


async def test_the_token_may_come_as_a_subprotocol(running_app: RunningApp) -> None:
    offered = ["sovd.v1", f"bearer.{token_of(running_app.admin)}"]
    async with page_socket(running_app.ws_url, None, subprotocols=offered) as page:
        assert page.socket.subprotocol == "sovd.v1"
        assert (await page.subscribe("p", "presence"))["event"] == "subscribed"


async def test_the_socket_ends_with_its_token_unless_a_fresh_one_comes(running_app: RunningApp) -> None:
    short = token_with(running_app, running_app.admin, left_s=2)
    async with (
        page_socket(running_app.ws_url, short) as kept,
        page_socket(running_app.ws_url, short) as left_alone,
    ):
        await kept.say(op="token", token="nonsense")
        assert (await kept.when(lambda frame: frame["event"] == "error"))["code"] == "not_authenticated"
        await kept.say(op="token", token=token_with(running_app, running_app.admin, left_s=60))
        assert (await kept.when(lambda frame: frame["event"] == "token"))["expires_in"] > 30
        assert await left_alone.closed() == 1008
        assert "expired" in (left_alone.socket.close_reason or "")
        assert (await kept.subscribe("p", "presence"))["event"] == "subscribed"
        assert kept.socket.close_code is None


async def test_a_token_that_expires_in_the_middle_of_a_stream_costs_no_chunk_and_doubles_none(
    running_app: RunningApp,
) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?delay=2"))
    async with page_socket(running_app.ws_url, token_with(running_app, running_app.admin, left_s=2)) as page:
        await page.subscribe("a", "command", command_id=command)
        assert await page.closed() == 1008
        seen = [frame["sequence_number"] for frame in page.of("a") if frame["event"] == "response"]
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as again:
        await again.subscribe("b", "command", command_id=command, after=len(seen))
        await again.when(lambda frame: frame == ended("b"))
        rest = [frame["sequence_number"] for frame in again.of("b") if frame["event"] == "response"]
        assert again.short("b")[-1] == "completed"
    assert rest, "the stream was over before the token was"
    assert seen + rest == [1, 2, 3]


async def test_the_fresh_token_must_be_of_the_same_account(running_app: RunningApp) -> None:
    async with (
        await running_app.add_user("erika") as erika,
        page_socket(running_app.ws_url, token_of(erika)) as page,
    ):
        await page.say(op="token", token=token_of(running_app.admin))
        assert await page.closed() == 1008


@pytest.mark.parametrize("how", ["deactivated", "logged out"])
async def test_a_revoked_session_ends_the_socket(running_app: RunningApp, how: str) -> None:
    async with (
        await running_app.add_user("erika") as erika,
        await running_app.add_user("max") as other,
        page_socket(running_app.ws_url, token_of(erika)) as page,
        page_socket(running_app.ws_url, token_of(other)) as bystander,
    ):
        await page.subscribe("p", "presence")
        await bystander.subscribe("p", "presence")
        if how == "deactivated":
            user = (await erika.get("/api/v1/auth/me")).json()["user_id"]
            await running_app.admin.patch(f"/api/v1/users/{user}", json={"is_active": False})
        else:
            await erika.post("/api/v1/auth/logout")
        assert await page.closed() == 1008
        assert bystander.socket.close_code is None


async def test_a_server_that_stops_says_so(app_settings: Settings) -> None:
    async with running(app_settings) as app, page_socket(app.ws_url, token_of(app.admin)) as page:
        await page.subscribe("p", "presence")
        app.app.state.sovd.hub.stop()
        assert await page.closed() == 1012
        async with page_socket(app.ws_url, token_of(app.admin)) as refused:
            assert await refused.closed() == 1012


async def test_what_the_bus_brings_that_is_none_of_ours_is_ignored(running_app: RunningApp) -> None:
    bus = running_app.app.state.sovd.hub.feed._bus
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        await page.subscribe("p", "presence")
        texts = ("nonsense", "{}", '{"event":"presence"}', '{"event":"resync"}')
        await bus.publish([BusMessage(PRESENCE, text) for text in texts])
        await page.when(lambda frame: frame == {"sub": "p", "event": "resync"})
        assert page.short("p") == ["resync"]


async def test_many_frames_at_once_are_taken_one_by_one(running_app: RunningApp) -> None:
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        for number in range(1000):
            await page.say(op="subscribe", id=f"{number}", topic="presence")
        await page.when(lambda frame: frame.get("id") == "999")
        answered = [frame["event"] for frame in page.frames if "id" in frame]
        assert answered == ["subscribed"] * 200 + ["error"] * 800
