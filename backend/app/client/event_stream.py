"""Follows a command's live events through broken links, restarts and expired tokens, without loss or repeat."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from app.client import backoff
from app.client.client_errors import ServerUnreachable, Unauthorized, read_problem
from app.client.events import Event, ResponseEvent, StatusEvent, read_event
from app.client.http_transport import HttpTransport
from app.client.stream_links import LinkLost, LinkRefused, LinkUnusable, sse_texts, websocket_texts
from app.domain.command_states import CommandStatus

_EARLY_BREAKS = 2
_PROVEN_AFTER_S = 5.0
"""A link that stood this long (seconds) had a valid token: its refusal is an expiry, worth another renewal."""


class StreamInterrupted(ServerUnreachable):
    """The stream broke and could not be taken up again in time. Follow again from `last_sequence_number`."""

    def __init__(self, message: str, command_id: str, last_sequence_number: int) -> None:
        super().__init__(message)
        self.command_id = command_id
        self.last_sequence_number = last_sequence_number


@dataclass(slots=True)
class StreamPosition:
    """What a viewer has seen: decides which events are new. Pure.

    The server sends each event once per link; after a new link only the state may come again.
    """

    last_sequence_number: int
    status: CommandStatus | None = None

    def is_new(self, event: Event) -> bool:
        """Whether to show the event; remembers it. Raises LinkLost on a hole, which a new link fills from the store."""
        match event:
            case ResponseEvent(sequence_number=number):
                if number <= self.last_sequence_number:
                    return False
                if number > self.last_sequence_number + 1:
                    raise LinkLost(f"chunk {self.last_sequence_number + 1} is missing before chunk {number}")
                self.last_sequence_number = number
            case StatusEvent(status=status):
                if status is self.status:
                    return False
                self.status = status
            case _:
                pass
        return True

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes."""
        return self.status is not None and self.status.is_terminal


class _Links:
    """The choice between WebSocket and server-sent events, and the token of the next link."""

    def __init__(self, transport: HttpTransport, command_id: str, tls: ssl.SSLContext | None) -> None:
        self._transport = transport
        self.command_id = command_id
        self._tls = tls
        self._use_sse = False
        self._token: str | None = None
        self._just_renewed = False
        self._broke_early = 0

    async def texts(self, after: int) -> AsyncGenerator[str | None, None]:
        """The next link's texts."""
        tokens = self._transport.tokens
        if self._token is None:
            self._token = await tokens.current() if tokens else ""
        if self._use_sse:
            return sse_texts(self._transport.http, self.command_id, after, self._token)
        return websocket_texts(self._transport.http.base_url, self.command_id, after, self._token, self._tls)

    def proven(self) -> None:
        """The link worked: its token was good, and a refusal later on is an expiry."""
        self._just_renewed = False

    async def refused(self, reason: str) -> None:
        """Renew the token once. Raises Unauthorized where the renewed one is refused as well."""
        if self._just_renewed or self._token is None:
            raise Unauthorized(read_problem(401, {"code": "not_authenticated", "detail": reason}, correlation_id=None))
        self._token = await self._transport.renew(self._token)
        self._just_renewed = True

    def take_other_way(self) -> bool:
        """Change between WebSocket and server-sent events. True where that is worth a try at once."""
        self._use_sse = not self._use_sse
        return self._use_sse

    def broke_early(self) -> None:
        """The link broke before it stood. Twice so: perhaps something between us and the server cuts WebSockets."""
        self._broke_early += 1
        if self._broke_early % _EARLY_BREAKS == 0:
            self.take_other_way()


class _Follower:
    def __init__(self, links: _Links, after: int, reconnect_for_s: float, on_link: Callable[[bool], None]) -> None:
        self._links = links
        self._position = StreamPosition(after)
        self._reconnect_for_s = reconnect_for_s
        self._on_link = on_link
        self._delays = backoff.delays()
        self._loop = asyncio.get_running_loop()
        self._without_link_since = self._loop.time()
        self._stood_at: float | None = None

    async def events(self) -> AsyncGenerator[Event, None]:
        while True:
            try:
                async with aclosing(self._one_link()) as events:
                    async for event in events:
                        yield event
                if self._position.has_ended:
                    return
                trouble = LinkLost("the server ended the stream before the command had ended")
            except LinkRefused as error:
                await self._links.refused(str(error))
                continue
            except LinkUnusable as error:
                if self._links.take_other_way():
                    continue
                trouble = LinkLost(str(error))
            except LinkLost as error:
                if self._stood_at is None:
                    self._links.broke_early()
                trouble = error
            await self._wait(trouble)

    async def _one_link(self) -> AsyncGenerator[Event, None]:
        self._stood_at = None
        try:
            async with aclosing(await self._links.texts(self._position.last_sequence_number)) as texts:
                async for text in texts:
                    if text is None:
                        self._stood_at = self._loop.time()
                        self._on_link(True)
                    elif (event := read_event(text)) is not None and self._position.is_new(event):
                        self._proven()
                        yield event
                        if self._position.has_ended:
                            return
        finally:
            if self._stood_at is not None and self._loop.time() - self._stood_at >= _PROVEN_AFTER_S:
                self._proven()

    def _proven(self) -> None:
        self._links.proven()
        self._delays = backoff.delays()
        self._without_link_since = self._loop.time()

    async def _wait(self, trouble: LinkLost) -> None:
        self._on_link(False)
        delay = next(self._delays)
        if self._loop.time() + delay - self._without_link_since >= self._reconnect_for_s:
            raise StreamInterrupted(
                f"the live stream broke and did not come back within {self._reconnect_for_s:g} s: {trouble}",
                self._links.command_id,
                self._position.last_sequence_number,
            ) from trouble
        await asyncio.sleep(delay)


async def follow(
    transport: HttpTransport,
    command_id: str,
    *,
    after: int,
    reconnect_for_s: float,
    tls: ssl.SSLContext | None = None,
    on_link: Callable[[bool], None] | None = None,
) -> AsyncGenerator[Event, None]:
    """Every event after sequence number `after`, in order, once; ends after the terminal status.

    A broken link is taken up again until `reconnect_for_s` seconds have passed without one (StreamInterrupted).
    `on_link` is told when the link breaks (False) and stands again (True). Close it (`aclosing`) to stop early.
    Raises UnknownObject, Unauthorized, NotSignedIn.
    """
    follower = _Follower(_Links(transport, command_id, tls), after, reconnect_for_s, on_link or (lambda stands: None))
    async with aclosing(follower.events()) as events:
        async for event in events:
            yield event
