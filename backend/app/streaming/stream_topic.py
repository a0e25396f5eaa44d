"""One watched command: its subscription, its timeline, and who waits for news."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from app.domain.bus_messages import response_channel
from app.domain.errors import ServiceError
from app.domain.identifiers import CommandId
from app.domain.stream_events import StreamEvent, parse_event
from app.domain.stream_snapshot import HighWaterMark, StreamSnapshot
from app.eventbus.event_bus import EventBus
from app.eventbus.subscriber import Subscription
from app.observability.logs import get_logger
from app.streaming.owned_tasks import OwnedTasks
from app.streaming.stream_session import Timeline, TimelineLimits
from app.streaming.stream_store import StreamStore

_log = get_logger(__name__)

_EARLY_EVENTS = 1000
_FRUITLESS_PAUSE_S = 0.1
_ROUND_PER_VIEWER_S = 30e-6  # about twice what waking one viewer costs: half of the loop stays free
_LONGEST_ROUND_S = 0.1

T = TypeVar("T")


class HubStopped(ServiceError):
    """The process stops serving streams; reconnect with `after`."""

    code = "shutting_down"


class StreamMetrics(Protocol):
    """The figures streams report."""

    def viewer_joined(self) -> None:
        """A stream was opened."""
        ...

    def viewer_left(self) -> None:
        """A stream ended."""
        ...

    def replay_filled(self, count: int) -> None:
        """Chunks were missing in the live flow and came from the store."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicParts:
    """What all topics of a hub share."""

    store: StreamStore
    bus: EventBus
    tasks: OwnedTasks
    metrics: StreamMetrics
    limits: TimelineLimits


async def outcome_of(task: asyncio.Task[T]) -> T:
    """Wait for a task that others wait for too: our cancellation leaves it alone. Raises HubStopped if it was ended."""
    await asyncio.wait((task,))
    if task.cancelled():
        raise HubStopped("the server stops")
    return task.result()


class StreamTopic:
    """Parses each bus message once and reads the store once, whatever the number of viewers."""

    __slots__ = (
        "_early",
        "_is_closed",
        "_on_over",
        "_opening",
        "_pages",
        "_parts",
        "_repair",
        "_subscription",
        "_waiting",
        "_wake_due",
        "_woken_at",
        "command_id",
        "timeline",
        "viewers",
    )

    def __init__(self, command_id: CommandId, parts: TopicParts, on_over: Callable[["StreamTopic"], None]) -> None:
        """`on_over` is called once: nothing more comes, or nobody watches any more."""
        self.command_id = command_id
        self.timeline: Timeline | None = None
        self.viewers = 0
        self._parts = parts
        self._on_over = on_over
        self._early: list[StreamEvent] = []
        self._waiting: set[asyncio.Future[None]] = set()
        self._pages: dict[int, asyncio.Task[StreamSnapshot]] = {}
        self._opening: asyncio.Task[Timeline] | None = None
        self._repair: asyncio.Task[None] | None = None
        self._subscription: Subscription | None = None
        self._is_closed = False
        self._wake_due: asyncio.TimerHandle | None = None
        self._woken_at = 0.0

    async def open(self, after: int) -> Timeline:
        """The timeline; the first caller's `after` says how far back it reaches. Raises NotFound, HubStopped."""
        if self.timeline is not None:
            return self.timeline
        if self._opening is None:
            self._opening = self._parts.tasks.start(self._open(after), name="open stream")
        return await outcome_of(self._opening)

    def leave(self) -> None:
        """A viewer is gone; with the last one the topic goes too."""
        self.viewers -= 1
        if self.viewers == 0:
            self._close()
            running: tuple[asyncio.Task[Any] | None, ...] = (self._opening, self._repair, *self._pages.values())
            for task in running:
                if task is not None:
                    task.cancel()

    async def news(self) -> None:
        """Wait until the timeline has changed. The caller has looked at it in this same turn of the loop."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)

    def wake(self) -> None:
        """Let all waiting viewers look: at once after a quiet moment, otherwise together with what comes meanwhile.

        Waking a viewer costs far more than one more frame does: with many viewers and many messages a pause of the
        length of one round gives them several frames at a time.
        """
        if self._wake_due is not None:
            return
        loop = asyncio.get_running_loop()
        early_by = self._woken_at + min(self.viewers * _ROUND_PER_VIEWER_S, _LONGEST_ROUND_S) - loop.time()
        if early_by <= 0:
            self.wake_now()
        else:
            self._wake_due = loop.call_later(early_by, self.wake_now)

    def wake_now(self) -> None:
        """Let all waiting viewers look, whatever it costs."""
        if self._wake_due is not None:
            self._wake_due.cancel()
            self._wake_due = None
        self._woken_at = asyncio.get_running_loop().time()
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def read_page(self, after: int) -> StreamSnapshot:
        """A page of the store; viewers that ask for the same one share a read. Raises NotFound, HubStopped."""
        task = self._pages.get(after)
        if task is None:
            task = self._parts.tasks.start(self._read_page(after), name="replay stream")
            self._pages[after] = task
        return await outcome_of(task)

    def compare(self, mark: HighWaterMark) -> None:
        """Repair from the store where it is further than we are: a message was lost."""
        timeline = self.timeline
        if timeline is not None and timeline.is_behind(mark.last_sequence_number, mark.status):
            timeline.needs_store = True
            self._react(timeline)

    def _on_message(self, body: str) -> None:
        try:
            event = parse_event(self.command_id, body)
        except ValueError as error:
            _log.warning("stream.message_ignored", command_id=str(self.command_id), reason=type(error).__name__)
            return
        if self.timeline is None:
            if len(self._early) < _EARLY_EVENTS:  # beyond that they are dropped: the gap is seen and filled
                self._early.append(event)
            return
        self.timeline.add_live(event)
        self._react(self.timeline)

    async def _open(self, after: int) -> Timeline:
        """Subscribe first, then read: what is stored in between arrives at least once."""
        channel = response_channel(self.command_id)
        self._subscription = await self._parts.bus.subscribe(channel, self._on_message)
        if self._is_closed:
            self._subscription.close()
            raise HubStopped("nobody watches any more")
        timeline = Timeline(await self._parts.store.read(self.command_id, after), self._parts.limits)
        for event in self._early:
            timeline.add_live(event)
        self._early = []
        self.timeline = timeline
        self._react(timeline)
        return timeline

    def _react(self, timeline: Timeline) -> None:
        """After every change: ask the store where needed, tell the viewers, close at the end."""
        if timeline.ended:
            self._close()
        elif timeline.needs_store and self._repair is None:
            self._repair = self._parts.tasks.start(self._fill(timeline), name="repair stream")
        self.wake()

    async def _fill(self, timeline: Timeline) -> None:
        try:
            while timeline.needs_store:
                timeline.reading_store()
                snapshot = await self._parts.store.read(self.command_id, timeline.last)
                filled = timeline.absorb(snapshot)
                self._parts.metrics.replay_filled(filled)
                if filled:
                    self.wake()
                elif timeline.needs_store:
                    await asyncio.sleep(_FRUITLESS_PAUSE_S)  # the store has not what the bus announced
        finally:
            self._repair = None
        self._react(timeline)

    async def _read_page(self, after: int) -> StreamSnapshot:
        try:
            snapshot = await self._parts.store.read(self.command_id, after)
        finally:
            del self._pages[after]
        if self.timeline is not None:
            self.timeline.absorb(snapshot)
            self._react(self.timeline)
        return snapshot

    def _close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if self._subscription is not None:
            self._subscription.close()
        self._on_over(self)
