"""HTTP clients of vehicles' SOVD servers: one per vehicle and its secrets, kept alive between commands, bounded.

Secrets go into the client and nowhere else: the pool's keys are digests, errors name the secret, never its value.
"""

import asyncio
import hashlib
import ssl
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from app.connectors.sovd_address import SovdAddress
from app.connectors.sovd_knowledge import VehicleKnowledge
from app.connectors.sovd_transport import VehicleTransport
from app.domain.errors import VehicleUnreachable
from app.domain.vehicle_secrets import SecretName
from app.links.client_tls import ClientCertificateUnusable, client_tls_context
from app.links.vehicle_hosts import VehicleHosts

MOST_CLIENTS = 256
IDLE_S = 60.0
CONNECTIONS_PER_VEHICLE = 32
"""A command waits for one until its deadline. Event streams hold theirs as long as they last."""
_KEPT_CONNECTIONS = 8
_KEEP_ALIVE_S = 20.0


class CredentialsUnusable(VehicleUnreachable):
    """A secret of the vehicle cannot be used as it is; nothing was sent, and trying again changes nothing."""

    retry_can_help = False


@dataclass(slots=True, kw_only=True)
class PooledClient:
    """A client in the pool. `token` is known here so that errors can leave it out."""

    http: httpx.AsyncClient = field(repr=False)
    token: str | None = field(repr=False)
    knowledge: VehicleKnowledge = field(default_factory=VehicleKnowledge)
    users: int = 0
    idle_since: float = 0.0


class SovdClients:
    """Lends clients. Over `most` vehicles the one unused longest is closed; if all are in use, one more is made.

    Belongs to one event loop. Whoever made it closes it.
    """

    def __init__(self, *, most: int = MOST_CLIENTS, idle_s: float = IDLE_S, hosts: VehicleHosts | None = None) -> None:
        self.hosts = hosts or VehicleHosts()
        self._most = most
        self._idle_s = idle_s
        self._clients: OrderedDict[str, PooledClient] = OrderedDict()

    @asynccontextmanager
    async def borrow(self, address: SovdAddress, secrets: Mapping[str, str]) -> AsyncGenerator[PooledClient, None]:
        """A client for one command. Raises CredentialsUnusable."""
        key = pool_key(address, secrets)
        client = self._clients.get(key)
        if client is None:
            made = await _client_for(address, secrets, self.hosts)
            client = self._clients.setdefault(key, made)
        else:
            made = client
        client.users += 1  # before anything is awaited: nobody closes a client in use
        self._clients.move_to_end(key)
        try:
            if client is not made:  # another command was faster
                await made.http.aclose()
            await self._close_idle()
            yield client
        finally:
            client.users -= 1
            client.idle_since = asyncio.get_running_loop().time()
            if not client.users and self._clients.get(key) is not client:  # the pool was closed meanwhile
                await client.http.aclose()

    async def close(self) -> None:
        """Close all clients and their sockets; those in use when their command ends."""
        clients = [client for client in self._clients.values() if not client.users]
        self._clients.clear()
        for client in clients:
            await client.http.aclose()

    async def _close_idle(self) -> None:
        now = asyncio.get_running_loop().time()
        over = len(self._clients) - self._most
        for key, client in list(self._clients.items()):
            if client.users:
                continue
            if over <= 0 and now - client.idle_since < self._idle_s:
                break  # the rest was used later
            over -= 1
            del self._clients[key]
            await client.http.aclose()


def pool_key(address: SovdAddress, secrets: Mapping[str, str]) -> str:
    """What tells vehicles apart: server and secrets, as a digest."""
    digest = hashlib.sha256(f"{address.root}\0{address.base_uri}".encode())
    for name in sorted(secrets):
        digest.update(f"\0{name}\0{secrets[name]}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


async def _client_for(address: SovdAddress, secrets: Mapping[str, str], hosts: VehicleHosts) -> PooledClient:
    token = secrets.get(SecretName.BEARER_TOKEN)
    if token is not None and not (token.isascii() and token.isprintable() and token.strip() == token and token):
        raise CredentialsUnusable("The secret bearer_token of this vehicle holds signs that no token has; set it anew.")
    # a plain address is never upgraded; a context that trusts nobody spares the loop the reading of all authorities
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if address.secure:
        verify = await asyncio.to_thread(_tls_context, address, secrets)
    headers = {"Accept-Encoding": "identity", "User-Agent": "sovd-command"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    limits = httpx.Limits(
        max_connections=CONNECTIONS_PER_VEHICLE,
        max_keepalive_connections=_KEPT_CONNECTIONS,
        keepalive_expiry=_KEEP_ALIVE_S,
    )
    # the command's deadline bounds every wait; environment proxies and .netrc are not for vehicles
    transport = VehicleTransport(hosts, verify=verify, limits=limits)
    http = httpx.AsyncClient(headers=headers, transport=transport, timeout=None, trust_env=False)  # noqa: S113 - see above
    return PooledClient(http=http, token=token)


def _tls_context(address: SovdAddress, secrets: Mapping[str, str]) -> ssl.SSLContext:
    """Verification is always on; the vehicle's own authorities stand beside no others, where they are given."""
    try:
        return client_tls_context(
            trusted_certificates=secrets.get(SecretName.TRUSTED_CERTIFICATES) or None,
            client_certificate=secrets.get(SecretName.CLIENT_CERTIFICATE) or None,
            server_name=address.host,  # so that it is checked: certificates of HTTPS servers name their hosts
        )
    except ClientCertificateUnusable as error:
        raise CredentialsUnusable(
            "The secret client_certificate of this vehicle is not PEM with a certificate and its unencrypted private "
            "key; set it anew."
        ) from error
    except (ssl.SSLError, ValueError) as error:
        raise CredentialsUnusable(
            "The secret trusted_certificates of this vehicle is not PEM with certificates; set it anew."
        ) from error
