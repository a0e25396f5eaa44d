"""Server-sent events `GET /api/v1/commands/{command_id}/events` (contract 4.1): the events of the WebSocket."""

import asyncio
import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.dependencies import AccessToken, Client, State
from app.api.state import ApiState
from app.api.stream.stream_session_guard import (
    LEFT,
    Closing,
    StreamEnded,
    StreamLimits,
    StreamSessionGuard,
    WatchRequest,
    closing_for,
)
from app.domain.errors import NotAuthenticated, SovdError
from app.domain.identifiers import CommandId
from app.domain.session import AuthenticatedCaller
from app.domain.stream_events import StreamEvent
from app.observability.logs import get_logger
from app.streaming.stream_hub import Viewer

_log = get_logger(__name__)

MEDIA_TYPE = "text/event-stream"
_LARGEST_NUMBER = 2**53
_FIRST_LINE = b": the stream is open\n\n"
_HEARTBEAT = b": still here\n\n"
_LINE_END = re.compile(r"\r\n|\r|\n")

router = APIRouter(prefix="/commands", tags=["commands"])

LastEventId = Annotated[
    int | None,
    Header(alias="Last-Event-ID", ge=0, le=_LARGEST_NUMBER, description="what a browser sends when it reconnects"),
]
After = Annotated[int, Query(ge=0, le=_LARGEST_NUMBER, description="the last chunk you have; 0: from the beginning")]


class EventStream(Response):
    """An answer that lasts as long as the stream. Refusals are raised before its head is sent."""

    media_type = MEDIA_TYPE

    def __init__(
        self, state: ApiState, request: WatchRequest, caller: AuthenticatedCaller, after: int, limits: StreamLimits
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._state = state
        self._request = request
        self._caller = caller
        self._after = after
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry. Raises what entering a viewer raises; later reasons to end are told in a comment line."""
        begun = False
        try:
            viewer = self._state.hub.viewer(self._request.command_id, self._after)
            async with StreamSessionGuard(self._state, self._request, self._caller, self._limits) as guard, viewer:
                begun = True
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await _send_part(send, _FIRST_LINE)
                await self._stream(viewer, guard, receive, send)
            farewell = b""
        except SovdError as error:
            if not begun:
                raise
            farewell = _farewell(closing_for(error))
        except StreamEnded as ended:
            if not ended.closing.reachable:
                return
            if not begun:
                raise NotAuthenticated(ended.closing.reason) from None
            farewell = _farewell(ended.closing)
        async with asyncio.timeout(self._limits.closing_s):
            await _send_part(send, farewell, more=False)

    async def _stream(self, viewer: Viewer, guard: StreamSessionGuard, receive: Receive, send: Send) -> None:
        listener = asyncio.create_task(_notice_leaving(receive, guard))
        try:
            while True:
                try:
                    async with asyncio.timeout(self._limits.heartbeat_s):
                        frames = await viewer.next_frames()
                except TimeoutError:
                    part = _HEARTBEAT
                else:
                    if not frames:
                        return
                    part = "".join(map(as_sse, frames)).encode()
                guard.is_sending = True
                await _send_part(send, part)
                guard.sent += 1
                guard.is_sending = False
        finally:
            listener.cancel()


@router.get(
    "/{command_id}/events",
    summary="Watch a command's answer, live",
    status_code=200,
    response_class=EventStream,
    responses={
        200: {
            "description": "First what is stored after `after`, then live, until the command's terminal status. "
            "`id` is the sequence number, `event` the kind, `data` the event as over WebSocket.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        }
    },
)
async def watch_command(
    command_id: UUID,
    access_token: AccessToken,
    client: Client,
    state: State,
    *,
    after: After = 0,
    last_event_id: LastEventId = None,
) -> Response:
    """Server-sent events. `Last-Event-ID` wins over `after`: it is what a reconnecting browser saw last."""
    request = WatchRequest(access_token=access_token, command_id=CommandId(command_id), client=client)
    caller = await request.admit(state)
    return EventStream(state, request, caller, after if last_event_id is None else last_event_id, StreamLimits())


def as_sse(frame: StreamEvent) -> str:
    """A frame as the lines of one server-sent event (HTML standard, 9.2.6)."""
    text = frame.text
    if "\n" in text or "\r" in text:
        text = "\ndata: ".join(_LINE_END.split(text))
    number = f"id: {frame.sequence_number}\n" if frame.sequence_number is not None else ""
    return f"{number}event: {frame.kind}\ndata: {text}\n\n"


def _farewell(closing: Closing) -> bytes:
    """Browsers ignore comments; people and logs do not."""
    _log.debug("stream.closed", transport="sse", code=closing.code, reason=closing.reason)
    return f": {closing.code} {closing.short_reason}\n\n".encode()


async def _send_part(send: Send, part: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": more})


async def _notice_leaving(receive: Receive, guard: StreamSessionGuard) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    guard.end(LEFT)
