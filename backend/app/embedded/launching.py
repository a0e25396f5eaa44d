"""Starts an engine's process: apart from our terminal, with a log of bounded size."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from app.embedded.engine_account import EngineAccount
from app.embedded.engine_settings import engine_environment

_LOG_LIMIT_BYTES = 10 * 1024 * 1024


def launch(command: Sequence[str], *, log: Path, folder: Path, account: EngineAccount) -> subprocess.Popen[bytes]:
    """Start `command` in `folder`, in a session of its own: Ctrl-C in our terminal reaches us and not the engine, which
    has to outlive our last query. An old log moves to `.1`."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.rename(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - a program of the wheel with arguments from engine_settings
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=engine_environment(os.environ),
            start_new_session=True,
            umask=0o077,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
