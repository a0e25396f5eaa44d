"""What routes ask for: the state, the caller, where the request came from, a page of a list.

All of them are coroutines, although few wait for anything: FastAPI sends plain functions to a thread each, which costs
more than all they do.
"""

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


async def get_state(connection: HTTPConnection) -> ApiState:
    """The process's state; `create_api` put it there."""
    state: ApiState = connection.app.state.sovd
    return state


State = Annotated[ApiState, Depends(get_state)]


async def get_access_token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str | None:
    """The token of `Authorization: Bearer`, unchecked; None where there is none."""
    if credentials is None or credentials.scheme.lower() != "bearer":
        return None
    return credentials.credentials


AccessToken = Annotated[str | None, Depends(get_access_token)]


def client_of(connection: HTTPConnection) -> ClientInfo:
    """Where a request came from, for the audit trail and the list of sessions.

    Behind a trusted proxy the server has already put the client's own address there.
    """
    return ClientInfo(
        ip_address=connection.client.host if connection.client else None,
        user_agent=connection.headers.get("user-agent", "")[:_USER_AGENT_LENGTH] or None,
        correlation_id=current_correlation_id(),
    )


async def get_client(connection: HTTPConnection) -> ClientInfo:
    """See `client_of`."""
    return client_of(connection)


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


async def get_page(
    limit: Annotated[int, Query(ge=1, le=200, description="how many items at most")] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="how many items to leave out first")] = 0,
) -> Page:
    """`limit` and `offset` of the query, within their bounds."""
    return Page(limit, offset)


Paging = Annotated[Page, Depends(get_page)]
