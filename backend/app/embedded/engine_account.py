"""The system account that runs PostgreSQL, which refuses to run as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EngineMissing

_UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAccount:
    """`switch` says that a process has to change to this account before it starts the engine."""

    uid: int
    gid: int
    switch: bool

    @property
    def user(self) -> int | None:
        """For `subprocess`: the account to change to, None to stay."""
        return self.uid if self.switch else None

    @property
    def group(self) -> int | None:
        """For `subprocess`: the group to change to, None to stay."""
        return self.gid if self.switch else None

    @property
    def extra_groups(self) -> list[int] | None:
        """For `subprocess`: no supplementary groups after a change of account, None to keep what we have."""
        return [] if self.switch else None

    def can_traverse(self, folder: Path) -> bool:
        """True if every folder down to and including `folder` lets this account through. Follows no guess about
        supplementary groups: the engine runs without any."""
        if not self.switch:
            return os.access(folder, os.X_OK)
        resolved = folder.resolve()
        return all(self._may(step, 0o1) for step in (resolved, *resolved.parents))

    def can_run(self, program: Path) -> bool:
        """True if this account reaches `program` and may read and execute it."""
        return self.can_traverse(program.parent) and (not self.switch or self._may(program, 0o5))

    def _may(self, path: Path, rights: int) -> bool:
        state = path.stat()
        if state.st_uid == self.uid:
            granted = state.st_mode >> 6
        elif state.st_gid == self.gid:
            granted = state.st_mode >> 3
        else:
            granted = state.st_mode
        return granted & rights == rights


def engine_account() -> EngineAccount:
    """This process's own account, or the unprivileged one if we are root. Raises EngineMissing if PostgreSQL can run
    as neither."""
    if os.geteuid() != 0:
        _check_named(os.geteuid())
        return EngineAccount(uid=os.geteuid(), gid=os.getegid(), switch=False)
    try:
        entry = pwd.getpwnam(_UNPRIVILEGED)
    except KeyError as error:
        raise EngineMissing(
            f"PostgreSQL refuses to run as root and this system has no account `{_UNPRIVILEGED}`:"
            " run as an ordinary user, or set SOVD_DATABASE_URL to a server of your own"
        ) from error
    return EngineAccount(uid=entry.pw_uid, gid=entry.pw_gid, switch=True)


def _check_named(uid: int) -> None:
    """`initdb` refuses a user id without a name, which containers often have."""
    try:
        pwd.getpwuid(uid)
    except KeyError as error:
        raise EngineMissing(
            f"PostgreSQL cannot make its data for user id {uid}, which has no name on this system:"
            " add it to /etc/passwd, or set SOVD_DATABASE_URL to a server of your own"
        ) from error
