"""API and worker in one process: what requests do to the database must not stop what runs on vehicles."""

import asyncio
from pathlib import Path

import httpx
from sqlalchemy import text

from app.storage.engine import Database
from support.builders import count
from support.running_app import running, settings_for_tests
from support.waiting import eventually

_WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE datname = current_database() AND NOT granted
"""


async def test_requests_that_take_all_connections_cost_no_lease(
    database: Database, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = settings_for_tests(database_url, redis_url, tmp_path, lease_s=4.0, heartbeat_s=0.3, database_pool_size=3)

    async def all_connections_are_taken() -> bool:
        async with database.autocommit() as db:
            return await count(db, _WAITING) == settings.database_pool_size

    async def has_ended() -> bool:
        async with database.autocommit() as db:
            return await count(db, "SELECT count(*) FROM commands WHERE status <> 'in_progress'") == 1

    async with running(settings) as app:
        await app.when(await app.submit(await app.add_vehicle("sim:?delay=2.5")), {"in_progress"})
        async with asyncio.TaskGroup() as tasks, database.transaction() as db:
            await db.execute(text("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"))
            for _ in range(2 * settings.database_pool_size):
                tasks.create_task(_sign_in_in_vain(app.base_url))
            await eventually(all_connections_are_taken, what="all connections are taken")
            await eventually(has_ended, what="the command has ended", within_s=40)
            completed = await count(db, "SELECT count(*) FROM commands WHERE status = 'completed' AND attempt = 1")
    assert completed == 1


async def _sign_in_in_vain(base_url: str) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=30, trust_env=False) as client:
        await client.post("/api/v1/auth/login", json={"username": "admin", "password": "a-long-admin-password"})
