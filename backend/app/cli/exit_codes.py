"""What the exit code says. Scripts rely on these numbers: they are part of the contract in docs/reference/cli.md."""

from enum import IntEnum

from app.domain.command_states import CommandStatus


class ExitCode(IntEnum):
    """Exit codes of `sovd`."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    OUTCOME_UNKNOWN = 3
    EXPIRED = 4
    CANCELLED = 5
    NO_SERVER = 6
    BROKEN = 70
    STOPPED_WATCHING = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "completed (or: what was asked is done)",
    ExitCode.FAILED: "the command failed; doctor or audit verify found something wrong",
    ExitCode.REFUSED: "wrong usage, or the server refused the request; nothing was sent to a vehicle",
    ExitCode.OUTCOME_UNKNOWN: "outcome_unknown: the vehicle may have acted, look before you send again",
    ExitCode.EXPIRED: "expired: it did not start in time, the vehicle did nothing",
    ExitCode.CANCELLED: "cancelled",
    ExitCode.NO_SERVER: "the server cannot be reached, or the sign-in is missing or no longer valid",
    ExitCode.BROKEN: "a defect in this program",
    ExitCode.STOPPED_WATCHING: "stopped with Ctrl-C; the command goes on",
}

_OUTCOMES = {
    CommandStatus.COMPLETED: ExitCode.DONE,
    CommandStatus.FAILED: ExitCode.FAILED,
    CommandStatus.OUTCOME_UNKNOWN: ExitCode.OUTCOME_UNKNOWN,
    CommandStatus.EXPIRED: ExitCode.EXPIRED,
    CommandStatus.CANCELLED: ExitCode.CANCELLED,
}


def outcome_code(status: CommandStatus) -> ExitCode:
    """The exit code for a command that ended with this status. Raises KeyError for one that has not ended."""
    return _OUTCOMES[status]
