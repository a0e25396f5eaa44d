"""Looks at, starts and ends processes around the embedded engines."""

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from app.embedded import process_identity
from app.embedded.engines import EngineAddresses

_READY_WITHIN_S = 60.0


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that everybody can pass through, as `/home/somebody` often is; engines below it end with the block."""
    folder = Path(tempfile.mkdtemp(prefix="sovd-home-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        kill_all(engine_pids(folder))
        shutil.rmtree(folder)


def engine_pids(below: Path) -> list[int]:
    """Process ids of the engines whose data lie below this folder, without the children PostgreSQL just forked, which
    carry its command line for a moment."""
    pids = [pid for name in ("/postgres -D", "/valkey-server --") for pid in pids_of(f"{below}/", name)]
    return [pid for pid in pids if _parent_of(pid) not in pids]


def _parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def pids_of(*words: str) -> list[int]:
    """Process ids whose command line contains all the words."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if process_identity.runs(pid, *words)]


def kill_all(pids: list[int]) -> None:
    """SIGKILL to each."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def mode_of(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def rights_of(folder: Path) -> list[tuple[Path, int, int]]:
    """Mode and owner of a folder and of all above it."""
    return [(path, path.stat().st_mode, path.stat().st_uid) for path in (folder, *folder.parents)]


def owners_of(paths: Iterator[Path]) -> set[int]:
    """User ids that own these files (or processes, by their folder in `/proc`)."""
    return {path.stat().st_uid for path in paths}


def all_below(folder: Path) -> Iterator[Path]:
    """Everything below a folder."""
    return folder.rglob("*")


def make_folder(folder: Path, mode: int) -> None:
    """A folder of exactly this mode."""
    folder.mkdir()
    folder.chmod(mode)


@contextmanager
def bystander_of(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that has nothing to do with us, of the user who owns `folder`."""
    user = folder.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["/bin/sleep", "60"], user=user) as process:
        yield process
        process.kill()


async def until(condition: Callable[[], bool], *, within_s: float = 15.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.02)


async def query(addresses: EngineAddresses, statement: str) -> object:
    """The first value a statement gives, over a connection of its own."""
    assert addresses.database_url is not None
    connection = await asyncpg.connect(addresses.database_url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A running process that uses the engines."""

    process: asyncio.subprocess.Process
    addresses: EngineAddresses

    async def end(self) -> int:
        """Let it leave in an orderly way; gives its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await self.process.wait()


@asynccontextmanager
async def owner_process(home: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that starts the engines of `home`; killed at the end of the block."""
    path = os.pathsep.join(part for part in sys.path if part)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "support.embedded_owner", str(home), *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def ready_owner(home: Path, *arguments: str) -> AsyncIterator[Owner]:
    """A process that uses the engines of `home`, which are up."""
    async with owner_process(home, *arguments) as process:
        assert process.stdout is not None
        line = json.loads(await asyncio.wait_for(process.stdout.readline(), _READY_WITHIN_S))
        addresses = EngineAddresses(home=home, database_url=line["database_url"], redis_url=line["redis_url"])
        yield Owner(process=process, addresses=addresses)
