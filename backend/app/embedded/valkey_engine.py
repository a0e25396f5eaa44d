"""Valkey without persistence, on a Unix socket of the program's own."""

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import ClassVar

from app.embedded import process_identity
from app.embedded.engine_account import EngineAccount
from app.embedded.engine_settings import redis_url, valkey_command
from app.embedded.launching import launch
from app.embedded.places import ValkeyPlaces

_ANSWER_WITHIN_S = 1.0


class ValkeyEngine:
    """One server; see `engine.Engine` for what the methods promise."""

    name: ClassVar[str] = "Valkey"
    start_within_s: ClassVar[float] = 20.0
    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]] = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, *, program: Path, places: ValkeyPlaces, engines: Path) -> None:
        """`engines` is the folder of the home that holds the locks."""
        self._program = program
        self._places = places
        self._engines = engines

    @property
    def lock_name(self) -> Path:
        """See `Engine`."""
        return self._engines / "valkey"

    @property
    def log(self) -> Path:
        """See `Engine`."""
        return self._places.log

    def url(self) -> str:
        """Address of the server."""
        return redis_url(self._places.socket)

    def find(self) -> int | None:
        """See `Engine`."""
        try:
            content = self._places.pid_file.read_text().strip()
        except FileNotFoundError:
            return None
        if not content.isdigit():
            return None
        pid = int(content)
        return pid if process_identity.runs(pid, "valkey-server", f"--unixsocket {self._places.socket}") else None

    def is_ready(self, pid: int) -> bool:
        """See `Engine`."""
        return self.find() == pid and self._answers()

    def launch(self) -> subprocess.Popen[bytes]:
        """See `Engine`."""
        account = EngineAccount(uid=os.geteuid(), gid=os.getegid(), switch=False)
        command = valkey_command(self._program, self._places)
        return launch(command, log=self._places.log, folder=self._places.part, account=account)

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_ANSWER_WITHIN_S)
                connection.connect(str(self._places.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
