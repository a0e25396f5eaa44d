"""The UDP side of simulated vehicles (ISO 13400-2, clause 7.4): announcement, identification, status. One socket."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast

from app.protocols.doip.messages import (
    DoipFormatError,
    DoipMessage,
    VehicleIdentificationRequest,
    VehicleIdentificationRequestByEid,
    VehicleIdentificationRequestByVin,
)
from app.protocols.doip.stream import decode_datagram
from app.simulator.served_doip_vehicle import ServedDoipVehicle

ANNOUNCEMENTS = 3
ANNOUNCEMENT_INTERVAL_S = 0.5
"""A_DoIP_Announce_Num and A_DoIP_Announce_Interval (Table 40)."""
BURST = 50
BURST_INTERVAL_S = 0.02
"""Many vehicles answer in bursts, so that the tester's buffer can take them all."""

_Address = tuple[str, int]


class DoipIdentification(asyncio.DatagramProtocol):
    """Answers for all vehicles of a fleet. What does not say which vehicle is meant is answered by the first one,
    identification by all."""

    def __init__(self, vehicles: Sequence[ServedDoipVehicle]) -> None:
        self._vehicles = vehicles
        self._by_vin: Mapping[str, ServedDoipVehicle] = {item.vehicle.vin: item for item in vehicles}
        self._by_eid: Mapping[bytes, ServedDoipVehicle] = {item.vehicle.eid: item for item in vehicles}
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._bursts: set[asyncio.TimerHandle] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: _Address) -> None:
        """A tester asks."""
        meant = self._meant(data)
        if len(meant) <= 1:
            self._answer(meant, data, addr)
        elif not self._bursts:  # one round at a time: a flood of questions makes no flood of answers
            self._in_bursts(meant, data, addr)

    def error_received(self, exc: Exception) -> None:
        """A tester that has gone cannot be reached: nothing to do."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        for handle in self._bursts:
            handle.cancel()
        self._bursts.clear()
        self._transport = None

    def announce(self, to: _Address) -> None:
        """Announce every vehicle, as often as the standard says."""
        for number in range(ANNOUNCEMENTS):
            self._later(number * ANNOUNCEMENT_INTERVAL_S, self._vehicles, None, to)

    def _meant(self, data: bytes) -> Sequence[ServedDoipVehicle]:
        try:
            message: DoipMessage | None = decode_datagram(data)
        except DoipFormatError:
            message = None
        found: ServedDoipVehicle | None
        match message:
            case VehicleIdentificationRequest():
                return self._vehicles
            case VehicleIdentificationRequestByVin():
                found = self._by_vin.get(message.vin)
            case VehicleIdentificationRequestByEid():
                found = self._by_eid.get(message.eid)
            case _:
                found = self._vehicles[0] if self._vehicles else None
        return [] if found is None else [found]

    def _in_bursts(self, vehicles: Sequence[ServedDoipVehicle], data: bytes | None, to: _Address) -> None:
        for number, start in enumerate(range(0, len(vehicles), BURST)):
            self._later(number * BURST_INTERVAL_S, vehicles[start : start + BURST], data, to)

    def _later(self, delay_s: float, vehicles: Sequence[ServedDoipVehicle], data: bytes | None, to: _Address) -> None:
        def do_now() -> None:
            self._bursts.discard(handle)
            self._answer(vehicles, data, to)

        handle = self._loop.call_later(delay_s, do_now)
        self._bursts.add(handle)

    def _answer(self, vehicles: Sequence[ServedDoipVehicle], data: bytes | None, to: _Address) -> None:
        """`data` None: nobody asked, announce."""
        for served in vehicles:
            if self._transport is None or served.disturbances.is_half_open:
                continue
            reply = served.entity.announcement() if data is None else served.entity.answer_datagram(data)
            if reply is not None:
                self._transport.sendto(reply, to)
