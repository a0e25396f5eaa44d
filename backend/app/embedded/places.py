"""Where everything of the embedded engines lies. Pure: decides, makes nothing.

home/                     the data directory
  engines/                ours; passable for PostgreSQL's account when we are root
    postgres.lock …       who is starting, who is using (one pair per engine)
    postgres-password     0600
    postgres-folder       says where PostgreSQL's part is, if not here
    programs/             copy of the programs, if `site-packages` is closed to PostgreSQL's account
    postgres/             0700, of PostgreSQL's account: data/, run/ (socket), postgres.log
    valkey/               0700: valkey.sock, valkey.pid, valkey.log
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

ROOT_HOME = Path("/var/lib/sovd-command")
"""Data directory when run as root (Filesystem Hierarchy Standard, 5.8)."""

LONGEST_SOCKET_PATH = 103
"""Bytes in `sun_path`, without the closing zero byte: 103 on macOS, 107 on Linux."""

POSTGRES_SOCKET_NAME = ".s.PGSQL.5432"
VALKEY_SOCKET_NAME = "valkey.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlaces:
    """PostgreSQL's own part; `part` may lie outside the home. `run` holds the socket."""

    part: Path
    run: Path

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.part / "data"

    @property
    def log(self) -> Path:
        """Its log, written by us on its behalf."""
        return self.part / "postgres.log"

    @property
    def programs(self) -> Path:
        """Parent of copies of the programs; beside the part, as the part itself is closed to others."""
        return self.part.parent / "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyPlaces:
    """Valkey's folder, and the folder of its socket."""

    part: Path
    run: Path

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.run / VALKEY_SOCKET_NAME

    @property
    def pid_file(self) -> Path:
        """Written by Valkey itself."""
        return self.part / "valkey.pid"

    @property
    def log(self) -> Path:
        """Its log."""
        return self.part / "valkey.log"


def digest_of(home: Path) -> str:
    """Short name for a home: the same for the same path."""
    return hashlib.sha256(str(home).encode()).hexdigest()[:12]


def run_folder(part: Path, socket_name: str, *, home: Path, uid: int, temporary: Path) -> Path:
    """Folder for a socket: below `part` if the path fits into `sun_path`, else a short one named by user and home.

    The result may still be too long if `temporary` is; see `fits`.
    """
    near = part / "run"
    if fits(near / socket_name):
        return near
    return temporary / f"sovd-{uid}-{digest_of(home)}-{part.name}"


def fits(socket: Path) -> bool:
    """True if a Unix socket can have this path."""
    return len(bytes(socket)) <= LONGEST_SOCKET_PATH
