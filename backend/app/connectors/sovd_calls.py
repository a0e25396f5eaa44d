"""One command's calls to a vehicle's SOVD server: deadline, size limits, redirects, and errors that tell the truth.

Whether the vehicle may have acted hangs on one thing: did bytes of a request that changes something leave us? httpcore
says so through its trace, so nothing has to be guessed from the kind of an exception.
"""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import orjson

from app.connectors.sovd_clients import PooledClient
from app.connectors.sovd_outcomes import error_of_status, error_of_transport, refused_or_failed
from app.domain.errors import (
    VehicleConnectionLost,
    VehicleProtocolError,
    VehicleRefused,
    VehicleUnreachable,
)
from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.links import origin_of, resolve_link
from app.protocols.sovd.reading_errors import SovdProblem, problems_in, read_problem

LARGEST_JSON = 8 * 1024 * 1024
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_DOCUMENTS = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SovdCall:
    """A request. `acts`: it is what the command changes the vehicle with (locks and lists are not).

    `deadline` in loop seconds, where it shall not have all of the command's time.
    """

    method: str
    uri: str
    body: JsonValue = None
    content: bytes | None = None
    query: tuple[tuple[str, str], ...] = ()
    acts: bool = False
    accept: str = _DOCUMENTS
    deadline: float | None = None
    largest: int = LARGEST_JSON


class Sending:
    """Tells one call of a command from all others; with its redirects and repetitions it is one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SovdAnswer:
    """An answer, complete. `uri` is where it came from, after redirects."""

    status: int
    headers: httpx.Headers
    content: bytes
    uri: str
    sending: Sending = field(repr=False, compare=False)

    @property
    def media_type(self) -> str:
        """Type and subtype in lower case, without parameters."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    @property
    def location(self) -> str | None:
        """Where the answer points to."""
        location = self.headers.get("location")
        return None if location is None else str(location)

    def json(self) -> JsonValue:
        """The body as JSON; None without a body. Raises VehicleProtocolError."""
        if not self.content.strip():
            return None
        try:
            value: JsonValue = orjson.loads(self.content.removeprefix(b"\xef\xbb\xbf"))
        except ValueError as error:
            raise VehicleProtocolError(
                "The vehicle's server answered with something that is not JSON.",
                details={"httpStatus": self.status, "mediaType": self.media_type[:100]},
            ) from error
        return value

    def json_or_none(self) -> JsonValue:
        """The body as JSON; None where it is none."""
        try:
            return self.json()
        except VehicleProtocolError:
            return None

    @property
    def problem(self) -> SovdProblem:
        """What an error answer says; works with empty and foreign bodies too."""
        return read_problem(self.json_or_none())


