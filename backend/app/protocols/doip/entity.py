"""The vehicle's end of DoIP, without I/O: what one entity (gateway or node) knows, and its answers over UDP.

    entity = DoipEntity(EntitySettings(logical_address=0x1000, vin="...", eid=mac))
    reply = entity.answer_datagram(data)                   # UDP
    connection = entity.accept(now, wake=...)              # each TCP socket: see entity_connection

Routing activation decides across the sockets of the entity (ISO 13400-2, Figure 17 and 8.2.6), so it is done here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.protocols.doip.codes import DEFAULT_VERSION, ActivationCode, FurtherAction, NodeType, PowerMode, SyncStatus
from app.protocols.doip.entity_connection import ActivationVerdict, EntityConnection
from app.protocols.doip.messages import (
    DoipFormatError,
    DoipMessage,
    EntityStatusRequest,
    EntityStatusResponse,
    HeaderNack,
    PowerModeRequest,
    PowerModeResponse,
    RoutingActivationRequest,
    VehicleAnnouncement,
    VehicleIdentificationRequest,
    VehicleIdentificationRequestByEid,
    VehicleIdentificationRequestByVin,
    encode,
)
from app.protocols.doip.stream import decode_datagram


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySettings:
    """What an entity is and allows. Times in seconds, with the names and defaults of Table 40."""

    logical_address: int
    vin: str | None = None
    eid: bytes = bytes(6)
    gid: bytes = bytes(6)
    node_type: int = NodeType.GATEWAY
    further_action: int = FurtherAction.NONE
    sync_status: int | None = SyncStatus.SYNCHRONIZED
    power_mode: int = PowerMode.READY
    version: int = DEFAULT_VERSION
    max_sockets: int = 16
    max_data_size: int = 1 << 20
    testers: frozenset[int] | None = None
    """Tester addresses that may activate routing; None: all of 0x0E00 to 0x0FFF and the manufacturer's."""
    activation_types: frozenset[int] = frozenset({0x00, 0x01})
    authentication_types: frozenset[int] = frozenset()
    """Activation types refused with "missing authentication"."""
    confirmation_types: frozenset[int] = frozenset()
    """Activation types that someone has to confirm: EntityConnection.confirm() or .reject()."""
    tls_types: frozenset[int] = frozenset()
    """Activation types that are served over TLS only."""
    acknowledge_with_data: bool = False
    """Whether acknowledgements repeat the message."""
    initial_inactivity_s: float = 2.0
    general_inactivity_s: float = 300.0
    alive_check_s: float = 0.5


@dataclass(slots=True, kw_only=True)
class _AliveCheck:
    """A socket that waits for its activation until others have shown whether they are alive."""

    connection: EntityConnection
    request: RoutingActivationRequest
    asked: set[EntityConnection]
    deadline: float
    denial: ActivationCode


