"""The program under measurement: real `sovd` child processes, on engines that may be shared with the floor."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.embedded.engines import EmbeddedEngines
from benchmarks.http_client import HttpConnection, UnexpectedAnswer

ADMIN_PASSWORD = "a-password-for-the-benchmark"  # noqa: S105 - of a server that lives for the run only
_READY = re.compile(r"serves on http://([\d.]+):(\d+)")
_START_WITHIN_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """PostgreSQL and Valkey of this run."""

    home: Path
    database_url: str
    redis_url: str

    def database(self, name: str) -> str:
        """Address of another database of the same PostgreSQL."""
        return self.database_url.replace("@/postgres?", f"@/{name}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A served API: where it is, the processes behind it, an administrator's token."""

    host: str
    port: int
    token: str
    process_ids: tuple[int, ...]

    async def connect(self) -> HttpConnection:
        """A connection signed in as administrator."""
        return await HttpConnection.open(self.host, self.port, self.token)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that lets others through: else root's PostgreSQL keeps its data where nobody removes it."""
    with tempfile.TemporaryDirectory(prefix="sovd-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@asynccontextmanager
async def engines() -> AsyncIterator[Engines]:
    """The embedded engines with their ordinary settings, in a folder that goes with the block."""
    with open_folder() as folder:
        home = folder / "home"
        async with EmbeddedEngines.running(home) as own:
            assert own.database_url is not None
            assert own.redis_url is not None
            yield Engines(home=home, database_url=own.database_url, redis_url=own.redis_url)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Ordinary settings; only the limits on the number of commands and the life of a token are out of the way."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOVD_")}
    return {
        **inherited,
        "SOVD_HOME": str(home),
        "SOVD_PORT": "0",
        "SOVD_ADMIN_PASSWORD": ADMIN_PASSWORD,
        "SOVD_RATE_LIMIT_COMMANDS": "100000000/minute",
        "SOVD_RATE_LIMIT_LOGIN": "1000/minute",
        "SOVD_ACCESS_TOKEN_TTL_S": "86400",
        **more,
    }


def on_engines(shared: Engines, **more: str) -> dict[str, str]:
    """Settings for a server on engines that run already."""
    return environment(shared.home, SOVD_DATABASE_URL=shared.database_url, SOVD_REDIS_URL=shared.redis_url, **more)


@asynccontextmanager
async def serving(settings: dict[str, str], *, separate_worker: bool = False) -> AsyncIterator[Server]:
    """`sovd serve`, or `sovd serve --no-worker` and `sovd worker`; stopped by SIGTERM when the block ends."""
    with tempfile.TemporaryFile() as log:
        children: list[subprocess.Popen[bytes]] = []
        try:
            api = spawn(["serve", *(["--no-worker"] if separate_worker else [])], settings, log)
            children.append(api)
            host, port = await asyncio.to_thread(_wait_until_ready, api, log)
            if separate_worker:
                children.append(spawn(["worker"], settings, log))
            token = await sign_in(host, port)
            yield Server(host=host, port=port, token=token, process_ids=tuple(child.pid for child in children))
        finally:
            for child in reversed(children):
                child.send_signal(signal.SIGTERM)
                await asyncio.to_thread(child.wait, 60)


async def sign_in(host: str, port: int) -> str:
    """An administrator's access token."""
    connection = await HttpConnection.open(host, port)
    body = {"username": "admin", "password": ADMIN_PASSWORD}
    answer = await connection.request("POST", "/api/v1/auth/login", body)
    connection.close()
    if answer.status != 200:
        raise UnexpectedAnswer(answer.body.decode())
    token: str = answer.json()["access_token"]
    return token


def spawn(arguments: Sequence[str], settings: dict[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the program; its log goes to a file, as it would on a server."""
    command = [str(Path(sys.executable).with_name("sovd")), *arguments]
    return subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=log)  # noqa: S603 - our own program


def _wait_until_ready(child: subprocess.Popen[bytes], log: IO[bytes]) -> tuple[str, int]:
    assert child.stdout is not None
    for line in child.stdout:
        found = _READY.search(line.decode())
        if found:
            return found[1], int(found[2])
    log.seek(0)
    raise UnexpectedAnswer(f"the server did not start:\n{log.read().decode()[-3000:]}")
