"""Error bodies of ISO 17978-3 (5.8): GenericError, DataError, and the exception that carries one to the caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.domain.json_values import JsonObject, JsonValue


class ErrorCode(StrEnum):
    """`error_code` tokens of the standard (Table 18)."""

    ERROR_RESPONSE = "error-response"
    INCOMPLETE_REQUEST = "incomplete-request"
    INSUFFICIENT_ACCESS_RIGHTS = "insufficient-access-rights"
    INVALID_RESPONSE_CONTENT = "invalid-response-content"
    INVALID_SIGNATURE = "invalid-signature"
    LOCK_BROKEN = "lock-broken"
    NOT_RESPONDING = "not-responding"
    PRECONDITION_NOT_FULFILLED = "precondition-not-fulfilled"
    SOVD_SERVER_FAILURE = "sovd-server-failure"
    SOVD_SERVER_MISCONFIGURED = "sovd-server-misconfigured"
    UPDATE_AUTOMATED_NOT_SUPPORTED = "update-automated-not-supported"
    UPDATE_EXECUTION_IN_PROGRESS = "update-execution-in-progress"
    UPDATE_PREPARATION_IN_PROGRESS = "update-preparation-in-progress"
    UPDATE_PROCESS_IN_PROGRESS = "update-process-in-progress"
    VENDOR_SPECIFIC = "vendor-specific"


class VendorCode(StrEnum):
    """`vendor_code` tokens we send with `vendor-specific`; the first three as Eclipse OpenSOVD Core spells them."""

    ENTITY_NOT_FOUND = "entity-not-found"
    RESOURCE_NOT_FOUND = "resource-not-found"
    READ_ONLY = "read-only"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    NOT_SUPPORTED = "not-supported"
    INVALID_PARAMETER = "invalid-parameter"
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type"
    NOT_ACCEPTABLE = "not-acceptable"
    TOO_LARGE = "too-large"
    OVERLOADED = "overloaded"
    UNAUTHORIZED = "unauthorized"
    UNABLE_TO_DELETE = "unable-to-delete"
    STILL_RUNNING = "still-running"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericError:
    """The body of every error answer. A `vendor_code` goes with `vendor-specific` and only with it."""

    error_code: str
    message: str
    vendor_code: str | None = None
    translation_id: str | None = None
    parameters: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))

    def as_json(self) -> JsonObject:
        """The JSON object; what is not set is left out."""
        body: JsonObject = {"error_code": str(self.error_code), "message": self.message}
        if self.vendor_code is not None:
            body["vendor_code"] = str(self.vendor_code)
        if self.translation_id is not None:
            body["translation_id"] = self.translation_id
        if self.parameters:
            body["parameters"] = dict(self.parameters)
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class DataError:
    """What is wrong with one element of an answer; `path` is a JSON pointer (RFC 6901) into that answer."""

    path: str
    error: GenericError

    def as_json(self) -> JsonObject:
        """The JSON object."""
        return {"path": self.path, "error": self.error.as_json()}


class SovdRefusal(Exception):
    """An error answer on its way to the caller: status, body and headers. Backends raise it too."""

    def __init__(
        self, status: int, error: GenericError | DataError, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        generic = error if isinstance(error, GenericError) else error.error
        super().__init__(generic.message)
        self.status = status
        self.error = error
        self.headers = headers

    @property
    def generic(self) -> GenericError:
        """The GenericError, also where it travels inside a DataError."""
        return self.error if isinstance(self.error, GenericError) else self.error.error


def vendor_error(vendor_code: VendorCode, message: str, **parameters: JsonValue) -> GenericError:
    """A GenericError with a code of ours."""
    return GenericError(
        error_code=ErrorCode.VENDOR_SPECIFIC, vendor_code=vendor_code, message=message, parameters=parameters
    )


def entity_unknown(path: str) -> SovdRefusal:
    """404 for an entity that this server does not have."""
    return SovdRefusal(404, vendor_error(VendorCode.ENTITY_NOT_FOUND, f"There is no entity {path}."))


def resource_unknown(what: str) -> SovdRefusal:
    """404 for a resource that the entity does not have."""
    return SovdRefusal(404, vendor_error(VendorCode.RESOURCE_NOT_FOUND, f"There is no {what} here."))


def bad_request(message: str, **parameters: JsonValue) -> SovdRefusal:
    """400 for a request that is incomplete or cannot be read."""
    return SovdRefusal(
        400, GenericError(error_code=ErrorCode.INCOMPLETE_REQUEST, message=message, parameters=parameters)
    )


def invalid_parameter(message: str, **parameters: JsonValue) -> SovdRefusal:
    """400 for a value that the resource does not take; `possiblevalues` names those it does."""
    return SovdRefusal(400, vendor_error(VendorCode.INVALID_PARAMETER, message, **parameters))


def invalid_data(message: str, pointer: str = "/data") -> SovdRefusal:
    """400 with a DataError: how PUT of data and configurations refuses a value."""
    return SovdRefusal(400, DataError(path=pointer, error=vendor_error(VendorCode.INVALID_PARAMETER, message)))


def precondition_not_fulfilled(message: str, **parameters: JsonValue) -> SovdRefusal:
    """409 for something that has to be so first: a lock, a session, a standing vehicle."""
    return SovdRefusal(
        409, GenericError(error_code=ErrorCode.PRECONDITION_NOT_FULFILLED, message=message, parameters=parameters)
    )


def not_supported(message: str) -> SovdRefusal:
    """501 for what this resource cannot do."""
    return SovdRefusal(501, vendor_error(VendorCode.NOT_SUPPORTED, message))


def overloaded(message: str, retry_after_s: int = 1) -> SovdRefusal:
    """503 for a limit that is reached for now."""
    return SovdRefusal(503, vendor_error(VendorCode.OVERLOADED, message), headers={"Retry-After": str(retry_after_s)})


def read_only(what: str, allow: str = "GET") -> SovdRefusal:
    """405 for writing what can only be read."""
    return SovdRefusal(405, vendor_error(VendorCode.READ_ONLY, f"{what} can only be read."), headers={"Allow": allow})
