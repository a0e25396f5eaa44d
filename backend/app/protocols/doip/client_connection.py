"""The tester's end of one DoIP connection, without I/O: bytes and loop times in, events and bytes out.

    connection = ClientConnection(tester_address=0x0E00)
    connection.activate(now)
    socket.send(connection.data_to_send())
    for event in connection.receive_data(socket.recv(), now): ...

Alive checks are answered, and told. Acknowledgements belong to the one message that is under way to their ECU.
"""

from dataclasses import dataclass
from enum import Enum, auto

from app.protocols.doip.codes import DEFAULT_VERSION, ActivationCode, CodeMeaning, activation_meaning
from app.protocols.doip.messages import (
    AliveCheckRequest,
    AliveCheckResponse,
    DiagnosticAck,
    DiagnosticMessage,
    DiagnosticNack,
    DoipMessage,
    HeaderNack,
    RoutingActivationRequest,
    RoutingActivationResponse,
    encode,
)
from app.protocols.doip.stream import DEFAULT_MAX_PAYLOAD, HeaderProblem, StreamDecoder


class ClientState(Enum):
    """Where the connection stands."""

    IDLE = auto()
    ACTIVATING = auto()
    CONFIRMING = auto()
    """The gateway waits until someone confirms in the vehicle (0x11)."""
    ACTIVE = auto()
    CLOSED = auto()


class ActivationDenied(Exception):
    """The gateway refused routing activation: `code` (Table 49), `meaning` with advice. No message can be sent."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.meaning: CodeMeaning = activation_meaning(code)
        super().__init__(f"{self.meaning.name} (0x{code:02X}): {self.meaning.explanation}")


class NotActive(Exception):
    """A diagnostic message was to be sent before routing is active, or after the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated:
    """Routing is active. `entity_address` is the gateway's own."""

    entity_address: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationPending:
    """The gateway waits for a confirmation in the vehicle; another answer follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """Routing activation was refused; the connection is closed."""

    error: ActivationDenied


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The gateway took the message that was under way to this address."""

    target_address: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The gateway did not take a message for this address.

    `certain` False: an earlier message to it was never acknowledged, so this may be about that one.
    """

    target_address: int
    code: int
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRejected:
    """The gateway did not understand a header of ours (generic nack); which message, it does not say.

    `certain` False: there are earlier messages that were never acknowledged, so this may be about one of them.
    """

    code: int
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveAsked:
    """The gateway asked whether we are alive: another socket wants our place or our address (ISO 13400-2, 8.2.6).

    The answer waits in `data_to_send`; who does not need the connection closes it instead, and leaves its place.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamBroken:
    """What came is no DoIP: the connection is closed."""

    explanation: str


ClientEvent = (
    Activated
    | ConfirmationPending
    | Denied
    | Acknowledged
    | Rejected
    | HeaderRejected
    | AliveAsked
    | StreamBroken
    | DiagnosticMessage
    | AliveCheckResponse
)


@dataclass(slots=True)
class ClientCounters:
    """What was dropped, and why."""

    unmatched_acks: int = 0
    foreign_messages: int = 0
    unreadable: int = 0


