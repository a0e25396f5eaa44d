"""Turns an error into one line of what happened, one of what to do next, and the exit code. Pure."""

from dataclasses import dataclass

from app.cli.exit_codes import ExitCode
from app.cli.plain_text import one_line
from app.cli.quantities import show_seconds
from app.cli.usage_errors import UsageRefused
from app.client.client_errors import (
    AccessDenied,
    ApiError,
    BadRequest,
    ClientError,
    NotSignedIn,
    RateLimited,
    ServerFailed,
    ServerUnreachable,
    StateConflict,
    Unauthorized,
    UnexpectedAnswer,
    UnknownObject,
)
from app.client.event_stream import StreamInterrupted
from app.domain.errors import InvalidRequest, RequestError, SovdError


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReport:
    """What the person at the terminal is told."""

    what_happened: str
    next_step: str
    correlation_id: str | None = None
    exit_code: ExitCode

    def lines(self) -> list[str]:
        """The report, line by line."""
        found = [f"sovd: {one_line(self.what_happened)}", f"  {one_line(self.next_step)}"]
        if self.correlation_id:
            found.append(f"  correlation id: {one_line(self.correlation_id)}")
        return found


_NEXT_STEPS: tuple[tuple[type[ClientError], str], ...] = (
    # The first that fits counts: narrower classes come before wider ones.
    (BadRequest, "Correct the values named above."),
    (Unauthorized, "Check the user name and password, or sign in again with `sovd login`."),
    (AccessDenied, "Ask an administrator for the role or the vehicles you need."),
    (UnknownObject, "Check the name or id; `sovd vehicles` and `sovd history` list what you may see."),
    (
        StateConflict,
        "Nothing was changed. Look at the present state first: `sovd show`, `sovd vehicles`, `sovd odx show`.",
    ),
    (RateLimited, "Try again a little later."),
    (ServerFailed, "Try again; if it stays so, run `sovd doctor` on the server."),
    (NotSignedIn, "Sign in with `sovd login`."),
    (ServerUnreachable, "Start the server with `sovd serve`, or name another one with --server."),
    (UnexpectedAnswer, "Check the address given with --server or SOVD_SERVER."),
    (ClientError, "Correct this and try again."),
)
_NO_SERVER = (Unauthorized, ServerFailed, NotSignedIn, ServerUnreachable, UnexpectedAnswer)


def report_failure(error: Exception) -> FailureReport | None:
    """The report for an error that was to be expected; None for a defect."""
    if isinstance(error, UsageRefused):
        return FailureReport(what_happened=error.message, next_step=error.next_step, exit_code=ExitCode.REFUSED)
    if isinstance(error, SovdError):
        return _service_report(error)
    if not isinstance(error, ClientError):
        return None
    return FailureReport(
        what_happened=_what_happened(error),
        next_step=_next_step(error),
        correlation_id=error.problem.correlation_id if isinstance(error, ApiError) else None,
        exit_code=ExitCode.NO_SERVER if isinstance(error, _NO_SERVER) else ExitCode.REFUSED,
    )


def _service_report(error: SovdError) -> FailureReport:
    """An error of the service's own parts, which some commands use without a server."""
    refused = isinstance(error, RequestError)
    fields = [item.message for item in error.field_errors] if isinstance(error, InvalidRequest) else []
    untold = [field for field in fields if not _tells(error.message, field)]
    return FailureReport(
        what_happened=f"{error.message} ({'; '.join(untold)})" if untold else error.message,
        next_step="Correct this and try again." if refused else "Run `sovd doctor`; it says what is wrong.",
        exit_code=ExitCode.REFUSED if refused else ExitCode.FAILED,
    )


def _what_happened(error: ClientError) -> str:
    """What the server says and the fields it means, each once: some problems have their only field in the text."""
    told = error.message
    if isinstance(error, ApiError):
        untold = [item for item in error.problem.field_errors if not _tells(told, item.message)]
        if untold:
            return f"{told} ({'; '.join(f'{item.pointer}: {item.message}' for item in untold)})"
    return told


def _tells(text: str, field: str) -> bool:
    return field.casefold() in text.casefold()


def _next_step(error: ClientError) -> str:
    if isinstance(error, StreamInterrupted):
        return f"Watch on with `sovd watch {error.command_id} --after {error.last_sequence_number}`."
    if isinstance(error, RateLimited) and error.problem.retry_after_s is not None:
        return f"Try again in {show_seconds(error.problem.retry_after_s)}."
    if isinstance(error, BadRequest) and any(
        item.pointer.startswith("/command_") for item in error.problem.field_errors
    ):
        return "Correct the values named above; `sovd commands` shows what each command takes."
    return next(step for kind, step in _NEXT_STEPS if isinstance(error, kind))
