"""What accounts show to others: their names to everybody who works here, their sessions to admins."""

from collections.abc import Collection

from app.domain.access_policy import Action, Actor
from app.domain.bus_messages import WAKE_ACCOUNTS, BusMessage
from app.domain.identifiers import SessionId, UserId
from app.domain.json_values import JsonObject
from app.domain.session import ClientInfo, Session
from app.repositories import session_repository, user_repository
from app.repositories.unit_of_work import UnitOfWork
from app.services.access_guard import AccessGuard, unknown
from app.services.audit_records import act_of
from app.services.caller_directory import CallerDirectory

_ENDED_BY_ADMIN = "ended by an admin"


class AccountDirectory:
    """Reads about accounts other than the caller's own, and the one act among them: ending a session."""

    def __init__(self, work: UnitOfWork, guard: AccessGuard, callers: CallerDirectory) -> None:
        self._work = work
        self._guard = guard
        self._callers = callers

    async def names(self, caller: Actor, client: ClientInfo, user_ids: Collection[UserId]) -> dict[UserId, str]:
        """User names by id; ids that nobody has are left out.

        Open to every role: who works on a vehicle must be known to those who share it, and an id is only met on a
        command that one may see.
        """
        await self._guard.require(caller, Action.READ_COMMAND, object_type="user", client=client)
        async with self._work.reading() as db:
            return await user_repository.usernames(db, user_ids)

    async def sessions(self, caller: Actor, client: ClientInfo, user_id: UserId) -> tuple[Session, ...]:
        """Live sessions of an account, the last used first. Raises Forbidden and NotFound."""
        await self._guard.require(caller, Action.MANAGE_USERS, object_type="user", object_id=user_id, client=client)
        async with self._work.reading() as db:
            if await user_repository.find_user(db, user_id) is None:
                raise unknown("user")
            return await session_repository.list_sessions(db, user_id)

    async def end_session(self, caller: Actor, client: ClientInfo, user_id: UserId, session_id: SessionId) -> None:
        """End a session of an account: its tokens are worth nothing at once. Raises Forbidden and NotFound."""
        await self._guard.require(caller, Action.MANAGE_USERS, object_type="user", object_id=user_id, client=client)
        details: JsonObject = {"reason": _ENDED_BY_ADMIN, "user_id": str(user_id)}
        async with self._work.begin() as work:
            if not await session_repository.revoke_session(work.db, session_id, _ENDED_BY_ADMIN, of=user_id):
                raise unknown("session")
            await work.audit(
                act_of(caller, client, "session.revoked", object_type="session", object_id=session_id, details=details)
            )
            work.publish(BusMessage(WAKE_ACCOUNTS, str(user_id)))
        self._callers.forget(user_id)
