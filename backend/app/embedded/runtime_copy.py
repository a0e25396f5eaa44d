"""A copy of PostgreSQL's programs that an unprivileged account can reach, for when `site-packages` is closed to it."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.embedded.wheels import PostgresInstall

_NOT_NEEDED = shutil.ignore_patterns("include", "pkgconfig", "*.a")


def copied_install(install: PostgresInstall, parent: Path) -> PostgresInstall:
    """A complete copy of `install` below `parent`, made anew for every version of the wheel; about 1 s the first time.

    A copy that was cut short (a kill, a power cut, a full disk) never counts: it is filled under another name and
    renamed, and every file's size is compared at each start. `parent` must be reachable for whoever runs the programs;
    callers serialise (start lock) and have no server running from it.
    """
    target = parent / f"postgres-{install.version}"
    copy = PostgresInstall(root=target, version=install.version)
    if not _is_complete(copy, install):
        _remove_leftovers(parent)
        if target.exists():
            shutil.rmtree(target)
        _copy(install, target)
    return copy


def _is_complete(copy: PostgresInstall, install: PostgresInstall) -> bool:
    expected = dict(_sizes(install, install.folders))
    return expected.items() <= dict(_sizes(copy, install.folders)).items()


def _sizes(install: PostgresInstall, folders: tuple[Path, ...]) -> Iterator[tuple[Path, int]]:
    for folder in folders:
        for current, subfolders, files in _walk(install.root / folder):
            skipped = _NOT_NEEDED(str(current), [*subfolders, *files])
            subfolders[:] = [name for name in subfolders if name not in skipped]
            for name in set(files) - skipped:
                yield (current / name).relative_to(install.root), (current / name).stat().st_size


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """`Path.walk`, which Python 3.11 has not got yet."""
    for current, subfolders, files in os.walk(folder):
        yield Path(current), subfolders, files


def _copy(install: PostgresInstall, target: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    for folder in install.folders:
        shutil.copytree(install.root / folder, work / folder, symlinks=True, ignore=_NOT_NEEDED)
    work.chmod(0o755)
    for path in work.rglob("*"):
        if not path.is_symlink():
            _let_everybody_read(path)
    work.rename(target)


def _let_everybody_read(path: Path) -> None:
    """A wheel unpacked under a strict umask is readable for its owner only."""
    mode = path.stat().st_mode
    path.chmod(stat.S_IMODE(mode) | (0o555 if mode & stat.S_IXUSR else 0o444))


def _remove_leftovers(parent: Path) -> None:
    for leftover in parent.glob(".postgres-*"):
        shutil.rmtree(leftover)
