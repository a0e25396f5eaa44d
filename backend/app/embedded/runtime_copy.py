"""A copy of PostgreSQL's programs that an unprivileged account can reach, for when `site-packages` is closed to it."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from app.embedded.wheels import PostgresInstall


def copied_install(install: PostgresInstall, parent: Path) -> PostgresInstall:
    """A complete copy of `install` below `parent`, made anew for every version of the wheel; about 2 s the first time.

    Atomic: the copy is filled under another name and renamed, so a copy that was cut short never counts, and what it
    left is removed. `parent` must be reachable for whoever runs the programs; callers serialise (start-up lock).
    """
    target = parent / f"postgres-{install.version}"
    if not target.is_dir():
        _remove_leftovers(parent)
        _copy(install, target)
    return PostgresInstall(root=target, version=install.version)


def _copy(install: PostgresInstall, target: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    for folder in install.folders:
        shutil.copytree(install.root / folder, work / folder, symlinks=True)
    work.chmod(0o755)
    for path in work.rglob("*"):
        if not path.is_symlink():
            _let_everybody_read(path)
    # Without this a power cut may leave the new name with empty files behind it.
    os.sync()
    work.rename(target)


def _let_everybody_read(path: Path) -> None:
    """A wheel unpacked under a strict umask is readable for its owner only."""
    mode = path.stat().st_mode
    path.chmod(stat.S_IMODE(mode) | (0o555 if mode & stat.S_IXUSR else 0o444))


def _remove_leftovers(parent: Path) -> None:
    for leftover in parent.glob(".postgres-*"):
        shutil.rmtree(leftover)
