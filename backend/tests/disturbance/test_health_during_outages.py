"""Readiness while a dependency is away: it names the failing one, and comes back with it."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.engines import PostgresProcess, ValkeyProcess, make_engine_folder
from support.running_app import running, settings_for_tests

pytestmark = pytest.mark.disturbance


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder for engines of this test's own, which it may kill."""
    folder = make_engine_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def readiness(client: httpx.AsyncClient, wanted: Callable[[httpx.Response], bool]) -> httpx.Response:
    """Ask until the answer is as wanted; the last answer either way."""
    deadline = asyncio.get_running_loop().time() + 15
    while True:
        answer = await client.get("/health/ready")
        if wanted(answer) or asyncio.get_running_loop().time() > deadline:
            return answer
        await asyncio.sleep(0.01)


def problems(answer: httpx.Response) -> dict[str, Any]:
    """What each check says."""
    return {check["name"]: check["problem"] for check in answer.json()["checks"] if check["problem"]}


async def test_without_redis_it_is_degraded_and_still_ready(database_url: str, own_folder: Path) -> None:
    valkey = ValkeyProcess(own_folder)
    valkey.start()
    try:
        async with running(settings_for_tests(database_url, valkey.url, own_folder)) as app:
            valkey.kill()
            answer = await readiness(app.admin, lambda answer: answer.json()["status"] != "ok")
            assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
            assert problems(answer).keys() == {"redis"}
            assert (await app.admin.get("/api/v1/vehicles")).status_code == 200
            valkey.restart()
            answer = await readiness(app.admin, lambda answer: answer.json()["status"] == "ok")
            assert answer.json()["status"] == "ok"
    finally:
        valkey.stop()


async def test_without_the_database_it_is_not_ready_and_says_so(redis_url: str, own_folder: Path) -> None:
    postgres = PostgresProcess(own_folder)
    postgres.start()
    try:
        async with running(settings_for_tests(postgres.url(), redis_url, own_folder)) as app:
            postgres.kill()
            answer = await readiness(app.admin, lambda answer: answer.status_code == 503)
            assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
            assert {"database", "migrations"} <= problems(answer).keys()
            assert "database" in answer.json()["detail"]
            refused = await app.admin.get("/api/v1/vehicles")
            assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
            assert "retry-after" in refused.headers
            assert "sovd_queue_depth NaN" in (await app.admin.get("/metrics")).text
            assert (await app.admin.get("/health/live")).status_code == 200
            postgres.restart()
            answer = await readiness(app.admin, lambda answer: answer.status_code == 200)
            assert answer.json()["status"] == "ok"
    finally:
        postgres.stop()
