"""What one page watches over its socket, and the way out that all of it shares.

Only one sender writes at a time and waits while the page does not read. What waits behind it is bounded: streams of
commands fall back to reading from the store, changes in the fleet to RESYNC.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.types import Send

from app.api.stream.events_frames import (
    MOST_SUBSCRIPTIONS,
    FrameError,
    Subscribe,
    Topic,
    error_frame,
    labelled,
    subscribed_frame,
    unsubscribed_frame,
)
from app.api.stream.stream_session_guard import INTERNAL_ERROR, LEFT, Closing, StreamSessionGuard, closing_for
from app.domain.access_policy import Actor
from app.domain.errors import SovdError
from app.domain.identifiers import CommandId, VehicleId
from app.observability.logs import get_logger
from app.streaming.fleet_feed import ChangeKind, FleetChange, FleetListener
from app.streaming.stream_hub import StreamHub
from app.streaming.stream_topic import HubStopped

_log = get_logger(__name__)

_ENDED = "ended"
_WITHDRAWN = "not_found"

_KINDS = {
    Topic.PRESENCE: frozenset({ChangeKind.PRESENCE, ChangeKind.RESYNC}),
    Topic.COMMANDS: frozenset({ChangeKind.COMMAND, ChangeKind.RESYNC}),
    Topic.VEHICLE: frozenset(ChangeKind),
}


class Outbox:
    """The socket's way out."""

    def __init__(self, send: Send, guard: StreamSessionGuard) -> None:
        self._send = send
        self._guard = guard
        self._turn = asyncio.Lock()

    async def put(self, texts: Iterable[str]) -> None:
        """Send in order, nothing of others in between. Raises OSError where the page is gone."""
        async with self._turn:
            self._guard.is_sending = True
            try:
                for text in texts:
                    await self._send({"type": "websocket.send", "text": text})
                    self._guard.sent += 1
            finally:
                self._guard.is_sending = False


@dataclass(frozen=True, slots=True)
class _Watched:
    """One subscription. `vehicle_id` is the vehicle it is about; `pump` sends the stream of a command."""

    topic: Topic
    vehicle_id: VehicleId | None
    label: str
    pump: asyncio.Task[None] | None = None


class Subscriptions:
    """All subscriptions of one socket. Ends the socket through `guard`; call `close` at its end."""

    def __init__(self, hub: StreamHub, outbox: Outbox, guard: StreamSessionGuard, actor: Actor) -> None:
        self._hub = hub
        self._outbox = outbox
        self._guard = guard
        self._actor = actor
        self._watched: dict[str, _Watched] = {}

    def check_room(self, frame_id: str) -> None:
        """Raise FrameError where the id is in use, or the socket has all the subscriptions it may have."""
        if frame_id in self._watched:
            raise FrameError("this id is in use; unsubscribe first", code="id_in_use", frame_id=frame_id)
        if len(self._watched) >= MOST_SUBSCRIPTIONS:
            message = f"one socket has at most {MOST_SUBSCRIPTIONS} subscriptions; unsubscribe from others first"
            raise FrameError(message, code="too_many_subscriptions", frame_id=frame_id)

    async def add(self, wanted: Subscribe, vehicle_id: VehicleId | None) -> None:
        """Begin; the caller has been admitted to the object, which is about this vehicle.

        Nothing is missed and nothing comes before `subscribed`: its place in the outbox is taken in the same turn of
        the loop in which the subscription begins.
        """
        label = labelled(wanted.frame_id)
        pump = None
        if wanted.command_id is not None:
            work = self._follow(wanted.frame_id, label, wanted.command_id, wanted.after)
            pump = asyncio.create_task(self._ending_socket(work), name="events of a command")
        self._watched[wanted.frame_id] = _Watched(wanted.topic, vehicle_id, label, pump)
        await self._outbox.put([subscribed_frame(wanted.frame_id)])

    async def remove(self, frame_id: str) -> None:
        """End a subscription and say so. Raises FrameError where there is none; it may have ended by itself."""
        watched = self._watched.pop(frame_id, None)
        if watched is None:
            raise FrameError("there is no subscription with this id", code="not_subscribed", frame_id=frame_id)
        await _stop(watched)
        await self._outbox.put([unsubscribed_frame(frame_id)])

    async def caller_is_now(self, actor: Actor) -> None:
        """Rights may have changed: what is out of sight now ends, and looks as if it had never been there."""
        self._actor = actor
        hidden = [
            (frame_id, watched)
            for frame_id, watched in self._watched.items()
            if watched.vehicle_id is not None and not actor.sees(watched.vehicle_id)
        ]
        for frame_id, _ in hidden:
            del self._watched[frame_id]
        for frame_id, watched in hidden:
            await _stop(watched)
            await self._outbox.put([unsubscribed_frame(frame_id, _WITHDRAWN)])

    async def tell_changes(self, listener: FleetListener) -> None:
        """Send what changes in the fleet to those subscriptions that ask for it, for ever."""
        while True:
            for change in await listener.next_changes():
                if frames := self._frames_of(change):
                    await self._outbox.put(frames)

    def start_feed(self, listener: FleetListener) -> asyncio.Task[None]:
        """`tell_changes` as a task that ends the socket when it ends."""
        return asyncio.create_task(self._ending_socket(self.tell_changes(listener)), name="changes in the fleet")

    async def close(self) -> None:
        """End all of it, without a word."""
        pumps = [watched.pump for watched in self._watched.values() if watched.pump is not None]
        self._watched.clear()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    def _frames_of(self, change: FleetChange) -> list[str]:
        if change.vehicle_id is not None and not self._actor.sees(change.vehicle_id):
            return []
        rest = change.text[1:]
        return [
            watched.label + rest
            for watched in self._watched.values()
            if change.kind in _KINDS.get(watched.topic, ())
            and (watched.vehicle_id is None or change.vehicle_id in {None, watched.vehicle_id})
        ]

    async def _follow(self, frame_id: str, label: str, command_id: CommandId, after: int) -> None:
        """Send all events of a command, then give the id free."""
        try:
            async with self._hub.viewer(command_id, after) as viewer:
                while events := await viewer.next_frames():
                    await self._outbox.put([label + event.text[1:] for event in events])
            last = unsubscribed_frame(frame_id, _ENDED)
        except HubStopped:
            raise
        except SovdError as error:
            last = error_frame(error, frame_id)
        if self._watched.pop(frame_id, None) is not None:
            await self._outbox.put([last])

    async def _ending_socket(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task of this socket; what it cannot mend ends the socket."""
        try:
            await work
        except SovdError as error:
            self._guard.end(closing_for(error))
        except OSError:
            self._guard.end(LEFT)
        except Exception:  # noqa: BLE001 - the edge of a task: whatever it was, the page is told to come back
            _log.exception("events.failed")
            self._guard.end(Closing(INTERNAL_ERROR, "something went wrong on our side; reconnect"))


async def _stop(watched: _Watched) -> None:
    if watched.pump is not None:
        watched.pump.cancel()
        await asyncio.gather(watched.pump, return_exceptions=True)
