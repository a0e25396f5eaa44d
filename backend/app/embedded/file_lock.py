"""Locks between processes on one machine (`flock`): the kernel lets go of them when a process dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded.errors import EngineFailed

_LOOK_EVERY_S = 0.05


@contextmanager
def exclusive_lock(path: Path, *, wait_s: float) -> Iterator[None]:
    """Hold `path` alone. Blocks up to `wait_s` seconds, then raises EngineFailed."""
    handle = _open(path)
    try:
        deadline = time.monotonic() + wait_s
        while not _try(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise EngineFailed(
                    f"another process has been starting or stopping the engine for {wait_s:.0f} s: {path}"
                )
            time.sleep(_LOOK_EVERY_S)
        yield
    finally:
        os.close(handle)


@contextmanager
def lock_if_free(path: Path) -> Iterator[bool]:
    """Hold `path` alone as long as the block lasts; False at once where somebody else holds it. Raises OSError."""
    handle = _open(path)
    try:
        yield _try(handle, fcntl.LOCK_EX)
    finally:
        os.close(handle)


class UsersLock:
    """Who uses the engine: every user holds it shared, and who gets it alone is the last one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def join(self) -> None:
        """Be counted as a user, until `leave` or the end of this process. Only called under the start lock."""
        if self._handle is None:
            self._handle = _open(self._path)
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    @contextmanager
    def leave(self) -> Iterator[bool]:
        """No longer be counted; gives True if nobody else is. Only called under the start lock."""
        if self._handle is None:
            yield False
            return
        handle, self._handle = self._handle, None
        try:
            fcntl.flock(handle, fcntl.LOCK_UN)
            yield _try(handle, fcntl.LOCK_EX)
        finally:
            os.close(handle)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
