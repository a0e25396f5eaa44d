"""Signing in and out over REST (contract 4.1)."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.api.dependencies import Caller, Client, State
from app.api.v1.auth_models import LoginRequest, PasswordChange, RefreshRequest, SessionList, SessionOut, TokensOut
from app.api.v1.user_models import UserOut
from app.domain.identifiers import SessionId

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/login", summary="Sign in")
async def login(body: LoginRequest, client: Client, state: State, response: Response) -> TokensOut:
    """Open a session. A refusal does not say whether the name, the password or the account is the cause."""
    response.headers["Cache-Control"] = "no-store"
    return TokensOut.of(await state.accounts.login(body.username, body.password.get_secret_value(), client))


@router.post("/refresh", summary="Get new tokens")
async def refresh(body: RefreshRequest, client: Client, state: State, response: Response) -> TokensOut:
    """The refresh token sent is spent by this.

    One that comes twice ends its session, whoever holds it: refresh one at a time.
    """
    response.headers["Cache-Control"] = "no-store"
    return TokensOut.of(await state.accounts.refresh(body.refresh_token.get_secret_value(), client))


@router.post("/logout", status_code=204, summary="Sign out")
async def logout(caller: Caller, client: Client, state: State) -> None:
    """End this session: both its tokens are worth nothing from now on, and its streams end."""
    await state.accounts.logout(caller, client)


@router.get("/me", summary="Who am I")
async def get_me(caller: Caller, state: State) -> UserOut:
    """The caller's account."""
    return UserOut.of(await state.accounts.me(caller))


@router.post("/password", status_code=204, summary="Change my password")
async def change_password(body: PasswordChange, caller: Caller, client: Client, state: State) -> None:
    """All other sessions of the account end."""
    current, new = body.current_password.get_secret_value(), body.new_password.get_secret_value()
    await state.accounts.change_password(caller, current, new, client)


@router.get("/sessions", summary="Where I am signed in")
async def list_sessions(caller: Caller, state: State) -> SessionList:
    """The caller's live sessions, the last used first."""
    sessions = await state.accounts.sessions(caller)
    items = [SessionOut.of(session, current=session.session_id == caller.session_id) for session in sessions]
    return SessionList(items=items, total=len(items), limit=len(items), offset=0)


@router.delete("/sessions/{session_id}", status_code=204, summary="End one of my sessions")
async def revoke_session(session_id: UUID, caller: Caller, client: Client, state: State) -> None:
    """Its tokens are worth nothing from now on, and its streams end."""
    await state.accounts.revoke_session(caller, SessionId(session_id), client)
