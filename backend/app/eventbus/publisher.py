"""The way out: messages leave in order, many in one write, and nobody waits for them."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hiredis
import structlog

from app.domain.bus_messages import BusMessage
from app.eventbus.redis_link import RedisLink, pack

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingLimits:
    """What may wait in our process. Beyond either bound the oldest messages are dropped and counted."""

    messages: int = 10_000
    size: int = 16 * 1024 * 1024
    unsent_bytes: int = 4 * 1024 * 1024


class Publisher:
    """Publishes best effort. While Redis is away or slow, the newest messages within `OutgoingLimits` are kept;
    older ones are dropped and counted: the store is the truth, and viewers are repaired from it.
    """

    def __init__(self, limits: OutgoingLimits) -> None:
        self._limits = limits
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._flush_is_due = False
        self._link: RedisLink | None = None
        self.dropped = 0

    def attach(self, link: RedisLink) -> None:
        """Give it its connection."""
        self._link = link

    def publish(self, messages: Sequence[BusMessage]) -> None:
        """Take messages; they leave at the end of this turn of the loop, together with those of other callers."""
        for message in messages:
            packed = pack("PUBLISH", message.channel, message.body)
            self._waiting.append(packed)
            self._size += len(packed)
        self._keep_bounds()
        if self._waiting and not self._flush_is_due:
            self._flush_is_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def on_up(self) -> None:
        """The connection is back: send what is still waiting."""
        self._flush()

    def on_down(self) -> None:
        """What was under way is lost; what waits, waits on."""

    def on_replies(self, replies: list[Any]) -> None:
        """Redis took something, so more may follow. Refusals are told once per batch."""
        refused = [reply for reply in replies if isinstance(reply, hiredis.ReplyError)]
        if refused:
            _log.warning("bus_publish_refused", count=len(refused), error=str(refused[0]).split(" ")[0])
        self._flush()

    def _flush(self) -> None:
        self._flush_is_due = False
        if not self._waiting or self._link is None or not self._link.is_up:
            return
        if self._link.unsent_bytes > self._limits.unsent_bytes:
            return
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        self._link.write(data)

    def _keep_bounds(self) -> None:
        dropped_before = self.dropped
        while self._waiting and (len(self._waiting) > self._limits.messages or self._size > self._limits.size):
            self._size -= len(self._waiting.popleft())
            self.dropped += 1
        if dropped_before == 0 and self.dropped:
            _log.warning("bus_messages_dropped", reason="outgoing queue full; viewers are served from the store")
