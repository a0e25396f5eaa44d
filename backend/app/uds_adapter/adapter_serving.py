"""Serves an adapted vehicle over HTTP, as an async context manager."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from app.sovd_server.http_serving import host_in_url, http_served
from app.sovd_server.identity import TokenChecker, anyone, by_token
from app.sovd_server.server_settings import SovdServerSettings
from app.sovd_server.sovd_app import SovdServer, create_sovd_app
from app.uds_adapter.adapted_vehicle import AdaptedVehicle
from app.uds_adapter.adapter_backend import adapter_backend

_ANSWER_WITHIN_S = 330.0
"""Longer than an ECU may say that it still works on it (`UdsTiming.pending_limit_s`): that limit shall be the one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingPlace:
    """Where to listen, and who may come in. Port 0 takes a free one; no tokens: everybody who gets there."""

    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    """PEM files; with them it is HTTPS."""
    tokens: tuple[str, ...] = ()

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines get in without a token."""
        if self.tokens or self.host == "localhost":
            return False
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return True


@asynccontextmanager
async def vehicle_served(vehicle: AdaptedVehicle, place: ServingPlace) -> AsyncIterator[str]:
    """Serve as long as the block lasts; gives the URL of the server's root. Raises CannotListen."""
    settings = SovdServerSettings(
        now=_utc_now,
        identify=by_token(token_checker(place.tokens)) if place.tokens else anyone,
        vendor_info={"name": "SOVD Command adapter"},
        answer_within_s=_ANSWER_WITHIN_S,
    )
    server = SovdServer(settings)
    async with http_served(
        create_sovd_app(adapter_backend(vehicle), server),
        place.host,
        place.port,
        certificate=place.certificate,
        key=place.key,
        log_level="critical",  # else it tells of requests cut off while stopping; failures are logged by us
    ) as port:
        scheme = "https" if place.certificate is not None else "http"
        try:
            yield f"{scheme}://{host_in_url(place.host)}:{port}"
        finally:
            server.end_streams()  # now, not when the time for stopping is over


def token_checker(tokens: Sequence[str]) -> TokenChecker:
    """Knows callers by the digest of their token, so that no token gets into a lock, an answer or a log."""
    digests = tuple(_digest(token) for token in tokens)

    async def check(token: str) -> str | None:
        shown = _digest(token)
        known = [digest for digest in digests if hmac.compare_digest(digest, shown)]
        return f"token:{shown[:32]}" if known else None

    return check


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _utc_now() -> datetime:
    return datetime.now(UTC)
