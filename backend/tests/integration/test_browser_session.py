"""The page's session over real HTTP: its cookie, its defence against forged requests, and two tabs at once."""

import asyncio
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import httpx
import pytest
from sqlalchemy import text

from app.storage.engine import Database
from support.running_app import ADMIN_PASSWORD, RunningApp

PATH = "/api/v1/auth/browser-session"
PAGE = {"X-SOVD-Request": "page"}
CREDENTIALS = {"username": "admin", "password": ADMIN_PASSWORD}


@pytest.fixture
async def browser(running_app: RunningApp) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with a cookie jar and nothing else."""
    async with httpx.AsyncClient(base_url=running_app.base_url, timeout=20, trust_env=False) as client:
        yield client


async def signed_in(browser: httpx.AsyncClient, **headers: str) -> httpx.Response:
    """The answer to a sign-in."""
    answer = await browser.post(PATH, json=CREDENTIALS, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def is_alive(browser: httpx.AsyncClient, answer: httpx.Response) -> bool:
    """Whether the answer's access token opens the API."""
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return (await browser.get("/api/v1/auth/me", headers=headers)).status_code == 200


def cookie_of(answer: httpx.Response) -> str:
    """The cookie an answer sets."""
    return SimpleCookie(answer.headers["set-cookie"])["sovd_session"].value


async def test_the_refresh_token_is_in_the_cookie_and_nowhere_else(browser: httpx.AsyncClient) -> None:
    answer = await signed_in(browser)
    cookie = SimpleCookie(answer.headers["set-cookie"])["sovd_session"]
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert cookie.value not in answer.text
    assert (cookie["path"], cookie["samesite"].lower(), cookie["httponly"]) == (PATH, "strict", True)
    assert (cookie["secure"], int(cookie["max-age"]) > 3600, cookie["domain"]) == ("", True, "")
    assert answer.headers["cache-control"] == "no-store"
    assert await is_alive(browser, answer)


async def test_a_page_over_https_gets_a_secure_cookie(browser: httpx.AsyncClient) -> None:
    answer = await signed_in(browser, origin=str(browser.base_url).replace("http://", "https://").rstrip("/"))
    assert SimpleCookie(answer.headers["set-cookie"])["sovd_session"]["secure"] is True


async def test_refreshing_changes_the_cookie(browser: httpx.AsyncClient) -> None:
    first = await signed_in(browser)
    second = await browser.post(f"{PATH}/refresh", headers=PAGE)
    third = await browser.post(f"{PATH}/refresh", headers=PAGE)
    assert (second.status_code, third.status_code) == (200, 200)
    assert len({cookie_of(answer) for answer in (first, second, third)}) == 3
    assert await is_alive(browser, third)


async def test_tabs_that_refresh_at_the_same_moment_all_stay_signed_in(browser: httpx.AsyncClient) -> None:
    cookie = cookie_of(await signed_in(browser))
    headers = {**PAGE, "Cookie": f"sovd_session={cookie}"}
    browser.cookies.clear()
    answers = await asyncio.gather(*(browser.post(f"{PATH}/refresh", headers=headers) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert all([await is_alive(browser, answer) for answer in answers])
    for answer in answers:
        again = {**PAGE, "Cookie": f"sovd_session={cookie_of(answer)}"}
        browser.cookies.clear()
        assert (await browser.post(f"{PATH}/refresh", headers=again)).status_code == 200


async def test_a_cookie_that_comes_again_later_ends_its_session(browser: httpx.AsyncClient, database: Database) -> None:
    stolen = cookie_of(await signed_in(browser))
    second = await browser.post(f"{PATH}/refresh", headers=PAGE)
    async with database.autocommit() as db:
        await db.execute(text("UPDATE refresh_tokens SET spent_at = spent_at - interval '11 seconds'"))
    browser.cookies.clear()
    thief = await browser.post(f"{PATH}/refresh", headers={**PAGE, "Cookie": f"sovd_session={stolen}"})
    assert (thief.status_code, thief.json()["code"]) == (401, "not_authenticated")
    assert not await is_alive(browser, second)


async def test_each_kind_of_token_is_taken_only_by_its_own_routes(browser: httpx.AsyncClient) -> None:
    cookie = cookie_of(await signed_in(browser))
    pair = (await browser.post("/api/v1/auth/login", json=CREDENTIALS)).json()
    as_client = await browser.post("/api/v1/auth/refresh", json={"refresh_token": cookie})
    browser.cookies.clear()
    headers = {**PAGE, "Cookie": f"sovd_session={pair['refresh_token']}"}
    as_page = await browser.post(f"{PATH}/refresh", headers=headers)
    assert (as_client.status_code, as_page.status_code) == (401, 401)
    assert (await browser.post("/api/v1/auth/refresh", json=pair | {})).status_code == 422
    alone = {"refresh_token": pair["refresh_token"]}
    assert (await browser.post("/api/v1/auth/refresh", json=alone)).status_code == 200


async def test_signing_out_ends_the_session_and_clears_the_cookie(browser: httpx.AsyncClient) -> None:
    signed = await signed_in(browser)
    answer = await browser.delete(PATH, headers=PAGE)
    assert (answer.status_code, cookie_of(answer)) == (204, "")
    assert not await is_alive(browser, signed)
    assert "sovd_session" not in browser.cookies
    assert (await browser.delete(PATH, headers=PAGE)).status_code == 204
    assert (await browser.post(f"{PATH}/refresh", headers=PAGE)).status_code == 401


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-SOVD-Request": "something"},
        {**PAGE, "Origin": "https://evil.example"},
        {**PAGE, "Origin": "null"},
        {**PAGE, "Origin": "http://[broken"},
    ],
)
async def test_requests_from_elsewhere_are_refused(
    browser: httpx.AsyncClient, method: str, headers: dict[str, str]
) -> None:
    signed = await signed_in(browser)
    before = browser.cookies["sovd_session"]
    answer = await browser.request(method, f"{PATH}/refresh" if method == "POST" else PATH, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    assert browser.cookies["sovd_session"] == before
    assert await is_alive(browser, signed)


async def test_another_sites_page_cannot_sign_its_visitors_in(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(PATH, json=CREDENTIALS, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_the_pages_own_origin_is_welcome(browser: httpx.AsyncClient) -> None:
    own = str(browser.base_url).rstrip("/")
    await signed_in(browser, origin=own)
    assert (await browser.post(f"{PATH}/refresh", headers={**PAGE, "Origin": own})).status_code == 200


async def test_wrong_credentials_set_no_cookie(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(PATH, json={"username": "admin", "password": "not this one"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
