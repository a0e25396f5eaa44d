"""What the program has to know about an engine to start, adopt, watch and stop it."""

import signal
import subprocess
from pathlib import Path
from typing import ClassVar, Protocol


class Engine(Protocol):
    """One kind of engine on one data directory. All methods block and are called under the engine's start lock, except
    `find`, which may be called at any time."""

    name: ClassVar[str]
    start_within_s: ClassVar[float]
    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]]
    """Signals that end it, gentlest first, each with the seconds it gets."""

    @property
    def lock_name(self) -> Path:
        """Common beginning of the paths of this engine's lock files."""
        ...

    @property
    def log(self) -> Path:
        """Where its output goes."""
        ...

    def find(self) -> int | None:
        """Process id of the engine running on this data, whoever started it; None if there is none."""
        ...

    def is_ready(self, pid: int) -> bool:
        """True if the engine of this process id takes requests."""
        ...

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it, making its data first if there is none. Not ready yet when this returns."""
        ...
