"""Negative response codes (ISO 14229-1 Annex A) as SOVD errors: which status a client gets for which code.

The table is the one that implementations cite from ISO 17978-3, 8.4. Codes that mean "wait" (0x78) never get here:
whoever talks to the ECU waits.
"""

from app.protocols.sovd.sovd_errors import ErrorCode, GenericError, SovdRefusal

MODE_REJECTED_STATUS = 500
"""What ISO 17978-3 declares for a mode that the entity refuses, whatever its code."""

_SERVICE_OR_MESSAGE = dict.fromkeys((0x10, 0x11, 0x12, 0x14, 0x26, 0x72), 502)
_REQUEST = dict.fromkeys((0x13, 0x31), 400)
_RIGHTS = dict.fromkeys((0x33, 0x35, 0x36), 403)
_BUSY = {0x21: 503}

STATUS_OF_NRC = _SERVICE_OR_MESSAGE | _REQUEST | _RIGHTS | _BUSY
"""HTTP status by negative response code; `STATUS_OF_OTHER_NRC` for those it does not name."""

STATUS_OF_OTHER_NRC = 409


def status_of_nrc(nrc: int) -> int:
    """The HTTP status for a negative response code."""
    return STATUS_OF_NRC.get(nrc, STATUS_OF_OTHER_NRC)


def refusal_of_nrc(service: int, nrc: int, message: str, *, status: int | None = None) -> SovdRefusal:
    """The error answer for a negative response to `service`. `status` overrides the table's (mode PUT: 500)."""
    error = GenericError(
        error_code=ErrorCode.ERROR_RESPONSE,
        message=message,
        parameters={"service": f"0x{service:02X}", "nrc": f"0x{nrc:02X}"},
    )
    code = status if status is not None else status_of_nrc(nrc)
    return SovdRefusal(code, error, headers={"Retry-After": "1"} if code == 503 else {})


def not_responding(message: str) -> SovdRefusal:
    """504 for an ECU that gave no answer, or the answer to something else."""
    return SovdRefusal(504, GenericError(error_code=ErrorCode.NOT_RESPONDING, message=message))
