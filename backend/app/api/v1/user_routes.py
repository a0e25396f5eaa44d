"""Accounts over REST (contract 4.1). Admins only; accounts are switched off, never deleted."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.api.dependencies import Caller, Client, Paging, State
from app.api.v1.user_models import CreateUserRequest, UpdateUserRequest, UserList, UserOut
from app.domain.identifiers import UserId

router = APIRouter(prefix="/users", tags=["users"])


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