class SovdCalls:
    """Makes calls for one command."""

    def __init__(self, client: PooledClient, *, headers: Mapping[str, str], deadline: float) -> None:
        self._client = client
        self._headers = dict(headers)
        self.deadline = deadline
        self._left: set[Sending] = set()

    @property
    def acted(self) -> bool:
        """Bytes of a request that changes the vehicle left, and no refusal of that very request came."""
        return bool(self._left)

    def did_not_act(self, answer: SovdAnswer) -> None:
        """The answer says that its request changed nothing; what others of this command did stands."""
        self._left.discard(answer.sending)

    def check_done(self, answer: SovdAnswer, about: JsonObject) -> None:
        """For a change: raise where the answer came as a success, and its body says that something went wrong.

        Or says nothing that can be understood: so does the page of a proxy that wants a login. Plain words pass.
        """
        body = answer.json_or_none() if answer.media_type == "text/plain" else answer.json()
        problem = next(iter(problems_in(body)), None)
        if problem is None:
            return
        error = refused_or_failed(problem, about, self.token)
        if not error.may_have_acted:
            self.did_not_act(answer)
        raise error

    @property
    def token(self) -> str | None:
        """To be kept out of whatever is shown."""
        return self._client.token

    def share(self, fraction: float) -> float:
        """A deadline that leaves the rest of the time to others."""
        now = asyncio.get_running_loop().time()
        return now + max(0.0, self.deadline - now) * fraction

    @contextmanager
    def tidying(self, within_s: float) -> Iterator[None]:
        """For giving back what was taken: a short time of its own, after the command's deadline too.

        Before that deadline at most half of what is left, so that what was confirmed can still be told in time.
        """
        before, now = self.deadline, asyncio.get_running_loop().time()
        self.deadline = now + (min(within_s, (before - now) / 2) if before > now else within_s)
        try:
            yield
        finally:
            self.deadline = before

    async def json(self, uri: str, *, query: tuple[tuple[str, str], ...] = (), deadline: float | None = None) -> Any:
        """GET a document. Raises a VehicleError."""
        answer = await self.call(SovdCall(method="GET", uri=uri, query=query, deadline=deadline))
        return answer.json()

    async def call(self, call: SovdCall, about: JsonObject | None = None) -> SovdAnswer:
        """Make a call; an error status raises."""
        answer = await self.send(call)
        self.check(call, answer, about)
        return answer

    def check(self, call: SovdCall, answer: SovdAnswer, about: JsonObject | None = None) -> None:
        """Raise the VehicleError that a status means: an error, a redirect that was not followed, another protocol."""
        if 200 <= answer.status < 300:
            return
        if answer.status < 400:
            does = "points elsewhere" if answer.status >= 300 else "wants to speak something else"
            raise VehicleProtocolError(
                f"The vehicle's server {does} ({answer.status}), which is not followed for {call.method}.",
                details={"httpStatus": answer.status, **(about or {})},
            )
        error = error_of_status(
            answer.status,
            answer.problem,
            about or {},
            changes=call.method != "GET",
            token=self.token,
            retry_after=answer.headers.get("retry-after"),
        )
        if not error.may_have_acted:
            self.did_not_act(answer)
        raise error

    async def send(self, call: SovdCall) -> SovdAnswer:
        """Make a call and give its answer, whatever its status. Raises VehicleError where none came."""
        sending = Sending()
        for _ in range(_MOST_REDIRECTS + 1):
            answer = await self._once(call, sending)
            if answer.status not in _REDIRECTS or answer.location is None:
                return answer
            if call.method != "GET" and answer.status not in _KEEP_METHOD:
                return answer
            call = replace(call, uri=self._redirected(answer), query=())
        self.did_not_act(answer)
        raise VehicleRefused("The vehicle's server redirects without end; nothing was done.")

    async def stream(self, call: SovdCall, media_type: str) -> AsyncGenerator[bytes, None]:
        """The body of a GET as it arrives; nothing where it is not of this type. Ends at the call's deadline.

        Each piece is waited for by itself, so that a consumer may take its time in between.
        """
        attempt, deadline = _Attempt(Sending()), self._deadline_of(call)
        async with AsyncExitStack() as opened:
            try:
                async with asyncio.timeout_at(deadline):
                    response = await opened.enter_async_context(self._opened(call, attempt))
                found = str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
                if response.status_code != 200 or found != media_type:
                    return
                pieces = response.aiter_raw()
                while True:
                    async with asyncio.timeout_at(deadline):
                        piece = await anext(pieces, None)
                    if piece is None:
                        return
                    yield piece
            except TimeoutError:
                return

    async def _once(self, call: SovdCall, sending: Sending) -> SovdAnswer:
        attempt = _Attempt(sending)
        try:
            return await self._attempted(call, attempt)
        except VehicleConnectionLost:
            # a gateway had closed the kept connection while nobody used it; a question may be asked once more
            if call.method != "GET" or not attempt.was_kept or attempt.answered:
                raise
        return await self._attempted(call, _Attempt(sending))

    async def _attempted(self, call: SovdCall, attempt: "_Attempt") -> SovdAnswer:
        deadline = self._deadline_of(call)
        if asyncio.get_running_loop().time() >= deadline:
            raise VehicleUnreachable("The time for this command was over before it was sent.")
        try:
            async with asyncio.timeout_at(deadline), self._opened(call, attempt) as response:
                if "text/event-stream" in response.headers.get("content-type", ""):
                    raise VehicleRefused("What answers is a stream of events, which has no end; use SubscribeData.")
                content = await _bounded_body(response, call.largest)
                return SovdAnswer(
                    status=response.status_code,
                    headers=response.headers,
                    content=content,
                    uri=call.uri,
                    sending=attempt.sending,
                )
        except TimeoutError as trouble:
            raise error_of_transport(trouble, _where(call.uri), left=attempt.left) from trouble

    @asynccontextmanager
    async def _opened(self, call: SovdCall, attempt: "_Attempt") -> AsyncGenerator[httpx.Response, None]:
        """An answer whose body is still to be read. What goes wrong on the way becomes a VehicleError."""
        where = _where(call.uri)
        try:
            async with self._client.http.stream(
                call.method,
                call.uri,
                params=call.query or None,
                headers=self._headers | {"Accept": call.accept} | _typed(call),
                content=_encoded(call),
                extensions={"trace": attempt.trace},
            ) as response:
                yield response
        except httpx.TransportError as trouble:
            raise error_of_transport(trouble, where, left=attempt.left) from trouble
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as trouble:
            if attempt.left:
                raise VehicleProtocolError(f"The answer of {where} cannot be read.") from trouble
            raise VehicleUnreachable(f"The request to {where} could not be made.") from trouble
        finally:
            if call.acts and attempt.left:
                self._left.add(attempt.sending)

    def _deadline_of(self, call: SovdCall) -> float:
        return self.deadline if call.deadline is None else min(call.deadline, self.deadline)

    def _redirected(self, answer: SovdAnswer) -> str:
        target = resolve_link(answer.uri, answer.location)
        if target is None:
            self.did_not_act(answer)
            raise VehicleRefused(
                "The vehicle's server redirects to another host; that is not followed. If it is meant, make that host "
                "the vehicle's address.",
                details={"httpStatus": answer.status},
            )
        return target


