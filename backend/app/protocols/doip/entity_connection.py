"""The vehicle's end of one DoIP socket, without I/O: bytes and loop times in, messages for ECUs and bytes out.

    connection = entity.accept(now, wake=wake)
    for message in connection.receive_data(data, now):     # DiagnosticMessage: for the ECU message.target_address
        connection.acknowledge(message)                    # or connection.refuse(message, DiagnosticNackCode...)
        connection.send_diagnostic(source=0x1010, user_data=b"\\x62...")
    socket.send(connection.data_to_send())
    if connection.should_close: socket.close(); connection.closed(now)

Call `handle_time(now)` at `next_deadline()`: inactivity (8.2.5) closes sockets, alive checks run out.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from app.protocols.doip.codes import ActivationCode, DiagnosticNackCode, HeaderNackCode
from app.protocols.doip.messages import (
    AliveCheckRequest,
    AliveCheckResponse,
    DiagnosticAck,
    DiagnosticMessage,
    DiagnosticNack,
    DoipMessage,
    EntityStatusRequest,
    HeaderNack,
    PowerModeRequest,
    PowerModeResponse,
    RoutingActivationRequest,
    RoutingActivationResponse,
    encode,
)
from app.protocols.doip.stream import HeaderProblem, StreamDecoder

if TYPE_CHECKING:
    from app.protocols.doip.entity import DoipEntity

ActivationVerdict: TypeAlias = ActivationCode | None
"""None: not decided yet."""

_CLOSING_DENIALS = frozenset(ActivationCode) - {
    ActivationCode.SUCCESS,
    ActivationCode.CONFIRMATION_REQUIRED,
    ActivationCode.MISSING_AUTHENTICATION,
}
"""Table 49: after these the entity closes the socket."""


class EntityConnection:
    """State of one TCP socket. Made by `DoipEntity.accept`."""

    def __init__(self, entity: "DoipEntity", now: float, *, secure: bool, wake: Callable[[], None]) -> None:
        self.entity = entity
        self.secure = secure
        self.tester_address: int | None = None
        """The tester for whom routing is active on this socket."""
        self.should_close = False
        """After sending what is left, close the socket and call `closed`."""
        self._wake = wake
        self._decoder = StreamDecoder(entity.settings.max_data_size + 4)
        self._out = bytearray()
        self._confirming: RoutingActivationRequest | None = None
        self._judging = False
        self._last_activity = now

    # ---- I/O

    def data_to_send(self) -> bytes:
        """Take the bytes that shall go out now."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def receive_data(self, data: bytes, now: float) -> list[DiagnosticMessage]:
        """The messages for ECUs that the bytes hold, in order; everything else is answered here. Never raises."""
        self._last_activity = now
        found: list[DiagnosticMessage] = []
        for message in self._decoder.feed(data):
            if self.should_close:
                break
            if isinstance(message, DiagnosticMessage):
                if self._may_send(message):
                    found.append(message)
            else:
                self._on_message(message, now)
        return found

    def next_deadline(self) -> float | None:
        """When `handle_time` has to be called at the latest; None: the socket shall be closed."""
        if self.should_close:
            return None
        own = self._last_activity + self._inactivity_s
        others = self.entity.next_deadline()
        return own if others is None else min(own, others)

    def handle_time(self, now: float) -> None:
        """Do what is due."""
        self.entity.handle_time(now)
        if now >= self._last_activity + self._inactivity_s:
            self.should_close = True

    def closed(self, now: float) -> None:
        """The socket is closed, whoever did it. Call once for every accepted socket."""
        self.should_close = True
        self.tester_address = None
        self.entity.forget(self, now)

    @property
    def _inactivity_s(self) -> float:
        known = self.entity.settings
        is_active = self.tester_address is not None or self._confirming is not None or self._judging
        return known.general_inactivity_s if is_active else known.initial_inactivity_s

    # ---- what the ECUs do

    def acknowledge(self, message: DiagnosticMessage) -> None:
        """Tell the tester that its message is handed on to the ECU."""
        previous = message.user_data if self.entity.settings.acknowledge_with_data else b""
        self._send(DiagnosticAck(message.target_address, message.source_address, 0, previous))

    def refuse(self, message: DiagnosticMessage, code: DiagnosticNackCode) -> None:
        """Tell the tester that the ECU does not get its message."""
        previous = message.user_data if self.entity.settings.acknowledge_with_data else b""
        self._send(DiagnosticNack(message.target_address, message.source_address, code, previous))

    def send_diagnostic(self, *, source: int, user_data: bytes) -> bool:
        """Send an ECU's message to the tester; False: no tester is active on this socket any more."""
        if self.tester_address is None or self.should_close:
            return False
        self._send(DiagnosticMessage(source, self.tester_address, user_data))
        return True

    def send_raw(self, data: bytes) -> None:
        """Send any bytes, for disturbances: garbage, half a message, a wrong header."""
        self._out += data

    def confirm(self, now: float) -> None:
        """Someone in the vehicle confirmed the access (settings.confirmation_types)."""
        if self._confirming is not None:
            self.finish_activation(self._confirming, ActivationCode.SUCCESS, now)

    def reject(self, now: float) -> None:
        """Someone in the vehicle refused the access."""
        if self._confirming is not None:
            self.finish_activation(self._confirming, ActivationCode.REJECTED_CONFIRMATION, now)

    @property
    def awaits_confirmation(self) -> bool:
        """Routing waits for `confirm` or `reject`."""
        return self._confirming is not None

    # ---- what the entity does

    def ask_alive(self) -> None:
        """Another socket wants this one's place: ask the tester for a sign of life."""
        self._send(AliveCheckRequest())
        self._wake()

    def close_by_entity(self) -> None:
        """The tester gave no sign of life: its place goes to another one."""
        self.tester_address = None
        self.should_close = True
        self._wake()

    def finish_activation(self, request: RoutingActivationRequest, code: ActivationCode, now: float) -> None:
        """Answer a routing activation request and do what the code says."""
        self._judging = False
        self._last_activity = now
        self._confirming = request if code is ActivationCode.CONFIRMATION_REQUIRED else None
        if code is ActivationCode.SUCCESS:
            self.tester_address = request.source_address
        self._send(
            RoutingActivationResponse(
                tester_address=request.source_address,
                entity_address=self.entity.settings.logical_address,
                code=code,
                manufacturer_data=request.manufacturer_data,
            )
        )
        if code in _CLOSING_DENIALS:
            self.should_close = True
        self._wake()

    # ---- inside

    def _send(self, message: DoipMessage) -> None:
        self._out += encode(message, self.entity.settings.version)

    def _may_send(self, message: DiagnosticMessage) -> bool:
        if message.source_address == self.tester_address:
            return True
        self.refuse(message, DiagnosticNackCode.INVALID_SOURCE_ADDRESS)
        self.should_close = True
        return False

    def _on_message(self, message: DoipMessage | HeaderProblem, now: float) -> None:
        match message:
            case RoutingActivationRequest():
                verdict = self.entity.judge_activation(self, message, now)
                self._judging = verdict is None
                if verdict is not None:
                    self.finish_activation(message, verdict, now)
            case AliveCheckRequest():
                self._send(AliveCheckResponse(source_address=self.entity.settings.logical_address))
            case AliveCheckResponse():
                self.entity.answered_alive_check(self, now)
            case EntityStatusRequest():
                self._send(self.entity.status())
            case PowerModeRequest():
                self._send(PowerModeResponse(power_mode=self.entity.settings.power_mode))
            case HeaderProblem():
                self._on_problem(message)
            case _:
                pass  # acknowledgements of our messages and whatever testers send: the standard asks for no answer

    def _on_problem(self, problem: HeaderProblem) -> None:
        self._send(HeaderNack(code=problem.code))
        self.should_close = problem.code in {
            HeaderNackCode.INCORRECT_PATTERN_FORMAT,
            HeaderNackCode.INVALID_PAYLOAD_LENGTH,
        }
