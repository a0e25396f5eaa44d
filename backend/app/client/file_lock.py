"""A lock between processes of one user: only one of them may spend a refresh token."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.client.client_errors import ClientError

_LOOK_AGAIN_S = 0.05

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


async def _wait_for(descriptor: int) -> None:
    while not _try_lock(descriptor):  # noqa: ASYNC110 - the system has no lock call that a loop can wait for
        await asyncio.sleep(_LOOK_AGAIN_S)


@asynccontextmanager
async def locked(path: Path, within_s: float) -> AsyncIterator[None]:
    """Hold the lock file exclusively; the system frees it if the process dies. Raises ClientError after `within_s`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            await asyncio.wait_for(_wait_for(descriptor), within_s)
        except TimeoutError as error:
            raise ClientError(f"another program holds {path} for more than {within_s:g} s") from error
        yield
    finally:
        os.close(descriptor)
