"""What failed calls to a vehicle's SOVD server mean: whose fault, can a retry help, may the vehicle have acted.

Nothing here repeats a secret: texts that servers sent are searched for the token before they are shown.
"""

import httpx

from app.domain.errors import (
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.json_values import JsonObject, decode_json_object, encode_json
from app.protocols.sovd.reading_errors import SovdProblem
from app.protocols.uds.negative_responses import Nrc, describe_nrc


class NotTrusted(VehicleUnreachable):
    """The server's certificate is not trusted; nothing was sent, and trying again changes nothing."""

    retry_can_help = False


class VehicleBusy(VehicleRefused):
    """The server said no for now (429, 503): it did not act, and a later try can succeed."""

    retry_can_help = True


class RanAndFailed(VehicleRefused):
    """What was started ran and failed: the vehicle acted, so it must be neither repeated nor said to be unchanged."""

    may_have_acted = True


_ADVICE_BY_STATUS = {
    400: "Check the parameters against the vehicle's capability description.",
    403: "The credentials are known, and lack a right for this; ask whoever runs the vehicle's server for it.",
    404: "The vehicle has no such resource; DiscoverECUs shows what it has.",
    405: "This resource does not allow it; it may be read-only.",
    409: "A condition is not met, or somebody else is at work; look at the reason, then send it again.",
    413: "The request is larger than the server takes.",
    415: "The server does not take this kind of body.",
    423: "Somebody else holds a lock; wait until it is released.",
    501: "The vehicle's server does not support this.",
}
_LONGEST_PARAMETERS = 2000
_BUSY_NRCS = frozenset({Nrc.BUSY_REPEAT_REQUEST, Nrc.RESOURCE_TEMPORARILY_NOT_AVAILABLE})
_NOT_RESPONDING = "not-responding"
_ERROR_RESPONSE = "error-response"
_NOT_BEGUN = frozenset(
    {_ERROR_RESPONSE, "incomplete-request", "insufficient-access-rights", "precondition-not-fulfilled"}
)
"""Error codes (ISO 17978-3) of a request that was looked at and not carried out."""


def error_of_status(
    status: int, problem: SovdProblem, about: JsonObject, *, changes: bool, token: str | None, retry_after: str | None
) -> VehicleError:
    """The error for an HTTP status of 400 and above. `changes`: the request was one that may change the vehicle."""
    said = without_secret(problem.said, token)
    details: JsonObject = {"httpStatus": status, **about}
    for name, value in (("errorCode", problem.error_code), ("vendorCode", problem.vendor_code), ("path", problem.path)):
        if value:
            details[name] = without_secret(value, token)
    details |= _shown_parameters(problem, token)
    if problem.nrc is not None:
        return _negative_response(problem.nrc, said, details)
    if status == 401:
        return _not_authenticated(details, has_token=token is not None)
    if status == 429 or (status == 503 and (not changes or problem.error_code or retry_after is not None)):
        if retry_after is not None and retry_after.isdecimal():
            details["retryAfterS"] = int(retry_after[:6])
        return VehicleBusy(f"The vehicle's server is busy: {said}. Send it again later.", details=details)
    if status == 504 or problem.error_code == _NOT_RESPONDING:
        return VehicleTimeout(f"The control unit did not answer the vehicle's server: {said}.", details=details)
    if status >= 500 and status != 501 and problem.error_code != _ERROR_RESPONSE:
        return _server_failure(status, said, details, changes=changes)
    advice = _ADVICE_BY_STATUS.get(status, "")
    return VehicleRefused(f"The vehicle's server refused ({status}): {said}. {advice}".rstrip(), details=details)


def error_of_transport(trouble: Exception, where: str, *, left: bool) -> VehicleError:
    """The error for a call that got no answer. `left`: the first bytes of the request were handed to the network."""
    if not left:
        if "CERTIFICATE" in str(trouble).upper():
            return NotTrusted(
                f"The certificate of {where} is not trusted. Set the secret trusted_certificates to the authorities "
                "that sign it, and check that the address names the host it is made for."
            )
        return VehicleUnreachable(f"The vehicle's server {where} cannot be reached: {_in_words(trouble)}.")
    if isinstance(trouble, httpx.TimeoutException | TimeoutError):
        return VehicleTimeout(f"The vehicle's server {where} did not answer in time.")
    if isinstance(trouble, httpx.ReadError | httpx.WriteError | httpx.CloseError) or _is_cut(trouble):
        return VehicleConnectionLost(f"The connection to {where} broke before the answer was complete.")
    return VehicleProtocolError(f"{where} sent something that is not HTTP.")


def refused_or_failed(problem: SovdProblem, about: JsonObject, token: str | None) -> VehicleError:
    """The error for a change that was answered with 200 and a problem: only a refusal says that it was not begun."""
    if problem.nrc is not None or problem.error_code in _NOT_BEGUN:
        return refused_by_answer(problem, about, token)
    return ran_and_failed(problem, about, token)


def refused_by_answer(problem: SovdProblem, about: JsonObject, token: str | None) -> VehicleError:
    """The error for a 200 whose body says that the vehicle could not do it."""
    said = without_secret(problem.said, token)
    details: JsonObject = dict(about)
    if problem.error_code:
        details["errorCode"] = without_secret(problem.error_code, token)
    if problem.nrc is not None:
        return _negative_response(problem.nrc, said, details)
    if problem.error_code == _NOT_RESPONDING:
        return VehicleTimeout(f"The control unit did not answer the vehicle's server: {said}.", details=details)
    return VehicleRefused(f"The vehicle could not do it: {said}.", details=details)


def ran_and_failed(problem: SovdProblem | None, about: JsonObject, token: str | None) -> VehicleError:
    """The error for an execution that has ended as failed, for whatever reason."""
    about = {**about, "ran": True}
    if problem is None:
        return RanAndFailed("It ran and ended as failed; the server gives no reason.", details=about)
    error = refused_by_answer(problem, about, token)
    return error if error.may_have_acted else RanAndFailed(f"It ran and failed. {error.message}", details=error.details)


def without_secret(text: str, token: str | None) -> str:
    """A server's text without the token, should it send it back."""
    return text.replace(token, "***") if token else text


def _shown_parameters(problem: SovdProblem, token: str | None) -> JsonObject:
    """What the server gave with its reason, unless there is too much of it."""
    if not problem.parameters:
        return {}
    text = without_secret(encode_json(problem.parameters), token)
    return {"parameters": decode_json_object(text)} if len(text) <= _LONGEST_PARAMETERS else {}


def _negative_response(nrc: int, said: str, details: JsonObject) -> VehicleError:
    info = describe_nrc(nrc)
    named = {"nrc": info.text, "nrcName": info.name, "explanation": info.explanation, "advice": info.advice}
    if nrc == Nrc.NO_RESPONSE_FROM_SUBNET_COMPONENT:
        return VehicleTimeout(
            f"The control unit passed it on, and the part behind it did not answer in time ({info.name}). That part "
            f"may have acted: read its state before you repeat the command. The server says: {said}.",
            details={**details, **named},
        )
    if nrc == Nrc.GENERAL_PROGRAMMING_FAILURE:
        return RanAndFailed(
            f"The control unit began, and failed while it wrote: {info.name} ({info.text}). The server says: {said}. "
            "Read what is stored before you repeat the command.",
            details={**details, **named},
        )
    kind = VehicleBusy if nrc in _BUSY_NRCS else VehicleRefused
    return kind(
        f"The control unit refused: {info.name} ({info.text}). The server says: {said}.", details={**details, **named}
    )


def _not_authenticated(details: JsonObject, *, has_token: bool) -> VehicleRefused:
    advice = (
        "it may have expired or been revoked; set the vehicle's secret bearer_token anew"
        if has_token
        else "set the vehicle's secret bearer_token, or client_certificate where the server asks for one"
    )
    what = "does not accept the token we have" if has_token else "wants credentials and we have no token"
    return VehicleRefused(f"The vehicle's server {what} (401): {advice}.", details={**details, "advice": advice})


def _server_failure(status: int, said: str, details: JsonObject, *, changes: bool) -> VehicleError:
    if changes:
        return VehicleProtocolError(
            f"The vehicle's server failed on the way ({status}): {said}. It cannot be told whether it acted.",
            details=details,
        )
    return VehicleRefused(f"The vehicle's server failed ({status}): {said}.", details=details)


def _is_cut(trouble: Exception) -> bool:
    if not isinstance(trouble, httpx.RemoteProtocolError):
        return False
    text = str(trouble).lower()
    return "disconnected" in text or "closed" in text or "incomplete" in text


def _in_words(trouble: Exception) -> str:
    match trouble:
        case httpx.ConnectTimeout() | httpx.PoolTimeout() | TimeoutError():
            return "no connection within the time limit"
        case httpx.ConnectError() if "refused" in str(trouble).lower():
            return "nothing accepts connections there"
        case httpx.ConnectError():
            return "the host is not known, or no way leads there" if "name" in str(trouble).lower() else "no connection"
        case _:
            return "the connection broke while it was being made"
