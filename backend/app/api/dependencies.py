"""What routes ask for: the state, the caller, the caller's address, a page of a list."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.state import ApiState
from app.domain.access_policy import Actor
from app.domain.session import ClientInfo
from app.observability.correlation import current_correlation_id

_USER_AGENT_LENGTH = 300

_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    scheme_name="bearer",
    description="The `access_token` of `POST /api/v1/auth/login`.",
)


def get_state(connection: HTTPConnection) -> ApiState:
    """The process's state; `create_api` put it there."""
    state: ApiState = connection.app.state.sovd
    return state


State = Annotated[ApiState, Depends(get_state)]


def get_access_token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str | None:
    """The token of `Authorization: Bearer`, unchecked; None where there is none."""
    if credentials is None or credentials.scheme.lower() != "bearer":
        return None
    return credentials.credentials


AccessToken = Annotated[str | None, Depends(get_access_token)]


def get_client_address(connection: HTTPConnection) -> str | None:
    """Address the request came from. Behind a trusted proxy the server has already put the client's own there."""
    return connection.client.host if connection.client else None


def get_client(connection: HTTPConnection) -> ClientInfo:
    """Where the request came from, for the audit trail and the list of sessions."""
    return ClientInfo(
        ip_address=get_client_address(connection),
        user_agent=connection.headers.get("user-agent", "")[:_USER_AGENT_LENGTH] or None,
        correlation_id=current_correlation_id(),
    )


Client = Annotated[ClientInfo, Depends(get_client)]


async def get_caller(state: State, access_token: AccessToken, client: Client) -> Actor:
    """The account behind `Authorization: Bearer`. Raises NotAuthenticated."""
    return (await state.accounts.admit(access_token, client)).actor


Caller = Annotated[Actor, Depends(get_caller)]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    limit: int
    offset: int


def get_page(
    limit: Annotated[int, Query(ge=1, le=200, description="how many items at most")] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="how many items to leave out first")] = 0,
) -> Page:
    """`limit` and `offset` of the query, within their bounds."""
    return Page(limit, offset)


Paging = Annotated[Page, Depends(get_page)]
