"""People who watch: a WebSocket viewer and an SSE viewer over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.domain.json_values import JsonObject, decode_json_object
from app.security.access_tokens import AccessTokens
from support.running_app import RunningApp

_WITHIN_S = 20.0


@dataclass
class Watched:
    """What a viewer saw, and how the server ended it."""

    events: list[JsonObject] = field(default_factory=list)
    close_code: int | None = None
    close_reason: str = ""

    @property
    def numbers(self) -> list[int]:
        """Sequence numbers of the chunks, as they came."""
        return [event["sequence_number"] for event in self.events if event["event"] == "response"]

    @property
    def short(self) -> list[Any]:
        """One word per event: number, status, or kind."""
        return [event.get("sequence_number") or event.get("status") or event["event"] for event in self.events]


def token_with(app: RunningApp, client: httpx.AsyncClient, *, left_s: float) -> str:
    """A token of the client's session that expires in `left_s` seconds (below 0: has expired)."""
    secret = app.settings.token_secret
    assert secret is not None
    tokens = AccessTokens(secret.get_secret_value(), ttl_s=600)
    claims = tokens.read(token_of(client))
    return tokens.issue(claims.user_id, claims.session_id, datetime.now(UTC) + timedelta(seconds=left_s - 600))


def token_of(client: httpx.AsyncClient) -> str:
    """The access token a signed-in client sends."""
    return client.headers["Authorization"].removeprefix("Bearer ")


@asynccontextmanager
async def socket_to(
    app: RunningApp,
    command_id: str,
    token: str | None,
    *,
    query: str = "",
    subprotocols: list[str] | None = None,
) -> AsyncIterator[ClientConnection]:
    """An open socket; the token goes into the header."""
    headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{app.ws_url}/ws/responses/{command_id}{query}"
    offered = [Subprotocol(name) for name in subprotocols or ()] or None
    async with connect(
        url, additional_headers=headers, subprotocols=offered, proxy=None, close_timeout=1, max_queue=None
    ) as socket:
        yield socket


async def read_to_end(socket: ClientConnection) -> Watched:
    """Everything until the server closes."""
    watched = Watched()
    async with asyncio.timeout(_WITHIN_S):
        try:
            while True:
                watched.events.append(decode_json_object(await socket.recv()))
        except ConnectionClosed:
            watched.close_code = socket.close_code
            watched.close_reason = socket.close_reason or ""
    return watched


async def watch(
    app: RunningApp,
    command_id: str,
    token: str | None = None,
    *,
    query: str = "",
    subprotocols: list[str] | None = None,
) -> Watched:
    """Connect and stay until the server closes. Without `token` nothing is sent in the header."""
    async with socket_to(app, command_id, token, query=query, subprotocols=subprotocols) as socket:
        return await read_to_end(socket)


async def watch_sse(
    client: httpx.AsyncClient, command_id: str, *, after: int | None = None, headers: Mapping[str, str] | None = None
) -> list[ServerSentEvent]:
    """All server-sent events until the server ends the answer."""
    params = {} if after is None else {"after": after}
    url = f"/api/v1/commands/{command_id}/events"
    async with (
        asyncio.timeout(_WITHIN_S),
        aconnect_sse(client, "GET", url, params=params, headers=dict(headers or {})) as source,
    ):
        source.response.raise_for_status()
        return [event async for event in source.aiter_sse()]
