"""The hub against a real database and a real Valkey: replay, live, repair, bounds, fairness, nothing left behind."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import event

from app.domain.bus_messages import BusMessage, response_channel
from app.domain.command import CommandError
from app.domain.command_states import CommandStatus
from app.domain.errors import NotFound, Overloaded
from app.domain.identifiers import CommandId
from app.domain.stream_events import EventKind, StreamEvent, progress_event
from app.eventbus.event_bus import EventBus
from app.eventbus.redis_link import LinkTiming
from app.observability.metrics import Metrics
from app.storage.engine import Database
from app.streaming.stream_hub import HubSettings, StreamHub
from app.streaming.stream_session import TimelineLimits
from app.streaming.stream_topic import HubStopped
from support.engines import ValkeyProcess
from support.stored_commands import store_command
from support.waiting import until

_ERROR = CommandError(code="vehicle_timeout", message="no answer", details={})
_QUICK = LinkTiming(connect_s=0.5, ping_every_s=0.1, silence_s=0.3, first_delay_s=0.01, longest_delay_s=0.1)
_NO_SWEEP = HubSettings(sweep_s=3600, sweep_without_bus_s=3600)
_SMALL = HubSettings(sweep_s=0.05, sweep_without_bus_s=0.05, page_size=7, timeline=TimelineLimits(frames=5))
_RUNNING = CommandStatus.IN_PROGRESS


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[EventBus]:
    async with EventBus(redis_url).running() as bus:
        assert await bus.wait_connected(5.0)
        yield bus


@pytest.fixture
async def hub(database: Database, bus: EventBus) -> AsyncIterator[StreamHub]:
    """A hub whose sweep never comes by itself: what arrives came live or was asked for."""
    async with StreamHub(database, bus, Metrics(), _NO_SWEEP).running() as hub:
        yield hub
    assert (hub.viewer_count, hub.topic_count) == (0, 0)


@pytest.fixture
def own_valkey(engine_folder: Path) -> Iterator[ValkeyProcess]:
    """A Valkey this test may kill."""
    server = ValkeyProcess(engine_folder / f"valkey-{uuid4().hex[:8]}")
    server.start()
    yield server
    server.stop()


class _Statements:
    """Counts the statements a database is sent."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        event.listen(database._engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, *_: object) -> None:
        self.count += 1


async def _collect(hub: StreamHub, command_id: CommandId, after: int = 0) -> list[StreamEvent]:
    return [frame async for frame in hub.follow(command_id, after)]


async def _all_wait(hub: StreamHub, viewers: int) -> None:
    """Until so many viewers have taken all there is and wait for more."""
    await until(lambda: sum(len(topic._waiting) for topic in hub._topics.values()) == viewers)


def _since_it_ran(frames: list[StreamEvent]) -> list[str]:
    """What came from `in_progress` on; who joins while that message is on its way is told `pending` first."""
    seen = _in_short(frames)
    return seen[1:] if seen[0] == "pending" else seen


def _in_short(frames: list[StreamEvent]) -> list[str]:
    return [str(frame.sequence_number or frame.status or frame.kind) for frame in frames]


async def test_before_during_and_after(database: Database, bus: EventBus, hub: StreamHub) -> None:
    command = await store_command(database, bus)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        before = group.create_task(_collect(hub, command.command_id))
        await _all_wait(hub, 1)
        await command.become(_RUNNING)
        await command.answer(2)
        during = group.create_task(_collect(hub, command.command_id))
        resumed = group.create_task(_collect(hub, command.command_id, 1))
        await _all_wait(hub, 3)
        await command.answer(2, is_final=True)
    after = await _collect(hub, command.command_id)
    late = await _collect(hub, command.command_id, 3)
    beyond = await _collect(hub, command.command_id, 99)

    assert _in_short(before.result()) == ["pending", "in_progress", "1", "2", "3", "4", "completed"]
    assert _since_it_ran(during.result()) == ["in_progress", "1", "2", "3", "4", "completed"]
    assert _since_it_ran(resumed.result()) == ["in_progress", "2", "3", "4", "completed"]
    assert _in_short(after) == ["1", "2", "3", "4", "completed"]
    assert _in_short(late) == ["4", "completed"]
    assert _in_short(beyond) == ["completed"]
    assert [frame.text for frame in after][:4] == [
        frame.text for frame in before.result() if frame.kind is EventKind.RESPONSE
    ], "the replayed text is the live text"


