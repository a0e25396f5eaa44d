"""The one connection to a gateway: opened when needed, doubted after silence, opened again, given up by a breaker."""

import asyncio
import random
import ssl
from typing import Protocol

from app.domain.errors import VehicleUnreachable
from app.domain.json_values import JsonObject
from app.domain.vehicle_networks import VehicleNetworkDenied
from app.links import doip_errors
from app.links.breaker import Breaker
from app.links.client_tls import client_tls_context
from app.links.doip_connecting import open_doip_socket
from app.links.doip_settings import DoipSettings
from app.links.doip_socket import DoipSocket
from app.links.vehicle_hosts import VehicleHosts
from app.protocols.doip.messages import DiagnosticMessage

_VERSIONS = (0x02, 0x03, 0x01)
"""Tried in this order after the one of the settings, where the gateway says that it is not its own."""
_BETWEEN_ACTIVATIONS_S = 0.4
_WAIT_FOR_A_PLACE_S = 10.0


class GatewayUser(Protocol):
    """Whom the connection is for. Called on the loop; must not raise."""

    @property
    def is_used(self) -> bool:
        """Whether anybody needs the connection now."""
        ...

    def on_message(self, message: DiagnosticMessage, received_at: float) -> None:
        """An ECU's message for us."""
        ...

    def on_closed(self) -> None:
        """The connection broke, or was closed."""
        ...


