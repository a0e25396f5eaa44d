"""Signing in and out: sessions, their tokens, and what ends them."""

from collections.abc import Callable
from uuid import UUID

from app.domain.access_policy import Actor
from app.domain.account_rules import check_password, normal_username
from app.domain.audit_entry import AuditOutcome
from app.domain.bus_messages import WAKE_ACCOUNTS, BusMessage
from app.domain.errors import FieldError, InvalidRequest, NotAuthenticated, TooManyRequests
from app.domain.identifiers import SessionId, UserId
from app.domain.session import AuthenticatedCaller, ClientInfo, Session, TokenPair
from app.domain.user import User
from app.repositories import session_repository, user_repository
from app.repositories.unit_of_work import UnitOfWork
from app.repositories.user_repository import Credentials, StoredChanges
from app.security.access_tokens import AccessTokens
from app.security.passwords import PasswordHashing
from app.security.rate_limits import RateLimits
from app.security.refresh_tokens import is_browser_token
from app.services.access_guard import AccessGuard, unknown
from app.services.account_directory import AccountDirectory
from app.services.audit_records import act_of
from app.services.audit_service import AuditService
from app.services.caller_directory import CallerDirectory
from app.services.session_issuer import SessionIssuer
from app.services.user_service import UserService


class AccountService:
    """Sessions of this process's callers; `users` administers accounts, `directory` tells others of them.

    `callers` knows who is signed in.
    """

    def __init__(
        self,
        *,
        work: UnitOfWork,
        audit: AuditService,
        tokens: AccessTokens,
        passwords: PasswordHashing,
        limits: RateLimits,
        refresh_ttl_s: int,
    ) -> None:
        self._work = work
        self._audit = audit
        self._passwords = passwords
        self._limits = limits
        self._issuer = SessionIssuer(tokens, refresh_ttl_s=refresh_ttl_s)
        self.callers = CallerDirectory(work, tokens)
        guard = AccessGuard(audit)
        self.users = UserService(work, guard, passwords, self.callers)
        self.directory = AccountDirectory(work, guard, self.callers)

    async def login(self, username: str, password: str, client: ClientInfo, *, in_browser: bool = False) -> TokenPair:
        """Open a session; with `in_browser` its refresh token belongs into a cookie.

        Raises NotAuthenticated, which never says whether name, password or account is the cause and takes the
        same time for each; TooManyRequests; Overloaded.
        """
        name = normal_username(username)
        await self._admit_login(name or "", client)
        credentials = await self._credentials(name)
        stored_hash = credentials.password_hash if credentials else None
        matches = await self._passwords.matches(password, stored_hash)
        pair = None
        if credentials and matches:
            async with self._work.begin() as work:
                pair = await self._issuer.open(work, credentials, client, in_browser=in_browser)
        if pair is None:
            await self._audit_refused_login(credentials, client, matches=matches)
            raise NotAuthenticated("the user name or the password is wrong")
        return pair

    async def refresh(self, refresh_token: str, client: ClientInfo, *, in_browser: bool = False) -> TokenPair:
        """Change a refresh token into a new pair; it is spent by that. Raises NotAuthenticated.

        A token that comes a second time was copied by somebody: the whole session ends, whoever holds it (RFC 9700,
        4.14.2). So a client refreshes one at a time; of two at once, one wins and the session ends. Tabs of a browser
        share their token, so there both win if they come within a few seconds.
        """
        if is_browser_token(refresh_token) != in_browser:
            await self._refused("auth.refresh", None, "refresh token of another kind of client", client)
            raise _over()
        async with self._work.begin() as work:
            result = await self._issuer.rotate(work, refresh_token, client)
        if isinstance(result, TokenPair):
            return result
        if result.user_id is not None:
            self.callers.forget(result.user_id)
        await self._refused("auth.refresh", None, result.reason, client, result.session_id)
        raise _over()

    async def end_browser_session(self, refresh_token: str, client: ClientInfo) -> None:
        """End the session of a browser's cookie. One that is over already, or unknown, is no error."""
        if not is_browser_token(refresh_token):
            return
        async with self._work.begin() as work:
            owner = await self._issuer.end(work, refresh_token, client)
        if owner is not None:
            self.callers.forget(owner.user_id)

    async def logout(self, caller: Actor, client: ClientInfo) -> None:
        """End the caller's session: its access and refresh tokens are worth nothing from now on."""
        if caller.session_id is not None:
            await self._end_session(caller, caller.session_id, client, action="auth.logout", reason="signed out")

    async def sessions(self, caller: Actor) -> tuple[Session, ...]:
        """The caller's live sessions, the last used first."""
        async with self._work.reading() as db:
            return await session_repository.list_sessions(db, caller.user_id)

    async def revoke_session(self, caller: Actor, session_id: SessionId, client: ClientInfo) -> None:
        """End one of the caller's own sessions. Raises NotFound."""
        reason = "ended by its user"
        if not await self._end_session(caller, session_id, client, action="session.revoked", reason=reason):
            raise unknown("session")

    async def change_password(self, caller: Actor, current: str, new: str, client: ClientInfo) -> None:
        """Set the caller's own password; their other sessions end. Raises InvalidRequest and TooManyRequests."""
        await self._admit_login(caller.username, client)
        check_password(new, caller.username, pointer="/new_password")
        async with self._work.reading() as db:
            credentials = await user_repository.find_credentials_of(db, caller.user_id)
        if credentials is None or not await self._passwords.matches(current, credentials.password_hash):
            await self._refused("user.password_changed", caller, "wrong current password", client)
            raise _wrong_current_password()
        new_hash = await self._passwords.hash(new)
        async with self._work.begin() as work:
            if not await user_repository.hold_credentials(work.db, credentials, to_change=True):
                raise _wrong_current_password()
            await user_repository.update_user(work.db, caller.user_id, StoredChanges(password_hash=new_hash))
            await session_repository.revoke_sessions_of(
                work.db, caller.user_id, "password changed", sparing=caller.session_id
            )
            await work.audit(
                act_of(caller, client, "user.password_changed", object_type="user", object_id=caller.user_id)
            )
            work.publish(BusMessage(WAKE_ACCOUNTS, str(caller.user_id)))
        self.callers.forget(caller.user_id)

    async def me(self, caller: Actor) -> User:
        """The caller's account."""
        async with self._work.reading() as db:
            user = await user_repository.find_user(db, caller.user_id)
        if user is None:
            raise unknown("user")
        return user

    async def authenticate(self, access_token: str) -> AuthenticatedCaller:
        """The caller a token stands for.

        Raises NotAuthenticated (code `token_expired` where a refresh helps) and StorageUnavailable.
        """
        return await self.callers.authenticate(access_token)

    async def admit(self, access_token: str | None, client: ClientInfo) -> AuthenticatedCaller:
        """As `authenticate`, at the door: a refusal is written down, but for tokens that have only grown old.

        Raises NotAuthenticated (also where there is no token) and StorageUnavailable.
        """
        try:
            if access_token is None:
                raise NotAuthenticated("no access token: send Authorization: Bearer …; /api/v1/auth/login gives one")
            return await self.authenticate(access_token)
        except NotAuthenticated as error:
            if error.error_code != "token_expired":  # every client runs into that one, and renews
                await self._refused("auth.access", None, error.message, client, error.details.get("session_id"))
            raise

    def on_revoked(self, user_id: UserId, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called when the user's rights or sessions may have changed; returns what unregisters it."""
        return self.callers.on_revoked(user_id, callback)

    def forget(self, user_id: UserId) -> None:
        """Drop what is remembered about a user, and have open streams look again."""
        self.callers.forget(user_id)

    def handle_account_wake(self, body: str) -> None:
        """Handler for the channel WAKE_ACCOUNTS. Bodies that are no user id are ignored."""
        try:
            user_id = UserId(UUID(body))
        except ValueError:
            return
        self.callers.forget(user_id)

    async def ensure_admin(self, password: str | None) -> str | None:
        """Create the first admin where there is no account; returns the password if it was generated."""
        return await self.users.ensure_admin(password)

    async def _admit_login(self, username: str, client: ClientInfo) -> None:
        try:
            await self._limits.admit_login(username, client.ip_address)
        except TooManyRequests:
            await self._refused("auth.login", None, "too many attempts", client)
            raise

    async def _credentials(self, username: str | None) -> Credentials | None:
        async with self._work.reading() as db:
            # A text that can be no user name is asked for as well: the empty name, which nobody has, takes as long.
            return await user_repository.find_credentials(db, username or "")

    async def _audit_refused_login(self, credentials: Credentials | None, client: ClientInfo, *, matches: bool) -> None:
        """Names that belong to nobody are not written down: people type passwords into the wrong field."""
        user = credentials.user if credentials else None
        reason = "unknown user name" if user is None else "account is off" if matches else "wrong password"
        entry = act_of(
            None,
            client,
            "auth.login",
            outcome=AuditOutcome.REFUSED,
            object_type="user",
            object_id=user.user_id if user else None,
            details={"reason": reason, "username": user.username if user else None},
        )
        async with self._work.begin() as work:
            await work.audit(entry)

    async def _end_session(
        self, caller: Actor, session_id: SessionId, client: ClientInfo, *, action: str, reason: str
    ) -> bool:
        async with self._work.begin() as work:
            ended = await session_repository.revoke_session(work.db, session_id, reason, of=caller.user_id)
            if ended:
                await work.audit(act_of(caller, client, action, object_type="session", object_id=session_id))
                work.publish(BusMessage(WAKE_ACCOUNTS, str(caller.user_id)))
        self.callers.forget(caller.user_id)
        return ended

    async def _refused(
        self, action: str, actor: Actor | None, reason: str, client: ClientInfo, session_id: SessionId | None = None
    ) -> None:
        await self._audit.record_refusal(
            actor,
            action,
            "session" if session_id else None,
            str(session_id) if session_id else None,
            reason,
            client.correlation_id,
            client.ip_address,
        )


def _over() -> NotAuthenticated:
    return NotAuthenticated("the refresh token is not valid any more; sign in again")


def _wrong_current_password() -> InvalidRequest:
    message = "this is not the current password"
    return InvalidRequest(message, [FieldError("/current_password", message)])
