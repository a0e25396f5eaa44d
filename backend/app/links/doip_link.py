"""A shared connection to one DoIP gateway: many ECUs side by side over one socket, each with one user at a time.

Connects when first needed and again after the connection broke or the gateway closed it while idle; never sends a
request a second time. Messages go by their source address to whoever holds that ECU's channel, and to the holders of
functional channels; what nobody waits for is counted and thrown away.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from app.domain.errors import VehicleUnreachable
from app.links import doip_errors
from app.links.breaker import Breaker
from app.links.client_tls import client_tls_context
from app.links.doip_lane import EcuLane
from app.links.doip_settings import DoipSettings
from app.links.doip_socket import DoipSocket, open_doip_socket
from app.links.port import DiagnosticMessage, EcuChannel
from app.protocols.doip import messages


@dataclass(slots=True)
class LinkCounters:
    """What happened on a link since it was made."""

    connections: int = 0
    unclaimed: int = 0
    """Messages of ECUs whose channel nobody held: thrown away."""
    overflowed: int = 0
    """Messages dropped because the holder of the channel did not fetch them: the oldest of a full queue."""


class DoipChannel:
    """See `EcuChannel`. Made by `DoipLink.channel`; of no use after its block."""

    def __init__(self, link: "DoipLink", lane: EcuLane, connection: DoipSocket) -> None:
        self._link = link
        self._lane = lane
        self._connection = connection

    @property
    def ecu_address(self) -> int:
        """Logical address of the ECU, or a functional one."""
        return self._lane.ecu_address

    async def send(self, payload: bytes, deadline: float) -> float:
        """Send one UDS message; connects again first where the connection broke since the last one."""
        if asyncio.get_running_loop().time() >= deadline:
            raise doip_errors.unreachable(self._link.settings.gateway, "the time for this request was over before")
        self._connection = await self._link.connection(deadline)
        return await self._connection.send(self._lane.ecu_address, payload, deadline)

    async def receive(self, deadline: float) -> DiagnosticMessage:
        """The next message. VehicleConnectionLost where the connection that the last request went over broke."""
        while True:
            message = self._lane.next_now()
            if message is not None:
                return message
            if not self._connection.is_usable:
                why = self._connection.why_closed or "it was closed"
                raise doip_errors.connection_lost(self._link.settings.gateway, why)
            await self._lane.news(self._connection, deadline)

    def discard(self) -> int:
        """Throw away what has arrived and nobody has asked for."""
        return self._lane.discard()


class DoipLink:
    """See `DiagnosticLink`. Made on a running loop and used on that loop only."""

    def __init__(self, settings: DoipSettings) -> None:
        self.settings = settings
        self.counters = LinkCounters()
        self._connection: DoipSocket | None = None
        self._open: set[DoipSocket] = set()
        self._connecting = asyncio.Lock()
        self._breaker = Breaker(settings.breaker)
        self._last_reason = "no connection until the deadline"
        self._lanes: dict[int, EcuLane] = {}
        self._functional: dict[int, EcuLane] = {}
        self._tls: ssl.SSLContext | None = None
        self._ignores_alive_checks = False
        self._is_closed = False

    @property
    def is_connected(self) -> bool:
        """A connection stands, as far as anybody knows."""
        return self._connection is not None and self._connection.is_usable

    @property
    def is_used(self) -> bool:
        """Somebody holds or awaits a channel."""
        return bool(self._lanes)

    def channel(self, ecu_address: int, deadline: float) -> AbstractAsyncContextManager[EcuChannel]:
        """Wait for this ECU's turn and for a working connection. Raises VehicleUnreachable: nothing was sent."""
        return self._channel(ecu_address, deadline)

    @asynccontextmanager
    async def _channel(self, ecu_address: int, deadline: float) -> AsyncIterator[EcuChannel]:
        lane = self._lane(ecu_address)
        lane.users += 1
        try:
            await self._take_turn(lane, deadline)
            try:
                lane.discard()
                yield DoipChannel(self, lane, await self.connection(deadline))
            finally:
                lane.discard()
                lane.turn.release()
        finally:
            lane.users -= 1
            if not lane.users:
                self._lanes.pop(ecu_address, None)
                self._functional.pop(ecu_address, None)

    def _lane(self, ecu_address: int) -> EcuLane:
        lane = self._lanes.get(ecu_address)
        if lane is None:
            lane = self._lanes[ecu_address] = EcuLane(ecu_address, self.settings.max_waiting_messages)
            if self.settings.is_functional(ecu_address):
                self._functional[ecu_address] = lane
        return lane

    async def _take_turn(self, lane: EcuLane, deadline: float) -> None:
        if lane.users == 1:  # nobody has it, nobody waits for it
            await lane.turn.acquire()
            return
        try:
            async with asyncio.timeout_at(deadline):
                await lane.turn.acquire()
        except TimeoutError:
            raise doip_errors.ecu_busy(self.settings.gateway, lane.ecu_address) from None

    async def check_alive(self, deadline: float) -> None:
        """Connect if need be, and see whether the gateway gives a sign of life. Raises VehicleUnreachable.

        A gateway that is known to ignore alive checks counts as alive as long as its connection stands.
        """
        try:
            async with asyncio.timeout_at(deadline):
                connection = await self.connection(deadline)
                ignores = self._ignores_alive_checks and not connection.answers_alive_checks
                if not ignores and not await self._is_alive(connection):
                    await self.connection(deadline)
        except TimeoutError:
            raise doip_errors.unreachable(self.settings.gateway, "it gave no sign of life until the deadline") from None

    async def close(self) -> None:
        """Close the socket. Channels in use get VehicleConnectionLost; new ones VehicleUnreachable."""
        self._is_closed = True
        async with asyncio.TaskGroup() as group:
            for connection in self._open:
                group.create_task(connection.close())

    def drop(self) -> None:
        """The same at once, without waiting: for a link that nobody uses."""
        self._is_closed = True
        for connection in list(self._open):
            connection.drop()

    # ---- the connection

    async def connection(self, deadline: float) -> DoipSocket:
        """The open connection, or a new one. Raises VehicleUnreachable."""
        connection = self._connection
        if connection is not None and connection.is_usable and not self._is_doubtful(connection):
            return connection
        try:
            async with asyncio.timeout_at(deadline), self._connecting:
                return await self._connect(deadline)
        except TimeoutError:
            raise doip_errors.unreachable(self.settings.gateway, self._last_reason) from None

    def _is_doubtful(self, connection: DoipSocket) -> bool:
        """Nothing was heard for so long that it may be dead without anybody knowing."""
        if connection.is_busy or (self._ignores_alive_checks and not connection.answers_alive_checks):
            return False
        quiet_s = asyncio.get_running_loop().time() - connection.last_heard
        return quiet_s > self.settings.timing.check_after_idle_s

    async def _connect(self, deadline: float) -> DoipSocket:
        while True:
            if self._is_closed:
                raise doip_errors.unreachable(self.settings.gateway, "the link was closed")
            connection = self._connection
            if connection is not None and await self._is_fit(connection):
                return connection
            await self._pause(deadline)
            try:
                return await self._attempt()
            except VehicleUnreachable as error:
                self._last_reason = str(error.details.get("reason", error.message))
                self._breaker.failed(asyncio.get_running_loop().time())
                if self._breaker.is_open or error.details.get("retryCanHelp") is False:
                    raise

    async def _is_fit(self, connection: DoipSocket) -> bool:
        if not connection.is_usable:
            return False
        return not self._is_doubtful(connection) or await self._is_alive(connection)

    async def _is_alive(self, connection: DoipSocket) -> bool:
        if await connection.is_alive():
            return True
        # dead, or one of those that never answer; a new connection is right for both
        self._ignores_alive_checks = not connection.answers_alive_checks
        connection.drop("it gave no sign of life")
        return False

    async def _pause(self, deadline: float) -> None:
        now = asyncio.get_running_loop().time()
        wait_s = self._breaker.wait_s(now)
        if wait_s <= 0:
            return
        if self._breaker.is_open or now + wait_s >= deadline:
            why = f"{self._last_reason}; several attempts failed, the next one is in {wait_s:.1f} s"
            raise doip_errors.unreachable(self.settings.gateway, why)
        await asyncio.sleep(wait_s)

    async def _attempt(self) -> DoipSocket:
        if self.settings.tls and self._tls is None:
            self._tls = await self._tls_context()
        connection = await open_doip_socket(self.settings, self, self._tls)
        if self._is_closed:
            connection.drop()
            raise doip_errors.unreachable(self.settings.gateway, "the link was closed")
        self._breaker.succeeded()
        self.counters.connections += 1
        self._connection = connection
        if self._ignores_alive_checks:
            connection.ask_alive()  # nobody waits for it: perhaps only the last connection was dead
        return connection

    async def _tls_context(self) -> ssl.SSLContext:
        try:
            return await asyncio.to_thread(
                client_tls_context,
                trusted_certificates=self.settings.trusted_certificates,
                client_certificate=self.settings.client_certificate,
                server_name=self.settings.tls_server_name,
            )
        except (ssl.SSLError, ValueError) as error:
            why = "the certificates stored for this vehicle are no PEM text that can be used"
            raise doip_errors.unreachable(self.settings.gateway, why, retry_can_help=False) from error

    # ---- what comes in (SocketOwner)

    def on_message(self, message: messages.DiagnosticMessage, received_at: float) -> None:
        """Give a message to whoever holds its ECU's channel, and to holders of functional ones."""
        arrived = DiagnosticMessage(source=message.source_address, payload=message.user_data, received_at=received_at)
        lane = self._lanes.get(message.source_address)
        is_claimed = False
        if lane is not None and lane.is_held:
            self.counters.overflowed += not lane.put(arrived)
            is_claimed = True
        for functional in self._functional.values():
            if functional.is_held and functional is not lane:
                self.counters.overflowed += not functional.put(arrived)
                is_claimed = True
        self.counters.unclaimed += not is_claimed

    def on_open(self, connection: DoipSocket) -> None:
        """Know it, so that it can be closed while routing is not active yet."""
        self._open.add(connection)

    def on_closed(self, connection: DoipSocket) -> None:
        """Tell the holders of channels that the connection is gone."""
        self._open.discard(connection)
        if self._connection is connection:
            self._connection = None
        for lane in self._lanes.values():
            lane.wake()