@pytest.mark.parametrize("ending", [CommandStatus.FAILED, CommandStatus.OUTCOME_UNKNOWN, CommandStatus.CANCELLED])
async def test_bad_endings_say_why(database: Database, bus: EventBus, hub: StreamHub, ending: CommandStatus) -> None:
    command = await store_command(database, bus, _RUNNING)
    await command.answer()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        live = group.create_task(_collect(hub, command.command_id))
        await _all_wait(hub, 1)
        await command.answer(quietly=True)
        await command.become(ending, _ERROR)

    assert _in_short(live.result()) == ["in_progress", "1", "2", "error", ending]
    assert _in_short(await _collect(hub, command.command_id, 1)) == ["2", "error", ending]


async def test_a_command_that_expires_says_so(database: Database, bus: EventBus, hub: StreamHub) -> None:
    command = await store_command(database, bus)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        live = group.create_task(_collect(hub, command.command_id))
        await _all_wait(hub, 1)
        await command.become(CommandStatus.EXPIRED, _ERROR)

    assert _in_short(live.result()) == ["pending", "error", "expired"]


async def test_a_hole_is_filled_at_once(database: Database, bus: EventBus, hub: StreamHub) -> None:
    command = await store_command(database, bus, _RUNNING)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        live = group.create_task(_collect(hub, command.command_id))
        await _all_wait(hub, 1)
        await command.answer(3, quietly=True)
        await command.answer()
        await command.answer(is_final=True)

    assert _in_short(live.result()) == ["in_progress", "1", "2", "3", "4", "5", "completed"]


async def test_the_sweep_finds_what_was_never_announced(database: Database, bus: EventBus) -> None:
    command = await store_command(database, bus)
    async with StreamHub(database, bus, Metrics(), _SMALL).running() as hub, asyncio.timeout(20):
        async with asyncio.TaskGroup() as group:
            live = group.create_task(_collect(hub, command.command_id))
            await _all_wait(hub, 1)
            await command.become(_RUNNING, quietly=True)
            await command.answer(30, quietly=True)
            await command.answer(30, is_final=True, quietly=True)
        assert [frame.sequence_number for frame in live.result() if frame.sequence_number] == list(range(1, 61))
        assert live.result()[-1].status is CommandStatus.COMPLETED


async def test_progress_passes_and_nonsense_does_not(database: Database, bus: EventBus, hub: StreamHub) -> None:
    command = await store_command(database, bus, _RUNNING)
    await command.answer()
    async with database.autocommit() as db:
        now = (await db.exec_driver_sql("SELECT now()")).scalar_one()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        live = group.create_task(_collect(hub, command.command_id))
        await _all_wait(hub, 1)
        channel = response_channel(command.command_id)
        await bus.publish([BusMessage(channel, text) for text in ("", "{", "[]", '{"event": "x"}', '{"event": []}')])
        await bus.publish([progress_event(command.command_id, "still working", now).as_message()])
        await command.answer(is_final=True)

    assert _in_short(live.result()) == ["in_progress", "1", "progress", "2", "completed"]


async def test_an_unknown_command(hub: StreamHub) -> None:
    with pytest.raises(NotFound):
        await _collect(hub, CommandId(uuid4()))
    assert hub.topic_count == 0


async def test_too_many_viewers_are_told(database: Database, bus: EventBus) -> None:
    command = await store_command(database, bus, _RUNNING)
    async with (
        StreamHub(database, bus, Metrics(), HubSettings(max_viewers=2)).running() as hub,
        AsyncExitStack() as stack,
    ):
        for _ in range(2):
            await stack.enter_async_context(hub.viewer(command.command_id))
        with pytest.raises(Overloaded):
            await stack.enter_async_context(hub.viewer(command.command_id))
        assert hub.viewer_count == 2


async def test_stopping_ends_all_viewers(database: Database, bus: EventBus) -> None:
    command = await store_command(database, bus, _RUNNING)
    async with StreamHub(database, bus, Metrics(), _NO_SWEEP).running() as hub, asyncio.timeout(20):
        viewers = [asyncio.create_task(_collect(hub, command.command_id)) for _ in range(3)]
        await _all_wait(hub, 3)
        hub.stop()
        results = await asyncio.gather(*viewers, return_exceptions=True)
        assert [type(result) for result in results] == [HubStopped] * 3
        with pytest.raises(HubStopped):
            await _collect(hub, command.command_id)


