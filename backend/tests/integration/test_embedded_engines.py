"""The embedded engines with real processes: start, share, crash, adopt, stop. Ends of processes are looked for, not
assumed."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio as redis

from app.embedded.engines import EmbeddedEngines
from app.embedded.errors import EngineFailed, HomeUnusable
from support.embedded_processes import (
    bystander_of,
    engine_pids,
    kill_all,
    mode_of,
    open_folder,
    owner_process,
    pids_of,
    query,
    ready_owner,
    until,
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A data directory not made yet."""
    with open_folder() as folder:
        yield folder / "data"


def _postgres_pid(home: Path) -> int:
    return int((home / "engines/postgres/data/postmaster.pid").read_text().splitlines()[0])


async def test_engines_start_serve_and_leave_nothing_running(home: Path) -> None:
    async with EmbeddedEngines.running(home) as addresses:
        assert await query(addresses, "SHOW fsync") == "on"
        assert await query(addresses, "SHOW listen_addresses") == ""
        assert await query(addresses, "SELECT current_setting('server_encoding')") == "UTF8"
        assert addresses.redis_url is not None
        async with redis.from_url(addresses.redis_url) as client:
            assert await client.ping()
        assert len(engine_pids(home)) == 2

    assert engine_pids(home) == []
    log = (home / "engines/postgres/postgres.log").read_text()
    assert "received fast shutdown request" in log
    assert "database system is shut down" in log


async def test_data_survive_a_stop_and_only_their_owner_can_read_them(home: Path) -> None:
    async with EmbeddedEngines.running(home, redis=False) as addresses:
        await query(addresses, "CREATE TABLE kept AS SELECT 1 AS n")
        assert addresses.redis_url is None
    async with EmbeddedEngines.running(home, redis=False) as addresses:
        assert await query(addresses, "SELECT n FROM kept") == 1

    for private in ("engines/postgres", "engines/postgres/data", "engines/postgres/run"):
        assert mode_of(home / private) == 0o700
    assert mode_of(home / "engines/postgres-password") == 0o600


async def test_a_wrong_password_is_refused(home: Path) -> None:
    async with EmbeddedEngines.running(home, redis=False) as addresses:
        assert addresses.database_url is not None
        run = addresses.database_url.partition("?")[2]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://sovd:wrong@/postgres?{run}")


async def test_killed_engines_come_back_at_the_same_address(home: Path) -> None:
    async with EmbeddedEngines.running(home) as addresses:
        await query(addresses, "CREATE TABLE kept AS SELECT 1 AS n")
        before = set(engine_pids(home))
        kill_all(list(before))
        await until(lambda: len(set(engine_pids(home)) - before) == 2)
        await until(lambda: "ready" in (home / "engines/postgres/data/postmaster.pid").read_text())

        assert await query(addresses, "SELECT n FROM kept") == 1
        assert addresses.redis_url is not None
        async with redis.from_url(addresses.redis_url) as client:
            assert await client.ping()
    assert engine_pids(home) == []


async def test_engines_of_a_killed_owner_are_taken_over(home: Path) -> None:
    async with ready_owner(home) as owner:
        await query(owner.addresses, "CREATE TABLE kept AS SELECT 1 AS n")
        before = engine_pids(home)
        owner.process.kill()
    assert len(before) == 2
    assert engine_pids(home) == before

    async with EmbeddedEngines.running(home) as addresses:
        assert engine_pids(home) == before
        assert await query(addresses, "SELECT n FROM kept") == 1
        os.kill(_postgres_pid(home), signal.SIGKILL)
        await until(lambda: len(engine_pids(home)) == 2 and engine_pids(home) != before)
    assert engine_pids(home) == []


async def test_everything_killed_at_once_starts_again_on_the_same_data(home: Path) -> None:
    async with ready_owner(home) as owner:
        await query(owner.addresses, "CREATE TABLE kept AS SELECT 1 AS n")
        owner.process.kill()
        kill_all(engine_pids(home))

    async with EmbeddedEngines.running(home) as addresses:
        assert await query(addresses, "SELECT n FROM kept") == 1


