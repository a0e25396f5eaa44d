"""Bodies of the sign-in routes. Secrets are `SecretStr`: they do not show in logs or errors."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from app.api.v1.user_models import NewPassword
from app.domain.session import Session, TokenPair

GivenSecret = Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class LoginRequest(BaseModel):
    """Who wants in."""

    model_config = ConfigDict(extra="forbid")

    username: Annotated[str, Field(min_length=1, max_length=256)]
    password: GivenSecret


class RefreshRequest(BaseModel):
    """A refresh token that was not used yet."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: GivenSecret


class PasswordChange(BaseModel):
    """The present password proves that it is the account's owner who sits at the keyboard."""

    model_config = ConfigDict(extra="forbid")

    current_password: GivenSecret
    new_password: NewPassword


class TokensOut(BaseModel):
    """What a client keeps of its session. `expires_in` is the access token's lifetime in seconds."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the kind of token, not a secret
    expires_in: int

    @classmethod
    def of(cls, pair: TokenPair) -> "TokensOut":
        """The pair as the contract shows it."""
        return cls(access_token=pair.access_token, refresh_token=pair.refresh_token, expires_in=pair.expires_in)


class BrowserTokenOut(BaseModel):
    """What the page keeps in its memory. `expires_in` is the access token's lifetime in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the kind of token, not a secret
    expires_in: int


class SessionOut(BaseModel):
    """One sign-in of an account; `current` is the one this request belongs to."""

    session_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str | None
    ip_address: str | None
    current: bool

    @classmethod
    def of(cls, session: Session, *, current: bool) -> "SessionOut":
        """The session as the contract shows it."""
        return cls(
            session_id=session.session_id,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            user_agent=session.user_agent,
            ip_address=session.ip_address,
            current=current,
        )


class SessionList(BaseModel):
    """All live sessions of an account, the last used first."""

    items: list[SessionOut]
    total: int
    limit: int
    offset: int
