"""Access tokens: signed, short-lived statements of who holds which session (JWT, RFC 7519; HS256)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import jwt

from app.domain.errors import NotAuthenticated
from app.domain.identifiers import SessionId, UserId

_ISSUER = "sovd-command"
_AUDIENCE = "sovd-command-api"
_ALGORITHM = "HS256"
_MAX_LENGTH = 4096
_SHORTEST_SECRET = 32
_REMEMBERED = 4096
_CLAIMS = ["sub", "sid", "iat", "exp", "jti", "iss", "aud"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What a genuine token says. It may have expired: the caller compares `expires_at` with the database's clock."""

    user_id: UserId
    session_id: SessionId
    expires_at: datetime


class AccessTokens:
    """Issues and reads access tokens of one secret."""

    def __init__(self, secret: str, *, ttl_s: int) -> None:
        """Raises ValueError where the secret is shorter than HS256 asks for (RFC 7518, 3.2: the hash's 32 bytes)."""
        self._key = secret.encode()
        if len(self._key) < _SHORTEST_SECRET:
            raise ValueError(f"the token secret must have at least {_SHORTEST_SECRET} bytes")
        self.ttl_s = ttl_s
        self._read_once = lru_cache(maxsize=_REMEMBERED)(self._verify)

    def issue(self, user_id: UserId, session_id: SessionId, now: datetime) -> str:
        """A token valid from `now` (the database's time) for `ttl_s` seconds."""
        claims = {
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": now,
            "exp": now + timedelta(seconds=self.ttl_s),
            "jti": str(uuid4()),
            "iss": _ISSUER,
            "aud": _AUDIENCE,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> AccessClaims:
        """Check signature, algorithm, issuer, audience and form. Raises NotAuthenticated, with one text for all cases.

        Expiry is not judged here: it would be by this machine's wall clock, and only the database's clock decides.
        What a token says never changes, so genuine ones are remembered (a bounded number of them).
        """
        if len(token) > _MAX_LENGTH:
            raise _refusal()
        return self._read_once(token)

    def _verify(self, token: str) -> AccessClaims:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            return AccessClaims(
                user_id=UserId(UUID(claims["sub"])),
                session_id=SessionId(UUID(claims["sid"])),
                expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
            raise _refusal() from error


def _refusal() -> NotAuthenticated:
    return NotAuthenticated("the access token is not valid; sign in again")
