"""What changes in the fleet, told to all live pages of a process: presence of vehicles, states of commands.

Unlike the stream of one command, these changes are hints: at most once each. Wherever one may have been missed, the
listener is told to look anew (`RESYNC`): the bus was away, a publisher was, or the listener itself was too slow.
Nothing grows with a slow listener.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self
from uuid import UUID

from app.domain.bus_messages import COMMANDS, PRESENCE
from app.domain.errors import Overloaded
from app.domain.identifiers import VehicleId
from app.domain.json_values import decode_json_object
from app.eventbus.event_bus import EventBus
from app.observability.logs import get_logger
from app.streaming.stream_topic import HubStopped

_log = get_logger(__name__)

_MOST_WAITING = 1000


class ChangeKind(StrEnum):
    """The member `event` of a change."""

    PRESENCE = "presence"
    COMMAND = "command"
    RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class FleetChange:
    """A change: its text goes to viewers as it is, but only to those who may see the vehicle."""

    kind: ChangeKind
    text: str
    vehicle_id: VehicleId | None = None


RESYNC = FleetChange(ChangeKind.RESYNC, '{"event":"resync"}')


def parse_change(text: str) -> FleetChange:
    """Read a message of the bus. Raises ValueError where it is none of ours."""
    body = decode_json_object(text)
    kind = ChangeKind(str(body.get("event")))
    if kind is ChangeKind.RESYNC:
        return RESYNC
    return FleetChange(kind, text, VehicleId(UUID(str(body.get("vehicle_id")))))


class FleetListener:
    """One socket's place in the feed: enter it, then ask for changes."""

    __slots__ = ("_feed", "_missed", "_news", "_waiting")

    def __init__(self, feed: "FleetFeed") -> None:
        self._feed = feed
        self._waiting: deque[FleetChange] = deque()
        self._missed = False
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin to listen. Raises HubStopped, Overloaded."""
        self._feed.join(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listen no more."""
        self._feed.leave(self)

    async def next_changes(self) -> list[FleetChange]:
        """Wait for changes and take all that wait, in order; RESYNC stands for those that were missed."""
        while not self._waiting and not self._missed:
            if self._feed.is_stopped:
                raise HubStopped("the server stops")
            self._news.clear()
            await self._news.wait()
        changes = [RESYNC] if self._missed else []
        changes += self._waiting
        self._waiting.clear()
        self._missed = False
        return changes

    def put(self, change: FleetChange) -> None:
        """Take a change. A listener with a thousand of them waiting gets RESYNC in their stead."""
        if change is RESYNC or len(self._waiting) >= _MOST_WAITING:
            self._waiting.clear()
            self._missed = True
        else:
            self._waiting.append(change)
        self._news.set()

    def wake(self) -> None:
        """Look whether the feed has stopped."""
        self._news.set()


class FleetFeed:
    """One subscription per channel and process, each message parsed once, whatever the number of listeners."""

    def __init__(self, bus: EventBus, *, max_listeners: int) -> None:
        """Subscribes nothing yet; see `running`."""
        self._bus = bus
        self._max_listeners = max_listeners
        self._listeners: set[FleetListener] = set()
        self.is_stopped = False
        bus.on_state_change(self._bus_changed)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hear the bus while the block runs."""
        subscriptions = [await self._bus.subscribe(channel, self._on_message) for channel in (PRESENCE, COMMANDS)]
        try:
            yield
        finally:
            for subscription in subscriptions:
                subscription.close()

    def listener(self) -> FleetListener:
        """A new listener; enter it."""
        return FleetListener(self)

    @property
    def listener_count(self) -> int:
        """Listeners at this moment."""
        return len(self._listeners)

    def join(self, listener: FleetListener) -> None:
        """Count a listener in. Raises HubStopped, Overloaded."""
        if self.is_stopped:
            raise HubStopped("the server stops")
        if len(self._listeners) >= self._max_listeners:
            raise Overloaded(f"this server already serves {len(self._listeners)} pages; try again shortly")
        self._listeners.add(listener)

    def leave(self, listener: FleetListener) -> None:
        """Count a listener out."""
        self._listeners.discard(listener)

    def stop(self) -> None:
        """Every listener, present and future, gets HubStopped from now on."""
        self.is_stopped = True
        for listener in tuple(self._listeners):
            listener.wake()

    def _bus_changed(self, connected: bool) -> None:
        if connected:
            self._tell(RESYNC)

    def _on_message(self, body: str) -> None:
        try:
            change = parse_change(body)
        except ValueError as error:
            _log.warning("feed.message_ignored", reason=type(error).__name__)
            return
        self._tell(change)

    def _tell(self, change: FleetChange) -> None:
        for listener in self._listeners:
            listener.put(change)
