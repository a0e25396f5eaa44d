"""Who holds which session right now: looked up, remembered for a moment, forgotten at once when told to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from app.domain.errors import NotAuthenticated, SovdError
from app.domain.identifiers import SessionId, UserId
from app.domain.session import AuthenticatedCaller
from app.repositories import session_repository
from app.repositories.session_repository import Standing
from app.repositories.unit_of_work import UnitOfWork
from app.security.access_tokens import AccessTokens
from app.services.revocation_watch import RevocationWatch

_REMEMBERED_S = 1.0
_REMEMBERED_SESSIONS = 10_000

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Remembered:
    standing: Standing
    asked_at: float


class CallerDirectory:
    """Turns access tokens into callers. What it remembers is at most a second old, and bounded."""

    def __init__(self, work: UnitOfWork, tokens: AccessTokens) -> None:
        self._work = work
        self._tokens = tokens
        self._remembered: dict[SessionId, _Remembered] = {}
        self._asking: dict[tuple[SessionId, int], asyncio.Task[_Remembered | None]] = {}
        self._changes = 0
        self._watch = RevocationWatch()

    async def authenticate(self, access_token: str) -> AuthenticatedCaller:
        """The caller a token stands for.

        Raises NotAuthenticated (code `token_expired` where a refresh helps) and StorageUnavailable.
        """
        claims = self._tokens.read(access_token)
        known = await self._known(claims.session_id)
        if known is None or known.standing.actor.user_id != claims.user_id:
            raise NotAuthenticated("the session has ended; sign in again", details={"session_id": claims.session_id})
        elapsed = asyncio.get_running_loop().time() - known.asked_at
        database_now = known.standing.moment + timedelta(seconds=elapsed)
        left_s = (claims.expires_at - database_now).total_seconds()
        if left_s <= 0:
            raise NotAuthenticated("the access token has expired; refresh it or sign in again", code="token_expired")
        return AuthenticatedCaller(actor=known.standing.actor, expires_at=claims.expires_at, expires_in_s=left_s)

    def forget(self, user_id: UserId) -> None:
        """Drop what is remembered about a user and call everyone who asked to be told (`on_revoked`)."""
        self._changes += 1
        gone = [sid for sid, known in self._remembered.items() if known.standing.actor.user_id == user_id]
        for session_id in gone:
            del self._remembered[session_id]
        self._watch.tell(user_id)

    def on_revoked(self, user_id: UserId, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called on the loop whenever the user's rights or sessions may have changed.

        Whoever is called authenticates again. Returns what unregisters it. The callback must be quick and not raise.
        """
        return self._watch.add(user_id, callback)

    async def check_watched(self) -> None:
        """Look in the database whether something changed for the users being watched. Raises StorageUnavailable."""
        watched = self._watch.user_ids
        if not watched:
            return
        async with self._work.reading() as db:
            standings = await session_repository.standings_of(db, watched)
        for user_id in self._watch.changed(standings):
            self.forget(user_id)

    async def keep_watch(self, interval_s: float = 2.0) -> None:
        """Check for ever; a task of its own. The bus tells sooner, but open sockets must end without it, too."""
        while True:
            try:
                await self.check_watched()
            except SovdError as error:
                _log.warning("accounts.watch_delayed", code=error.error_code, reason=error.message)
            except Exception:  # noqa: BLE001  # edge of a task: one bad round must not end the watch for good
                _log.exception("accounts.watch_failed")
            await asyncio.sleep(interval_s)

    async def _known(self, session_id: SessionId) -> _Remembered | None:
        now = asyncio.get_running_loop().time()
        known = self._remembered.get(session_id)
        if known is not None and now - known.asked_at < _REMEMBERED_S:
            return known
        key = (session_id, self._changes)  # whoever comes after a change must not get an answer from before it
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(session_id), name="who holds the session")
            asking.add_done_callback(lambda done: self._asked(key, done))
        return await asyncio.shield(asking)

    def _asked(self, key: tuple[SessionId, int], done: asyncio.Task[_Remembered | None]) -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # whoever waits gets it; if nobody waits any more, nobody needs it

    async def _ask(self, session_id: SessionId) -> _Remembered | None:
        """One question to the database, for all who want to know at this moment."""
        asked_at, changes = asyncio.get_running_loop().time(), self._changes
        async with self._work.reading() as db:
            standing = await session_repository.find_standing(db, session_id)
        if standing is None:
            self._remembered.pop(session_id, None)
            return None
        known = _Remembered(standing, asked_at)
        if changes == self._changes:  # else the answer may be older than the change
            self._remember(session_id, known)
        return known

    def _remember(self, session_id: SessionId, known: _Remembered) -> None:
        if len(self._remembered) >= _REMEMBERED_SESSIONS:
            del self._remembered[next(iter(self._remembered))]
        self._remembered.pop(session_id, None)
        self._remembered[session_id] = known
