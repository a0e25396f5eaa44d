"""Pages that read slowly or not at all: they harm nobody, miss nothing of a command, and are let go in the end."""

import asyncio

import pytest
from websockets.asyncio.client import connect

from app.api.stream.events_routes import events_router
from app.api.stream.stream_session_guard import StreamLimits
from app.domain.bus_messages import COMMANDS, PRESENCE, RESYNC_MESSAGES, BusMessage
from app.domain.command_states import CommandStatus
from app.domain.errors import Overloaded
from app.domain.json_values import decode_json_object, encode_json
from app.eventbus.event_bus import EventBus
from app.settings import Settings
from app.storage.engine import Database
from app.streaming.fleet_feed import RESYNC, ChangeKind, FleetFeed, parse_change
from app.streaming.stream_topic import HubStopped
from support.page_socket import page_socket
from support.running_app import running
from support.slow_readers import answer_at_length, beside
from support.stored_commands import store_command
from support.viewers import token_of
from support.waiting import until

IMPATIENT = StreamLimits(stalled_s=0.3)
_VEHICLE = "8c9e4c6e-6f3a-4f0e-9a51-0d6f4a1b2c3d"
_CHANGE = encode_json({"event": "presence", "vehicle_id": _VEHICLE})


async def test_a_slow_page_hinders_nobody_and_misses_nothing(app_settings: Settings, database: Database) -> None:
    async with running(app_settings, with_worker=False) as app:
        hub = app.app.state.sovd.hub
        command = await store_command(database, hub._bus, CommandStatus.IN_PROGRESS)
        headers = {"Authorization": f"Bearer {token_of(app.admin)}"}
        wanted = {"op": "subscribe", "id": "a", "topic": "command", "command_id": str(command.command_id)}
        async with (
            page_socket(app.ws_url, token_of(app.admin)) as quick,
            connect(
                f"{app.ws_url}/ws/events", additional_headers=headers, proxy=None, compression=None, max_queue=1
            ) as slow,
        ):
            await quick.subscribe("a", "command", command_id=str(command.command_id))
            await slow.send(encode_json(wanted))
            await until(lambda: hub.viewer_count == 2)
            for _ in range(8):
                await answer_at_length(command, 100)
            await command.answer(is_final=True)
            await quick.is_told({"event": "unsubscribed", "reason": "ended"})
            assert hub._topics.get(command.command_id) is None, "the slow one keeps no topic alive"
            numbers = [frame["sequence_number"] for frame in quick.of("a") if frame["event"] == "response"]
            late = []
            async with asyncio.timeout(20):
                while (frame := decode_json_object(await slow.recv()))["event"] != "unsubscribed":
                    late += [frame["sequence_number"]] if frame["event"] == "response" else []
        assert numbers == late == list(range(1, command.chunks + 1))


async def test_a_page_that_stops_reading_is_let_go(app_settings: Settings, database: Database) -> None:
    async with running(app_settings, with_worker=False) as app, beside(app, events_router(IMPATIENT)) as url:
        hub = app.app.state.sovd.hub
        command = await store_command(database, hub._bus, CommandStatus.IN_PROGRESS)
        headers = {"Authorization": f"Bearer {token_of(app.admin)}"}
        async with connect(
            f"{url}/ws/events", additional_headers=headers, proxy=None, compression=None, max_queue=1
        ) as deaf:
            wanted = {"op": "subscribe", "id": "a", "topic": "command", "command_id": str(command.command_id)}
            await deaf.send(encode_json(wanted))
            await until(lambda: hub.viewer_count == 1)
            for _ in range(10):
                await answer_at_length(command, 100)
            await until(lambda: (hub.viewer_count, hub.feed.listener_count) == (0, 0), within_s=10, what="let go")


async def test_a_listener_that_takes_nothing_keeps_a_thousand_changes_and_then_only_that_it_missed_some(
    redis_url: str,
) -> None:
    feed = FleetFeed(EventBus(redis_url), max_listeners=2)
    async with feed.listener() as slow, feed.listener() as quick:
        feed._on_message(_CHANGE)
        assert [change.text for change in await quick.next_changes()] == [_CHANGE]
        for _ in range(1500):
            feed._on_message(_CHANGE)
        changes = await slow.next_changes()
        assert (changes[0], len(changes) < 1000) == (RESYNC, True)
        feed._on_message(_CHANGE)
        assert len(await slow.next_changes()) == 1
        with pytest.raises(Overloaded):
            await feed.listener().__aenter__()
    assert feed.listener_count == 0


async def test_listeners_are_told_when_the_feed_stops(redis_url: str) -> None:
    feed = FleetFeed(EventBus(redis_url), max_listeners=2)
    async with feed.listener() as listener:
        waiting = asyncio.create_task(listener.next_changes())
        await asyncio.sleep(0)
        feed.stop()
        with pytest.raises(HubStopped):
            await waiting
    with pytest.raises(HubStopped):
        await feed.listener().__aenter__()


async def test_whoever_connects_to_the_bus_makes_all_pages_look_anew(redis_url: str) -> None:
    bus = EventBus(redis_url)
    feed = FleetFeed(bus, max_listeners=2)
    async with bus.running(), feed.running(), feed.listener() as listener:
        assert await bus.wait_connected(5)
        assert await listener.next_changes() == [RESYNC]
        async with EventBus(redis_url, greeting=RESYNC_MESSAGES).running():
            async with asyncio.timeout(20):
                assert await listener.next_changes() == [RESYNC]
        await bus.publish([BusMessage(PRESENCE, _CHANGE), BusMessage(COMMANDS, _CHANGE)])
        seen = 0
        async with asyncio.timeout(20):
            while seen < 2:
                seen += sum(change is not RESYNC for change in await listener.next_changes())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"event":"weather"}', '{"event":"command","vehicle_id":"x"}'])
def test_messages_that_are_none_of_ours(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_change(text)


def test_changes_keep_their_text() -> None:
    change = parse_change(_CHANGE)
    assert (change.kind, change.text, str(change.vehicle_id)) == (ChangeKind.PRESENCE, _CHANGE, _VEHICLE)
