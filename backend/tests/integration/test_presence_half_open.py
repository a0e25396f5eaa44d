"""Presence of vehicles that accept connections and say nothing, and of those that are merely busy."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.domain.bus_messages import PRESENCE
from app.eventbus.event_bus import EventBus
from app.simulator.disturbances import DisturbanceKind
from support.disturbing import fleet as insert
from support.real_vehicles import Registered, register
from support.running_app import RunningApp
from support.simulated_fleet import quick_fleet
from support.waiting import eventually, until

GATEWAY, ENGINE, BRAKES = 0x1000, 0x1010, 0x1030


@pytest.fixture(params=["doip", "sovd"])
async def car(request: pytest.FixtureRequest, running_app: RunningApp) -> AsyncIterator[Registered]:
    async with quick_fleet(with_sovd=True) as fleet:
        yield await register(running_app, fleet, request.param)


async def shown_as(car: Registered, status: str) -> dict[str, Any]:
    """Wait until the vehicle is shown so; gives it."""
    found: dict[str, Any] = {}

    async def is_so() -> bool:
        found.update(await car.shown())
        return bool(found["connection_status"] == status)

    await eventually(is_so, within_s=20, what=f"the vehicle is {status}")
    return found


async def test_half_open_is_shown_published_and_over_when_it_is_over(car: Registered, redis_url: str) -> None:
    heard: list[dict[str, Any]] = []
    async with EventBus(redis_url, name="test").running() as bus:
        await bus.subscribe(PRESENCE, lambda body: heard.append(json.loads(body)), wait_s=5)
        before = await shown_as(car, "connected")
        car.disturb(DisturbanceKind.HALF_OPEN)
        gone = await shown_as(car, "disconnected")
        assert gone["status_cause"]
        assert gone["last_seen_at"] >= before["last_seen_at"]
        car.undisturbed()
        back = await shown_as(car, "connected")
        assert back["last_seen_at"] > gone["last_seen_at"]

        await until(lambda: len(heard) >= 2, what="two changes on the bus")
    mine = [item for item in heard if item["vehicle_id"] == car.vehicle_id]
    assert [item["connection_status"] for item in mine] == ["disconnected", "connected"]
    assert mine[0]["status_cause"] == gone["status_cause"]


async def test_one_silent_control_unit_does_not_take_the_vehicle_away(car: Registered, redis_url: str) -> None:
    heard: list[str] = []
    async with EventBus(redis_url, name="test").running() as bus:
        await bus.subscribe(PRESENCE, heard.append, wait_s=5)
        car.disturb(DisturbanceKind.SILENT, ecu_address=ENGINE)
        more = {"dataId": "0xF190"}
        silent = await car.run("ReadDataByID", ENGINE, more=more, timeout_s=4)
        assert silent["status"] == "failed"
        answered = await car.run("ReadDataByID", BRAKES, more=more)
        assert answered["status"] == "completed"
    assert heard == []


async def test_a_busy_gateway_is_not_an_absent_vehicle(running_app: RunningApp, redis_url: str) -> None:
    """The control unit that a probe would ask first works on a command for longer than a probe waits."""
    heard: list[str] = []
    async with quick_fleet() as fleet, EventBus(redis_url, name="test").running() as bus:
        car = await register(running_app, fleet, "doip")
        await bus.subscribe(PRESENCE, heard.append, wait_s=5)
        car.stall(GATEWAY, service=0x22)
        busy = await car.send("ReadDataByID", GATEWAY, more={"dataId": "0xF190"})
        await running_app.when(busy, {"in_progress"})
        seen = (await car.shown())["last_seen_at"]

        async def was_probed() -> bool:
            return bool((await car.shown())["last_seen_at"] > seen)

        for _ in range(2):
            await eventually(was_probed, what="an answered probe")
            seen = (await car.shown())["last_seen_at"]
        await running_app.admin.post(f"/api/v1/commands/{busy}/cancel")
        await running_app.ended(busy)
    assert heard == []


async def test_silent_vehicles_do_not_delay_the_probes_of_others(running_app: RunningApp, database_url: str) -> None:
    """Twenty-five never answer: one after the other they would take more than a minute."""

    async def read_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(4096):
                pass
        finally:
            writer.close()

    async with await asyncio.start_server(read_only, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        mute = [f"doip://127.0.0.1:{port}?ecus=0x{0x1000 + number:04X}" for number in range(24)]
        silent = await insert(database_url, *mute, f"sovd+http://127.0.0.1:{port}/")
        others = await insert(database_url, *["sim:?delay=0"] * 200)

        async def statuses() -> dict[str, tuple[str, str | None]]:
            found: dict[str, tuple[str, str | None]] = {}
            for offset in (0, 100, 200):
                page = await running_app.admin.get("/api/v1/vehicles", params={"limit": 100, "offset": offset})
                for item in page.json()["items"]:
                    found[item["vehicle_id"]] = (item["connection_status"], item["last_seen_at"])
            return found

        async def all_are_seen() -> bool:
            found = await statuses()
            return all(found[key][1] is not None for key in others)

        async def silent_are_gone() -> bool:
            found = await statuses()
            return all(found[key][0] == "disconnected" for key in silent)

        await eventually(all_are_seen, what="all others are seen")
        await eventually(silent_are_gone, within_s=20, what="the silent ones are shown as gone")
        found = await statuses()
        assert {found[key][0] for key in others} == {"connected"}