@dataclass(slots=True)
class DoipEntity:
    """One entity with all its sockets. `settings` may be replaced at any time (power mode, testers, ...)."""

    settings: EntitySettings
    connections: list[EntityConnection] = field(default_factory=list)
    _checks: list[_AliveCheck] = field(default_factory=list)

    # ---- UDP

    def announcement(self) -> bytes:
        """The datagram that announces the vehicle, to be sent three times after power-up (7.4.2)."""
        return encode(self._announcement(), self.settings.version)

    def answer_datagram(self, data: bytes) -> bytes | None:
        """The reply to a datagram; None: there is none (another vehicle was meant, or nothing to answer)."""
        try:
            message = decode_datagram(data, self.settings.max_data_size)
        except DoipFormatError as error:
            return encode(HeaderNack(code=error.code), self.settings.version)
        reply = self._reply(message)
        return None if reply is None else encode(reply, self.settings.version)

    def _reply(self, message: DoipMessage) -> DoipMessage | None:
        match message:
            case VehicleIdentificationRequest():
                return self._announcement()
            case VehicleIdentificationRequestByVin():
                return self._announcement() if message.vin == self.settings.vin else None
            case VehicleIdentificationRequestByEid():
                return self._announcement() if message.eid == self.settings.eid else None
            case EntityStatusRequest():
                return self.status()
            case PowerModeRequest():
                return PowerModeResponse(power_mode=self.settings.power_mode)
            case _:
                return None

    def _announcement(self) -> VehicleAnnouncement:
        known = self.settings
        return VehicleAnnouncement(
            vin=known.vin,
            logical_address=known.logical_address,
            eid=known.eid,
            gid=known.gid,
            further_action=known.further_action,
            sync_status=known.sync_status,
        )

    def status(self) -> EntityStatusResponse:
        """Sockets allowed and open."""
        return EntityStatusResponse(
            node_type=self.settings.node_type,
            max_sockets=self.settings.max_sockets,
            open_sockets=min(len(self.active_sockets()), 255),
            max_data_size=self.settings.max_data_size,
        )

    # ---- TCP

    def accept(self, now: float, *, secure: bool = False, wake: Callable[[], None] = lambda: None) -> EntityConnection:
        """A tester opened a socket. `secure`: over TLS.

        `wake` is called when what happens on another socket gives this one bytes to send, or closes it.
        """
        connection = EntityConnection(self, now, secure=secure, wake=wake)
        self.connections.append(connection)
        return connection

    def active_sockets(self) -> list[EntityConnection]:
        """The sockets with routing active (the connection table of 8.2.4)."""
        return [connection for connection in self.connections if connection.tester_address is not None]

    def judge_activation(
        self, connection: EntityConnection, request: RoutingActivationRequest, now: float
    ) -> ActivationVerdict:
        """Decide on a routing activation request, in the order of Figure 17; None: other sockets are asked first."""
        denial = self._deny_at_once(connection, request)
        if denial is not None:
            return denial
        others = [other for other in self.active_sockets() if other is not connection]
        same = {other for other in others if other.tester_address == request.source_address}
        if same:
            self._ask(connection, request, same, ActivationCode.SOURCE_ADDRESS_ALREADY_ACTIVE, now)
            return None
        if connection.tester_address is None and len(others) >= self.settings.max_sockets:
            self._ask(connection, request, set(others), ActivationCode.ALL_SOCKETS_ACTIVE, now)
            return None
        return self._permit(request)

    def _deny_at_once(self, connection: EntityConnection, request: RoutingActivationRequest) -> ActivationCode | None:
        known, source, kind = self.settings, request.source_address, request.activation_type
        if not _is_tester(source, known.testers):
            return ActivationCode.UNKNOWN_SOURCE_ADDRESS
        if kind not in known.activation_types | known.authentication_types | known.confirmation_types | known.tls_types:
            return ActivationCode.UNSUPPORTED_ACTIVATION_TYPE
        if connection.tester_address not in {None, source}:
            return ActivationCode.DIFFERENT_SOURCE_ADDRESS
        if kind in known.tls_types and not connection.secure:
            return ActivationCode.TLS_REQUIRED
        return ActivationCode.MISSING_AUTHENTICATION if kind in known.authentication_types else None

    def _permit(self, request: RoutingActivationRequest) -> ActivationCode:
        needs_confirmation = request.activation_type in self.settings.confirmation_types
        return ActivationCode.CONFIRMATION_REQUIRED if needs_confirmation else ActivationCode.SUCCESS

    # ---- alive check of other sockets

    def _ask(
        self,
        connection: EntityConnection,
        request: RoutingActivationRequest,
        asked: set[EntityConnection],
        denial: ActivationCode,
        now: float,
    ) -> None:
        deadline = now + self.settings.alive_check_s
        self._checks.append(
            _AliveCheck(connection=connection, request=request, asked=asked, deadline=deadline, denial=denial)
        )
        for other in list(asked):
            other.ask_alive()

    def answered_alive_check(self, connection: EntityConnection, now: float) -> None:
        """A socket is alive: whoever waits for all the asked ones, and heard of all, is refused."""
        for check in list(self._checks):
            check.asked.discard(connection)
            if not check.asked:
                self._checks.remove(check)
                check.connection.finish_activation(check.request, check.denial, now)

    def next_deadline(self) -> float | None:
        """When `handle_time` has to be called for the alive checks, if there are any."""
        return min((check.deadline for check in self._checks), default=None)

    def handle_time(self, now: float) -> None:
        """Close the sockets that did not show that they are alive, and let the ones that wait have their place."""
        for check in [check for check in self._checks if check.deadline <= now]:
            self._checks.remove(check)
            for silent in check.asked:
                silent.close_by_entity()
            check.connection.finish_activation(check.request, self._permit(check.request), now)

    def forget(self, connection: EntityConnection, now: float) -> None:
        """A socket is gone: it frees its place and shows by that that it is not alive."""
        if connection in self.connections:
            self.connections.remove(connection)
        self._checks = [check for check in self._checks if check.connection is not connection]
        for check in list(self._checks):
            if connection in check.asked:
                self._checks.remove(check)
                check.connection.finish_activation(check.request, self._permit(check.request), now)


def _is_tester(address: int, allowed: frozenset[int] | None) -> bool:
    """Without a list: every address that the standard (Table 13) gives to testers or leaves to the manufacturer."""
    return address in allowed if allowed is not None else 0x0001 <= address <= 0x0FFF
