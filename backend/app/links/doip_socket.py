"""One open connection to a gateway: the sans-I/O connection on an asyncio transport, with its timers.

A dead peer is noticed within seconds while something waits: bytes that TCP cannot deliver end the connection
(TCP_USER_TIMEOUT), and a gateway that takes bytes and says nothing is asked with an alive check. It counts as dead when
it stays silent although it owes an acknowledgement, or although it answered such checks before; a gateway that only
never answers alive checks, as some do, is left in peace.
"""

import asyncio
import contextlib
from typing import Protocol, TypeVar, assert_never, cast

from app.domain.errors import VehicleError
from app.links import doip_errors
from app.links.doip_settings import DoipSettings
from app.protocols.doip.client_connection import (
    Acknowledged,
    Activated,
    AliveAsked,
    ClientConnection,
    ClientEvent,
    ClientState,
    ConfirmationPending,
    Denied,
    HeaderRejected,
    NotActive,
    Rejected,
    StreamBroken,
)
from app.protocols.doip.codes import HeaderNackCode
from app.protocols.doip.messages import AliveCheckResponse, DiagnosticMessage

Outcome = TypeVar("Outcome")

CLOSING_S = 1.0
"""How long closing may take, for what is still to be sent."""


class SocketOwner(Protocol):
    """Who gets what comes in. Called on the loop; must not raise."""

    def on_message(self, message: DiagnosticMessage, received_at: float) -> None:
        """An ECU's message for us."""
        ...

    def on_open(self, connection: "DoipSocket") -> None:
        """The socket is open; routing is not active yet."""
        ...

    def gives_way(self, connection: "DoipSocket") -> bool:
        """Whether the connection may be closed because another tester wants its place."""
        ...

    def on_closed(self, connection: "DoipSocket") -> None:
        """The connection is gone; `connection.why_closed` says why."""
        ...


