"""The client: one object per server and account."""

import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from app.client import event_stream
from app.client.client_errors import ClientError
from app.client.diagnostic_data import DiagnosticData
from app.client.events import Event
from app.client.http_transport import HttpTransport
from app.client.resources import Account, Audit, Commands, Users, Vehicles, VehicleSecrets
from app.client.tokens import TokenSource

_ANSWER_WITHIN = httpx.Timeout(30.0, connect=5.0)
_SERVER = re.compile(r"https?://[^/?#\s@]+(/[^?#\s]*)?")


def server_address(text: str) -> str:
    """The address in its one form, as it is stored and shown: scheme, host, path, no slash at the end.

    Raises ClientError where it is no http(s) address, or holds a user name or password.
    """
    address = text.strip()
    if "://" not in address:
        address = f"http://{address}"
    if not _SERVER.fullmatch(address):
        raise ClientError(f"{text!r} is not a server address like http://127.0.0.1:8000")
    return str(httpx.URL(address)).rstrip("/")


class SovdClient:
    """Calls and live streams of one server. Make it with `open`; use it from one event loop."""

    def __init__(self, transport: HttpTransport, tls: ssl.SSLContext | None = None) -> None:
        self._transport = transport
        self._tls = tls
        self.account = Account(transport)
        self.vehicles = Vehicles(transport)
        self.vehicle_secrets = VehicleSecrets(transport)
        self.commands = Commands(transport)
        self.users = Users(transport)
        self.audit = Audit(transport)
        self.diagnostic_data = DiagnosticData(transport)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, server: str, tokens: TokenSource | None, *, retry_for_s: float = 5.0
    ) -> AsyncIterator["SovdClient"]:
        """A client for the server; connections are closed at the end. `retry_for_s` bounds the repeats of one call."""
        # The system's trusted certificates (`SSL_CERT_FILE` adds a bench's own), the same ones for calls and streams.
        tls = ssl.create_default_context() if server.startswith("https:") else None
        # Loading them takes long, and plain HTTP has no use for them: it gets a context that trusts nobody.
        verify = tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncClient(base_url=server, timeout=_ANSWER_WITHIN, verify=verify) as http:
            yield cls(HttpTransport(http, tokens, retry_for_s=retry_for_s), tls)

    def follow(
        self,
        command_id: str,
        after: int = 0,
        *,
        reconnect_for_s: float = 60.0,
        on_link: Callable[[bool], None] | None = None,
    ) -> AsyncGenerator[Event, None]:
        """The command's events after sequence number `after`, through broken links; see `event_stream.follow`."""
        return event_stream.follow(
            self._transport,
            command_id,
            after=after,
            reconnect_for_s=reconnect_for_s,
            tls=self._tls,
            on_link=on_link,
        )
