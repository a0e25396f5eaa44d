"""The tests' own engines: they answer, they come back after a kill, and they never outlive the tests."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import redis.asyncio as redis
from sqlalchemy import text

from app.storage.engine import Database
from support.engines import PostgresProcess, ValkeyProcess

_CRASHING_RUN = """
import os, signal, sys
from pathlib import Path
from support.engines import PostgresProcess, ValkeyProcess, make_engine_folder
folder = make_engine_folder()
postgres, valkey = PostgresProcess(folder), ValkeyProcess(folder)
postgres.start()
valkey.start()
print(folder, postgres.pid, valkey.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_database_fixture_is_migrated(database: Database) -> None:
    async with database.autocommit() as db:
        assert (await db.execute(text("SELECT count(*) FROM commands"))).scalar_one() == 0


async def test_valkey_fixture_is_empty(redis_url: str) -> None:
    async with redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", "behind")


async def test_valkey_is_emptied_between_tests(redis_url: str) -> None:
    async with redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0


async def test_killed_postgres_comes_back_with_its_data(engine_folder: Path) -> None:
    server = PostgresProcess(engine_folder / "own-postgres")
    server.start()
    connection = await asyncpg.connect(server.url())
    await connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    server.kill()
    connection.terminate()
    server.restart()

    connection = await asyncpg.connect(server.url())
    assert await connection.fetchval("SELECT n FROM kept") == 1
    await connection.close()
    server.stop()


async def test_killed_valkey_comes_back_at_the_same_address(engine_folder: Path) -> None:
    server = ValkeyProcess(engine_folder / "own-valkey")
    server.start()
    server.kill()
    server.restart()

    assert server.command("PING").startswith(b"+PONG")
    server.stop()


async def test_engines_end_with_a_killed_test_run() -> None:
    path = os.pathsep.join(part for part in sys.path if part)
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CRASHING_RUN, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    output, _ = await run.communicate()

    assert run.returncode == -signal.SIGKILL
    _, *pids = output.decode().split()
    deadline = time.monotonic() + 10
    while any(_is_running(int(pid)) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {pids}"
        await asyncio.sleep(0.02)


def _is_running(pid: int) -> bool:
    """False for a process that ended, also if nobody has collected its exit state yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
