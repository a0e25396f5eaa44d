"""One HTTP call of the client: token, renewal, bounded repeats, and problems turned into exceptions."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

import httpx

from app.client import backoff
from app.client.client_errors import (
    ServerUnreachable,
    Unauthorized,
    UnexpectedAnswer,
    api_error,
    read_problem,
)
from app.client.tokens import TokenSource
from app.client.values import TokenPair, read_tokens
from app.domain.json_values import JsonObject, decode_json_object

API = "/api/v1"

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_COME_BACK = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to make. `repeatable`: doing it twice has the effect of doing it once (reads, keyed submits).

    `within_s`: how long to wait for the answer where that may be longer than usual. `content`: a file, in place of
    `body`.
    """

    method: str
    path: str
    body: JsonObject | None = None
    content: bytes | None = None
    query: Mapping[str, str | int] | None = None
    headers: Mapping[str, str] | None = None
    repeatable: bool = False
    signed: bool = True
    within_s: float | None = None


class HttpTransport:
    """Makes calls against one server. `retry_for_s` bounds the repeats of one call. The owner closes `http`."""

    def __init__(self, http: httpx.AsyncClient, tokens: TokenSource | None, *, retry_for_s: float = 5.0) -> None:
        self.http = http
        self.tokens = tokens
        self.retry_for_s = retry_for_s

    async def json(self, call: Call) -> JsonObject:
        """Make the call and read the JSON object it answers. Raises a ClientError."""
        response = await self.send(call)
        try:
            return decode_json_object(response.content)
        except ValueError as error:
            raise UnexpectedAnswer(f"{self.http.base_url} answered with something that is not JSON") from error

    async def send(self, call: Call) -> httpx.Response:
        """Make the call; a refused token is renewed once. Raises a ClientError unless it succeeds."""
        token = await self.tokens.current() if call.signed and self.tokens else None
        response = await self._repeat(call, token)
        if response.status_code == 401 and token is not None:
            token = await self.renew(token)
            response = await self._repeat(call, token)
        raise_for_problem(response)
        return response

    async def lines(self, call: Call) -> AsyncGenerator[str, None]:
        """Make the call and give its answer line by line, as it comes. Not repeated. Raises a ClientError."""
        token = await self.tokens.current() if self.tokens else ""
        for refused_before in (False, True):
            headers = {"Authorization": f"Bearer {token}"}
            try:
                async with self.http.stream(call.method, call.path, params=call.query, headers=headers) as response:
                    if response.status_code == 401 and not refused_before:
                        token = await self.renew(token)
                        continue
                    if not response.is_success:
                        await response.aread()
                    raise_for_problem(response)
                    async for line in response.aiter_lines():
                        yield line
                    return
            except httpx.TransportError as error:
                raise ServerUnreachable(f"cannot reach {self.http.base_url}: {describe_trouble(error)}") from error

    async def renew(self, refused: str) -> str:
        """A token other than the refused one. Raises NotSignedIn or Unauthorized."""
        if self.tokens is None:
            raise Unauthorized(read_problem(401, {}, correlation_id=None))
        return await self.tokens.renew(refused, self.exchange)

    async def exchange(self, refresh_token: str) -> TokenPair:
        """Spend a refresh token. Repeated only where it never left: a token spent twice ends the session."""
        body: JsonObject = {"refresh_token": refresh_token}
        call = Call(method="POST", path=f"{API}/auth/refresh", body=body, signed=False)
        return read_tokens(await self.json(call))

    async def _repeat(self, call: Call, token: str | None) -> httpx.Response:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self.retry_for_s
        # One correlation id for all tries: the server's log then shows them as what they are, one act.
        headers = {"X-Correlation-ID": uuid.uuid4().hex} | dict(call.headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        for delay in backoff.delays():
            response, trouble = await self._once(call, headers)
            may_repeat = call.repeatable or isinstance(trouble, _NEVER_SENT)
            if response is not None and not (may_repeat and response.status_code in _COME_BACK):
                return response
            if not may_repeat or loop.time() + delay >= give_up_at:
                return self._give_up(response, trouble)
            await asyncio.sleep(delay)
        raise AssertionError("delays never end")

    async def _once(
        self, call: Call, headers: Mapping[str, str]
    ) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            response = await self.http.request(
                call.method,
                call.path,
                json=call.body,
                content=call.content,
                params=dict(call.query or {}),
                headers=dict(headers),
                timeout=self._timeout(call),
            )
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise UnexpectedAnswer(f"{self.http.base_url} is not a usable server address") from error
        except httpx.TransportError as error:
            return None, error
        return response, None

    def _timeout(self, call: Call) -> httpx.Timeout:
        usual = self.http.timeout
        if call.within_s is None:
            return usual
        return httpx.Timeout(connect=usual.connect, read=call.within_s, write=usual.write, pool=usual.pool)

    def _give_up(self, response: httpx.Response | None, trouble: httpx.TransportError | None) -> httpx.Response:
        if response is not None:
            return response
        raise ServerUnreachable(f"cannot reach {self.http.base_url}: {describe_trouble(trouble)}") from trouble


def describe_trouble(trouble: Exception | None) -> str:
    """A connection error in plain words."""
    match trouble:
        case httpx.ConnectTimeout():
            return "no connection within the time limit"
        case httpx.TimeoutException():
            return "no answer within the time limit"
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return "the connection broke before the answer came"
        case httpx.ConnectError() if "CERTIFICATE" in str(trouble).upper():
            return "its TLS certificate is not trusted"
        case httpx.ConnectError():
            return "nothing accepts connections there"
        case _:
            return str(trouble) or type(trouble).__name__


def raise_for_problem(response: httpx.Response) -> None:
    """Raise the exception for an answer that is not a success."""
    if response.is_success:
        return
    if response.is_redirect:
        target = response.headers.get("Location", "another address")
        raise UnexpectedAnswer(f"the server sends us to {target}; use that address")
    try:
        body = decode_json_object(response.content)
    except ValueError:
        body = {}
    problem = read_problem(
        response.status_code,
        body,
        correlation_id=response.headers.get("X-Correlation-ID") or response.request.headers.get("X-Correlation-ID"),
        retry_after=response.headers.get("Retry-After"),
    )
    raise api_error(problem)
