"""A sign-in of an account, and where it came from."""

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.access_policy import Actor
from app.domain.identifiers import SessionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInfo:
    """Where a request came from, for the audit trail and the list of sessions. None where it is not known."""

    ip_address: str | None = None
    user_agent: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in: the family of all refresh tokens that came from it. Not listed once revoked or expired."""

    session_id: SessionId
    user_id: UserId
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str | None
    ip_address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """What a client holds of its session. Lifetimes in seconds; the refresh token's is that of an idle session."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedCaller:
    """Who a valid access token stands for, until when.

    `expires_in_s` counts from the moment of authentication by the database's clock: long-lived connections should count
    it down on a monotonic clock instead of comparing `expires_at` with the clock of their machine.
    """

    actor: Actor
    expires_at: datetime
    expires_in_s: float
