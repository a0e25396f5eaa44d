"""Opens sessions and changes refresh tokens, inside the caller's unit of work."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from app.domain.access_policy import Actor
from app.domain.audit_entry import AuditRecord
from app.domain.bus_messages import WAKE_ACCOUNTS, BusMessage
from app.domain.identifiers import SessionId, UserId
from app.domain.session import ClientInfo, TokenPair
from app.repositories import session_repository, user_repository
from app.repositories.session_repository import SessionOwner
from app.repositories.unit_of_work import Work
from app.repositories.user_repository import Credentials
from app.security.access_tokens import AccessTokens
from app.security.refresh_tokens import is_browser_token, new_refresh_token, refresh_token_digest
from app.services.audit_records import act_of

_USED_TWICE = "refresh token used twice"
_BROWSER_PATIENCE_S = 10.0
"""Two tabs share one cookie and may refresh at the same moment; an answer may get lost on its way to the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRefresh:
    """Why a refresh token was refused, and whose it was where that is known."""

    reason: str
    session_id: SessionId | None = None
    user_id: UserId | None = None


class SessionIssuer:
    """What it returns may be handed out only after the commit."""

    def __init__(self, tokens: AccessTokens, *, refresh_ttl_s: int) -> None:
        self._tokens = tokens
        self._refresh_ttl_s = refresh_ttl_s

    async def open(
        self, work: Work, credentials: Credentials, client: ClientInfo, *, in_browser: bool = False
    ) -> TokenPair | None:
        """A new session; None where the account is off, or its password has changed since it was checked."""
        user = credentials.user
        if not await user_repository.hold_credentials(work.db, credentials):
            return None
        session_id = SessionId(uuid4())
        now = await session_repository.create_session(
            work.db, session_id, user.user_id, ttl_s=self._refresh_ttl_s, client=client
        )
        actor = Actor(user_id=user.user_id, username=user.username, role=user.role, is_active=True)
        await work.audit(act_of(actor, client, "auth.login", object_type="session", object_id=session_id))
        return await self._issue(work, user.user_id, session_id, now, in_browser=in_browser)

    async def rotate(self, work: Work, refresh_token: str, client: ClientInfo) -> TokenPair | RefusedRefresh:
        """Spend a refresh token for a new pair. Commit in any case: a token that comes again ends its session.

        A browser's token that was spent a moment ago still gives a pair: a second tab had the same cookie.
        """
        digest = refresh_token_digest(refresh_token)
        in_browser = is_browser_token(refresh_token)
        session_id = await session_repository.spend_refresh_token(work.db, digest)
        if session_id is None and in_browser:
            session_id = await session_repository.find_just_spent(work.db, digest, within_s=_BROWSER_PATIENCE_S)
        if session_id is None:
            return await self._refuse_spent(work, digest, client)
        standing = await session_repository.extend_session(work.db, session_id, ttl_s=self._refresh_ttl_s)
        if standing is None:
            return RefusedRefresh(reason="the session had ended", session_id=session_id)
        return await self._issue(work, standing.actor.user_id, session_id, standing.moment, in_browser=in_browser)

    async def end(self, work: Work, refresh_token: str, client: ClientInfo) -> SessionOwner | None:
        """End the session of a refresh token, used or not; whose it was. None where it is over, or was never one."""
        owner = await session_repository.find_owner_of_token(work.db, refresh_token_digest(refresh_token))
        if owner is None or not await session_repository.revoke_session(work.db, owner.session_id, "signed out"):
            return None
        details = {"user_id": str(owner.user_id), "username": owner.username}
        await work.audit(
            act_of(None, client, "auth.logout", object_type="session", object_id=owner.session_id, details=details)
        )
        work.publish(BusMessage(WAKE_ACCOUNTS, str(owner.user_id)))
        return owner

    async def _refuse_spent(self, work: Work, digest: bytes, client: ClientInfo) -> RefusedRefresh:
        owner = await session_repository.find_owner_of_token(work.db, digest)
        if owner is None:
            return RefusedRefresh(reason="unknown refresh token")
        if await session_repository.revoke_session(work.db, owner.session_id, _USED_TWICE):
            await work.audit(_revocation(owner, client))
            work.publish(BusMessage(WAKE_ACCOUNTS, str(owner.user_id)))
        return RefusedRefresh(reason=_USED_TWICE, session_id=owner.session_id, user_id=owner.user_id)

    async def _issue(
        self, work: Work, user_id: UserId, session_id: SessionId, now: datetime, *, in_browser: bool
    ) -> TokenPair:
        refresh_token = new_refresh_token(of_browser=in_browser)
        await session_repository.add_refresh_token(work.db, session_id, refresh_token_digest(refresh_token))
        return TokenPair(
            access_token=self._tokens.issue(user_id, session_id, now),
            refresh_token=refresh_token,
            expires_in=self._tokens.ttl_s,
            refresh_expires_in=self._refresh_ttl_s,
        )


def _revocation(owner: SessionOwner, client: ClientInfo) -> AuditRecord:
    details = {"reason": _USED_TWICE, "user_id": str(owner.user_id), "username": owner.username}
    return act_of(None, client, "session.revoked", object_type="session", object_id=owner.session_id, details=details)