class ClientConnection:
    """State of one connection. The caller opens and closes the socket, and does what `CLOSED` asks for."""

    def __init__(
        self,
        *,
        tester_address: int,
        activation_type: int = 0,
        manufacturer_data: bytes | None = None,
        version: int = DEFAULT_VERSION,
        max_payload: int = DEFAULT_MAX_PAYLOAD,
    ) -> None:
        self.tester_address = tester_address
        self.state = ClientState.IDLE
        self.entity_address: int | None = None
        self.counters = ClientCounters()
        self.last_received: float | None = None
        self.last_sent: float | None = None
        self._request = RoutingActivationRequest(
            source_address=tester_address, activation_type=activation_type, manufacturer_data=manufacturer_data
        )
        self._version = version
        self._decoder = StreamDecoder(max_payload)
        self._out = bytearray()
        self._under_way: dict[int, bytes] = {}
        self._never_acknowledged: dict[int, int] = {}

    # ---- sending

    def data_to_send(self) -> bytes:
        """Take the bytes that shall go out now."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def activate(self, now: float) -> None:
        """Ask for routing activation."""
        self.state = ClientState.ACTIVATING
        self._send(self._request, now)

    def send_diagnostic(self, target_address: int, user_data: bytes, now: float) -> None:
        """Send one UDS message; its acknowledgement becomes `Acknowledged` or `Rejected`. Raises NotActive."""
        if self.state is not ClientState.ACTIVE:
            raise NotActive(f"routing is not active ({self.state.name})")
        if target_address in self._under_way:
            self.give_up_acknowledgement(target_address)
        self._under_way[target_address] = user_data
        self._send(DiagnosticMessage(self.tester_address, target_address, user_data), now)

    def give_up_acknowledgement(self, target_address: int) -> None:
        """Nobody waits for it any more. It may still come, and then is not taken for that of a later message."""
        if self._under_way.pop(target_address, None) is not None:
            self._never_acknowledged[target_address] = self._never_acknowledged.get(target_address, 0) + 1

    def check_alive(self, now: float) -> None:
        """Ask the gateway for a sign of life; whatever it sends then is one (see `last_received`)."""
        self._send(AliveCheckRequest(), now)

    def close(self) -> None:
        """The socket is closed, whoever did it."""
        self.state = ClientState.CLOSED
        self._under_way.clear()

    def _send(self, message: DoipMessage, now: float) -> None:
        self.last_sent = now
        self._out += encode(message, self._version)

    # ---- receiving

    @property
    def awaits_acknowledgement(self) -> bool:
        """A message is under way that the gateway has to acknowledge by the standard."""
        return bool(self._under_way)

    @property
    def is_closed(self) -> bool:
        """Nothing is sent or read any more."""
        return self.state is ClientState.CLOSED

    def receive_data(self, data: bytes, now: float) -> list[ClientEvent]:
        """What the bytes mean, in order. Never raises on what the gateway sends."""
        if self.is_closed:
            return []
        self.last_received = now
        events: list[ClientEvent] = []
        for message in self._decoder.feed(data):
            event = self._on_message(message, now)
            if event is not None:
                events.append(event)
            if isinstance(event, Denied | StreamBroken):
                break
        return events

    def _on_message(self, message: DoipMessage | HeaderProblem, now: float) -> ClientEvent | None:
        event: ClientEvent | None = None
        match message:
            case DiagnosticMessage():
                event = self._on_diagnostic(message)
            case DiagnosticAck():
                event = self._on_ack(message)
            case DiagnosticNack():
                event = self._on_nack(message)
            case AliveCheckRequest():
                self._send(AliveCheckResponse(source_address=self.tester_address), now)
                event = AliveAsked()
            case AliveCheckResponse():
                event = message
            case RoutingActivationResponse():
                event = self._on_activation(message)
            case HeaderNack():
                event = HeaderRejected(code=message.code, certain=not self._never_acknowledged)
            case HeaderProblem():
                event = self._on_problem(message)
            case _:
                self.counters.unreadable += 1
        return event

    def _on_diagnostic(self, message: DiagnosticMessage) -> DiagnosticMessage | None:
        if message.target_address != self.tester_address or self.state is not ClientState.ACTIVE:
            self.counters.foreign_messages += 1
            return None
        return message

    def _on_ack(self, ack: DiagnosticAck) -> Acknowledged | None:
        address = self._settle(ack.source_address, ack.previous)
        if address is None:
            return None
        # acknowledgements keep the order of the messages: what is still open from before will not come any more
        self._never_acknowledged.pop(address, None)
        return Acknowledged(target_address=address)

    def _on_nack(self, nack: DiagnosticNack) -> Rejected | None:
        address = self._settle(nack.source_address, nack.previous)
        if address is None:
            return None
        certain = address not in self._never_acknowledged and (address == nack.source_address or bool(nack.previous))
        return Rejected(target_address=address, code=nack.code, certain=certain)

    def _settle(self, source: int, previous: bytes) -> int | None:
        """Take the message that an acknowledgement is about off the list; None: it is about none of them."""
        address = source
        if source not in self._under_way:
            # gateways in the field answer with their own address instead of the ECU's
            fitting = [at for at, sent in self._under_way.items() if not previous or _is_about(previous, sent)]
            address = fitting[0] if source == self.entity_address and len(fitting) == 1 else -1
        if address < 0 or self._settles_an_earlier_one(address, previous):
            self.counters.unmatched_acks += 1
            self._forget_an_earlier_one(source)
            return None
        del self._under_way[address]
        return address

    def _forget_an_earlier_one(self, address: int) -> None:
        open_ones = self._never_acknowledged.pop(address, 0) - 1
        if open_ones > 0:
            self._never_acknowledged[address] = open_ones

    def _settles_an_earlier_one(self, address: int, previous: bytes) -> bool:
        """It repeats a message that is not the one under way: it belongs to one that was given up."""
        if not previous or address not in self._never_acknowledged:
            return False
        return not _is_about(previous, self._under_way[address])

    def _on_activation(self, answer: RoutingActivationResponse) -> ClientEvent | None:
        if self.state not in {ClientState.ACTIVATING, ClientState.CONFIRMING}:
            self.counters.unreadable += 1
            return None
        if answer.code == ActivationCode.SUCCESS:
            self.state = ClientState.ACTIVE
            self.entity_address = answer.entity_address
            return Activated(entity_address=answer.entity_address)
        if answer.code == ActivationCode.CONFIRMATION_REQUIRED:
            self.state = ClientState.CONFIRMING
            return ConfirmationPending()
        self.close()
        return Denied(error=ActivationDenied(answer.code))

    def _on_problem(self, problem: HeaderProblem) -> StreamBroken | None:
        # no nack goes back: a gateway may take one for a fault of the tester and close the socket for all its ECUs
        if not problem.breaks_stream:
            self.counters.unreadable += 1
            return None
        self.close()
        return StreamBroken(explanation=problem.explanation)


def _is_about(previous: bytes, sent: bytes) -> bool:
    """An acknowledgement repeats a message in full or in part, some gateways with the addresses in front."""
    return sent.startswith(previous) or previous.startswith(sent) or previous[4:].startswith(sent)
