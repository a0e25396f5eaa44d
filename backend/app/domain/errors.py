"""Every error the program raises on purpose, in one tree.

SovdError
 ├─ RequestError              the caller's request cannot be served as it is
 │   ├─ InvalidRequest        a field is wrong: names it and says how to mend it
 │   ├─ NotAuthenticated      no valid identity
 │   ├─ Forbidden             the identity may not do this
 │   ├─ NotFound              unknown, or hidden from this caller
 │   ├─ Conflict              clashes with what is stored
 │   └─ TooManyRequests       a limit is reached; says when to come back
 ├─ VehicleError              the vehicle or the way to it
 │   ├─ VehicleUnreachable    never got there: it cannot have acted
 │   ├─ VehicleRefused        the vehicle said no: it did not act
 │   ├─ VehicleTimeout        sent, no answer in time: it may have acted
 │   ├─ VehicleConnectionLost sent, link lost: it may have acted
 │   ├─ VehicleProtocolError  sent, the answer cannot be understood: it may have acted
 │   ├─ AnswerTooLong         outgrew what is kept of one command: stopped, it may have acted
 │   ├─ VehicleNotSafe        not in a safe state: nothing that moves things was sent
 │   └─ CommandNotSupported   this kind of vehicle has no such command: it cannot have acted
 └─ ServiceError              our own side
     ├─ StorageUnavailable    PostgreSQL cannot be reached
     ├─ BusUnavailable        Redis cannot be reached
     ├─ LeaseLost             another worker decides about this command now
     └─ Overloaded            a bounded queue is full
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from app.domain.json_values import JsonObject


class Fault(StrEnum):
    """Whose fault an error is."""

    CALLER = "caller"
    VEHICLE = "vehicle"
    NETWORK = "network"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: JSON pointer (RFC 6901) into the request body, and what to do about it."""

    pointer: str
    message: str


class SovdError(Exception):
    """Base of all. `code` is stable and documented; `message` is for people."""

    code: ClassVar[str] = "internal_error"
    fault: ClassVar[Fault] = Fault.SERVICE
    retry_can_help: ClassVar[bool] = False
    may_have_acted: ClassVar[bool] = False

    def __init__(self, message: str, *, code: str | None = None, details: JsonObject | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code
        self.details: JsonObject = details or {}


class RequestError(SovdError):
    """The caller's request cannot be served as it is; nothing was changed."""

    code = "request_error"
    fault = Fault.CALLER


class InvalidRequest(RequestError):
    """One or more fields are wrong; `field_errors` names each."""

    code = "invalid_request"

    def __init__(self, message: str, field_errors: Sequence[FieldError] = (), *, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field_errors = tuple(field_errors)


class NotAuthenticated(RequestError):
    """No valid identity: token missing, wrong, expired, revoked, or the account is off."""

    code = "not_authenticated"


class Forbidden(RequestError):
    """The identity is known and may not do this."""

    code = "forbidden"


class NotFound(RequestError):
    """Unknown, or hidden from this caller: the two look the same on purpose."""

    code = "not_found"


class Conflict(RequestError):
    """Clashes with what is stored, for example an idempotency key used with another body."""

    code = "conflict"


class TooManyRequests(RequestError):
    """A limit is reached. `retry_after_s` says when trying again makes sense."""

    code = "too_many_requests"
    retry_can_help = True

    def __init__(self, message: str, *, retry_after_s: float, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class VehicleError(SovdError):
    """The vehicle, or the way to it."""

    code = "vehicle_error"
    fault = Fault.VEHICLE


class VehicleUnreachable(VehicleError):
    """The request never left us towards the vehicle: it cannot have acted."""

    code = "vehicle_unreachable"
    fault = Fault.NETWORK
    retry_can_help = True


class VehicleRefused(VehicleError):
    """The vehicle answered no (for UDS: a negative response code, ISO 14229-1 Annex A): it did not act."""

    code = "vehicle_refused"


class VehicleTimeout(VehicleError):
    """The request left and no answer came in time: the vehicle may have acted."""

    code = "vehicle_timeout"
    retry_can_help = True
    may_have_acted = True


class VehicleConnectionLost(VehicleError):
    """The link broke after the request left: the vehicle may have acted."""

    code = "vehicle_connection_lost"
    fault = Fault.NETWORK
    retry_can_help = True
    may_have_acted = True


class VehicleProtocolError(VehicleError):
    """The answer cannot be understood: the vehicle may have acted."""

    code = "vehicle_protocol_error"
    may_have_acted = True


class AnswerTooLong(VehicleError):
    """The answer outgrew what is kept of one command and was stopped: the vehicle may have acted."""

    code = "answer_too_long"
    fault = Fault.CALLER
    may_have_acted = True


class VehicleNotSafe(VehicleError):
    """The vehicle is not known to stand safely, so nothing that moves things in it was sent."""

    code = "vehicle_not_safe"


class CommandNotSupported(VehicleError):
    """This kind of vehicle has no such command: nothing was sent."""

    code = "command_not_supported"


class ServiceError(SovdError):
    """Our own side."""

    code = "service_error"
    retry_can_help = True


class StorageUnavailable(ServiceError):
    """PostgreSQL cannot be reached; what was asked may or may not have been stored."""

    code = "storage_unavailable"


class BusUnavailable(ServiceError):
    """Redis cannot be reached; viewers are served from the store meanwhile."""

    code = "bus_unavailable"


class LeaseLost(ServiceError):
    """Another worker decides about this command now; this one must change nothing."""

    code = "lease_lost"
    retry_can_help = False


class Overloaded(ServiceError):
    """A bounded queue is full; nothing was accepted."""

    code = "overloaded"
