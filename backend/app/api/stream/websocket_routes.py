"""WebSocket `/ws/responses/{command_id}?after=N` (contract 4.2).

A plain ASGI endpoint: the frames go straight to the server's `send`, without the framework's layers in between.
"""

import asyncio
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.routing import WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.api.dependencies import client_of
from app.api.state import ApiState
from app.api.stream.stream_session_guard import (
    INTERNAL_ERROR,
    LEFT,
    NORMAL,
    Closing,
    StreamEnded,
    StreamLimits,
    StreamSessionGuard,
    WatchRequest,
    closing_for,
)
from app.domain.errors import FieldError, InvalidRequest, NotFound, SovdError
from app.domain.identifiers import CommandId
from app.observability.logs import get_logger
from app.streaming.stream_hub import Viewer

_log = get_logger(__name__)

PATH = "/ws/responses/{command_id}"
SUBPROTOCOL = "sovd.v1"
_TOKEN_SUBPROTOCOL = "bearer."  # noqa: S105 - the prefix of a sub-protocol, not a secret
_LARGEST_NUMBER = 2**53
CLOSED_BY_SERVER = "the server has closed the socket"

_FINISHED = Closing(NORMAL, "the command has ended")


class ResponseSocket:
    """One socket, from handshake to close frame."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry. The handshake is always accepted, so that clients see the close code and its reason."""
        socket = WebSocket(scope, receive, send)
        token = take_token(socket)
        try:
            await socket.accept(SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None)
            closing = await self._serve(socket, token, receive, send)
            if closing.reachable:
                async with asyncio.timeout(self._limits.closing_s):
                    await send_message(
                        send, {"type": "websocket.close", "code": closing.code, "reason": closing.short_reason}
                    )
        except (OSError, WebSocketDisconnect):
            closing = LEFT
        _log.debug("stream.closed", transport="websocket", code=closing.code, reason=closing.reason)

    async def _serve(self, socket: WebSocket, token: str | None, receive: Receive, send: Send) -> Closing:
        state: ApiState = socket.app.state.sovd
        try:
            request = WatchRequest(access_token=token, command_id=_command_id(socket), client=client_of(socket))
            caller = await request.admit(state)
            viewer = state.hub.viewer(request.command_id, _after(socket))
            async with StreamSessionGuard(state, request, caller, self._limits) as guard, viewer:
                return await _stream(viewer, guard, receive, send)
        except StreamEnded as ended:
            return ended.closing
        except SovdError as error:
            return closing_for(error)
        except OSError:
            return LEFT
        except Exception:  # noqa: BLE001 - the edge of the socket: whatever it was, the viewer is told to come back
            _log.exception("stream.failed")
            return Closing(INTERNAL_ERROR, "something went wrong on our side; reconnect with after=N")


async def send_message(send: Send, message: Message) -> None:
    """Raises OSError where the viewer is gone; uvicorn says RuntimeError once it has closed the socket itself."""
    try:
        await send(message)
    except RuntimeError as error:
        raise ConnectionResetError(CLOSED_BY_SERVER) from error


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
    except RuntimeError as error:
        raise ConnectionResetError(CLOSED_BY_SERVER) from error
    finally:
        listener.cancel()
    return _FINISHED


async def _notice_leaving(receive: Receive, guard: StreamSessionGuard) -> None:
    """Viewers have nothing to say: whatever they send is dropped, one message at a time."""
    while (await receive())["type"] != "websocket.disconnect":
        pass
    guard.end(LEFT)


def take_token(socket: WebSocket) -> str | None:
    """The access token; one in the address is taken out of it, so that no log of the server can show it."""
    in_query = socket.query_params.get("token")
    if in_query is not None:
        others = [(name, value) for name, value in socket.query_params.multi_items() if name != "token"]
        socket.scope["query_string"] = urlencode(others).encode()
    scheme, _, credentials = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials:
        return credentials.strip()
    offered: list[str] = socket.scope["subprotocols"]
    in_offer = (name[len(_TOKEN_SUBPROTOCOL) :] for name in offered if name.startswith(_TOKEN_SUBPROTOCOL))
    return next(in_offer, None) or in_query


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
