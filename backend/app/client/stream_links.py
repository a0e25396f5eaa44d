"""Two ways to the live events of a command: WebSocket and server-sent events. Both give the same texts.

Each is an async generator: first None (the link stands), then one text per event. It ends when the server ends the
stream properly, and raises LinkRefused, LinkLost, LinkUnusable or UnknownObject otherwise. `aclosing` drops the link.
"""

import ssl
from collections.abc import AsyncGenerator

import httpx
from httpx_sse import EventSource, SSEError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus, WebSocketException

from app.client.client_errors import Problem, UnknownObject
from app.client.http_transport import API, raise_for_problem

_LARGEST_EVENT = 64 * 1024 * 1024
_SSE_SILENCE_S = 60.0
_COME_BACK = frozenset({502, 503, 504})


class LinkRefused(Exception):
    """The server does not accept the token (any more), or the account may not see this command."""


class LinkLost(Exception):
    """The link broke, or the server asks to come back: connect again where the last event stopped."""


class LinkUnusable(Exception):
    """This way does not work here (a proxy that knows no WebSocket): take the other one."""


def unknown_command(command_id: str) -> UnknownObject:
    """No such command, or it is hidden from this account."""
    return UnknownObject(Problem(status=404, code="not_found", message=f"there is no command {command_id}"))


def websocket_address(base_url: httpx.URL, command_id: str, after: int) -> str:
    """Address of a command's WebSocket. The token is not part of it: addresses end up in logs."""
    scheme = "wss" if base_url.scheme == "https" else "ws"
    prefix = base_url.path.rstrip("/")
    return str(
        base_url.copy_with(
            scheme=scheme, path=f"{prefix}/ws/responses/{command_id}", query=f"after={after}".encode(), fragment=None
        )
    )


async def websocket_texts(
    base_url: httpx.URL, command_id: str, after: int, token: str, tls: ssl.SSLContext | None
) -> AsyncGenerator[str | None, None]:
    """Events over WebSocket (contract 4.2), from after the given sequence number on. `tls` goes with https only."""
    address = websocket_address(base_url, command_id, after)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with connect(address, additional_headers=headers, max_size=_LARGEST_EVENT, ssl=tls) as socket:
            yield None
            async for frame in socket:
                yield frame if isinstance(frame, str) else frame.decode()
    except ConnectionClosed as error:
        raise _closed(error, command_id) from error
    except InvalidStatus as error:
        raise _handshake_refused(error.response.status_code) from error
    except InvalidMessage as error:
        raise LinkLost("the connection broke before the WebSocket stood") from error
    except InvalidHandshake as error:
        raise LinkUnusable(str(error)) from error
    except (OSError, TimeoutError, WebSocketException) as error:
        raise LinkLost(str(error) or "no connection within the time limit") from error


def _closed(error: ConnectionClosed, command_id: str) -> Exception:
    code = error.rcvd.code if error.rcvd else None
    reason = error.rcvd.reason if error.rcvd else ""
    match code:
        case 1008:
            return LinkRefused(reason or "the server does not accept the token")
        case 4404:
            return unknown_command(command_id)
        case 1012 | 1013:
            return LinkLost(reason or "the server asks to come back")
        case _:
            return LinkLost("the connection broke")


def _handshake_refused(status: int) -> Exception:
    if status == 401:
        return LinkRefused("the server does not accept the token")
    if status in _COME_BACK:
        return LinkLost(f"the server answered with status {status}")
    # 403 included: Starlette answers it for any socket it does not accept, proxies for any they do not know.
    # Server-sent events then tell the true reason.
    return LinkUnusable(f"the WebSocket was refused with status {status}")


async def sse_texts(
    http: httpx.AsyncClient, command_id: str, after: int, token: str
) -> AsyncGenerator[str | None, None]:
    """Events as server-sent events (contract 4.1), from after the given sequence number on."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream", "Cache-Control": "no-store"}
    timeout = httpx.Timeout(10.0, read=_SSE_SILENCE_S)
    path = f"{API}/commands/{command_id}/events"
    try:
        async with http.stream("GET", path, params={"after": after}, headers=headers, timeout=timeout) as response:
            await _check(response)
            yield None
            async for event in EventSource(response).aiter_sse():
                if event.data:
                    yield event.data
    except SSEError as error:
        raise LinkUnusable(str(error)) from error
    except httpx.TransportError as error:
        raise LinkLost(str(error) or type(error).__name__) from error


async def _check(response: httpx.Response) -> None:
    if response.status_code == 401:
        raise LinkRefused("the server does not accept the token")
    if response.status_code in _COME_BACK or response.status_code == 429:
        raise LinkLost(f"the server answered with status {response.status_code}")
    if not response.is_success:
        await response.aread()
        raise_for_problem(response)
