"""From settings to an open connection with routing active."""

import asyncio
import socket
import ssl

from app.links import doip_errors
from app.links.doip_settings import DoipSettings
from app.links.doip_socket import CLOSING_S, DoipSocket, SocketOwner
from app.links.vehicle_hosts import VehicleHosts

_KEEPALIVE_S, _KEEPALIVE_PROBES = 10, 3
_UNDELIVERED_MS = 10_000


async def open_doip_socket(
    settings: DoipSettings, owner: SocketOwner, tls: ssl.SSLContext | None, version: int, hosts: VehicleHosts
) -> DoipSocket:
    """Connect and activate routing. Raises VehicleUnreachable; leaves nothing open then, nor when cancelled.

    VehicleNetworkDenied where `hosts` says that no vehicle may be there.
    """
    loop = asyncio.get_running_loop()

    async def attempt(address: str) -> tuple[asyncio.BaseTransport, DoipSocket]:
        return await loop.create_connection(
            lambda: DoipSocket(settings, owner, version),
            address,
            settings.port,
            ssl=tls,
            server_hostname=(settings.tls_server_name or settings.host) if tls else None,
            ssl_shutdown_timeout=CLOSING_S if tls else None,
        )

    try:
        async with asyncio.timeout(settings.timing.connect_s):
            transport, connection = await hosts.connect(settings.host, settings.port, attempt)
    except TimeoutError:
        why = f"no connection within {settings.timing.connect_s:g} s"
        raise doip_errors.unreachable(settings.gateway, why) from None
    except ssl.SSLError as error:
        why = f"TLS failed: {error.reason or error}; check the certificates stored for this vehicle"
        raise doip_errors.unreachable(settings.gateway, why, retry_can_help=False) from error
    except (OSError, UnicodeError) as error:
        raise doip_errors.unreachable(settings.gateway, doip_errors.why_not_connected(error)) from error
    _notice_dead_peers(transport.get_extra_info("socket"))
    try:
        await connection.activated()
    except BaseException:
        connection.drop()
        raise
    return connection


def _notice_dead_peers(sock: socket.socket) -> None:
    """Have the system end a connection whose peer is gone: idle ones by keep-alive, others by undelivered bytes."""
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": _KEEPALIVE_S,
        "TCP_KEEPINTVL": _KEEPALIVE_S,
        "TCP_KEEPCNT": _KEEPALIVE_PROBES,
        "TCP_USER_TIMEOUT": _UNDELIVERED_MS,
    }
    for name, value in options.items():
        if hasattr(socket, name):  # not every system has all of them
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
