"""What all live sockets share: the handshake, where the token stands, and how each ending becomes a close frame.

Plain ASGI endpoints: the frames go straight to the server's `send`, without the framework's layers in between.
"""

import asyncio
from abc import ABC, abstractmethod
from urllib.parse import urlencode

from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.api.state import ApiState
from app.api.stream.stream_session_guard import (
    INTERNAL_ERROR,
    LEFT,
    Closing,
    StreamEnded,
    StreamLimits,
    closing_for,
)
from app.domain.errors import SovdError
from app.observability.logs import get_logger

_log = get_logger(__name__)

SUBPROTOCOL = "sovd.v1"
_TOKEN_SUBPROTOCOL = "bearer."  # noqa: S105 - the prefix of a sub-protocol, not a secret


class LiveSocket(ABC):
    """One kind of socket, from handshake to close frame. `name` is for the log."""

    name: str

    def __init__(self, limits: StreamLimits) -> None:
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry. The handshake is always accepted, so that clients see the close code and its reason."""

        async def send_or_leave(message: Message) -> None:
            try:
                await send(message)
            except RuntimeError as error:  # uvicorn says so once it has closed the socket itself
                raise ConnectionResetError("the server has closed the socket") from error

        socket = WebSocket(scope, receive, send_or_leave)
        token = take_token(socket)
        try:
            await socket.accept(SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None)
            closing = await self._closing_of(socket, token, receive, send_or_leave)
            if closing.reachable:
                async with asyncio.timeout(self.limits.closing_s):
                    farewell = {"type": "websocket.close", "code": closing.code, "reason": closing.short_reason}
                    await send_or_leave(farewell)
        except (OSError, WebSocketDisconnect):
            closing = LEFT
        _log.debug("stream.closed", transport=self.name, code=closing.code, reason=closing.reason)

    @abstractmethod
    async def serve(
        self, state: ApiState, socket: WebSocket, token: str | None, *, receive: Receive, send: Send
    ) -> Closing:
        """Talk until the end. `send` raises OSError where the other side is gone.

        May raise StreamEnded, OSError, and any SovdError: each has its close code.
        """

    async def _closing_of(self, socket: WebSocket, token: str | None, receive: Receive, send: Send) -> Closing:
        try:
            return await self.serve(socket.app.state.sovd, socket, token, receive=receive, send=send)
        except StreamEnded as ended:
            return ended.closing
        except SovdError as error:
            return closing_for(error)
        except OSError:
            return LEFT
        except Exception:  # noqa: BLE001 - the edge of the socket: whatever it was, the other side is told to come back
            _log.exception("stream.failed", transport=self.name)
            return Closing(INTERNAL_ERROR, "something went wrong on our side; reconnect and resume where you were")


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