async def test_viewers_that_leave_take_everything_with_them(
    database: Database, bus: EventBus, hub: StreamHub, valkey: ValkeyProcess
) -> None:
    command = await store_command(database, bus, _RUNNING)
    viewers = [asyncio.create_task(_collect(hub, command.command_id)) for _ in range(50)]
    await _all_wait(hub, 50)
    assert hub.topic_count == 1
    for viewer in random.sample(viewers, 50):
        viewer.cancel()
    await asyncio.wait(viewers)

    assert (hub.viewer_count, hub.topic_count) == (0, 0)
    channel = response_channel(command.command_id)
    await until(lambda: valkey.command("PUBSUB", "NUMSUB", channel).endswith(b":0\r\n"))


async def test_many_viewers_cost_few_queries(database: Database, bus: EventBus, hub: StreamHub) -> None:
    command = await store_command(database, bus, _RUNNING)
    await command.answer(5)
    statements = _Statements(database)
    async with asyncio.timeout(30):
        viewers = [asyncio.create_task(_collect(hub, command.command_id)) for _ in range(1000)]
        await _all_wait(hub, 1000)
        await command.answer(10)
        await command.become(CommandStatus.FAILED, _ERROR)
        results = await asyncio.gather(*viewers)

    own_writes = 10 + 1
    assert statements.count - own_writes < 10
    expected = ["in_progress", *map(str, range(1, 16)), "error", "failed"]
    assert all(_in_short(result) == expected for result in results)


async def test_a_slow_viewer_reads_from_the_store_and_misses_nothing(database: Database, bus: EventBus) -> None:
    command = await store_command(database, bus, _RUNNING)
    async with StreamHub(database, bus, Metrics(), _SMALL).running() as hub, asyncio.timeout(30):
        async with hub.viewer(command.command_id) as slow:
            quick = asyncio.create_task(_collect(hub, command.command_id))
            seen = await slow.next_frames()
            for _ in range(20):
                await command.answer(10)
            await command.answer(is_final=True)
            assert [f.sequence_number for f in await quick if f.sequence_number] == list(range(1, 202))

            assert slow._timeline is not None
            assert len(slow._timeline.frames) <= 12
            while frames := await slow.next_frames():
                assert len(frames) <= 12
                seen += frames
        assert [frame.sequence_number for frame in seen if frame.sequence_number] == list(range(1, 202))
        assert seen[-1].status is CommandStatus.COMPLETED


async def test_without_redis_everything_still_arrives(database: Database, own_valkey: ValkeyProcess) -> None:
    bus = EventBus(own_valkey.url, timing=_QUICK)
    async with bus.running(), StreamHub(database, bus, Metrics()).running() as hub, asyncio.timeout(30):
        assert await bus.wait_connected(5.0)
        command = await store_command(database, bus, _RUNNING)
        seen: list[StreamEvent] = []

        async def watch() -> None:
            async for frame in hub.follow(command.command_id):
                seen.append(frame)  # noqa: PERF401 - the test looks at it while it grows

        viewer = asyncio.create_task(watch())
        await command.answer(2)
        await until(lambda: _in_short(seen)[-1:] == ["2"])
        own_valkey.kill()
        await until(lambda: not bus.is_connected)
        await command.answer(2)
        joiner = asyncio.create_task(_collect(hub, command.command_id))
        await until(lambda: _in_short(seen)[-1:] == ["4"])
        own_valkey.start()
        assert await bus.wait_connected(5.0)
        await command.answer(1)
        await until(lambda: _in_short(seen)[-1:] == ["5"])
        await command.answer(1, is_final=True)
        await viewer

        assert _in_short(seen) == ["in_progress", "1", "2", "3", "4", "5", "6", "completed"]
        assert _in_short(await joiner) == _in_short(seen)


async def test_random_joins_and_leaves_lose_and_double_nothing(database: Database, bus: EventBus) -> None:
    """Many viewers come, go and resume while some messages are lost."""
    dice = random.Random(7)  # noqa: S311 - repeatable, keeps no secret
    command = await store_command(database, bus, _RUNNING)

    async def visit(hub: StreamHub) -> list[int]:
        numbers: list[int] = []
        while True:
            patience = dice.randrange(1, 40)
            async for frame in hub.follow(command.command_id, len(numbers)):
                if frame.sequence_number is not None:
                    numbers.append(frame.sequence_number)
                if frame.status is not None and frame.status.is_terminal:
                    return numbers
                patience -= 1
                if patience == 0:
                    break

    async with StreamHub(database, bus, Metrics(), _SMALL).running() as hub, asyncio.timeout(60):
        visits = [asyncio.create_task(visit(hub)) for _ in range(100)]
        for _ in range(60):
            await command.answer(dice.randrange(1, 5), quietly=dice.random() < 0.2)
        await command.answer(is_final=True)
        for numbers in await asyncio.gather(*visits):
            assert numbers == list(range(1, command.chunks + 1))
