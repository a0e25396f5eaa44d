"""Reads from an engine's output why it gave up."""

from pathlib import Path

from app.embedded.errors import DiskFull, EngineFailed


def failure(message: str, output: str) -> EngineFailed | DiskFull:
    """The error that fits what an engine printed before it gave up."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return DiskFull(f"{message}: no space left. Make space, or set SOVD_HOME to a folder on another disk")
    return EngineFailed(message, log_tail=output[-4000:])


def start_failure(name: str, log: Path) -> EngineFailed | DiskFull:
    """The error for an engine that did not come up, from the end of its log."""
    return failure(f"{name} did not start; the end of {log} says:", log_tail(log))


def log_tail(log: Path, *, lines: int = 15) -> str:
    """The last lines of an engine's log, for an error message."""
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
