"""PostgreSQL on a data directory of the program's own."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

import structlog

from app.embedded import process_identity
from app.embedded.engine_account import EngineAccount
from app.embedded.engine_failure import failure
from app.embedded.engine_settings import database_url, engine_environment, initdb_command, postgres_command
from app.embedded.errors import HomeUnusable
from app.embedded.home import make_passable, write_privately
from app.embedded.launching import launch
from app.embedded.places import PostgresPlaces
from app.embedded.postmaster_file import PostmasterFile, parse_postmaster_file
from app.embedded.runtime_copy import copied_install
from app.embedded.wheels import PostgresInstall

_log = structlog.get_logger(__name__)

_NEW_CLUSTER_PREFIX = "new-"
_NEW_CLUSTER_WITHIN_S = 120.0


class PostgresEngine:
    """One cluster; see `engine.Engine` for what the methods promise."""

    name: ClassVar[str] = "PostgreSQL"
    # After a power cut the server first makes its files safe and replays its log.
    start_within_s: ClassVar[float] = 120.0
    # Fast, immediate, kill: PostgreSQL loses nothing that was committed in any of them.
    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]] = (
        (signal.SIGINT, 30.0),
        (signal.SIGQUIT, 10.0),
        (signal.SIGKILL, 5.0),
    )

    def __init__(
        self, *, install: PostgresInstall, places: PostgresPlaces, engines: Path, account: EngineAccount
    ) -> None:
        """`engines` is the folder of the home that holds the locks and the password."""
        self._install = install
        self._places = places
        self._engines = engines
        self._account = account

    @property
    def lock_name(self) -> Path:
        """See `Engine`."""
        return self._engines / "postgres"

    @property
    def log(self) -> Path:
        """See `Engine`."""
        return self._places.log

    def url(self) -> str:
        """Address with the generated password. Call it after the engine was started once."""
        return database_url(self._password_file.read_text().strip(), self._places.run)

    def find(self) -> int | None:
        """See `Engine`. A file left behind by a dead server, or whose process id means another program now, counts
        for nothing."""
        found = self._postmaster()
        return found.pid if found and self._is_ours(found.pid) else None

    def is_ready(self, pid: int) -> bool:
        """See `Engine`."""
        found = self._postmaster()
        return found is not None and found.pid == pid and found.is_ready

    def launch(self) -> subprocess.Popen[bytes]:
        """See `Engine`. Raises EngineFailed, DiskFull, HomeUnusable."""
        programs = self._usable_programs()
        self._remove_leftovers()
        if not self._places.data.exists():
            self._make_cluster(programs)
        elif not self._password_file.exists():
            raise HomeUnusable(f"the database's password {self._password_file} is gone: put it back from a backup")
        self._remove_misleading_file()
        command = postgres_command(programs, self._places)
        return launch(command, log=self._places.log, folder=self._places.part, account=self._account)

    @property
    def _password_file(self) -> Path:
        return self._engines / "postgres-password"

    def _postmaster(self) -> PostmasterFile | None:
        try:
            return parse_postmaster_file((self._places.data / "postmaster.pid").read_text())
        except FileNotFoundError:
            return None

    def _is_ours(self, pid: int) -> bool:
        return process_identity.runs(pid, "postgres", f"-D {self._places.data} ")

    def _remove_misleading_file(self) -> None:
        """PostgreSQL refuses to start while the process id in its file is alive, even as quite another program."""
        found = self._postmaster()
        if found and process_identity.is_alive(found.pid) and not self._is_ours(found.pid):
            _log.info("stale postmaster.pid removed", pid=found.pid)
            (self._places.data / "postmaster.pid").unlink()

    def _usable_programs(self) -> Path:
        if self._account.can_run(self._install.programs / "postgres"):
            return self._install.programs
        make_passable(self._places.programs)
        return copied_install(self._install, self._places.programs).programs

    def _remove_leftovers(self) -> None:
        """Clusters that were cut short. What their last processes still write is removed at the next start."""
        for leftover in self._places.part.glob(f"{_NEW_CLUSTER_PREFIX}*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def _make_cluster(self, programs: Path) -> None:
        """Under another name, then renamed: a cluster that was cut short never counts."""
        part = self._places.part
        if not self._password_file.exists():
            write_privately(self._password_file, f"{secrets.token_urlsafe(32)}\n")
        work = Path(tempfile.mkdtemp(prefix=_NEW_CLUSTER_PREFIX, dir=part))
        password = work / "password"
        write_privately(password, self._password_file.read_text())
        for path in (work, password):
            if self._account.switch:
                os.chown(path, self._account.uid, self._account.gid, follow_symlinks=False)
        self._initdb(initdb_command(programs, work / "data", password), work)
        (work / "data").rename(self._places.data)
        shutil.rmtree(work)

    def _initdb(self, command: list[str], work: Path) -> None:
        done = subprocess.run(  # noqa: S603 - a program of the wheel with arguments from engine_settings
            command,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_NEW_CLUSTER_WITHIN_S,
            cwd=work,
            env=engine_environment(os.environ),
            start_new_session=True,
            umask=0o077,
            user=self._account.user,
            group=self._account.group,
            extra_groups=self._account.extra_groups,
        )
        if done.returncode != 0:
            raise failure(f"PostgreSQL could not make its data in {self._places.part}", done.stdout + done.stderr)
