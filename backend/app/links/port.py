"""What a UDS client needs of the way to an ECU. DoIP offers it; whatever else carries UDS can offer it too.

All deadlines are in seconds of the running loop's clock (`loop.time()`). Errors are those of `app.domain.errors`:
VehicleUnreachable (nothing left us), VehicleConnectionLost and VehicleTimeout (it may have arrived), VehicleRefused
(the gateway said no: the ECU did not get it).
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticMessage:
    """A UDS message that arrived. `received_at` is loop time, taken when its last byte was read."""

    source: int
    payload: bytes
    received_at: float


class EcuChannel(Protocol):
    """Exclusive use of one ECU's way over a shared connection: nobody else sends to this ECU meanwhile."""

    @property
    def ecu_address(self) -> int:
        """Logical address (ISO 13400-2): the ECU's, or a functional one, where many ECUs may answer."""
        ...

    async def send(self, payload: bytes, deadline: float) -> float:
        """Send one UDS message; returns the loop time at which the gateway confirmed it.

        Raises VehicleUnreachable, VehicleRefused (the gateway refused it), VehicleTimeout or VehicleConnectionLost.
        """
        ...

    async def receive(self, deadline: float) -> DiagnosticMessage:
        """The next message, in order of arrival. Raises TimeoutError at the deadline, VehicleConnectionLost."""
        ...

    def discard(self) -> int:
        """Throw away what has arrived and nobody has asked for; gives how many messages that were."""
        ...


class DiagnosticLink(Protocol):
    """A shared connection to one vehicle, opened when first needed and again after it broke."""

    def channel(self, ecu_address: int, deadline: float) -> AbstractAsyncContextManager[EcuChannel]:
        """Wait for this ECU's turn (first come first served) and for a working connection, both by `deadline`.

        Raises VehicleUnreachable when that fails: nothing was sent.
        """
        ...

    async def close(self) -> None:
        """Close sockets and end tasks. Channels in use get VehicleConnectionLost."""
        ...
