"""WebSocket `/ws/events`: all that one page watches, over one socket.

Streams of commands have the guarantees of contract 4.2: each chunk exactly once and in order, whenever the page joins,
then the outcome. Changes in the fleet (presence, states of commands) are told at most once each, with `resync` where
some may have been missed. No database connection is held while the socket waits.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from fastapi import APIRouter
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Send
from starlette.websockets import WebSocket

from app.api.dependencies import client_of
from app.api.state import ApiState
from app.api.stream.events_frames import (
    FrameError,
    Operation,
    Ping,
    Renew,
    Subscribe,
    Topic,
    Unsubscribe,
    error_frame,
    pong_frame,
    read_frame,
    renewed_frame,
)
from app.api.stream.events_subscriptions import Outbox, Subscriptions
from app.api.stream.live_socket import LiveSocket
from app.api.stream.stream_session_guard import (
    LEFT,
    NOT_ALLOWED,
    Closing,
    StreamLimits,
    StreamSessionGuard,
    closing_for,
)
from app.domain.access_policy import Actor
from app.domain.errors import NotAuthenticated, NotFound, RequestError, SovdError
from app.domain.identifiers import UserId, VehicleId
from app.domain.session import AuthenticatedCaller, ClientInfo
from app.streaming.fleet_feed import FleetListener

PATH = "/ws/events"

_OTHER_ACCOUNT = Closing(NOT_ALLOWED, "the token is of another account; open a socket of its own")


@dataclass(slots=True, kw_only=True)
class PageAdmission:
    """Who the page stands for; `access_token` is replaced as the page renews it."""

    access_token: str | None
    client: ClientInfo
    subscriptions: Subscriptions | None = None

    async def admit(self, state: ApiState) -> AuthenticatedCaller:
        """The caller, at the start and whenever rights may have changed. Raises NotAuthenticated."""
        caller = await state.accounts.admit(self.access_token, self.client)
        if self.subscriptions is not None:
            with suppress(OSError):  # the page is gone: the socket's own tasks notice it, too
                await self.subscriptions.caller_is_now(caller.actor)
        return caller


class EventsSocket(LiveSocket):
    """One page."""

    name = "events"

    async def serve(
        self, state: ApiState, socket: WebSocket, token: str | None, *, receive: Receive, send: Send
    ) -> Closing:
        """Admit the page, then do what it asks for until it leaves."""
        admission = PageAdmission(access_token=token, client=client_of(socket))
        caller = await admission.admit(state)
        async with (
            StreamSessionGuard(state, admission, caller, self.limits) as guard,
            state.hub.feed.listener() as listener,
            _Conversation(
                state=state, admission=admission, guard=guard, send=send, actor=caller.actor, listener=listener
            ) as conversation,
        ):
            return await conversation.hear(receive)


class _Conversation:
    """What the page says, and what is done about it: one frame after the other."""

    def __init__(
        self,
        *,
        state: ApiState,
        admission: PageAdmission,
        guard: StreamSessionGuard,
        send: Send,
        actor: Actor,
        listener: FleetListener,
    ) -> None:
        self._state = state
        self._admission = admission
        self._guard = guard
        self._user_id: UserId = actor.user_id
        self._outbox = Outbox(send, guard)
        self._subscriptions = Subscriptions(state.hub, self._outbox, guard, actor)
        self._listener = listener
        self._feed: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to tell changes, and to follow the caller's rights."""
        self._admission.subscriptions = self._subscriptions
        self._feed = self._subscriptions.start_feed(self._listener)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all tasks of the socket."""
        if self._feed is not None:
            self._feed.cancel()
            await asyncio.gather(self._feed, return_exceptions=True)
        await self._subscriptions.close()

    async def hear(self, receive: Receive) -> Closing:
        """Do what the page asks for until it leaves. While it does not read, nothing more of it is heard."""
        while (message := await receive())["type"] != "websocket.disconnect":
            try:
                await self._do(read_frame(message.get("text")))
            except FrameError as error:
                await self._outbox.put([error_frame(error, error.frame_id)])
        return LEFT

    async def _do(self, operation: Operation) -> None:
        match operation:
            case Subscribe():
                await self._subscribe(operation)
            case Unsubscribe(frame_id=frame_id):
                await self._subscriptions.remove(frame_id)
            case Renew(token=token):
                await self._renew(token)
            case Ping():
                await self._outbox.put([pong_frame()])

    async def _subscribe(self, wanted: Subscribe) -> None:
        self._subscriptions.check_room(wanted.frame_id)
        try:
            caller = await self._state.accounts.admit(self._admission.access_token, self._admission.client)
            vehicle_id = await self._admit_to(caller.actor, wanted)
        except NotAuthenticated as error:
            self._guard.end(closing_for(error))
        except SovdError as error:
            await self._outbox.put([error_frame(error, wanted.frame_id)])
        else:
            await self._subscriptions.add(wanted, vehicle_id)

    async def _admit_to(self, actor: Actor, wanted: Subscribe) -> VehicleId | None:
        """The vehicle that the subscription is about, None where it is about all. Raises NotFound, Forbidden."""
        client = self._admission.client
        match wanted.topic:
            case Topic.COMMAND:
                if wanted.command_id is None:
                    raise NotFound("no such command")
                return (await self._state.commands.find(actor, wanted.command_id, client)).vehicle_id
            case Topic.VEHICLE:
                if wanted.vehicle_id is None:
                    raise NotFound("no such vehicle")
                return (await self._state.vehicles.find(actor, wanted.vehicle_id, client)).vehicle_id
            case Topic.PRESENCE | Topic.COMMANDS:
                return None  # every role reads vehicles and commands; each change is checked against the scope

    async def _renew(self, token: str) -> None:
        """Go on with a fresh token. One that is worth nothing changes nothing: the old one lasts as long as it does."""
        try:
            caller = await self._state.accounts.admit(token, self._admission.client)
        except RequestError as error:
            await self._outbox.put([error_frame(error)])
            return
        if caller.actor.user_id != self._user_id:
            self._guard.end(_OTHER_ACCOUNT)
            return
        self._admission.access_token = token
        self._guard.renew(caller.expires_in_s)
        await self._subscriptions.caller_is_now(caller.actor)
        await self._outbox.put([renewed_frame(caller.expires_in_s)])


def events_router(limits: StreamLimits | None = None) -> APIRouter:
    """The route, with its limits."""
    router = APIRouter()
    router.routes.append(WebSocketRoute(PATH, EventsSocket(limits or StreamLimits()), name="events_socket"))
    return router


router = events_router()