class DoipSocket(asyncio.Protocol):
    """Made by `open_doip_socket`. Everything runs on the loop's thread."""

    def __init__(self, settings: DoipSettings, owner: SocketOwner, version: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._settings = settings
        self._owner = owner
        self._client = ClientConnection(
            tester_address=settings.tester_address,
            activation_type=settings.activation_type,
            manufacturer_data=settings.manufacturer_data,
            version=version,
            max_payload=settings.max_payload,
        )
        self._transport: asyncio.Transport | None = None
        self._activation: asyncio.Future[VehicleError | None] = self._loop.create_future()
        self._is_confirming = False
        # outcomes are results, errors too: an exception in a future whose task was cancelled would be reported as lost
        self._acknowledgements: dict[int, asyncio.Future[float | Exception]] = {}
        self._writable = asyncio.Event()
        self._writable.set()
        self._heard = asyncio.Event()
        self._gone = asyncio.Event()
        self._flushing: asyncio.Handle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._waiting = 0
        self._owed_since: float | None = None
        self._asked_at: float | None = None
        self.answers_alive_checks: bool | None = None
        """None: not known yet."""
        self.why_closed: str | None = None

    @property
    def is_usable(self) -> bool:
        """Routing is active and the connection stands, as far as anybody knows."""
        return self.why_closed is None and self._client.state is ClientState.ACTIVE

    @property
    def is_busy(self) -> bool:
        """Somebody waits for something on it."""
        return self._waiting > 0

    @property
    def last_heard(self) -> float:
        """Loop time at which something came last."""
        return self._client.last_received or 0.0

    # ---- called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open: ask for routing activation at once."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class, only by what it does
        self._owner.on_open(self)
        self._client.activate(self._loop.time())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        now = self._loop.time()
        self._owed_since = None
        self._heard.set()
        for event in self._client.receive_data(data, now):
            self._on_event(event, now)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        self._fail(str(exc) if exc else "the gateway closed it")
        self._gone.set()

    def pause_writing(self) -> None:
        """The peer does not read: senders wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It reads again."""
        self._writable.set()

    # ---- called by the link

    async def activated(self) -> None:
        """Wait for routing activation. Raises VehicleUnreachable."""
        why = "it did not answer to the routing activation request"
        await asyncio.wait({self._activation}, timeout=self._settings.timing.activation_s)
        if not self._activation.done() and self._is_confirming:
            why = "nobody confirmed the access in the vehicle"
            await asyncio.wait({self._activation}, timeout=self._settings.timing.confirmation_s)
        error = self._activation.result() if self._activation.done() else self._unreachable(why)
        if error is not None:
            raise error

    async def send(self, ecu_address: int, payload: bytes, deadline: float) -> float:
        """Send one UDS message and wait for the gateway's acknowledgement. Errors as in `EcuChannel.send`."""
        if not self._writable.is_set():
            await self._until_writable(deadline)
        now = self._loop.time()
        try:
            self._client.send_diagnostic(ecu_address, payload, now)
        except NotActive:
            raise self._unreachable(self.why_closed or "routing is not active") from None
        outcome: asyncio.Future[float | Exception] = self._loop.create_future()
        self._acknowledgements[ecu_address] = outcome
        if self._owed_since is None:
            self._owed_since = now
        self._flush_soon()
        try:
            return await self.wait(outcome, min(deadline, now + self._settings.timing.acknowledge_s))
        except TimeoutError:
            self._client.give_up_acknowledgement(ecu_address)
            raise doip_errors.not_acknowledged(self._settings.gateway, ecu_address) from None
        except asyncio.CancelledError:
            self._client.give_up_acknowledgement(ecu_address)
            raise
        finally:
            del self._acknowledgements[ecu_address]

    async def _until_writable(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._writable.wait()
        except TimeoutError:
            raise self._unreachable("it does not take any more bytes") from None

    async def wait(self, outcome: "asyncio.Future[Outcome | Exception]", deadline: float) -> Outcome:
        """Await an outcome while watching that the gateway is alive; raise what is an exception, or TimeoutError."""
        self._waiting += 1
        if self._watch is None:
            self._arm()
        expiry = self._loop.call_at(deadline, settle, outcome, TimeoutError())
        try:
            result = await outcome
        finally:
            expiry.cancel()
            self._waiting -= 1
        if isinstance(result, Exception):
            raise result
        return result

    def ask_alive(self) -> None:
        """Ask for a sign of life without waiting for it."""
        self._client.check_alive(self._loop.time())
        self._flush()

    async def is_alive(self) -> bool:
        """Ask for a sign of life and wait for it."""
        if not self.is_usable:
            return False
        self._heard.clear()
        self.ask_alive()
        try:
            async with asyncio.timeout(self._settings.timing.alive_answer_s):
                await self._heard.wait()
        except TimeoutError:
            return False
        return self.is_usable

    def drop(self, why: str = "we closed it") -> None:
        """Close at once, without waiting for anything."""
        self._fail(why)
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Close, with what is still to be sent if that goes quickly; returns when the socket is closed."""
        self._fail("we closed it")
        if self._transport is None:
            return
        self._transport.close()
        try:
            # a gateway that takes no more bytes loses what is still to be sent
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_S):
                    await self._gone.wait()
        finally:
            self._transport.abort()
        await self._gone.wait()

    # ---- inside

    def _flush(self) -> None:
        self._flushing = None
        data = self._client.data_to_send()
        if data and self._transport is not None:
            self._transport.write(data)

    def _flush_soon(self) -> None:
        # with many ECUs, those that were answered at once ask again at once: one write for all of them
        if len(self._acknowledgements) == 1:
            self._flush()
        elif self._flushing is None:
            self._flushing = self._loop.call_soon(self._flush)

    def _unreachable(self, why: str) -> VehicleError:
        return doip_errors.unreachable(self._settings.gateway, why)

    def _fail(self, why: str) -> None:
        if self.why_closed is not None:
            return
        self.why_closed = why
        self._client.close()
        for handle in (self._watch, self._flushing):
            if handle is not None:
                handle.cancel()
        settle(self._activation, self._unreachable(f"during routing activation: {why}"))
        for outcome in self._acknowledgements.values():
            settle(outcome, doip_errors.connection_lost(self._settings.gateway, why))
        self._heard.set()
        self._writable.set()
        self._owner.on_closed(self)

    def _on_event(self, event: ClientEvent, now: float) -> None:
        match event:
            case DiagnosticMessage():
                self._acknowledged(event.source_address, now)  # it works on it: some gateways never acknowledge
                self._owner.on_message(event, now)
            case Acknowledged():
                self._acknowledged(event.target_address, now)
            case Rejected():
                outcome = self._acknowledgements.get(event.target_address)
                if outcome is not None:
                    settle(outcome, self._rejection(event))
            case AliveCheckResponse():
                self.answers_alive_checks = True
            case HeaderRejected():
                self._on_header_rejected(event)
            case _:
                self._on_turn(event)

    def _on_turn(self, event: AliveAsked | Activated | ConfirmationPending | Denied | StreamBroken) -> None:
        match event:
            case AliveAsked():
                if self._owner.gives_way(self):
                    self.drop("another tester wanted its place while nobody used it")
            case Activated():
                settle(self._activation, None)
            case ConfirmationPending():
                self._is_confirming = True
            case Denied():
                settle(self._activation, doip_errors.activation_denied(self._settings.gateway, event.error))
                self.drop(str(event.error))
            case StreamBroken():
                self.drop(f"what it sends is no DoIP ({event.explanation})")
            case _:
                assert_never(event)

    def _acknowledged(self, ecu_address: int, now: float) -> None:
        outcome = self._acknowledgements.get(ecu_address)
        if outcome is not None:
            settle(outcome, now)

    def _rejection(self, event: Rejected) -> Exception:
        return doip_errors.message_rejected(
            self._settings.gateway, event.target_address, event.code, certain=event.certain
        )

    def _on_header_rejected(self, event: HeaderRejected) -> None:
        code = event.code
        if not self._activation.done():
            settle(self._activation, doip_errors.activation_not_understood(self._settings.gateway, code))
        elif code == HeaderNackCode.UNKNOWN_PAYLOAD_TYPE:
            self.answers_alive_checks = True  # an alive check is the only message of ours that a gateway may not know
        elif len(self._acknowledgements) == 1:
            [(ecu_address, outcome)] = self._acknowledgements.items()
            certain = event.certain and self._asked_at is None  # else it may be about the alive check
            settle(outcome, doip_errors.header_rejected(self._settings.gateway, ecu_address, code, certain=certain))

    # ---- watching a silent gateway

    def _arm(self) -> None:
        timing = self._settings.timing
        self._watch = self._loop.call_later(min(timing.quiet_s, timing.alive_answer_s) / 2, self._look)

    def _look(self) -> None:
        self._watch = None
        if not self._waiting and self._owed_since is None:
            self._asked_at = None
            return
        now = self._loop.time()
        heard = self._client.last_received or 0.0
        if self._asked_at is not None and heard >= self._asked_at:
            self._asked_at = None
        if self._asked_at is None:
            self._ask_if_quiet(max(heard, self._client.last_sent or 0.0), now)
        elif now >= self._asked_at + self._settings.timing.alive_answer_s:
            if self._owed_since is not None or self.answers_alive_checks:
                self.drop("it gives no sign of life")
                return
            self.answers_alive_checks = False
            self._asked_at = None
        self._arm()

    def _ask_if_quiet(self, since: float, now: float) -> None:
        is_worth_asking = self._owed_since is not None or self.answers_alive_checks is not False
        if is_worth_asking and now >= since + self._settings.timing.quiet_s:
            self._asked_at = now
            self.ask_alive()


def settle(outcome: "asyncio.Future[Outcome]", result: Outcome) -> None:
    """Set a result unless there is one already, or nobody waits any more."""
    if not outcome.done():
        outcome.set_result(result)
