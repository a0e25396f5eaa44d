"""WebSocket `/ws/responses/{command_id}?after=N` (contract 4.2): the answer of one command."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Send
from starlette.websockets import WebSocket

from app.api.dependencies import client_of
from app.api.state import ApiState
from app.api.stream.live_socket import LiveSocket
from app.api.stream.stream_session_guard import (
    LEFT,
    NORMAL,
    Closing,
    StreamLimits,
    StreamSessionGuard,
    WatchRequest,
)
from app.domain.errors import FieldError, InvalidRequest, NotFound
from app.domain.identifiers import CommandId
from app.streaming.stream_hub import Viewer

PATH = "/ws/responses/{command_id}"
_LARGEST_NUMBER = 2**53

_FINISHED = Closing(NORMAL, "the command has ended")


class ResponseSocket(LiveSocket):
    """One viewer of one command."""

    name = "websocket"

    async def serve(
        self, state: ApiState, socket: WebSocket, token: str | None, *, receive: Receive, send: Send
    ) -> Closing:
        """Admit the viewer, then send frames until the command has ended."""
        request = WatchRequest(access_token=token, command_id=_command_id(socket), client=client_of(socket))
        caller = await request.admit(state)
        viewer = state.hub.viewer(request.command_id, _after(socket))
        async with StreamSessionGuard(state, request, caller, self.limits) as guard, viewer:
            return await _stream(viewer, guard, receive, send)


async def _stream(viewer: Viewer, guard: StreamSessionGuard, receive: Receive, send: Send) -> Closing:
    """Send all frames until the end of the command. Cancelled by the guard."""
    listener = asyncio.create_task(_notice_leaving(receive, guard))
    try:
        while frames := await viewer.next_frames():
            guard.is_sending = True
            for frame in frames:
                await send({"type": "websocket.send", "text": frame.text})
                guard.sent += 1
            guard.is_sending = False
    finally:
        listener.cancel()
    return _FINISHED


async def _notice_leaving(receive: Receive, guard: StreamSessionGuard) -> None:
    """Viewers have nothing to say: whatever they send is dropped, one message at a time."""
    while (await receive())["type"] != "websocket.disconnect":
        pass
    guard.end(LEFT)


def _command_id(socket: WebSocket) -> CommandId:
    try:
        return CommandId(UUID(socket.path_params["command_id"]))
    except ValueError:
        raise NotFound("no such command") from None


def _after(socket: WebSocket) -> int:
    """Where to begin; the same digits as over REST, nothing else `int` would take."""
    text = socket.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= _LARGEST_NUMBER):
        message = "after must be a whole number from 0: the last chunk you have"
        raise InvalidRequest(message, [FieldError("/after", message)])
    return int(text)


def websocket_router(limits: StreamLimits | None = None) -> APIRouter:
    """The route, with its limits."""
    router = APIRouter()
    router.routes.append(WebSocketRoute(PATH, ResponseSocket(limits or StreamLimits()), name="responses_socket"))
    return router


router = websocket_router()
