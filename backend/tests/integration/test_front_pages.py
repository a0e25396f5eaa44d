"""What is served without a token: pages that load nothing from elsewhere, health, figures, error codes."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.api.problem_types import PROBLEM_TYPES
from support.running_app import RunningApp


@pytest.fixture
async def visitor(running_app: RunningApp) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token."""
    async with httpx.AsyncClient(base_url=running_app.base_url, trust_env=False) as client:
        yield client


async def test_without_a_built_page_the_root_says_what_this_is_and_leads_on(
    running_app: RunningApp, visitor: httpx.AsyncClient, tmp_path: Path
) -> None:
    state = running_app.app.state
    state.sovd = replace(state.sovd, settings=replace(state.sovd.settings, page_folder=tmp_path))
    assert (await visitor.get("/vehicles", headers={"Accept": "text/html"})).status_code == 404
    page = await visitor.get("/")
    assert "SOVD Command" in page.text
    for target in re.findall(r'href="([^"]+)"', page.text):
        assert (await visitor.get(f"/{target}")).status_code == 200, target


async def test_the_api_pages_load_only_files_of_this_server(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 4
    for target in loaded:
        answer = await visitor.get(f"/{target}")
        assert (answer.status_code, len(answer.content) > 100) == (200, True), target
        assert answer.headers["content-security-policy"]
    assert (await visitor.get("/docs/assets/__init__.py")).status_code == 404


async def test_the_openapi_document_is_served(visitor: httpx.AsyncClient) -> None:
    document = (await visitor.get("/openapi.json")).json()
    assert document["info"]["title"] == "SOVD Command"


async def test_every_error_code_has_a_page_and_a_document(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/problems")).json()["items"][0]["code"] in PROBLEM_TYPES
    for code in PROBLEM_TYPES:
        assert (await visitor.get(f"/problems/{code}")).json()["code"] == code
    page = await visitor.get("/problems/vin_taken", headers={"Accept": "text/html"})
    assert "VIN taken" in page.text
    assert (await visitor.get("/problems/never_heard_of")).status_code == 404


async def test_alive_and_ready_with_every_dependency(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/health/live")).json() == {"status": "ok"}
    ready = await visitor.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert {check["name"] for check in ready.json()["checks"]} >= {"database", "redis", "migrations"}


async def test_figures_show_the_queue_of_the_database(running_app: RunningApp, visitor: httpx.AsyncClient) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    await running_app.submit(vehicle_id)
    figures = await visitor.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "\nsovd_queue_depth 1.0\n" in figures.text
    assert '\nsovd_commands_submitted_total{command="ReadDTC"} 1.0\n' in figures.text
    assert '\nsovd_http_requests_total{method="POST",route="/api/v1/commands",status="201"} 1.0\n' in figures.text