class GatewayConnection:
    """Gives the open `DoipSocket`, a new one where need be. One attempt at a time, whoever asks."""

    def __init__(self, settings: DoipSettings, user: GatewayUser, hosts: VehicleHosts) -> None:
        self._settings = settings
        self._hosts = hosts
        self._user = user
        self._socket: DoipSocket | None = None
        self._open: set[DoipSocket] = set()
        self._connecting = asyncio.Lock()
        self._breaker = Breaker(settings.breaker)
        self._last_details: JsonObject = {}
        self._tls: ssl.SSLContext | None = None
        self._ignores_alive_checks = False
        self._is_closed = False
        self._versions = [settings.version, *(other for other in _VERSIONS if other != settings.version)]
        self._refused_versions = 0
        self.opened = 0
        """How many connections there were."""

    @property
    def is_connected(self) -> bool:
        """A connection stands, as far as anybody knows."""
        return self._socket is not None and self._socket.is_usable

    async def check_alive(self, deadline: float) -> None:
        """See `DoipLink.check_alive`."""
        try:
            async with asyncio.timeout_at(deadline):
                connection = await self.get(deadline)
                ignores = self._ignores_alive_checks and not connection.answers_alive_checks
                if not ignores and not await self._is_alive(connection):
                    await self.get(deadline)
        except TimeoutError:
            raise self._unreachable("it gave no sign of life until the deadline") from None

    async def close(self) -> None:
        """Close for good; returns when the sockets are closed."""
        self._is_closed = True
        async with asyncio.TaskGroup() as group:
            for connection in self._open:
                group.create_task(connection.close())

    def drop(self) -> None:
        """Close for good and at once."""
        self._is_closed = True
        for connection in list(self._open):
            connection.drop()

    async def get(self, deadline: float) -> DoipSocket:
        """The open connection, or a new one. Raises VehicleUnreachable."""
        connection = self._socket
        if connection is not None and connection.is_usable and not self._is_doubtful(connection):
            return connection
        try:
            async with asyncio.timeout_at(deadline), self._connecting:
                return await self._connect(deadline)
        except TimeoutError:
            error = self._unreachable(self._last_reason)
            error.details.update(self._last_details)
            raise error from None

    def _is_doubtful(self, connection: DoipSocket) -> bool:
        """Nothing was heard for so long that it may be dead without anybody knowing."""
        if connection.is_busy or (self._ignores_alive_checks and not connection.answers_alive_checks):
            return False
        quiet_s = asyncio.get_running_loop().time() - connection.last_heard
        return quiet_s > self._settings.timing.check_after_idle_s

    async def _connect(self, deadline: float) -> DoipSocket:
        began = asyncio.get_running_loop().time()
        while True:
            if self._is_closed:
                raise self._unreachable("the link was closed")
            connection = self._socket
            if connection is not None and await self._is_fit(connection):
                return connection
            await self._pause(deadline)
            try:
                return await self._attempt()
            except VehicleUnreachable as error:
                await self._after_failure(error, began)

    async def _after_failure(self, error: VehicleUnreachable, began: float) -> None:
        """Raise it where another attempt makes no sense now."""
        if isinstance(error, VehicleNetworkDenied):
            raise error  # our own decision says nothing of the way, and shall be told each time as what it is
        now = asyncio.get_running_loop().time()
        self._last_details = error.details
        if error.details.get("headerNackCode") == "0x00":
            self._versions.append(self._versions.pop(0))
            self._refused_versions = (self._refused_versions + 1) % len(self._versions)
            if self._refused_versions:
                return  # it speaks another version only: the next one, at once
        can_help = error.details.get("retryCanHelp") is not False
        if can_help and "activationCode" in error.details:
            # the gateway is there and has no place for us now: no failure of the way to it
            if now > began + _WAIT_FOR_A_PLACE_S:
                raise error
            await asyncio.sleep(_BETWEEN_ACTIVATIONS_S * (0.5 + random.random()))  # noqa: S311 - spreads load
            return
        self._breaker.failed(now)
        if self._breaker.is_open or not can_help:
            raise error

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
            # Not in the text: it stands as the cause of a vehicle's presence, which is no other one each second.
            error = self._unreachable(self._last_reason)
            error.details["nextAttemptInS"] = round(wait_s, 1)
            raise error
        await asyncio.sleep(wait_s)

    async def _attempt(self) -> DoipSocket:
        if self._settings.tls and self._tls is None:
            self._tls = await self._tls_context()
        connection = await open_doip_socket(self._settings, self, self._tls, self._versions[0], self._hosts)
        if self._is_closed:
            connection.drop()
            raise self._unreachable("the link was closed")
        self._breaker.succeeded()
        self._last_details = {}
        self._refused_versions = 0
        self.opened += 1
        self._socket = connection
        if self._ignores_alive_checks:
            connection.ask_alive()  # nobody waits for it: perhaps only the last connection was dead
        return connection

    async def _tls_context(self) -> ssl.SSLContext:
        try:
            return await asyncio.to_thread(
                client_tls_context,
                trusted_certificates=self._settings.trusted_certificates,
                client_certificate=self._settings.client_certificate,
                server_name=self._settings.tls_server_name,
            )
        except (ssl.SSLError, ValueError) as error:
            why = "the certificates stored for this vehicle are no PEM text that can be used"
            raise doip_errors.unreachable(self._settings.gateway, why, retry_can_help=False) from error

    @property
    def _last_reason(self) -> str:
        return str(self._last_details.get("reason", "no connection until the deadline"))

    def _unreachable(self, why: str) -> VehicleUnreachable:
        return doip_errors.unreachable(self._settings.gateway, why)

    # ---- called by the socket (SocketOwner)

    def on_message(self, message: DiagnosticMessage, received_at: float) -> None:
        """Hand it on."""
        self._user.on_message(message, received_at)

    def on_open(self, connection: DoipSocket) -> None:
        """Know it, so that it can be closed while routing is not active yet."""
        self._open.add(connection)

    def gives_way(self, connection: DoipSocket) -> bool:
        """Whoever asks for its place, another process of ours for example, gets it while nobody uses it here."""
        return not self._user.is_used and connection is self._socket

    def on_closed(self, connection: DoipSocket) -> None:
        """Forget it, and tell the user."""
        self._open.discard(connection)
        if self._socket is connection:
            self._socket = None
            self._user.on_closed()