class _Attempt:
    """Notes from httpcore's trace how far a request came."""

    def __init__(self, sending: Sending) -> None:
        self.sending = sending
        self.left = False
        """The first bytes were handed to the network."""
        self.was_kept = True
        """It went over a connection that was there before."""
        self.answered = False

    async def trace(self, event: str, _info: Mapping[str, object]) -> None:
        if event.endswith("connect_tcp.started"):
            self.was_kept = False
        elif event.endswith("send_request_headers.started"):
            self.left = True
        elif event.endswith("receive_response_headers.complete"):
            self.answered = True


def _typed(call: SovdCall) -> dict[str, str]:
    if call.content is not None:
        return {"Content-Type": "application/octet-stream"}
    return {"Content-Type": _DOCUMENTS} if call.body is not None else {}


def _encoded(call: SovdCall) -> bytes | None:
    if call.content is not None:
        return call.content
    return orjson.dumps(call.body) if call.body is not None else None


def _where(uri: str) -> str:
    origin = origin_of(uri)
    return f"{origin.host}:{origin.port}" if origin else "the server"


async def _bounded_body(response: httpx.Response, largest: int) -> bytes:
    """The whole body, decoded. Raises VehicleProtocolError as soon as it is larger than allowed."""
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > largest:
        raise _too_large(largest)
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > largest:
            raise _too_large(largest)
        pieces.append(piece)
    return decoded(b"".join(pieces), response.headers.get("content-encoding", "identity").lower(), largest)


def decoded(content: bytes, encoding: str, largest: int) -> bytes:
    """A body without its compression, at most `largest` bytes. Raises VehicleProtocolError.

    We ask for no compression; who compresses all the same must not be able to fill our memory by it.
    """
    if encoding in {"", "identity"} or not content:
        return content
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise VehicleProtocolError("The answer comes in an encoding that was not asked for.")
    unpacker = zlib.decompressobj(47)  # finds out by itself whether it is gzip or zlib
    try:
        unpacked = unpacker.decompress(content, largest + 1)
    except zlib.error as error:
        raise VehicleProtocolError("The compressed answer is damaged.") from error
    if len(unpacked) > largest:
        raise _too_large(largest)
    if not unpacker.eof or unpacker.unused_data:
        raise VehicleProtocolError("The compressed answer breaks off, or something stands behind it.")
    return unpacked


def _too_large(largest: int) -> VehicleProtocolError:
    return VehicleProtocolError(f"The answer of the vehicle's server is larger than {largest // 1024} KiB.")
