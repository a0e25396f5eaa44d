"""Which account, which folders, which rights: the embedded engines as root and as an ordinary user."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import process_identity
from app.embedded.engine_account import EngineAccount
from app.embedded.engines import EmbeddedEngines
from support.embedded_processes import (
    all_below,
    engine_pids,
    make_folder,
    mode_of,
    open_folder,
    owners_of,
    query,
    ready_owner,
    rights_of,
)

_IS_ROOT = os.geteuid() == 0
_NOBODY = 65534


@pytest.fixture
def home() -> Iterator[Path]:
    """A data directory not made yet."""
    with open_folder() as folder:
        yield folder / "data"


async def test_a_deep_home_puts_its_sockets_elsewhere(home: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    async with EmbeddedEngines.running(deep) as addresses:
        assert str(home) not in str(addresses.redis_url)
        assert await query(addresses, "SELECT 1") == 1
        folders = [Path(str(addresses.redis_url).removeprefix("unix://")).parent]
        folders.append(Path(str(addresses.database_url).partition("?host=")[2]))
    for folder in folders:
        assert mode_of(folder) == 0o700
        shutil.rmtree(folder)


async def test_programs_out_of_reach_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EngineAccount, "can_run", lambda _self, _program: False)
    async with EmbeddedEngines.running(home, redis=False) as addresses:
        assert await query(addresses, "SELECT 1") == 1
        (pid,) = engine_pids(home)
        assert process_identity.command_line(pid).startswith(f"{home}/engines/programs/")


async def test_folders_that_were_there_keep_their_rights(home: Path) -> None:
    make_folder(home, 0o755)
    before = rights_of(home)
    async with EmbeddedEngines.running(home):
        pass
    assert rights_of(home) == before


@pytest.mark.skipif(not _IS_ROOT, reason="only root can become another user")
async def test_an_ordinary_user_needs_nobody_s_help(home: Path) -> None:
    make_folder(home, 0o755)
    os.chown(home, _NOBODY, _NOBODY)
    for _ in range(2):
        async with ready_owner(home, str(_NOBODY)) as owner:
            assert await query(owner.addresses, "SELECT 1") == 1
            assert owners_of(Path(f"/proc/{pid}") for pid in engine_pids(home)) == {_NOBODY}
            assert await owner.end() == 0
        assert engine_pids(home) == []
    assert owners_of(all_below(home)) == {_NOBODY}


@pytest.mark.skipif(not _IS_ROOT, reason="PostgreSQL changes its account only under root")
async def test_root_with_a_closed_home_keeps_the_data_elsewhere(home: Path) -> None:
    make_folder(home, 0o700)
    async with EmbeddedEngines.running(home, redis=False) as addresses:
        await query(addresses, "CREATE TABLE kept AS SELECT 1 AS n")
    elsewhere = Path((home / "engines/postgres-folder").read_text().strip())
    try:
        async with EmbeddedEngines.running(home, redis=False) as addresses:
            assert await query(addresses, "SELECT n FROM kept") == 1
        assert mode_of(home) == 0o700
        assert elsewhere.parent == Path("/var/lib/sovd-command/homes")
    finally:
        shutil.rmtree(elsewhere)