async def test_the_last_user_of_a_home_stops_the_engines(home: Path) -> None:
    async with ready_owner(home) as first, ready_owner(home) as second:
        assert first.addresses == second.addresses
        assert await first.end() == 0
        assert len(engine_pids(home)) == 2
        assert await query(second.addresses, "SELECT 1") == 1
        assert await second.end() == 0
        assert engine_pids(home) == []


async def test_two_that_start_together_share_one_engine(home: Path) -> None:
    async with asyncio.TaskGroup() as group:
        barrier = asyncio.Barrier(2)

        async def use() -> None:
            async with EmbeddedEngines.running(home) as addresses:
                await barrier.wait()
                assert len(engine_pids(home)) == 2
                assert await query(addresses, "SELECT 1") == 1
                await barrier.wait()

        group.create_task(use())
        group.create_task(use())
    assert engine_pids(home) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_in_the_terminal_reaches_us_first(home: Path, number: signal.Signals) -> None:
    async with ready_owner(home) as owner:
        os.killpg(owner.process.pid, number)
        assert await owner.process.wait() == 0
    assert engine_pids(home) == []


async def test_a_start_that_is_cancelled_leaves_nothing_running(home: Path) -> None:
    async def use() -> None:
        async with EmbeddedEngines.running(home):
            pytest.fail("was cancelled before")

    task = asyncio.create_task(use())
    await until(lambda: bool(engine_pids(home)))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine_pids(home) == []


@pytest.mark.parametrize("with_initdb", [True, False])
async def test_a_first_start_killed_half_way_is_made_good(home: Path, with_initdb: bool) -> None:
    part = home / "engines/postgres"
    async with owner_process(home) as owner:
        await until(lambda: any(part.glob("new-*/data/base")))
        owner.kill()
        if with_initdb:
            kill_all(pids_of("initdb", f"{home}/"))
    assert not (part / "data").exists()

    async with EmbeddedEngines.running(home, redis=False) as addresses:
        assert await query(addresses, "SELECT 1") == 1
    await until(lambda: not pids_of(f"{part}/new-"))
    async with EmbeddedEngines.running(home, redis=False) as addresses:
        assert await query(addresses, "SELECT 1") == 1
    assert list(part.glob("new-*")) == []


async def test_a_stale_pid_file_with_the_id_of_another_program_is_removed(home: Path) -> None:
    async with EmbeddedEngines.running(home, redis=False) as addresses:
        await query(addresses, "CREATE TABLE kept AS SELECT 1 AS n")
    data = home / "engines/postgres/data"
    with bystander_of(data) as bystander:
        pid_file = data / "postmaster.pid"
        pid_file.write_text(f"{bystander.pid}\n{data}\n1763842000\n5432\n{home}\n\n12345 67\nready\n")
        os.chown(pid_file, data.stat().st_uid, data.stat().st_gid)

        async with EmbeddedEngines.running(home, redis=False) as addresses:
            assert await query(addresses, "SELECT n FROM kept") == 1
        assert bystander.poll() is None, "a program that is not ours was stopped"


async def test_an_engine_that_cannot_start_says_why(home: Path) -> None:
    async with EmbeddedEngines.running(home, redis=False):
        pass
    (home / "engines/postgres/data/global/pg_control").unlink()

    with pytest.raises(EngineFailed, match="pg_control"):
        async with EmbeddedEngines.running(home, redis=False):
            pytest.fail("cannot run without its control file")


async def test_a_lost_password_is_named(home: Path) -> None:
    async with EmbeddedEngines.running(home, redis=False):
        pass
    (home / "engines/postgres-password").unlink()
    with pytest.raises(HomeUnusable, match="password"):
        async with EmbeddedEngines.running(home, redis=False):
            pytest.fail("cannot be used without its password")
