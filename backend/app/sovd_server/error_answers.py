"""Errors as answers: each with a GenericError body, also where the standard declares none."""

import structlog

from app.domain.errors import (
    CommandNotSupported,
    Forbidden,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    Overloaded,
    SovdError,
    TooManyRequests,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
)
from app.protocols.sovd.nrc_errors import not_responding, refusal_of_nrc
from app.protocols.sovd.sovd_errors import (
    ErrorCode,
    GenericError,
    SovdRefusal,
    invalid_data,
    not_supported,
    overloaded,
    resource_unknown,
)
from app.sovd_server.call import Answer
from app.sovd_server.identity import forbidden, unauthorized

_log = structlog.get_logger(component=__name__)


def answer_of_refusal(refusal: SovdRefusal) -> Answer:
    """The error answer of a refusal."""
    return Answer(status=refusal.status, body=refusal.error.as_json(), headers=refusal.headers)


def refusal_of(error: Exception) -> SovdRefusal:
    """Which refusal an error is. What nobody expected is logged and becomes a 500 that tells nothing."""
    match error:
        case SovdRefusal():
            return error
        case TimeoutError():
            return not_responding("The vehicle gave no answer in time.")
        case VehicleError():
            return _of_vehicle_error(error)
        case SovdError():
            return _of_own_error(error)
    _log.error("sovd_server.request_failed", exc_info=error)
    failure = GenericError(error_code=ErrorCode.SOVD_SERVER_FAILURE, message="The server failed; its log says why.")
    return SovdRefusal(500, failure)


def _of_vehicle_error(error: VehicleError) -> SovdRefusal:
    match error:
        case VehicleRefused() if (nrc := _number(error.details.get("nrc"))) is not None:
            return refusal_of_nrc(_number(error.details.get("service")) or 0, nrc, error.message)
        case VehicleRefused():
            return SovdRefusal(502, GenericError(error_code=ErrorCode.ERROR_RESPONSE, message=error.message))
        case VehicleProtocolError():
            return SovdRefusal(502, GenericError(error_code=ErrorCode.INVALID_RESPONSE_CONTENT, message=error.message))
        case CommandNotSupported():
            return not_supported(error.message)
    return not_responding(error.message)


def _of_own_error(error: SovdError) -> SovdRefusal:
    match error:
        case InvalidRequest():
            return invalid_data("; ".join(field.message for field in error.field_errors) or error.message)
        case NotAuthenticated():
            return unauthorized(error.message)
        case Forbidden():
            return forbidden(error.message)
        case NotFound():
            return resource_unknown("such resource")
        case Overloaded() | TooManyRequests():
            return _too_much(error)
    failure = GenericError(error_code=ErrorCode.SOVD_SERVER_FAILURE, message=error.message)
    return SovdRefusal(500, failure)


def _too_much(error: Overloaded | TooManyRequests) -> SovdRefusal:
    if isinstance(error, Overloaded):
        return overloaded(error.message)
    wait = max(1, round(error.retry_after_s))
    return SovdRefusal(429, overloaded(error.message).error, headers={"Retry-After": str(wait)})


def _number(value: object) -> int | None:
    """A number that is given as such or as hex text (`0x31`)."""
    if isinstance(value, int):
        return value
    try:
        return int(str(value), 16)
    except ValueError:
        return None
