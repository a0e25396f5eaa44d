"""Asks one ECU: drives the exchange of `protocols.uds` over a channel, one request at a time."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.errors import (
    VehicleConnectionLost,
    VehicleError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.links.port import DiagnosticMessage, EcuChannel
from app.links.uds_errors import no_answer, refused, still_owing
from app.protocols.uds.exchange import Answer, Done, Exchange, Failed, Observation, Send, Wait
from app.protocols.uds.matching import Match, match_answer
from app.protocols.uds.requests import TesterPresent
from app.protocols.uds.services import NEGATIVE_RESPONSE
from app.protocols.uds.timing import UdsTiming

_FENCE = TesterPresent().encode()
_KEEP_ALIVE = TesterPresent(suppress_positive_response=True).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class UdsResponse:
    """A positive answer. From a functional address also negative ones are given, see `is_negative`."""

    raw: bytes
    source: int
    received_at: float

    @property
    def is_negative(self) -> bool:
        """Whether the ECU said no."""
        return self.raw[:1] == bytes((NEGATIVE_RESPONSE,))


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingNotice:
    """An ECU said (`78`) that it still works on a request; `since` is loop time of the first such message."""

    ecu_address: int
    since: float


class UdsClient:
    """One ECU, or with a functional channel many, for as long as the channel is ours.

    `on_pending` is called on the loop for every `78` and must not raise. `owing` are the addresses of ECUs that may
    still answer an earlier request; it outlives the client and is shared by all clients of one connection. Such an
    ECU is first asked something harmless: ECUs answer in order, so behind that answer no late one follows.
    """

    def __init__(
        self,
        channel: EcuChannel,
        *,
        timing: UdsTiming,
        on_pending: Callable[[PendingNotice], None] | None = None,
        owing: set[int] | None = None,
    ) -> None:
        self._channel = channel
        self._on_pending = on_pending
        self._owing = set() if owing is None else owing
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._last_sent = self._loop.time()
        self.timing = timing
        self.is_session_held = False
        """Set while somebody holds a session: it must not lapse."""
        self.strays = 0
        """Messages that belonged to no request of this client."""

    @property
    def ecu_address(self) -> int:
        """Logical address of the ECU."""
        return self._channel.ecu_address

    async def request(self, payload: bytes, deadline: float) -> UdsResponse | None:
        """Send a request and wait for its answer; None where the request asked for silence and got it.

        Raises NegativeResponse, VehicleTimeout (sent, no answer, or none from a part behind the ECU),
        VehicleUnreachable (not sent) and what the channel raises.
        """
        async with self._turn:
            await self._settle(payload, deadline)
            done = await self._exchange(payload, deadline, functional=False)
        if not done.answers:
            return None
        response = _response(done.answers[0])
        if response.is_negative:
            raise refused(response.source, response.raw)
        return response

    async def ask(self, payload: bytes, deadline: float) -> UdsResponse:
        """As `request`, for requests that always get an answer."""
        response = await self.request(payload, deadline)
        if response is None:
            raise ValueError("this request asks for silence")
        return response

    async def ask_all(self, payload: bytes, deadline: float) -> tuple[UdsResponse, ...]:
        """Send to a functional address and gather what comes within P2, negative answers included; may be none."""
        async with self._turn:
            done = await self._exchange(payload, deadline, functional=True)
        return tuple(_response(answer) for answer in done.answers)

    async def keep_alive(self) -> None:
        """Send TesterPresent whenever nothing was sent for half of S3, until cancelled. Waits for no answers.

        During a request it keeps quiet: the request itself keeps the session, and a `78` is no silence. Raises what
        the channel raises.
        """
        while True:
            due = self._last_sent + self.timing.keep_alive_s
            if self._loop.time() < due:
                await asyncio.sleep(due - self._loop.time())
                continue
            async with self._turn:
                if self._loop.time() >= self._last_sent + self.timing.keep_alive_s:
                    await self._send_keep_alive(self._loop.time() + self.timing.answer_within_s)

    async def _settle(self, payload: bytes, deadline: float) -> None:
        """Make sure that no answer to an earlier request can still come. Raises VehicleUnreachable if it may."""
        if self.ecu_address not in self._owing or payload == _FENCE:
            return
        try:
            await self._exchange(_FENCE, deadline, functional=False)
        except (VehicleTimeout, VehicleConnectionLost):
            raise still_owing(self.ecu_address) from None
        if self.ecu_address in self._owing:
            raise still_owing(self.ecu_address)

    async def _exchange(self, payload: bytes, deadline: float, *, functional: bool) -> Done:
        self._channel.discard()
        exchange = Exchange(payload, timing=self.timing, deadline=deadline, functional=functional)
        was_owing = self.ecu_address in self._owing
        if not functional:
            self._owing.add(self.ecu_address)
        try:
            end = await self._drive(exchange, deadline)
        finally:
            if not exchange.was_sent and not was_owing:
                self._owing.discard(self.ecu_address)
        if isinstance(end, Failed):
            raise no_answer(self.ecu_address, payload, end)
        if not (was_owing and _says_busy(payload, end)):  # busy is what it says that still works on the earlier one
            self._owing.discard(self.ecu_address)
        return end

    async def _drive(self, exchange: Exchange, deadline: float) -> Done | Failed:
        while True:
            match exchange.step(self._loop.time()):
                case Send(payload):
                    exchange.sending()
                    self._last_sent = self._loop.time()
                    exchange.sent(await self._send(exchange, payload, deadline))
                case Wait(until):
                    await self._listen(exchange, until, deadline)
                case end:
                    return end

    async def _send(self, exchange: Exchange, payload: bytes, deadline: float) -> float:
        try:
            return await self._channel.send(payload, deadline)
        except (VehicleUnreachable, VehicleRefused):
            exchange.not_sent()
            raise

    async def _listen(self, exchange: Exchange, until: float, deadline: float) -> None:
        keeps_alive = (
            self.is_session_held and self.timing.keep_alive_during_pending and exchange.pending_since is not None
        )
        due = self._last_sent + self.timing.keep_alive_s
        try:
            message = await self._channel.receive(min(until, due) if keeps_alive else until)
        except TimeoutError:
            if keeps_alive and self._loop.time() >= due:
                # whatever becomes of it says nothing about the request, which has left
                with contextlib.suppress(VehicleError):
                    await self._send_keep_alive(deadline)
            return
        self._take(exchange, message)

    async def _send_keep_alive(self, deadline: float) -> None:
        self._last_sent = self._loop.time()
        await self._channel.send(_KEEP_ALIVE, deadline)

    def _take(self, exchange: Exchange, message: DiagnosticMessage) -> None:
        observation = exchange.received(message.source, message.payload, message.received_at)
        if observation is Observation.STRAY:
            self.strays += 1
        if observation is Observation.PENDING and self._on_pending is not None:
            since = exchange.pending_since if exchange.pending_since is not None else message.received_at
            self._on_pending(PendingNotice(ecu_address=message.source, since=since))


def _says_busy(request: bytes, done: Done) -> bool:
    return any(match_answer(request, answer.payload) is Match.BUSY for answer in done.answers)


def _response(answer: Answer) -> UdsResponse:
    return UdsResponse(raw=answer.payload, source=answer.source, received_at=answer.received_at)
