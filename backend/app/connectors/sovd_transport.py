"""HTTP connections to vehicles' SOVD servers that are made only where vehicles may be."""

import ssl
from collections.abc import Iterable

import httpcore
import httpx

from app.links.vehicle_hosts import VehicleHosts


class VehicleTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a network that checks where it connects to; raises VehicleNetworkDenied."""

    def __init__(self, hosts: VehicleHosts, *, verify: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, limits=limits, trust_env=False)
        # httpx has no parameter for the network, httpcore has; no connection has been made yet
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_CheckedNetwork(hosts),
        )


class _CheckedNetwork(httpcore.AnyIOBackend):
    """Connects to the addresses that were checked. TLS comes after it, with the name that the address has."""

    def __init__(self, hosts: VehicleHosts) -> None:
        self._hosts = hosts

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See httpcore. Raises its ConnectError and ConnectTimeout, and VehicleNetworkDenied."""
        connect = super().connect_tcp

        async def attempt(address: str) -> httpcore.AsyncNetworkStream:
            try:
                return await connect(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                raise ConnectionError(str(error)) from error

        try:
            return await self._hosts.connect(host, port, attempt)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
