"""The data directory: which one, and making it without touching the rights of anything that was there before."""

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from app.embedded.engine_account import EngineAccount
from app.embedded.errors import DiskFull, HomeUnusable
from app.embedded.places import (
    POSTGRES_SOCKET_NAME,
    ROOT_HOME,
    VALKEY_SOCKET_NAME,
    PostgresPlaces,
    ValkeyPlaces,
    digest_of,
    fits,
    run_folder,
)

_NEEDED_BYTES = 200 * 1024 * 1024
"""A new PostgreSQL takes some 40 MB, a copy of its programs as much again, the first transaction log 16 to 64 MB."""

_PASSABLE = 0o711
_PRIVATE = 0o700


def prepared_home(home: Path | None) -> Path:
    """The data directory, made if it is missing; `home` overrules the default of the platform.

    As root the default is `/var/lib/sovd-command`. Raises HomeUnusable, DiskFull.
    """
    chosen = (home or default_home()).expanduser().absolute()
    with home_errors(chosen):
        _make_folders(chosen, mode=_PASSABLE if os.geteuid() == 0 else _PRIVATE)
        if not os.access(chosen, os.W_OK | os.X_OK):
            raise HomeUnusable(f"the data directory {chosen} cannot be written by this user: {_CHOOSE_ANOTHER}")
    return chosen


def default_home() -> Path:
    """The platform's place for a user's data; a system folder for root."""
    return ROOT_HOME if os.geteuid() == 0 else platformdirs.user_data_path("sovd-command", appauthor=False)


def prepared_engines(home: Path, account: EngineAccount) -> Path:
    """Folder `engines` of the home. Raises HomeUnusable if another user made it."""
    engines = home / "engines"
    _make_folders(engines, mode=_PASSABLE if account.switch else _PRIVATE)
    owner = engines.stat().st_uid
    if owner != os.geteuid():
        raise HomeUnusable(
            f"the data in {home} was made by user id {owner}, and this is user id {os.geteuid()}:"
            f" start as that user, or {_CHOOSE_ANOTHER}"
        )
    return engines


def prepared_postgres(home: Path, engines: Path, account: EngineAccount) -> PostgresPlaces:
    """PostgreSQL's part of the home, or elsewhere if its account cannot pass through to the home."""
    parent = _postgres_parent(home, engines, account)
    part = parent / "postgres"
    _make_owned(part, account)
    if not (part / "data").exists() and shutil.disk_usage(part).free < _NEEDED_BYTES:
        raise DiskFull(f"a new database needs {_NEEDED_BYTES // 2**20} MB at {part}: {_MAKE_SPACE}")
    run = _prepared_run(part, POSTGRES_SOCKET_NAME, home=home, account=account)
    return PostgresPlaces(part=part, run=run)


def prepared_valkey(home: Path, engines: Path) -> ValkeyPlaces:
    """Valkey's part of the home."""
    account = EngineAccount(uid=os.geteuid(), gid=os.getegid(), switch=False)
    part = engines / "valkey"
    _make_owned(part, account)
    run = _prepared_run(part, VALKEY_SOCKET_NAME, home=home, account=account)
    return ValkeyPlaces(part=part, run=run)


@contextmanager
def home_errors(home: Path) -> Iterator[None]:
    """Names what the operating system objects to, and what to do about it."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(f"no space left for {error.filename or home}: {_MAKE_SPACE}") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EEXIST}:
            raise HomeUnusable(f"the data directory {home} cannot be used ({error}): {_CHOOSE_ANOTHER}") from error
        raise


_CHOOSE_ANOTHER = "set SOVD_HOME to a folder this user can write"
_MAKE_SPACE = "make space, or set SOVD_HOME to a folder on another disk"


def make_passable(folder: Path) -> None:
    """Make `folder` and what is missing above it so that other accounts can pass through."""
    _make_folders(folder, mode=_PASSABLE)


def _make_folders(folder: Path, *, mode: int) -> None:
    """Make `folder` and what is missing above it; a folder that exists keeps its rights."""
    for step in (*reversed(folder.parents), folder):
        if not step.exists():
            step.mkdir(exist_ok=True)
            # Not through `mkdir`, which the umask would narrow.
            step.chmod(mode)


def _postgres_parent(home: Path, engines: Path, account: EngineAccount) -> Path:
    """Once chosen, the place stays: the data is there."""
    record = engines / "postgres-folder"
    if record.exists():
        return Path(record.read_text().strip())
    if account.can_traverse(engines):
        return engines
    # The random part keeps the data of a home that was deleted apart from that of a new one at the same path.
    elsewhere = ROOT_HOME / "homes" / f"{digest_of(home)}-{secrets.token_hex(4)}"
    _make_folders(elsewhere, mode=_PASSABLE)
    if not account.can_traverse(elsewhere):
        raise HomeUnusable(
            f"PostgreSQL cannot run as root, and its unprivileged account cannot reach {home} nor {elsewhere}:"
            " set SOVD_HOME to a folder that everybody can pass through, or run as an ordinary user"
        )
    write_privately(record, f"{elsewhere}\n")
    return elsewhere


def write_privately(file: Path, content: str) -> None:
    """Write a file of mode 0600 whole or not at all, and on the disk when this returns."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    with os.fdopen(handle, "w") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).rename(file)


def _make_owned(folder: Path, account: EngineAccount) -> None:
    """A folder of `account` alone. An existing one has to be just that already; nothing is changed about it."""
    try:
        folder.mkdir(mode=_PRIVATE)
    except FileExistsError:
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid not in {account.uid, os.geteuid()}:
            raise HomeUnusable(f"{folder} belongs to somebody else: remove it, or {_CHOOSE_ANOTHER}") from None
        if state.st_uid == account.uid:
            return
    if account.switch:
        # Also heals a folder whose maker was killed between making it and giving it away.
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _prepared_run(part: Path, socket_name: str, *, home: Path, account: EngineAccount) -> Path:
    run = run_folder(part, socket_name, home=home, uid=account.uid, temporary=_short_temporary_folder())
    if not fits(run / socket_name):
        raise HomeUnusable(f"the path {home} is too long for a Unix socket: set SOVD_HOME to a shorter one")
    _make_owned(run, account)
    return run


def _short_temporary_folder() -> Path:
    """Not `tempfile.gettempdir()` first: TMPDIR differs from session to session, the socket's place must not."""
    fixed = Path("/tmp")  # noqa: S108 - a private folder is made in it, and a foreign one of that name is refused
    return fixed if fixed.is_dir() else Path(tempfile.gettempdir())
