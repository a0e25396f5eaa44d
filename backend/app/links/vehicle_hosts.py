"""From the host in a vehicle's address to a connection that leads nowhere it may not.

A name is resolved once, what it resolves to is checked, and the connection is made to that very address: a name server
that answers differently the second time (DNS rebinding) gains nothing. TLS is left to the caller, who still knows the
name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from app.domain.vehicle_networks import VehicleNetworks, denied_network

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to numeric addresses, best first. Raises OSError (UnicodeError) where there are none."""
_Connected = TypeVar("_Connected")
_NEXT_ADDRESS_S = 2.0
"""Of several addresses, one that says nothing for so long is left for the next: a family may lead nowhere."""


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says, without repetitions. Raises OSError (UnicodeError) where it knows nothing."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(_text_of(address) for *_, address in found))


class VehicleHosts:
    """Resolves and checks hosts of vehicles. Without arguments only the cloud metadata addresses are closed."""

    def __init__(self, networks: VehicleNetworks | None = None, *, resolve: Resolve = resolve_by_system) -> None:
        self.networks = networks or VehicleNetworks()
        self._resolve = resolve

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The numeric addresses of a host that vehicles may be at.

        Raises VehicleNetworkDenied where there are only others, OSError or UnicodeError where there are none at all.
        """
        found = (host,) if _is_numeric(host) else await self._resolve(host, port)
        reasons = {address: self.networks.why_denied(address) for address in found}
        permitted = [address for address, why in reasons.items() if why is None]
        for address, why in reasons.items():
            if why is not None and not permitted:
                raise denied_network(host, address, why)
        if not permitted:
            raise OSError(f"the host name {host} has no address")
        return permitted

    async def connect(self, host: str, port: int, attempt: Callable[[str], Awaitable[_Connected]]) -> _Connected:
        """The first connection that `attempt` makes to one of the host's addresses.

        Raises what `addresses` raises, and what the attempt at the last address does. The caller bounds the time.
        """
        *others, last = await self.addresses(host, port)
        for address in others:
            try:
                async with asyncio.timeout(_NEXT_ADDRESS_S):
                    return await attempt(address)
            except OSError:  # the next address may do better; TimeoutError is one
                continue
        return await attempt(last)


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _text_of(address: Sequence[object]) -> str:
    # (host, port) or (host, port, flow, scope): link-local addresses mean nothing without their interface
    host, scope = str(address[0]), address[3] if len(address) > 3 else 0
    return f"{host}%{scope}" if scope and "%" not in host else host
