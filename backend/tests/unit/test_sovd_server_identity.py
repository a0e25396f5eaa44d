"""Who may ask the SOVD server, and who is who."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from app.protocols.sovd.sovd_errors import SovdRefusal
from app.sovd_server.backend_values import Asking, Reading
from app.sovd_server.entity_tree import EntityKey
from app.sovd_server.identity import anyone, by_token, forbidden
from app.sovd_server.sovd_app import SovdServer, create_app, create_sovd_app
from support.memory_vehicle import MemoryVehicle, backend_of, settings_for_tests
from support.sovd_asking import ask, read
from support.sovd_peer import sovd_client

VERSION_INFO = "http://vehicle.test/version-info"


async def check_token(token: str) -> str | None:
    """One token is valid; another one is known and may not."""
    if token == "forbidden":
        raise forbidden("You may not see this vehicle.")
    return "anna" if token == "valid" else None


def bearer(token: str) -> dict[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("version_info_is_open", [True, False])
async def test_tokens(version_info_is_open: bool) -> None:
    settings = settings_for_tests(identify=by_token(check_token), version_info_is_open=version_info_is_open)
    async with sovd_client(create_sovd_app(backend_of(MemoryVehicle()), SovdServer(settings))) as client:
        await ask(client, "GET", VERSION_INFO, 200 if version_info_is_open else 401)
        for headers in ({}, bearer("wrong"), {"Authorization": "Basic dmFsaWQ="}, {"Authorization": "Bearer "}):
            answer = await ask(client, "GET", "components", 401, headers=headers)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        denied = await ask(client, "GET", "components", 403, headers=bearer("forbidden"))
        assert denied.json()["error_code"] == "insufficient-access-rights"
        await ask(client, "GET", "components", 200, headers=bearer("valid"))
        await ask(client, "GET", "nothing", 401)


def request_with(headers: dict[str, str], **scope: Any) -> Request:
    """A request as ASGI gives it."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "client": ("10.0.0.1", 5000), **scope})


async def test_callers_are_told_apart_by_the_best_that_is_there() -> None:
    certificate = {"tls": {"client_cert_name": "CN=tester"}}
    named = {"authorization": "Bearer t", "x-client-id": "x"}
    assert await anyone(request_with(named, extensions=certificate)) == "certificate:CN=tester"
    by_token_text = await anyone(request_with(named))
    assert by_token_text.startswith("token:")
    assert "Bearer" not in by_token_text
    assert await anyone(request_with({"x-client-id": "x"})) == "client:x"
    assert await anyone(request_with({})) == "address:10.0.0.1"
    assert await anyone(request_with({}, client=None)) == "address:unknown"


async def test_a_backend_that_never_answers_is_given_up() -> None:
    class Silent(MemoryVehicle):
        async def read_data(self, entity: EntityKey, data_id: str, asking: Asking) -> Reading:
            await asyncio.Event().wait()
            raise AssertionError

    app = create_sovd_app(backend_of(Silent()), SovdServer(settings_for_tests(answer_within_s=0.05)))
    async with sovd_client(app) as client:
        assert (await read(client, "components/engine/data/rpm", 504))["error_code"] == "not-responding"


async def test_a_vehicle_that_is_hidden_from_the_caller_is_not_there() -> None:
    server = SovdServer(settings_for_tests())
    vehicle = server.serve(backend_of(MemoryVehicle()))

    async def find(request: Request) -> Any:
        return vehicle if request.headers.get("x-client-id") == "anna" else None

    app = create_app(server, find)
    async with sovd_client(app, "anna") as client:
        await ask(client, "GET", "components", 200)
        await ask(client, "GET", "components", 404, headers={"X-Client-Id": "ben"})
        await ask(client, "GET", VERSION_INFO, 404, headers={"X-Client-Id": "ben"})


async def test_links_keep_the_path_of_a_mount_and_the_public_host() -> None:
    settings = settings_for_tests(public_url="https://cars.test", absolute_links=True)
    app = create_sovd_app(backend_of(MemoryVehicle()), SovdServer(settings))
    transport = httpx.ASGITransport(app=app, root_path="/vehicles/one")
    async with httpx.AsyncClient(transport=transport, base_url="http://inside/vehicles/one/sovd/v1/") as client:
        body = await read(client, "components/engine")
        assert body["data"] == "https://cars.test/vehicles/one/sovd/v1/components/engine/data"


async def test_a_refusal_may_come_from_anywhere() -> None:
    refusal = SovdRefusal(418, forbidden("no").error)

    async def find(request: Request) -> Any:
        raise refusal

    async with sovd_client(create_app(SovdServer(settings_for_tests()), find)) as client:
        await ask(client, "GET", "components", 418)
