"""The page's session: the access token stays in the page's memory, the refresh token in a cookie no script can read."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Header, Response
from fastapi.requests import Request

from app.api.dependencies import Client, State
from app.api.middleware import API_PREFIX
from app.api.v1.auth_models import BrowserTokenOut, LoginRequest
from app.api.v1.browser_session_origin import PAGE_HEADER, is_over_https, require_own_origin, require_page_request
from app.domain.session import TokenPair

router = APIRouter(prefix="/auth/browser-session", tags=["auth"])

COOKIE = "sovd_session"
COOKIE_PATH = f"{API_PREFIX}{router.prefix}"
_LONGEST_COOKIE = 1024

SessionCookie = Annotated[
    str | None, Cookie(alias=COOKIE, max_length=_LONGEST_COOKIE, description="set by this service; no script reads it")
]
PageHeader = Annotated[str | None, Header(alias=PAGE_HEADER, description="must be `page`, against forged requests")]


@router.post("", summary="Sign in from the page")
async def open_browser_session(
    body: LoginRequest, request: Request, client: Client, state: State, response: Response
) -> BrowserTokenOut:
    """As `POST /auth/login`, but the refresh token goes into an HttpOnly cookie and is never in the answer.

    403 `csrf_refused` where another site's page asks.
    """
    require_own_origin(request, state.settings.cors_origins)
    pair = await state.accounts.login(body.username, body.password.get_secret_value(), client, in_browser=True)
    return _answer(pair, request, response)


@router.post("/refresh", summary="Get a new access token for the page")
async def refresh_browser_session(
    request: Request,
    client: Client,
    state: State,
    response: Response,
    *,
    cookie: SessionCookie = None,
    _page: PageHeader = None,
) -> BrowserTokenOut:
    """The cookie is changed by this. Two tabs that do it at the same moment both get their token.

    A cookie that comes again later than that was copied by somebody: its session ends.
    """
    require_page_request(request, state.settings.cors_origins)
    return _answer(await state.accounts.refresh(cookie or "", client, in_browser=True), request, response)


@router.delete("", status_code=204, summary="Sign out of the page")
async def close_browser_session(
    request: Request,
    client: Client,
    state: State,
    response: Response,
    *,
    cookie: SessionCookie = None,
    _page: PageHeader = None,
) -> None:
    """End the session of this browser's cookie, in all its tabs, and clear the cookie. Without one, nothing happens."""
    require_page_request(request, state.settings.cors_origins)
    if cookie:
        await state.accounts.end_browser_session(cookie, client)
    response.delete_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="strict", secure=is_over_https(request))


def _answer(pair: TokenPair, request: Request, response: Response) -> BrowserTokenOut:
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        pair.refresh_token,
        max_age=pair.refresh_expires_in,
        path=COOKIE_PATH,
        httponly=True,
        samesite="strict",
        secure=is_over_https(request),
    )
    return BrowserTokenOut(access_token=pair.access_token, expires_in=pair.expires_in)
