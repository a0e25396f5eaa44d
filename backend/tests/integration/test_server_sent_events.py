"""The same streams as server-sent events."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from app.domain.json_values import decode_json_object
from support.running_app import RunningApp
from support.viewers import token_of, token_with, watch, watch_sse
from support.waiting import until


async def test_the_events_of_the_websocket(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?delay=0.3"))
    live, socket = await asyncio.gather(
        watch_sse(running_app.admin, command), watch(running_app, command, token_of(running_app.admin))
    )
    later = await watch_sse(running_app.admin, command)

    responses = [event for event in live if event.event == "response"]
    assert [event.id for event in responses] == ["1", "2", "3"]
    assert [decode_json_object(event.data) for event in responses] == [
        event for event in socket.events if event["event"] == "response"
    ]
    assert live[-1].event == "status"
    assert decode_json_object(live[-1].data)["status"] == "completed"
    assert [event.event for event in later] == ["response", "response", "response", "status"]


async def test_resuming(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    await running_app.ended(command)

    by_query = await watch_sse(running_app.admin, command, after=1)
    by_header = await watch_sse(running_app.admin, command, headers={"Last-Event-ID": "2"})
    by_both = await watch_sse(running_app.admin, command, after=0, headers={"Last-Event-ID": "2"})

    assert [event.id for event in by_query if event.event == "response"] == ["2", "3"]
    assert [event.id for event in by_header if event.event == "response"] == ["3"]
    assert [event.data for event in by_both] == [event.data for event in by_header]


async def test_the_head_of_the_answer(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    answer = await running_app.admin.get(f"/api/v1/commands/{command}/events")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "x-correlation-id" in answer.headers


async def test_refusals_are_problems(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    url = f"/api/v1/commands/{command}/events"
    async with httpx.AsyncClient(base_url=running_app.base_url, trust_env=False) as nobody:
        without = await nobody.get(url)
        in_query = await nobody.get(url, params={"token": token_of(running_app.admin)})
    unknown = await running_app.admin.get(f"/api/v1/commands/{uuid4()}/events")
    negative = await running_app.admin.get(url, params={"after": -1})
    nonsense = await running_app.admin.get(url, headers={"Last-Event-ID": "x"})

    answers = (without, in_query, unknown, negative, nonsense)
    assert [answer.status_code for answer in answers] == [401, 401, 404, 422, 422]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


async def test_too_late_for_new_streams(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle())
    running_app.app.state.sovd.hub.stop()
    answer = await running_app.admin.get(f"/api/v1/commands/{command}/events")

    assert (answer.status_code, answer.json()["status"]) == (503, 503)


@pytest.mark.parametrize("how", ["expired", "logged out", "stopped"])
async def test_a_stream_ends_with_its_session(running_app: RunningApp, how: str) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?offline=true"))
    async with await running_app.add_user("erika") as erika:
        token = token_with(running_app, erika, left_s=2 if how == "expired" else 600)
        headers = {"Authorization": f"Bearer {token}"}
        seen: list[str] = []
        path = f"/api/v1/commands/{command}/events"
        async with asyncio.timeout(20), erika.stream("GET", path, headers=headers) as answer:
            async for line in answer.aiter_lines():
                seen.append(line)
                if line != "event: status":
                    continue
                if how == "logged out":
                    await erika.post("/api/v1/auth/logout")
                elif how == "stopped":
                    running_app.app.state.sovd.hub.stop()

    assert seen[0].startswith(":"), "proxies and clients see at once that it works"
    assert seen.count("event: status") == 1
    assert [line for line in seen if line][-1].startswith(": 1012" if how == "stopped" else ": 1008")


async def test_a_viewer_that_leaves_is_noticed(running_app: RunningApp) -> None:
    command = await running_app.submit(await running_app.add_vehicle("sim:?offline=true"))
    hub = running_app.app.state.sovd.hub
    async with running_app.admin.stream("GET", f"/api/v1/commands/{command}/events") as answer:
        await anext(answer.aiter_lines())
        assert hub.viewer_count == 1
    await until(lambda: hub.viewer_count == 0)
