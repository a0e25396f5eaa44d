"""Tells whether a process id still means the process we think of: ids are used again, above all in containers."""

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")


def runs(pid: int, *words: str) -> bool:
    """True if process `pid` is alive and its command line contains all of `words`. A zombie has no command line."""
    line = command_line(pid)
    return bool(line) and all(word in line for word in words)


def command_line(pid: int) -> str:
    """The command line of a process, arguments parted by spaces; empty if there is no such process."""
    if (_PROC / "self").exists():
        return _from_proc(pid)
    return _from_ps(pid)


def is_alive(pid: int) -> bool:
    """True if there is a process of this id, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _from_proc(pid: int) -> str:
    try:
        raw = (_PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def _from_ps(pid: int) -> str:
    done = subprocess.run(  # noqa: S603 - a fixed program with a number
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return done.stdout.strip()
