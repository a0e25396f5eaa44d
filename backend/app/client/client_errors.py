"""What can go wrong for a client of the server.

ClientError
 ├─ NotSignedIn          no token for this server: nothing was sent
 ├─ ServerUnreachable    no usable answer within the given time; a command that was sent may have been accepted
 ├─ UnexpectedAnswer     something answered, but not as the contracts say (wrong address, a proxy's page)
 └─ ApiError             the server answered with a problem (RFC 9457)
     ├─ BadRequest       400, 422: fields are wrong
     ├─ Unauthorized     401: the token is missing, spent, expired or revoked
     ├─ AccessDenied     403: the account may not do this
     ├─ UnknownObject    404: unknown, or hidden from this account
     ├─ StateConflict    409: clashes with what is stored
     ├─ RateLimited      429: says when to come back
     └─ ServerFailed     5xx: trouble on the server's side
"""

from dataclasses import dataclass

from app.domain.errors import FieldError
from app.domain.json_values import JsonObject


class ClientError(Exception):
    """Base of all; `message` is one plain sentence for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotSignedIn(ClientError):
    """No token for this server: nothing was sent."""


class ServerUnreachable(ClientError):
    """No usable answer within the given time. Reads may be repeated; a write may or may not have been done."""


class UnexpectedAnswer(ClientError):
    """Something answered, but not as the contracts say: another program, a proxy's page, a redirect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem document as received. `code` is stable, `correlation_id` finds the request in the server's log."""

    status: int
    code: str
    message: str
    field_errors: tuple[FieldError, ...] = ()
    correlation_id: str | None = None
    retry_after_s: float | None = None


class ApiError(ClientError):
    """The server answered with a problem; `problem` holds all of it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class BadRequest(ApiError):
    """400 or 422: nothing was changed; `problem.field_errors` names each wrong field."""


class Unauthorized(ApiError):
    """401: the token is missing, spent, expired or revoked, and renewing it did not help."""


class AccessDenied(ApiError):
    """403: the account may not do this."""


class UnknownObject(ApiError):
    """404: unknown, or hidden from this account; the two look the same on purpose."""


class StateConflict(ApiError):
    """409: clashes with what is stored."""


class RateLimited(ApiError):
    """429: `problem.retry_after_s` says when to come back."""


class ServerFailed(ApiError):
    """5xx: trouble on the server's side; repeating later can help."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: AccessDenied,
    404: UnknownObject,
    409: StateConflict,
    422: BadRequest,
    429: RateLimited,
}


def api_error(problem: Problem) -> ApiError:
    """The exception for a problem, by its HTTP status."""
    if problem.status >= 500:
        return ServerFailed(problem)
    return _BY_STATUS.get(problem.status, ApiError)(problem)


def read_problem(
    status: int, body: JsonObject, *, correlation_id: str | None, retry_after: str | None = None
) -> Problem:
    """Read a problem document; members that are missing get a value that still tells what happened."""
    return Problem(
        status=status,
        code=_text(body.get("code")) or f"http_{status}",
        message=_text(body.get("detail")) or _text(body.get("title")) or f"the server answered with status {status}",
        field_errors=tuple(_field_errors(body.get("errors"))),
        correlation_id=_text(body.get("correlation_id")) or correlation_id,
        retry_after_s=_seconds(retry_after),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: str | None) -> float | None:
    # Only the delta form is used by our server; the date form (RFC 9110, 10.2.3) is left out.
    return float(value) if value is not None and value.isdecimal() else None


def _field_errors(value: object) -> list[FieldError]:
    if not isinstance(value, list):
        return []
    return [
        FieldError(pointer=str(item.get("pointer", "")), message=str(item.get("message") or item.get("detail") or ""))
        for item in value
        if isinstance(item, dict)
    ]
