"""What no well-meaning client sends: turned away with 4xx problems; headers of security on every answer."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from app.settings import Settings
from support.hostile_requests import HOSTILE, Hostile, send
from support.running_app import RunningApp, running
from support.viewers import token_of

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


async def test_hostile_requests_are_turned_away_as_problems(running_app: RunningApp) -> None:
    token = token_of(running_app.admin)
    wrong = []
    for request in HOSTILE:
        answer = await send(running_app.base_url, token, request)
        if answer.status not in request.statuses:
            wrong.append(f"{request.name}: {answer.status} {answer.body[:300]!r}")
        elif answer.problem()["status"] != answer.status or not answer.headers.get("x-correlation-id"):
            wrong.append(f"{request.name}: not a whole problem: {answer.body[:300]!r}")
    assert not wrong, "\n".join(wrong)
    assert (await running_app.admin.get("/api/v1/commands")).json()["total"] == 0
    assert (await running_app.admin.get("/health/ready")).status_code == 200


@pytest.mark.parametrize(
    "offered", ["a\tb", "x" * 65, "ümlaut", "a b", "<script>", '","level":"error', "%0d%0aSet-Cookie: a=b", " "]
)
async def test_a_correlation_id_that_could_do_harm_is_replaced(running_app: RunningApp, offered: str) -> None:
    request = Hostile(name="id", method="GET", path="/api/v1/auth/me", headers={"X-Correlation-ID": offered})
    answer = await send(running_app.base_url, token_of(running_app.admin), request)
    assert answer.status == 200
    assert answer.headers["x-correlation-id"] not in {offered, offered.strip()}
    assert "set-cookie" not in answer.headers


async def test_line_ends_in_a_header_do_not_become_headers(running_app: RunningApp) -> None:
    smuggled = {"X-Correlation-ID": "abc\rSet-Cookie: a=b"}
    request = Hostile(name="smuggled", method="GET", path="/api/v1/auth/me", headers=smuggled)
    answer = await send(running_app.base_url, token_of(running_app.admin), request)
    assert answer.status in {200, 400}
    assert "set-cookie" not in answer.headers


async def test_every_answer_has_the_security_headers(running_app: RunningApp) -> None:
    for path, status in (("/api/v1/auth/me", 200), ("/api/v1/nowhere", 404), ("/metrics", 200), ("/", 200)):
        answer = await running_app.admin.get(path)
        assert answer.status_code == status
        assert answer.headers.items() >= SECURITY_HEADERS.items()
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


async def test_other_origins_get_no_permission_unless_they_are_named(
    running_app: RunningApp, app_settings: Settings
) -> None:
    asked = {"Origin": "https://bench.example", "Access-Control-Request-Method": "POST"}
    off = await running_app.admin.options("/api/v1/commands", headers=asked)
    simple = await running_app.admin.get("/api/v1/vehicles", headers={"Origin": "https://bench.example"})
    assert not [name for answer in (off, simple) for name in answer.headers if name.startswith("access-control")]
    async with running(app_settings.model_copy(update={"cors_origins": ("https://bench.example",)})) as named:
        on = await named.admin.options("/api/v1/commands", headers=asked)
        other = await named.admin.options("/api/v1/commands", headers=asked | {"Origin": "https://evil.example"})
    assert on.headers["access-control-allow-origin"] == "https://bench.example"
    assert "access-control-allow-credentials" not in on.headers
    assert "access-control-allow-origin" not in other.headers


async def test_a_body_that_never_ends_is_cut_off(running_app: RunningApp) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536
            await asyncio.sleep(0)

    try:
        answer = await running_app.admin.post("/api/v1/commands", content=endless())
    except httpx.TransportError:
        return  # the server has closed the connection while we wrote
    assert answer.status_code == 413
