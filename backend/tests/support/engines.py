"""Real PostgreSQL and Valkey for tests: started from the wheels, killable, and never outliving the tests.

The engines end with the thread that started them, even if its process is killed (Linux: PR_SET_PDEATHSIG): start and
restart them from the main thread or from one that lives as long. Durability against
power cuts is off for speed; what SQL means is unchanged, and data survives a kill of the engine.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from app.embedded.engine_account import EngineAccount, engine_account
from app.embedded.runtime_copy import copied_install
from app.embedded.wheels import PostgresInstall, find_postgres, find_valkey

_START_WITHIN_S = 30.0
_FOLDER_PREFIX = "sovd-tests-"
_PR_SET_PDEATHSIG = 1

POSTGRES_SETTINGS = {
    "fsync": "off",  # a commit still reaches the kernel, so it survives SIGKILL of the engine
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "300",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "timezone": "UTC",
    "listen_addresses": "",
    "logging_collector": "off",
    "jit": "off",
}


class EngineDidNotStart(AssertionError):
    """An engine did not answer in time; carries its log."""


def make_engine_folder() -> Path:
    """A private folder that the engines' account owns; also clears what crashed test runs left behind."""
    parent = Path(tempfile.gettempdir())
    for leftover in parent.glob(f"{_FOLDER_PREFIX}*"):
        owner = leftover.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-"))
    _give_to(folder, engine_account())
    return folder


def _make_folder(folder: Path, account: EngineAccount) -> None:
    if not folder.exists():
        folder.mkdir(mode=0o700)
        _give_to(folder, account)


def _give_to(folder: Path, account: EngineAccount) -> None:
    if account.switch:
        os.chown(folder, account.uid, account.gid)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _die_with_parent(signal_number: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal_number)

    return in_child


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _spawn(
    arguments: Sequence[str | Path], *, log: IO[bytes], cwd: Path, account: EngineAccount | None, end_signal: int
) -> subprocess.Popen[bytes]:
    """Start an engine that gets `end_signal` when the thread that called this ends."""
    return subprocess.Popen(  # noqa: S603 - a program of the wheel with arguments from here
        arguments,
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_parent(end_signal),  # noqa: PLW1509 - the only way to set the signal
        env=_environment(),
        cwd=cwd,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=account.extra_groups if account else None,
    )


def _wait_until(answers: Callable[[], bool], *, alive: Callable[[], bool], log: Path, what: str) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while not answers():
        if not alive() or time.monotonic() > deadline:
            raise EngineDidNotStart(f"{what} did not start:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.02)


class PostgresProcess:
    """One PostgreSQL cluster on a Unix socket. `kill` is SIGKILL; `restart` comes back on the same data and address."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        """`folder` lies in one of `make_engine_folder` and is made if missing. Starts nothing yet."""
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "postgres.log"
        self._settings = POSTGRES_SETTINGS | (settings or {})
        self._account = engine_account()
        _make_folder(folder, self._account)
        self._programs = _reachable(find_postgres(), self._account, folder).programs
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Address of one database of the cluster; the same before and after a restart."""
        return f"postgresql://sovd@/{database}?host={self._folder}"

    @property
    def pid(self) -> int:
        """Process id of the running postmaster."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        """Make the cluster if there is none, start it, wait until it takes connections."""
        if not self._data.exists():
            self._run("initdb", "-D", str(self._data), "-U", "sovd", "-A", "trust", "-N", "--no-instructions")
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = _spawn(
                [self._programs / "postgres", "-D", self._data, "-k", self._folder, *options],
                log=log,
                cwd=self._folder,
                account=self._account,
                end_signal=signal.SIGQUIT,
            )
        _wait_until(self._answers, alive=self._alive, log=self._log, what="PostgreSQL")

    def stop(self) -> None:
        """Immediate shutdown: for the end of the tests."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """SIGKILL to the postmaster, as the out-of-memory killer would; its children notice and leave."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Fast shutdown if it runs (as an administrator would), then start on the same data."""
        self._end(signal.SIGINT)
        self.start()

    def _end(self, signal_number: int) -> None:
        if self._process is not None:
            self._process.send_signal(signal_number)
            self._process.wait(timeout=_START_WITHIN_S)
            self._process = None

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _answers(self) -> bool:
        pid_file = self._data / "postmaster.pid"
        if not pid_file.exists():
            return False
        lines = pid_file.read_text().splitlines()
        # Line 8 is the state (PostgreSQL source, miscadmin.h).
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - a program of the wheel with arguments from here
            [self._programs / program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=_environment(),
            cwd=self._folder,
            user=self._account.user,
            group=self._account.group,
            extra_groups=self._account.extra_groups,
        )
        if done.returncode != 0:
            raise EngineDidNotStart(f"{program} failed:\n{done.stdout}\n{done.stderr}")


def _reachable(install: PostgresInstall, account: EngineAccount, folder: Path) -> PostgresInstall:
    return install if account.can_run(install.programs / "postgres") else copied_install(install, folder)


class ValkeyProcess:
    """One Valkey on a Unix socket, without persistence: after `kill` and `restart` it is empty, at the same address."""

    def __init__(self, folder: Path) -> None:
        """Socket and log go to `folder`, which is made if missing. Starts nothing yet."""
        _make_folder(folder, engine_account())
        self._socket = folder / "valkey.sock"
        self._log = folder / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address, as redis-py spells it; the same before and after a restart."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = ["--port", "0", "--save", "", "--appendonly", "no", "--unixsocketperm", "700"]
        with self._log.open("ab") as log:
            self._process = _spawn(
                [find_valkey(), "--unixsocket", self._socket, "--dir", self._socket.parent, *settings],
                log=log,
                cwd=self._socket.parent,
                account=None,
                end_signal=signal.SIGKILL,
            )
        _wait_until(self._answers, alive=self._alive, log=self._log, what="Valkey")

    def stop(self) -> None:
        """End it in an orderly way."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: connections break, everything it held is gone."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """End it if it runs, then start at the same address, empty."""
        self._end(signal.SIGTERM)
        self.start()

    def command(self, *words: str) -> bytes:
        """Send one command over a connection of its own and return the first bytes of the raw answer (RESP)."""
        request = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self._socket))
            connection.sendall(request)
            return connection.recv(4096)

    def _answers(self) -> bool:
        try:
            return self.command("PING").startswith(b"+PONG")
        except OSError:
            return False

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, signal_number: int) -> None:
        if self._process is not None:
            self._process.send_signal(signal_number)
            self._process.wait(timeout=_START_WITHIN_S)
            self._process = None
