"""Starts the tests' engines so that they never outlive the tests."""

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from app.embedded.engine_account import EngineAccount, engine_account
from app.embedded.process_identity import is_alive
from app.embedded.runtime_copy import copied_install
from app.embedded.wheels import PostgresInstall

START_WITHIN_S = 30.0
_FOLDER_PREFIX = "sovd-tests-"
_PR_SET_PDEATHSIG = 1


class EngineDidNotStart(AssertionError):
    """An engine did not answer in time; carries its log."""


def make_engine_folder() -> Path:
    """A private folder that the engines' account owns; also clears what crashed test runs left behind."""
    parent = Path(tempfile.gettempdir())
    for leftover in parent.glob(f"{_FOLDER_PREFIX}*"):
        owner = leftover.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-"))
    _give_to(folder, engine_account())
    return folder


def make_folder_for_engine(folder: Path, account: EngineAccount) -> None:
    """A folder of the engines' account; one that is there stays as it is."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        _give_to(folder, account)


def _give_to(folder: Path, account: EngineAccount) -> None:
    if account.switch:
        os.chown(folder, account.uid, account.gid)


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """For `preexec_fn`: the child gets the signal when the thread that started it ends. None where Linux is missing."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal_number)

    return in_child


def engine_environment() -> dict[str, str]:
    """What an engine gets to see of our environment."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def spawn(
    arguments: Sequence[str | Path], *, log: IO[bytes], cwd: Path, account: EngineAccount | None, end_signal: int
) -> subprocess.Popen[bytes]:
    """Start an engine that gets `end_signal` when the thread that called this ends."""
    return subprocess.Popen(  # noqa: S603 - a program of the wheel with arguments from here
        arguments,
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(end_signal),  # noqa: PLW1509 - the only way to set the signal
        env=engine_environment(),
        cwd=cwd,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=account.extra_groups if account else None,
    )


def wait_until(answers: Callable[[], bool], *, alive: Callable[[], bool], log: Path, what: str) -> None:
    """Wait until an engine answers. Raises EngineDidNotStart with its log."""
    deadline = time.monotonic() + START_WITHIN_S
    while not answers():
        if not alive() or time.monotonic() > deadline:
            raise EngineDidNotStart(f"{what} did not start:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.02)


def reachable(install: PostgresInstall, account: EngineAccount, folder: Path) -> PostgresInstall:
    """The programs, copied to `folder` if the engines\' account cannot reach them where they are."""
    return install if account.can_run(install.programs / "postgres") else copied_install(install, folder)
