"""Who calls: locks belong to a caller, so two clients must be told apart.

The checker of tokens is injected: the server knows no keys. Without one, tokens are not checked, only told apart.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request

from app.protocols.sovd.sovd_errors import ErrorCode, GenericError, SovdRefusal, VendorCode, vendor_error

Identify = Callable[[Request], Awaitable[str]]
"""Gives the identity of a caller. Raises SovdRefusal 401 (no valid identity) or 403 (may not)."""

TokenChecker = Callable[[str], Awaitable[str | None]]
"""Gives the identity that a bearer token proves, or None for a token that is not valid."""


def unauthorized(message: str) -> SovdRefusal:
    """401 with the challenge that RFC 6750 asks for."""
    return SovdRefusal(
        401, vendor_error(VendorCode.UNAUTHORIZED, message), headers={"WWW-Authenticate": 'Bearer realm="sovd"'}
    )


def forbidden(message: str) -> SovdRefusal:
    """403 for an identity that may not do this."""
    return SovdRefusal(403, GenericError(error_code=ErrorCode.INSUFFICIENT_ACCESS_RIGHTS, message=message))


def by_token(check: TokenChecker) -> Identify:
    """Let in only who shows a valid bearer token."""

    async def identify(request: Request) -> str:
        token = bearer_token(request)
        if token is None:
            raise unauthorized("Send a bearer token in the header Authorization.")
        caller = await check(token)
        if caller is None:
            raise unauthorized("The bearer token is not valid, or no longer.")
        return caller

    return identify


async def anyone(request: Request) -> str:
    """Let everyone in; tell callers apart by client certificate, token, `X-Client-Id`, or else by network address."""
    certificate = _client_certificate(request.scope.get("extensions") or {})
    if certificate:
        return f"certificate:{certificate}"
    token = bearer_token(request)
    if token is not None:
        return "token:" + hashlib.sha256(token.encode()).hexdigest()[:32]
    client_id = request.headers.get("x-client-id")
    if client_id:
        return f"client:{client_id[:128]}"
    return f"address:{request.client.host}" if request.client else "address:unknown"


def bearer_token(request: Request) -> str | None:
    """The bearer token of a request, if it has one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _client_certificate(extensions: Mapping[str, Any]) -> str | None:
    """The subject of the client certificate, where the HTTP server tells it (ASGI extension `tls`)."""
    tls = extensions.get("tls")
    name = tls.get("client_cert_name") if isinstance(tls, dict) else None
    return name if isinstance(name, str) else None
