"""The file `postmaster.pid` in PGDATA (PostgreSQL source, `src/include/utils/pidfile.h`). Pure."""

from dataclasses import dataclass
from pathlib import Path

_LINE_PID = 0
_LINE_DATA = 1
_LINE_STATUS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmasterFile:
    """`status` is empty while the server has not got as far as to say."""

    pid: int
    data: Path
    status: str

    @property
    def is_ready(self) -> bool:
        """True once the server takes connections."""
        return self.status == "ready"


def parse_postmaster_file(content: str) -> PostmasterFile | None:
    """None for an empty, cut or foreign file: the server writes it line by line while it starts."""
    lines = [line.strip() for line in content.splitlines()]
    if len(lines) <= _LINE_DATA or not lines[_LINE_PID].lstrip("-").isdigit():
        return None
    status = lines[_LINE_STATUS] if len(lines) > _LINE_STATUS else ""
    # A lone backend (single-user mode) writes its id as a negative number.
    return PostmasterFile(pid=abs(int(lines[_LINE_PID])), data=Path(lines[_LINE_DATA]), status=status)
