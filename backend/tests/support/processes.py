"""Real processes of the program for tests that disturb them: API processes and workers, killable, never left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import httpx
import psutil

from support.engines import die_with_parent
from support.running_app import ADMIN_PASSWORD, Service, sign_in

_TESTS = Path(__file__).resolve().parents[1]
_PROGRAM = ("-c", "from app.cli import main; main()")
_READY_WITHIN_S = 40.0
_ENDED_WITHIN_S = 40.0

QUICK_LEASES = {"lease_s": 3.0, "heartbeat_s": 0.5, "queue_poll_s": 0.3}
"""Settings that find a dead worker in some three seconds, for tests that do not measure the default."""


class ProcessDidNotStart(AssertionError):
    """A process was not ready in time; carries its log."""


class ServiceProcess:
    """One process: `sovd serve`, `sovd serve --no-worker` or `sovd worker`. After its end it may be started again."""

    def __init__(self, arguments: Sequence[str], *, environment: dict[str, str], log: Path) -> None:
        """`arguments` follow the interpreter. Starts nothing yet."""
        self._arguments = [sys.executable, *arguments]
        self._environment = environment
        self._log = log
        self._log_read_from = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id, also of its process group. Meaningful once it was started."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written since its latest start."""
        return self._log.read_bytes()[self._log_read_from :].decode(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Start it in a process group of its own; it dies with the tests."""
        self._log_read_from = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the interpreter with arguments from here
                self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - the only way to set the signal
            )

    async def ready(self) -> None:
        """Wait until it works. Raises ProcessDidNotStart."""
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                while not await self._is_ready():
                    if self._process is None or self._process.poll() is not None:
                        raise ProcessDidNotStart(f"it ended:\n{self.log[-4000:]}")
                    await asyncio.sleep(0.03)
        except TimeoutError:
            raise ProcessDidNotStart(f"not ready in time:\n{self.log[-4000:]}") from None

    async def _is_ready(self) -> bool:
        return "worker started" in self.log

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, as a supervisor would."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL to the whole process group, and wait until it is gone."""
        if self._process is not None:
            with suppress(ProcessLookupError):  # it may have ended before
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=_ENDED_WITHIN_S)
            self._process = None

    async def ended(self) -> int:
        """Wait for its end; gives the exit code and sees to it that its group left nothing behind."""
        assert self._process is not None, "not started"
        code = await asyncio.to_thread(self._process.wait, _ENDED_WITHIN_S)
        assert group_of(self.pid) == [], "it left processes behind"
        return code

    async def terminate(self) -> int:
        """SIGTERM, then its exit code."""
        self.send(signal.SIGTERM)
        return await self.ended()


class ApiProcess(ServiceProcess):
    """A process that serves HTTP, on the same port after every start."""

    def __init__(self, arguments: Sequence[str], *, environment: dict[str, str], log: Path) -> None:
        """Reserves a port until `release`."""
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Bound but not listening: nobody else is given the port, and a listener with SO_REUSEADDR may still bind it.
        self._reserved.bind(("127.0.0.1", 0))
        port = self._reserved.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}"
        super().__init__(arguments, environment=environment | {"SOVD_PORT": str(port)}, log=log)

    async def _is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient(base_url=self.base_url, timeout=5, trust_env=False) as client:
                return (await client.get("/health/ready")).status_code == 200
        except httpx.TransportError:
            return False

    def release(self) -> None:
        """Give the port back."""
        self._reserved.close()


ProcessT = TypeVar("ProcessT", bound=ServiceProcess)


class Installation:
    """Processes over one database and one Valkey, or over their own embedded ones, with one set of settings."""

    def __init__(self, folder: Path, stack: AsyncExitStack, settings: dict[str, object]) -> None:
        """Use `installation`."""
        self._folder = folder
        self._stack = stack
        self._settings = settings

    def api(self, name: str = "api", *, worker: bool = False, program: Sequence[str] = _PROGRAM) -> ApiProcess:
        """A started `sovd serve`, without a worker unless asked for."""
        arguments = [*program, "serve", *([] if worker else ["--no-worker"])]
        process = ApiProcess(arguments, environment=self._environment(), log=self._folder / f"{name}.log")
        self._stack.callback(process.release)
        return self._started(process)

    def worker(self, name: str = "worker", *, program: Sequence[str] = _PROGRAM, **settings: object) -> ServiceProcess:
        """A started `sovd worker`; `settings` are its own."""
        environment = self._environment() | _spelled(settings)
        return self._started(
            ServiceProcess([*program, "worker"], environment=environment, log=self._folder / f"{name}.log")
        )

    async def service(self, api: ApiProcess) -> Service:
        """An API process that is ready, with the admin signed in."""
        await api.ready()
        admin = await self._stack.enter_async_context(await sign_in(api.base_url, "admin", ADMIN_PASSWORD))
        return Service(base_url=api.base_url, admin=admin)

    def _started(self, process: ProcessT) -> ProcessT:
        self._stack.callback(process.kill)
        process.start()
        return process

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOVD_")}
        path = os.pathsep.join((str(_TESTS.parent), str(_TESTS)))
        return inherited | {"PYTHONPATH": path} | _spelled(self._settings)


@asynccontextmanager
async def installation(
    folder: Path, database_url: str | None, redis_url: str | None, **settings: object
) -> AsyncIterator[Installation]:
    """Processes that are all killed when the block ends. Logs go to `folder`; None means embedded engines."""
    given: dict[str, object] = {
        "home": folder / "home",
        "admin_password": ADMIN_PASSWORD,
        "token_secret": "a secret of the tests, long enough for HS256",
        "rate_limit_login": "1000/minute",
        "rate_limit_commands": "100000/minute",
        "probe_interval_s": 1.0,
        "log_format": "json",
    }
    addresses = {"database_url": database_url, "redis_url": redis_url}
    async with AsyncExitStack() as stack:
        yield Installation(folder, stack, given | {name: url for name, url in addresses.items() if url} | settings)


Install = Callable[..., AbstractAsyncContextManager[Installation]]
"""An `installation` of which only settings are still to be given."""


def group_of(pid: int) -> list[int]:
    """Living processes of a process group."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def _spelled(settings: dict[str, object]) -> dict[str, str]:
    return {f"SOVD_{name.upper()}": str(value) for name, value in settings.items()}
