"""A shared connection to one DoIP gateway: many ECUs side by side over one socket, each with one user at a time.

Connects when first needed and again after the connection broke or the gateway closed it while idle; never sends a
request a second time. Messages go by their source address to whoever holds that ECU's channel, and to the holders of
functional channels; what nobody waits for is counted and thrown away.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from app.links import doip_errors
from app.links.doip_gateway import GatewayConnection
from app.links.doip_lane import EcuLane
from app.links.doip_settings import DoipSettings
from app.links.doip_socket import DoipSocket
from app.links.port import DiagnosticMessage, EcuChannel
from app.links.vehicle_hosts import VehicleHosts
from app.protocols.doip import messages


@dataclass(slots=True)
class LinkCounters:
    """What happened on a link since it was made."""

    unclaimed: int = 0
    """Messages of ECUs whose channel nobody held: thrown away."""
    overflowed: int = 0
    """Messages dropped because the holder of the channel did not fetch them: the oldest of a full queue."""


class DoipChannel:
    """See `EcuChannel`. Made by `DoipLink.channel`; of no use after its block."""

    def __init__(self, gateway: GatewayConnection, name: str, lane: EcuLane, connection: DoipSocket) -> None:
        self._gateway = gateway
        self._name = name
        self._lane = lane
        self._connection = connection

    @property
    def ecu_address(self) -> int:
        """Logical address of the ECU, or a functional one."""
        return self._lane.ecu_address

    async def send(self, payload: bytes, deadline: float) -> float:
        """Send one UDS message; connects again first where the connection broke since the last one."""
        if asyncio.get_running_loop().time() >= deadline:
            raise doip_errors.unreachable(self._name, "the time for this request was over before")
        self._connection = await self._gateway.get(deadline)
        return await self._connection.send(self._lane.ecu_address, payload, deadline)

    async def receive(self, deadline: float) -> DiagnosticMessage:
        """The next message. VehicleConnectionLost where the connection that the last request went over broke."""
        while True:
            message = self._lane.next_now()
            if message is not None:
                return message
            if not self._connection.is_usable:
                why = self._connection.why_closed or "it was closed"
                raise doip_errors.connection_lost(self._name, why)
            await self._lane.news(self._connection, deadline)

    def discard(self) -> int:
        """Throw away what has arrived and nobody has asked for."""
        return self._lane.discard()


class DoipLink:
    """See `DiagnosticLink`. Made on a running loop and used on that loop only."""

    def __init__(self, settings: DoipSettings, hosts: VehicleHosts | None = None) -> None:
        self.settings = settings
        self.counters = LinkCounters()
        self._gateway = GatewayConnection(settings, self, hosts or VehicleHosts())
        self._lanes: dict[int, EcuLane] = {}
        self._functional: dict[int, EcuLane] = {}

    @property
    def is_connected(self) -> bool:
        """A connection stands, as far as anybody knows."""
        return self._gateway.is_connected

    @property
    def connections(self) -> int:
        """How many connections were opened since the link was made."""
        return self._gateway.opened

    @property
    def is_used(self) -> bool:
        """Somebody holds or awaits a channel."""
        return bool(self._lanes)

    def is_taken(self, ecu_address: int) -> bool:
        """Somebody holds or awaits this ECU's channel."""
        return ecu_address in self._lanes

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
                yield DoipChannel(self._gateway, self.settings.gateway, lane, await self._gateway.get(deadline))
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
        await self._gateway.check_alive(deadline)

    async def close(self) -> None:
        """Close the socket. Channels in use get VehicleConnectionLost; new ones VehicleUnreachable."""
        await self._gateway.close()

    def drop(self) -> None:
        """The same at once, without waiting: for a link that nobody uses."""
        self._gateway.drop()

    # ---- what comes in (GatewayUser)

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

    def on_closed(self) -> None:
        """Tell the holders of channels that the connection is gone."""
        for lane in self._lanes.values():
            lane.wake()
