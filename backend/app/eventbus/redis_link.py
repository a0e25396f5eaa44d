"""One supervised connection to Redis that tells of every loss.

redis-py makes the connection (address, TLS, log-in); after that we read and write its streams ourselves: its own
read path costs some ten times more per message, and it reconnects silently, which loses messages unnoticed.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import hiredis
import structlog
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import RedisError

_log = structlog.get_logger(__name__)

_INCOMPLETE = object()
_READ_SIZE = 256 * 1024


def pack(*words: str) -> bytes:
    """A command as Redis reads it."""
    packed: bytes = hiredis.pack_command(words)  # type: ignore[arg-type]  # hiredis declares a tuple of exactly one word
    return packed


_PING = pack("PING")


class LinkLost(Exception):
    """The connection ended; the next attempt follows by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTiming:
    """Seconds. A link on which nothing arrives for `silence_s` after a ping is lost, even if TCP says nothing."""

    connect_s: float = 2.0
    ping_every_s: float = 2.0
    silence_s: float = 3.0
    first_delay_s: float = 0.05
    longest_delay_s: float = 1.0


class RedisLink:
    """Keeps one connection up. `on_up` is called when it can be written, `on_down` at every loss, `on_replies` with
    all replies that arrived together, in order; replies are text, lists, numbers or `hiredis.ReplyError`.

    The callbacks run on the loop and must not block; the link never raises into them.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        on_up: Callable[[], None],
        on_down: Callable[[], None],
        on_replies: Callable[[list[Any]], None],
        timing: LinkTiming | None = None,
    ) -> None:
        """`url` may hold a secret: it is never logged. Raises ValueError where it is no Redis address."""
        self._timing = timing or LinkTiming()
        self._name = name
        # RESP2: pushes and replies are told apart by their first word, and any server of the last ten years speaks it
        self._pool: ConnectionPool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=self._timing.connect_s,
            client_name=name,
            driver_info=None,
        )
        self._on_up = on_up
        self._on_down = on_down
        self._on_replies = on_replies
        self._writer: asyncio.StreamWriter | None = None
        self._heard = False

    @property
    def is_up(self) -> bool:
        """Whether bytes can be written now."""
        return self._writer is not None

    @property
    def unsent_bytes(self) -> int:
        """Bytes that wait in our process because Redis does not take them."""
        return self._writer.transport.get_write_buffer_size() if self._writer else 0

    def write(self, data: bytes) -> None:
        """Send now, without waiting; dropped where the link is down."""
        if self._writer is not None:
            self._writer.write(data)

    async def run(self) -> None:
        """Connect, serve, reconnect, until cancelled."""
        delays = self._delays()
        while True:
            try:
                connection = await self._connect()
            except (RedisError, OSError, TimeoutError) as error:
                _log.debug("bus_connect_failed", link=self._name, error=type(error).__name__)
                await asyncio.sleep(next(delays))
                continue
            try:
                await self._serve(connection)
            except (LinkLost, OSError, hiredis.HiredisError) as error:
                _log.warning("bus_link_lost", link=self._name, error=type(error).__name__)
            finally:
                await connection.disconnect(nowait=True)
            delays = self._delays()
            await asyncio.sleep(next(delays))

    def _delays(self) -> Iterator[float]:
        """Jittered, doubling, capped: many processes must not return in step."""
        longest = self._timing.first_delay_s
        while True:
            yield longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
            longest = min(longest * 2, self._timing.longest_delay_s)

    async def _connect(self) -> AbstractConnection:
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        try:
            async with asyncio.timeout(2 * self._timing.connect_s):
                await connection.connect()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return connection

    async def _serve(self, connection: AbstractConnection) -> None:
        reader, writer = connection._reader, connection._writer  # noqa: SLF001 - see the module's docstring
        if reader is None or writer is None:
            raise LinkLost
        self._writer = writer
        watch = asyncio.get_running_loop().call_later(self._timing.ping_every_s, self._ping, writer)
        self._watch = watch
        try:
            self._on_up()
            await self._read(reader)
        finally:
            self._watch.cancel()
            self._writer = None
            self._on_down()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        parser = hiredis.Reader(encoding="utf-8", errors="replace", notEnoughData=_INCOMPLETE)
        while True:
            data = await reader.read(_READ_SIZE)
            if not data:
                raise LinkLost
            self._heard = True
            parser.feed(data)
            replies = []
            while (reply := parser.gets()) is not _INCOMPLETE:
                replies.append(reply)
            if replies:
                self._on_replies(replies)

    def _ping(self, writer: asyncio.StreamWriter) -> None:
        """A half-open connection stays silent for minutes; a ping finds it in seconds."""
        self._heard = False
        writer.write(_PING)
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(self._timing.silence_s, self._judge, writer)

    def _judge(self, writer: asyncio.StreamWriter) -> None:
        if not self._heard:
            writer.transport.abort()
            return
        self._watch = asyncio.get_running_loop().call_later(self._timing.ping_every_s, self._ping, writer)
