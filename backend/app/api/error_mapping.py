"""Errors as answers: every failure leaves as `application/problem+json` (RFC 9457), and none echoes what was sent."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.requests import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.api.page.page_routes import belongs_to_page, index_response
from app.api.problem_types import PROBLEM_TYPES, ProblemType
from app.api.validation_messages import explain
from app.domain.errors import FieldError, InvalidRequest, NotAuthenticated, ServiceError, SovdError, TooManyRequests
from app.domain.json_values import JsonObject, encode_json
from app.observability.correlation import current_correlation_id
from app.observability.logs import get_logger

PROBLEM_JSON = "application/problem+json"
_DEFAULT_RETRY_AFTER_S = 2.0
_log = get_logger(__name__)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CODE_OF_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large", 401: "not_authenticated"}
_DETAIL_OF_STATUS = {
    404: "there is nothing at this path; /docs lists what there is",
    405: "this path does not know the method; the header Allow lists those it knows",
    413: "the body is larger than this server accepts",
}


def problem_response(
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    kind: ProblemType | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """The answer for `code`. `kind` stands in for codes that are not in the table; `extra` are extension members."""
    known = kind or PROBLEM_TYPES.get(code) or PROBLEM_TYPES["internal_error"]
    body: JsonObject = {
        "type": ProblemType.uri(code),
        "title": known.title,
        "status": known.status,
        "detail": detail,
        "code": code,
        "correlation_id": current_correlation_id(),
        "errors": list(errors),
        **(extra or {}),
    }
    return Response(encode_json(body), known.status, dict(headers or {}), media_type=PROBLEM_JSON)


def problem_of(error: SovdError) -> Response:
    """The answer for an error of ours. Texts of service errors are for people and hold no internals."""
    kind = _kind_of(error)
    errors = [_shown(field) for field in error.field_errors] if isinstance(error, InvalidRequest) else ()
    return problem_response(error.error_code, error.message, errors=errors, headers=_headers_of(error), kind=kind)


def _kind_of(error: SovdError) -> ProblemType:
    """By its own code, else by the nearest class in the tree that the table knows."""
    codes = [error.error_code, *(cls.code for cls in type(error).__mro__ if issubclass(cls, SovdError))]
    return next((PROBLEM_TYPES[code] for code in codes if code in PROBLEM_TYPES), PROBLEM_TYPES["internal_error"])


def _headers_of(error: SovdError) -> dict[str, str]:
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))}
    if isinstance(error, ServiceError) and error.retry_can_help:
        return {"Retry-After": str(math.ceil(_DEFAULT_RETRY_AFTER_S))}
    return {}


def _shown(field: FieldError) -> dict[str, str]:
    return {"pointer": field.pointer, "message": field.message}


async def answer_sovd_error(_request: Request, error: SovdError) -> Response:
    """FastAPI handler for every error of ours."""
    response = problem_of(error)
    if response.status_code >= 500:
        _log.warning("request.failed", code=error.error_code, detail=error.message, cause=_cause_of(error))
    return response


def _cause_of(error: BaseException) -> str | None:
    return type(error.__cause__).__name__ if error.__cause__ else None


async def answer_validation_error(_request: Request, error: RequestValidationError) -> Response:
    """FastAPI handler for requests that do not fit their schema."""
    found: Sequence[Mapping[str, Any]] = error.errors()
    if any(item.get("type") == "json_invalid" for item in found):
        return problem_response("malformed_json", "the body is not valid JSON")
    errors = [explain(item) for item in found]
    return problem_response("invalid_request", _summary(errors), errors=errors)


def _summary(errors: Sequence[Mapping[str, str]]) -> str:
    if len(errors) == 1:
        return f"{errors[0]['pointer'] or 'the body'}: {errors[0]['message']}"
    return f"{len(errors)} fields are wrong; errors names each"


async def answer_http_exception(request: Request, error: HTTPException) -> Response:
    """FastAPI handler for what the framework itself refuses: unknown paths, wrong methods, unreadable bodies."""
    if error.status_code == 400:
        return problem_response("malformed_json", "the body cannot be read as JSON in UTF-8")
    if error.status_code == 404 and belongs_to_page(request) and (page := await index_response(request)) is not None:
        return page
    code = _CODE_OF_STATUS.get(error.status_code, "request_error")
    detail = _DETAIL_OF_STATUS.get(error.status_code, "the request cannot be served as it is")
    headers = {"Allow": allowed_methods(request)} if error.status_code == 405 else error.headers
    return problem_response(code, detail, headers=headers)


def allowed_methods(request: Request) -> str:
    """All methods of all routes at this path; the framework names only those of the first."""
    routes = request.app.router.routes
    allowed = [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ", ".join(allowed)


def answer_crash(error: Exception) -> Response:
    """The answer for what nobody foresaw: logged with its trace, and nothing of it shown."""
    _log.error("request.crashed", exc_info=error)
    return problem_response("internal_error", "something went wrong on our side; it has been logged")


def install_error_handlers(app: FastAPI) -> None:
    """Make `app` answer all errors as problems."""
    app.exception_handler(SovdError)(answer_sovd_error)
    app.exception_handler(RequestValidationError)(answer_validation_error)
    app.exception_handler(HTTPException)(answer_http_exception)
