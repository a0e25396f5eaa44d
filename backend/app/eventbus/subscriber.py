"""The way in: all channels of the process on one connection."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
import structlog

from app.eventbus.redis_link import RedisLink, pack

_log = structlog.get_logger(__name__)

Handler = Callable[[str], None]

_CHANNELS_PER_COMMAND = 500


class Subscription:
    """One handler on one channel, until closed."""

    __slots__ = ("_subscriber", "channel", "handler")

    def __init__(self, subscriber: "Subscriber", channel: str, handler: Handler) -> None:
        self._subscriber = subscriber
        self.channel = channel
        self.handler = handler

    def close(self) -> None:
        """No call of the handler follows; the channel is left when this was its last. May be called twice."""
        self._subscriber.remove(self)


class Subscriber:
    """Subscribes each channel once, calls all its handlers, and subscribes everything again after a loss.

    `on_ready` is called with True once Redis has confirmed all channels, with False at every loss.
    """

    def __init__(self, on_ready: Callable[[bool], None]) -> None:
        self._on_ready = on_ready
        self._subscriptions: dict[str, tuple[Subscription, ...]] = {}
        self._unconfirmed: dict[str, deque[asyncio.Future[None]]] = {}
        self._restoring: set[str] = set()
        self._link: RedisLink | None = None
        self.is_ready = False

    def attach(self, link: RedisLink) -> None:
        """Give it its connection."""
        self._link = link

    async def subscribe(self, channel: str, handler: Handler, wait_s: float) -> Subscription:
        """Add a handler and wait, at most `wait_s`, for Redis to confirm; while Redis is away, do not wait at all."""
        subscription = Subscription(self, channel, handler)
        others = self._subscriptions.get(channel, ())
        self._subscriptions[channel] = (*others, subscription)
        if not others:
            self._ask([channel])
        waiting = self._unconfirmed.get(channel)
        if waiting:
            try:
                async with asyncio.timeout(wait_s):  # unlike wait_for, never swallows a cancellation (Python 3.11)
                    await asyncio.shield(waiting[-1])
            except TimeoutError:
                _log.warning("bus_subscription_unconfirmed", waited_s=wait_s)
            except asyncio.CancelledError:
                subscription.close()
                raise
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """Forget a subscription; leave its channel when it was the last."""
        current = self._subscriptions.get(subscription.channel, ())
        if subscription not in current:
            return
        left = tuple(other for other in current if other is not subscription)
        if left:
            self._subscriptions[subscription.channel] = left
            return
        del self._subscriptions[subscription.channel]
        if self._link is not None and self._link.is_up:
            self._link.write(pack("UNSUBSCRIBE", subscription.channel))

    def on_up(self) -> None:
        """Subscribe everything again; ready when all is confirmed."""
        channels = list(self._subscriptions)
        self._restoring = set(channels)
        for start in range(0, len(channels), _CHANNELS_PER_COMMAND):
            self._ask(channels[start : start + _CHANNELS_PER_COMMAND])
        self._check_restored()

    def on_down(self) -> None:
        """Whatever is published now is lost to us: say so."""
        unconfirmed, self._unconfirmed = self._unconfirmed, {}
        for futures in unconfirmed.values():
            for future in futures:
                future.set_result(None)
        self._restoring = set()
        if self.is_ready:
            self.is_ready = False
            self._on_ready(False)

    def on_replies(self, replies: list[Any]) -> None:
        """Hand messages to their handlers; note confirmations."""
        for reply in replies:
            if type(reply) is list and len(reply) == 3:
                kind, channel, body = reply
                if kind == "message":
                    self._deliver(channel, body)
                elif kind == "subscribe":
                    self._confirm(channel)
            elif isinstance(reply, hiredis.ReplyError):
                _log.warning("bus_subscribe_refused", error=str(reply).split(" ")[0])

    def _ask(self, channels: Sequence[str]) -> None:
        if self._link is None or not self._link.is_up:
            return
        loop = asyncio.get_running_loop()
        for channel in channels:
            self._unconfirmed.setdefault(channel, deque()).append(loop.create_future())
        self._link.write(pack("SUBSCRIBE", *channels))

    def _confirm(self, channel: str) -> None:
        waiting = self._unconfirmed.get(channel)
        if waiting:
            waiting.popleft().set_result(None)
            if not waiting:
                del self._unconfirmed[channel]
        if not self.is_ready:
            self._restoring.discard(channel)
            self._check_restored()

    def _check_restored(self) -> None:
        if not self._restoring and not self.is_ready:
            self.is_ready = True
            self._on_ready(True)

    def _deliver(self, channel: str, body: str) -> None:
        for subscription in self._subscriptions.get(channel, ()):
            try:
                subscription.handler(body)
            except Exception:  # noqa: BLE001 - one bad handler must not end the link for all others
                _log.exception("bus_handler_failed")
