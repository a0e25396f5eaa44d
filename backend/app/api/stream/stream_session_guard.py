"""Who may watch, and for how long: the same for WebSocket and server-sent events.

A stream lives no longer than the session that opened it: it ends when the access token expires, when the session or
account is revoked, when the command moves out of the caller's sight, and when the viewer stops reading.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from app.api.state import ApiState
from app.domain.errors import NotFound, RequestError, ServiceError, SovdError
from app.domain.identifiers import CommandId
from app.domain.session import AuthenticatedCaller, ClientInfo
from app.observability.logs import get_logger
from app.streaming.stream_topic import HubStopped

_log = get_logger(__name__)

_RECHECK_PAUSE_S = 1.0
_LONGEST_REASON = 123
"""Bytes a close reason may have (RFC 6455, 5.5: a control frame carries 125, two of them the code)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """Seconds. A viewer that takes nothing for `stalled_s` is let go, at the latest after twice that time."""

    stalled_s: float = 30.0
    heartbeat_s: float = 15.0
    closing_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a stream ends, as a WebSocket close code; `reachable` False means nobody is there to be told."""

    code: int
    reason: str
    reachable: bool = True

    @property
    def short_reason(self) -> str:
        """The reason within what a close frame carries."""
        return self.reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


NORMAL = 1000
NOT_ALLOWED = 1008
INTERNAL_ERROR = 1011
RESTARTS = 1012
TRY_AGAIN = 1013
NO_SUCH_COMMAND = 4404

LEFT = Closing(1005, "the viewer left", reachable=False)
STALLED = Closing(NOT_ALLOWED, "the viewer stopped reading", reachable=False)
EXPIRED = Closing(NOT_ALLOWED, "the access token has expired; reconnect with a new one and after=N")


def closing_for(error: SovdError) -> Closing:
    """The close code of contract 4.2 for an error."""
    match error:
        case NotFound():
            return Closing(NO_SUCH_COMMAND, error.message)
        case RequestError():
            return Closing(NOT_ALLOWED, error.message)
        case HubStopped():
            return Closing(RESTARTS, "the server restarts; reconnect with after=N")
        case _:
            return Closing(TRY_AGAIN, error.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """Who asks to watch what."""

    access_token: str | None
    command_id: CommandId
    client: ClientInfo

    async def admit(self, state: ApiState) -> AuthenticatedCaller:
        """Decide. Raises NotAuthenticated, Forbidden, NotFound (unknown or hidden), StorageUnavailable."""
        caller = await state.accounts.admit(self.access_token, self.client)
        await state.commands.find(caller.actor, self.command_id, self.client)
        return caller


class Admission(Protocol):
    """Decides whether a stream may go on; asked again whenever the account's rights or sessions may have changed."""

    async def admit(self, state: ApiState) -> AuthenticatedCaller:
        """The caller. Raises what `WatchRequest.admit` raises; the stream ends then."""
        ...


class StreamEnded(Exception):
    """The guard ends the stream; `closing` says why."""

    def __init__(self, closing: Closing) -> None:
        super().__init__(closing.reason)
        self.closing = closing


class StreamSessionGuard:
    """Ends the block it surrounds with StreamEnded. While sending, set `is_sending` and count `sent`."""

    __slots__ = (
        "_closing",
        "_limit",
        "_limits",
        "_recheck",
        "_request",
        "_seen",
        "_stall_timer",
        "_state",
        "_unregister",
        "_user_id",
        "is_sending",
        "sent",
    )

    def __init__(self, state: ApiState, request: Admission, caller: AuthenticatedCaller, limits: StreamLimits) -> None:
        """`caller` has just been admitted."""
        self._state = state
        self._request = request
        self._limits = limits
        self._closing: Closing | None = None
        self._limit = asyncio.timeout(caller.expires_in_s)
        self._user_id = caller.actor.user_id
        self._unregister: Callable[[], None] | None = None
        self._recheck: asyncio.Task[None] | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._seen = 0
        self.is_sending = False
        self.sent = 0

    async def __aenter__(self) -> Self:
        """Begin to watch."""
        await self._limit.__aenter__()
        self._unregister = self._state.accounts.on_revoked(self._user_id, self._look_again)
        self._watch_progress()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching; raises StreamEnded where the guard ended the block."""
        if self._unregister is not None:
            self._unregister()
        if self._stall_timer is not None:
            self._stall_timer.cancel()
        if self._recheck is not None:
            self._recheck.cancel()
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            raise StreamEnded(self._closing or EXPIRED) from None

    def end(self, closing: Closing) -> None:
        """End the block now; only the first reason counts."""
        if self._closing is None and self._limit.when() is not None and not self._limit.expired():
            self._closing = closing
            self._limit.reschedule(asyncio.get_running_loop().time())

    def renew(self, expires_in_s: float) -> None:
        """The stream may live for so long from now; changes nothing where it is ending already."""
        if self._closing is None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + expires_in_s)

    def _watch_progress(self) -> None:
        """One timer per stream, and nothing to do per message but to count."""
        if self.is_sending and self._seen == self.sent:
            self.end(STALLED)
            return
        self._seen = self.sent if self.is_sending else -1
        loop = asyncio.get_running_loop()
        self._stall_timer = loop.call_later(self._limits.stalled_s, self._watch_progress)

    def _look_again(self) -> None:
        """Rights or sessions of the account may have changed."""
        if self._recheck is None or self._recheck.done():
            self._recheck = asyncio.get_running_loop().create_task(self._admit_again())

    async def _admit_again(self) -> None:
        while True:
            try:
                await self._request.admit(self._state)
            except ServiceError:
                await asyncio.sleep(_RECHECK_PAUSE_S)
                continue
            except SovdError as error:
                self.end(closing_for(error))
            return
