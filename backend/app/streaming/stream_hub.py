"""Fan-out of streams to all viewers of a process (design, section 4.2).

Per watched command there is one subscription, one parsing of each message, one timeline. Viewers read from the
timeline; one that cannot keep up falls off its end and is put back to reading from the store, so nothing grows with a
slow viewer and nothing is lost for it. One sweep per process compares all watched commands with the store: a message
that was lost costs a moment, never a chunk.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Self

from app.domain.errors import NotFound, Overloaded, StorageUnavailable
from app.domain.identifiers import CommandId
from app.domain.stream_events import StreamEvent
from app.eventbus.event_bus import EventBus
from app.observability.logs import get_logger
from app.storage.engine import Database
from app.streaming.fleet_feed import FleetFeed
from app.streaming.owned_tasks import OwnedTasks
from app.streaming.stream_session import Timeline, TimelineLimits, ViewerCursor
from app.streaming.stream_store import StreamStore
from app.streaming.stream_topic import HubStopped, StreamMetrics, StreamTopic, TopicParts

_log = get_logger(__name__)

_MARKS_PER_QUERY = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Bounds and pace. `sweep_s` holds while the bus is connected, `sweep_without_bus_s` while it is not."""

    max_viewers: int = 10_000
    page_size: int = 500
    reads_at_once: int = 4
    sweep_s: float = 2.0
    sweep_without_bus_s: float = 0.25
    timeline: TimelineLimits = field(default_factory=TimelineLimits)


class StreamHub:
    """All streams of one process."""

    def __init__(
        self, database: Database, bus: EventBus, metrics: StreamMetrics, settings: HubSettings | None = None
    ) -> None:
        """Starts nothing yet; see `running`."""
        self._settings = settings or HubSettings()
        self._bus = bus
        self._metrics = metrics
        self._tasks = OwnedTasks()
        self._store = StreamStore(
            database, page_size=self._settings.page_size, reads_at_once=self._settings.reads_at_once
        )
        self._parts = TopicParts(
            store=self._store, bus=bus, tasks=self._tasks, metrics=metrics, limits=self._settings.timeline
        )
        self._topics: dict[CommandId, StreamTopic] = {}
        self._viewers = 0
        self._sweep_now = asyncio.Event()
        self._is_stopped = False
        self.feed = FleetFeed(bus, max_listeners=self._settings.max_viewers)
        """What changes in the fleet, for live pages."""
        bus.on_state_change(lambda _connected: self._sweep_now.set())

    @asynccontextmanager
    async def running(self) -> AsyncIterator["StreamHub"]:
        """Serve viewers while the block runs; at its end all of them get HubStopped."""
        self._tasks.start(self._sweep_forever(), name="sweep streams")
        try:
            async with self.feed.running():
                yield self
        finally:
            self.stop()
            await self._tasks.cancel_all()

    def stop(self) -> None:
        """Every viewer, present and future, gets HubStopped from now on. For the start of a shutdown."""
        self._is_stopped = True
        self.feed.stop()
        for topic in tuple(self._topics.values()):
            topic.wake_now()

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._is_stopped

    @property
    def viewer_count(self) -> int:
        """Viewers at this moment."""
        return self._viewers

    @property
    def topic_count(self) -> int:
        """Commands watched at this moment."""
        return len(self._topics)

    def viewer(self, command_id: CommandId, after: int = 0) -> "Viewer":
        """A viewer of one command that has its chunks up to `after`: enter it, then ask for frames."""
        return Viewer(self, command_id, after)

    async def follow(self, command_id: CommandId, after: int = 0) -> AsyncIterator[StreamEvent]:
        """All frames after `after`, one by one; ends after the terminal status. Raises what `Viewer` raises."""
        async with self.viewer(command_id, after) as viewer:
            while frames := await viewer.next_frames():
                for frame in frames:
                    yield frame

    def enter(self, command_id: CommandId) -> StreamTopic:
        """Count a viewer in, on the command's topic. Raises Overloaded, HubStopped."""
        if self._is_stopped:
            raise HubStopped("the server stops")
        if self._viewers >= self._settings.max_viewers:
            raise Overloaded(f"this server already serves {self._viewers} streams; try again shortly")
        topic = self._topics.get(command_id)
        if topic is None:
            topic = self._topics[command_id] = StreamTopic(command_id, self._parts, self._forget)
        topic.viewers += 1
        self._viewers += 1
        self._metrics.viewer_joined()
        return topic

    def leave(self, topic: StreamTopic) -> None:
        """Count a viewer out."""
        self._viewers -= 1
        self._metrics.viewer_left()
        topic.leave()

    def _forget(self, topic: StreamTopic) -> None:
        if self._topics.get(topic.command_id) is topic:
            del self._topics[topic.command_id]

    async def _sweep_forever(self) -> None:
        while True:
            pause = self._settings.sweep_s if self._bus.is_connected else self._settings.sweep_without_bus_s
            try:
                async with asyncio.timeout(pause):
                    await self._sweep_now.wait()
            except TimeoutError:
                pass
            self._sweep_now.clear()
            try:
                await self._sweep()
            except StorageUnavailable:
                _log.warning("stream.sweep_failed", reason="the database is away; trying again")
            except Exception:  # noqa: BLE001 - the sweep is what repairs everything else: it must go on
                _log.exception("stream.sweep_failed")

    async def _sweep(self) -> None:
        """Compare all watched commands with the store."""
        watched = iter([topic for topic in self._topics.values() if topic.timeline is not None])
        while batch := {topic.command_id: topic for topic in islice(watched, _MARKS_PER_QUERY)}:
            marks = await self._store.high_water_marks(tuple(batch))
            for command_id, mark in marks.items():
                batch[command_id].compare(mark)


class Viewer:
    """One viewer of one command. Frames come in order, each once; after the terminal status nothing follows.

    Raises NotFound (no such command), Overloaded (too many viewers) on entry; HubStopped on entry and later.
    """

    __slots__ = ("_command_id", "_cursor", "_hub", "_timeline", "_topic")

    def __init__(self, hub: StreamHub, command_id: CommandId, after: int) -> None:
        self._hub = hub
        self._command_id = command_id
        self._cursor = ViewerCursor(after)
        self._topic: StreamTopic | None = None
        self._timeline: Timeline | None = None

    async def __aenter__(self) -> Self:
        """Subscribe and read what is needed to begin."""
        topic = self._hub.enter(self._command_id)
        try:
            self._timeline = await topic.open(self._cursor.number)
        except BaseException:
            self._hub.leave(topic)
            raise
        self._topic = topic
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free everything; the command's topic goes with its last viewer."""
        topic, self._topic = self._topic, None
        if topic is not None:
            self._hub.leave(topic)

    async def next_frames(self) -> list[StreamEvent]:
        """Wait for the next frames and take all that are there; an empty list after the end."""
        topic, timeline, cursor = self._topic, self._timeline, self._cursor
        if topic is None or timeline is None:
            raise NotFound("the viewer was not entered")
        while not cursor.ended:
            if self._hub.is_stopped:
                raise HubStopped("the server stops")
            if cursor.needs_replay(timeline):
                frames = cursor.replay(await topic.read_page(cursor.number))
            else:
                frames = cursor.take(timeline)
                if not frames and not cursor.ended:
                    await topic.news()
            if frames:
                return frames
        return []
