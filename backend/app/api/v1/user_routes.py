"""Accounts over REST (contract 4.1). Admins only, but for names; accounts are switched off, never deleted."""

from operator import itemgetter
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.dependencies import Caller, Client, Paging, State
from app.api.v1.auth_models import SessionList, SessionOut
from app.api.v1.user_models import (
    CreateUserRequest,
    UpdateUserRequest,
    UserList,
    UserNameList,
    UserNameOut,
    UserOut,
)
from app.domain.identifiers import SessionId, UserId

router = APIRouter(prefix="/users", tags=["users"])

MOST_NAMES = 100


@router.get("", summary="List accounts")
async def list_users(caller: Caller, client: Client, state: State, page: Paging) -> UserList:
    """All accounts by name, those switched off included."""
    users, total = await state.accounts.users.list_users(caller, client, limit=page.limit, offset=page.offset)
    return UserList(items=[UserOut.of(user) for user in users], total=total, limit=page.limit, offset=page.offset)


@router.post("", status_code=201, summary="Create an account")
async def create_user(
    body: CreateUserRequest, caller: Caller, client: Client, state: State, response: Response
) -> UserOut:
    """409 where the user name is taken."""
    user = await state.accounts.users.create_user(
        caller,
        client,
        username=body.username,
        password=body.password.get_secret_value(),
        role=body.role,
        others=body.others(),
    )
    response.headers["Location"] = f"/api/v1/users/{user.user_id}"
    return UserOut.of(user)


@router.get("/names", summary="Names of accounts")
async def list_user_names(
    caller: Caller,
    client: Client,
    state: State,
    user_id: Annotated[list[UUID] | None, Query(max_length=MOST_NAMES, description="repeat it for several")] = None,
) -> UserNameList:
    """For every role: who sent a command, in words. Ids that nobody has are left out."""
    asked = {UserId(each) for each in user_id or ()}
    names = await state.accounts.directory.names(caller, client, asked)
    items = [UserNameOut(user_id=known, username=name) for known, name in sorted(names.items(), key=itemgetter(1))]
    return UserNameList(items=items, total=len(items), limit=MOST_NAMES, offset=0)


@router.get("/{user_id}/sessions", summary="Where an account is signed in")
async def list_user_sessions(user_id: UUID, caller: Caller, client: Client, state: State) -> SessionList:
    """Its live sessions, the last used first; `current` is the one that asks."""
    sessions = await state.accounts.directory.sessions(caller, client, UserId(user_id))
    items = [SessionOut.of(session, current=session.session_id == caller.session_id) for session in sessions]
    return SessionList(items=items, total=len(items), limit=len(items), offset=0)


@router.delete("/{user_id}/sessions/{session_id}", status_code=204, summary="End a session of an account")
async def end_user_session(user_id: UUID, session_id: UUID, caller: Caller, client: Client, state: State) -> None:
    """Effective at once, open streams included. A new password, or switching off, ends all of them."""
    await state.accounts.directory.end_session(caller, client, UserId(user_id), SessionId(session_id))


@router.get("/{user_id}", summary="Look at an account")
async def get_user(user_id: UUID, caller: Caller, client: Client, state: State) -> UserOut:
    """One account."""
    return UserOut.of(await state.accounts.users.get_user(caller, client, UserId(user_id)))


@router.patch("/{user_id}", summary="Change an account")
async def update_user(user_id: UUID, body: UpdateUserRequest, caller: Caller, client: Client, state: State) -> UserOut:
    """Effective at once, open streams included. Switching off, or a new password, ends the account's sessions.

    409 where the name is taken, or nobody could administer any more.
    """
    return UserOut.of(await state.accounts.users.update_user(caller, client, UserId(user_id), body.changes()))
