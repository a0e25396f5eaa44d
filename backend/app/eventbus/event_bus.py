"""The bus as the rest of the program sees it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from app.domain.bus_messages import BusMessage
from app.eventbus.publisher import OutgoingLimits, Publisher
from app.eventbus.redis_link import LinkTiming, RedisLink
from app.eventbus.subscriber import Handler, Subscriber, Subscription

_log = structlog.get_logger(__name__)

StateCallback = Callable[[bool], None]


class EventBus:
    """Redis pub/sub for one process: one connection to publish, one to subscribe.

    Delivery is at most once, in order per publisher. Every loss of a connection is told to `on_state_change`
    (False, then True once all channels are subscribed again); whoever needs more asks the store.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        name: str = "sovd",
        limits: OutgoingLimits | None = None,
        timing: LinkTiming | None = None,
        greeting: Sequence[BusMessage] = (),
    ) -> None:
        """`name` shows in `CLIENT LIST`; `greeting` is published each time the way out is up (again).

        Opens nothing yet. Raises ValueError where the address is none of Redis.
        """
        self._callbacks: list[StateCallback] = []
        self._told = False
        self._greeting = tuple(greeting)
        self._publisher = Publisher(limits or OutgoingLimits())
        self._subscriber = Subscriber(lambda _ready: self._tell())
        self._out = RedisLink(
            redis_url,
            name=f"{name}-out",
            on_up=self._out_up,
            on_down=self._out_down,
            on_replies=self._publisher.on_replies,
            timing=timing,
        )
        self._in = RedisLink(
            redis_url,
            name=f"{name}-in",
            on_up=self._subscriber.on_up,
            on_down=self._subscriber.on_down,
            on_replies=self._subscriber.on_replies,
            timing=timing,
        )
        self._publisher.attach(self._out)
        self._subscriber.attach(self._in)

    @property
    def is_connected(self) -> bool:
        """Whether both connections are up and every channel is confirmed."""
        return self._subscriber.is_ready and self._out.is_up

    @property
    def dropped_messages(self) -> int:
        """Messages that were dropped because the outgoing queue was full."""
        return self._publisher.dropped

    def on_state_change(self, callback: StateCallback) -> None:
        """Call `callback` with `is_connected` at every change, on the loop. It must not block."""
        self._callbacks.append(callback)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["EventBus"]:
        """Keep both connections up while the block runs. Enters at once, even while Redis is away."""
        tasks = [asyncio.create_task(link.run(), name=f"bus {name}") for name, link in self._links()]
        try:
            yield self
        finally:
            await asyncio.sleep(0)  # lets what was published in this turn of the loop leave
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def wait_connected(self, timeout_s: float) -> bool:
        """Wait until the bus is connected, at most `timeout_s`; says whether it is."""
        connected = asyncio.Event()

        def note(is_connected: bool) -> None:
            if is_connected:
                connected.set()

        self._callbacks.append(note)
        try:
            if not self.is_connected:
                await asyncio.wait_for(connected.wait(), timeout_s)
        except TimeoutError:
            return False
        finally:
            self._callbacks.remove(note)
        return True

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Send in order, best effort, without waiting: never raises because Redis is away.

        While it is away the newest messages are kept within `OutgoingLimits`, older ones are dropped and counted.
        """
        self._publisher.publish(messages)

    async def subscribe(self, channel: str, handler: Handler, *, wait_s: float = 1.0) -> Subscription:
        """Call `handler` on the loop with the body of each message on `channel`.

        Returns when Redis has confirmed, or after `wait_s`; at once while Redis is away, and then the subscription
        takes effect on reconnect. Never raises because Redis is away.
        """
        return await self._subscriber.subscribe(channel, handler, wait_s)

    def _links(self) -> Sequence[tuple[str, RedisLink]]:
        return (("out", self._out), ("in", self._in))

    def _out_up(self) -> None:
        self._publisher.on_up()
        self._publisher.publish(self._greeting)
        self._tell()

    def _out_down(self) -> None:
        self._publisher.on_down()
        self._tell()

    def _tell(self) -> None:
        state = self.is_connected
        if state == self._told:
            return
        self._told = state
        _log.info("bus_connected" if state else "bus_disconnected")
        for callback in tuple(self._callbacks):
            callback(state)
