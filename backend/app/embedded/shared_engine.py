"""An engine that several processes of one home use: the first starts it, the last stops it."""

import os
import signal
import subprocess
import time
from contextlib import AbstractContextManager

import structlog

from app.embedded.engine import Engine
from app.embedded.engine_failure import start_failure
from app.embedded.errors import EngineFailed
from app.embedded.file_lock import UsersLock, exclusive_lock

_log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 0.01
_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Between attempts to start: the children of a killed PostgreSQL need a moment to notice and let go of its memory."""


class SharedEngine:
    """This process's share in one engine. All methods block; call them in threads, one at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._users = UsersLock(engine.lock_name.with_suffix(".users.lock"))
        self._process: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None

    @property
    def name(self) -> str:
        """Of the engine, for people."""
        return self._engine.name

    def acquire(self) -> None:
        """Become a user; start the engine, or adopt the one that runs on this data, and wait until it is ready.

        Raises EmbeddedError; the caller calls `release` also then.
        """
        with self._start_lock():
            self._users.join()
            self._bring_up()

    def is_running(self) -> bool:
        """False if the engine has ended."""
        if self._process is not None:
            return self._process.poll() is None
        return self._pid is not None and self._engine.find() == self._pid

    def bring_back(self) -> None:
        """Replace an engine that ended, unless another process did already. Raises EmbeddedError."""
        with self._start_lock():
            self._bring_up()

    def release(self) -> None:
        """Stop using the engine; the last user stops it and waits for its end. Raises EngineFailed."""
        with self._start_lock(), self._users.leave() as nobody_else:
            if nobody_else:
                self._stop()
            else:
                self._let_go()

    def _start_lock(self) -> AbstractContextManager[None]:
        longest = self._engine.start_within_s + sum(seconds for _, seconds in self._engine.stop_steps)
        return exclusive_lock(self._engine.lock_name.with_suffix(".start.lock"), wait_s=longest)

    def _bring_up(self) -> None:
        deadline = time.monotonic() + self._engine.start_within_s
        for pause in (*_PAUSES_S, None):
            pid = self._running_or_launched()
            if self._became_ready(pid, deadline):
                self._pid = pid
                return
            if pause is None or time.monotonic() > deadline:
                break
            time.sleep(pause)
        raise start_failure(self._engine.name, self._engine.log)

    def _running_or_launched(self) -> int:
        self._let_go()
        found = self._engine.find()
        if found is not None:
            _log.info("engine adopted", engine=self.name, pid=found)
            return found
        self._process = self._engine.launch()
        return self._process.pid

    def _became_ready(self, pid: int, deadline: float) -> bool:
        """False if the process ended or the deadline (monotonic time) passed."""
        while not self._engine.is_ready(pid):
            if time.monotonic() > deadline or not self._still_runs(pid):
                return False
            time.sleep(_LOOK_EVERY_S)
        return True

    def _still_runs(self, pid: int) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return self._engine.find() == pid

    def _stop(self) -> None:
        pid = self._process.pid if self._process is not None else self._engine.find()
        if pid is None:
            return
        for number, seconds in self._engine.stop_steps:
            if not self._still_runs(pid) or self._ended_by(pid, number, seconds):
                self._pid = None
                self._let_go()
                return
            _log.warning("engine ignores a signal", engine=self.name, pid=pid, signal=number.name)
        raise EngineFailed(f"{self.name} (process {pid}) does not stop")

    def _ended_by(self, pid: int, number: signal.Signals, seconds: float) -> bool:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + seconds
        while self._still_runs(pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_EVERY_S)
        return True

    def _let_go(self) -> None:
        """Forget our child. If it still runs it does so for others, which `Popen` would take for a mistake."""
        if self._process is not None and self._process.poll() is None:
            self._process.returncode = 0
        self._process = None
