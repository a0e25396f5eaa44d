"""What every HTTP exchange gets, seen through a small application: ids, headers, limits, answers for crashes."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from starlette.middleware.cors import CORSMiddleware

from app.api.body_guard import BodyGuard
from app.api.error_mapping import install_error_handlers
from app.api.middleware import CrashAnswers, RequestContext
from app.domain.errors import StorageUnavailable
from app.observability.correlation import current_correlation_id
from app.observability.metrics import Metrics
from app.observability.tracing import NoTracing

LIMIT = 1000


def make_app(metrics: Metrics) -> FastAPI:
    """Routes that answer, fail and crash, under the middleware of the real application."""
    router = APIRouter(prefix="/things")

    @router.post("/{thing_id}")
    async def keep(thing_id: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"thing_id": thing_id, "body": body, "correlation_id": current_correlation_id()}

    @router.get("/{thing_id}")
    async def show(thing_id: int) -> dict[str, int]:
        return {"thing_id": thing_id}

    @router.get("/page/html")
    async def page() -> HTMLResponse:
        return HTMLResponse("hello", headers={"Content-Security-Policy": "default-src 'self'"})

    @router.get("/page/crash")
    async def crash() -> None:
        raise RuntimeError("postgresql://u:s3cret@db")

    @router.get("/page/away")
    async def away() -> None:
        raise StorageUnavailable("the database cannot be reached right now")

    app = FastAPI(redirect_slashes=False)
    app.include_router(router, prefix="/api/v1")
    install_error_handlers(app)
    app.add_middleware(BodyGuard, limit=LIMIT)
    app.add_middleware(CrashAnswers)
    app.add_middleware(CORSMiddleware, allow_origins=["https://bench.example"], expose_headers=["X-Correlation-ID"])
    app.add_middleware(RequestContext, metrics=metrics, tracing=NoTracing())
    return app


@pytest.fixture
def metrics() -> Metrics:
    """The figures of the application under test."""
    return Metrics()


@pytest.fixture
async def client(metrics: Metrics) -> AsyncIterator[httpx.AsyncClient]:
    """A client that calls the application directly."""
    transport = httpx.ASGITransport(make_app(metrics))
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1/things") as client:
        yield client


def problem(response: httpx.Response) -> dict[str, Any]:
    """The problem in an answer that must be one."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["correlation_id"] == response.headers["x-correlation-id"]
    return body


async def test_an_id_that_is_offered_is_used_and_returned(client: httpx.AsyncClient) -> None:
    response = await client.post("/1", json={}, headers={"X-Correlation-ID": "bench-7"})
    assert response.headers["x-correlation-id"] == response.json()["correlation_id"] == "bench-7"


@pytest.mark.parametrize("path", ["/1", "/nonsense", "/page/crash", "/page/away", "/1/2/3/4"])
async def test_every_answer_has_an_id_and_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path, headers={"X-Correlation-ID": "not valid!"})
    assert len(response.headers["x-correlation-id"]) == 32
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "strict-transport-security" not in response.headers


async def test_https_asks_for_https(client: httpx.AsyncClient) -> None:
    response = await client.get("https://test/api/v1/things/1")
    assert response.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_page_keeps_a_policy_of_its_own(client: httpx.AsyncClient) -> None:
    response = await client.get("/page/html")
    assert response.headers.get_list("content-security-policy") == ["default-src 'self'"]


async def test_a_crash_is_logged_and_answered_without_internals(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logged:
        response = await client.get("/page/crash", headers={"Origin": "https://bench.example"})
    assert problem(response)["code"] == "internal_error"
    assert "s3cret" not in response.text
    assert response.headers["access-control-allow-origin"] == "https://bench.example"
    assert [line["event"] for line in logged] == ["request.crashed", "http.answered"]
    assert isinstance(logged[0]["exc_info"], RuntimeError)


async def test_an_outage_is_a_503_that_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    response = await client.get("/page/away")
    assert problem(response)["code"] == "storage_unavailable"
    assert response.headers["retry-after"] == "2"


async def test_an_unknown_path_is_a_404(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/1/2/3"))["code"] == "not_found"


async def test_a_wrong_method_is_told_all_the_right_ones(client: httpx.AsyncClient) -> None:
    response = await client.put("/1", json={})
    assert problem(response)["code"] == "method_not_allowed"
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"a": "\xff"}', b"[" * 900])
async def test_malformed_json_is_a_400(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/1", content=body, headers={"Content-Type": "application/json"})
    assert problem(response)["code"] == "malformed_json"
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a": ["x", "y\\u0000z"]}', "/a/1"),
        (b'{"a/b": {"\\u0000": 1}}', "/a~1b"),
        (b'{"a": 18446744073709551616}', "/a"),
        (b'{"a": -1e300}', "/a"),
        (b'{"a":' * 32 + b"[]" + b"}" * 32, "/a" * 32),
    ],
)
async def test_what_cannot_be_stored_is_named(client: httpx.AsyncClient, body: bytes, pointer: str) -> None:
    response = await client.post("/1", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert [error["pointer"] for error in problem(response)["errors"]] == [pointer]


async def test_text_in_the_body_reaches_the_route_unchanged(client: httpx.AsyncClient) -> None:
    body = {"text": "Grüße 🚗", "numbers": [1, 2.5, -(2**63)], "nested": {"a": None}}
    assert (await client.post("/1", json=body)).json()["body"] == body


async def test_a_body_without_its_content_type_is_refused_with_advice(client: httpx.AsyncClient) -> None:
    response = await client.post("/1", content=b'{"a": 1}', headers={"Content-Type": "text/plain"})
    assert response.status_code == 422
    assert problem(response)["errors"]


@pytest.mark.parametrize("query", ["?search=a%00b", "?limit=%00"])
async def test_nul_in_the_address_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert problem(await client.get(f"/1{query}"))["code"] == "invalid_request"


async def test_a_body_that_says_it_is_too_large_is_turned_away(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"Expect": "100-continue"}):
        answer = await client.post("/1", json={"a": "x" * LIMIT}, headers=headers)
        assert problem(answer)["code"] == "request_too_large"


async def test_a_body_that_grows_too_large_is_cut_off(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * LIMIT:
            sent += 100
            yield b"x" * 100

    response = await client.post("/1", content=endless(), headers={"Content-Type": "application/json"})
    assert problem(response)["code"] == "request_too_large"
    assert sent <= 17 * LIMIT


async def test_exchanges_are_counted_by_the_path_s_template(client: httpx.AsyncClient, metrics: Metrics) -> None:
    await client.get("/1")
    await client.get("/2")
    await client.get("/no/such/path")
    counted = {"method": "GET", "route": "/api/v1/things/{thing_id}", "status": "200"}
    assert metrics.registry.get_sample_value("sovd_http_requests_total", counted) == 2
    unmatched = {"method": "GET", "route": "unmatched", "status": "404"}
    assert metrics.registry.get_sample_value("sovd_http_requests_total", unmatched) == 1


async def test_the_access_log_leaves_the_query_out(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logged:
        await client.get("/1?token=s3cret")
    (line,) = logged
    assert (line["event"], line["path"], line["status"]) == ("http.answered", "/api/v1/things/1", 200)
    assert "s3cret" not in str(line)
