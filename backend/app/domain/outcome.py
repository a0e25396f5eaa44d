"""How a command ends: the truthful status, words for people, and the error that is stored with it.

One rule stands above all: an ending is `outcome_unknown` exactly when the command may change the vehicle and what
happened leaves open whether it did. A read never is: it can be sent again.
"""

from app.domain.command import CommandError, Ending
from app.domain.command_definition import CommandDefinition
from app.domain.command_states import CommandStatus
from app.domain.errors import (
    Fault,
    RequestError,
    SovdError,
    VehicleError,
    VehicleProtocolError,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.json_values import JsonObject

_SEND_AGAIN = "A read changes nothing in the vehicle: it is safe to send it again."
_MEND_FIRST = "A read changes nothing in the vehicle; remove the cause, then send it again."
_CHECK_FIRST = (
    "The vehicle may have carried it out. Read its state before you send the command again; it is not repeated for you."
)


def leaves_open_whether_it_acted(error: BaseException) -> bool:
    """Whether the vehicle may have carried out a changing command that ended with this error.

    Unexpected errors count as yes: nobody knows how far the connector had come.
    """
    if isinstance(error, VehicleError):
        return error.may_have_acted
    return not isinstance(error, RequestError)


def ending_completed(*, chunks_stored: int) -> Ending:
    """The final chunk arrived."""
    return Ending(
        status=CommandStatus.COMPLETED, status_reason=f"The vehicle's answer is complete ({_chunks(chunks_stored)})."
    )


def ending_for(
    error: BaseException, definition: CommandDefinition, *, chunks_stored: int, may_have_reached: bool = True
) -> Ending:
    """The ending for whatever a connector raised. The text of an unexpected error is for the log, not for people.

    `may_have_reached`: whether anything of the command can have got to the vehicle; trouble before that is never more
    than a failure.
    """
    known = error if isinstance(error, SovdError) else None
    message = known.message if known else f"The connector failed unexpectedly ({type(error).__name__})."
    return _ended_badly(
        definition,
        code=known.error_code if known else SovdError.code,
        message=message,
        chunks_stored=chunks_stored,
        acted=may_have_reached and leaves_open_whether_it_acted(error),
        details={
            "fault": str(known.fault if known else Fault.SERVICE),
            "retry_can_help": known.retry_can_help if known else False,
            **(known.details if known else {}),
        },
    )


def ending_for_deadline(
    definition: CommandDefinition, *, timeout_s: float, chunks_stored: int, may_have_reached: bool = True
) -> Ending:
    """The command's own time limit was reached: while it ran, or before anything of it was sent."""
    if not may_have_reached:
        too_late = VehicleUnreachable(f"Within {timeout_s:g} s it could not be sent.", details={"timeout_s": timeout_s})
        return ending_for(too_late, definition, chunks_stored=chunks_stored)
    what = "No complete answer came" if chunks_stored else "No answer came"
    return ending_for(
        VehicleTimeout(f"{what} within {timeout_s:g} s.", details={"timeout_s": timeout_s}),
        definition,
        chunks_stored=chunks_stored,
    )


def ending_for_missing_final(definition: CommandDefinition, *, chunks_stored: int) -> Ending:
    """The connector ended without a final chunk: a protocol error."""
    error = VehicleProtocolError("The answer ended before it was complete.")
    return ending_for(error, definition, chunks_stored=chunks_stored)


def ending_for_lost_lease(definition: CommandDefinition, *, chunks_stored: int) -> Ending:
    """The worker that ran the command died; nobody may run it again by itself."""
    return _ended_badly(
        definition,
        code="worker_lost",
        message="The worker that ran this command was lost while it ran.",
        chunks_stored=chunks_stored,
        acted=True,
        details={"fault": str(Fault.SERVICE), "retry_can_help": True},
    )


def ending_for_stopped_worker(
    definition: CommandDefinition, *, chunks_stored: int, may_have_reached: bool = True
) -> Ending:
    """The worker was told to stop and the command did not finish in the time left for that.

    `may_have_reached`: whether anything of it can have got to the vehicle.
    """
    return _ended_badly(
        definition,
        code="worker_stopped",
        message="The service was stopped while this command ran.",
        chunks_stored=chunks_stored,
        acted=may_have_reached,
        details={"fault": str(Fault.SERVICE), "retry_can_help": True},
    )


def ending_for_cancel(
    definition: CommandDefinition, *, chunks_stored: int, stopped_for_certain: bool = False
) -> Ending:
    """Somebody cancelled the running command; `stopped_for_certain`: it never reached the vehicle."""
    if definition.may_change_vehicle and not stopped_for_certain:
        return _ended_badly(
            definition,
            code="cancelled_while_running",
            message="Cancelled while it ran; whether the vehicle had already acted is not known.",
            chunks_stored=chunks_stored,
            acted=True,
            details={"fault": str(Fault.CALLER), "retry_can_help": False},
        )
    effect = "It had not reached the vehicle." if stopped_for_certain else "A read changes nothing in the vehicle."
    return _cancelled("cancelled", f"Cancelled while it ran. {effect}{_note(chunks_stored)}", chunks_stored)


def ending_for_cancel_before_start(reason: str | None) -> Ending:
    """Somebody cancelled the command while it waited; `reason` is theirs."""
    given = f" Reason given: {reason}" if reason else ""
    return _cancelled("cancelled", f"Cancelled before it started; nothing was sent to the vehicle.{given}", 0)


def ending_for_withdrawn_permission() -> Ending:
    """At dispatch the submitter may no longer send this command to this vehicle."""
    text = (
        "The account that sent it may no longer do so; nothing was sent to the vehicle. "
        "Ask an administrator, then send it again."
    )
    return _cancelled("permission_withdrawn", text, 0)


def ending_for_expiry() -> Ending:
    """The command did not start before its expiry, so it never will."""
    message = "It did not start before its expiry; nothing was sent to the vehicle."
    return Ending(
        status=CommandStatus.EXPIRED,
        status_reason=f"{message} Send it again, with a longer expiry if the vehicle is seldom online.",
        error=CommandError(code="expired", message=message, details={}),
    )


def _ended_badly(
    definition: CommandDefinition, *, code: str, message: str, chunks_stored: int, acted: bool, details: JsonObject
) -> Ending:
    unknown = definition.may_change_vehicle and acted
    retry_can_help = details.get("retry_can_help") is True
    next_step = _next_step(definition, chunks_stored, unknown=unknown, retry_can_help=retry_can_help)
    return Ending(
        status=CommandStatus.OUTCOME_UNKNOWN if unknown else CommandStatus.FAILED,
        status_reason=f"{message}{_note(chunks_stored)} {next_step}",
        error=CommandError(
            code=code,
            message=message,
            details={**details, "may_have_acted": unknown, "chunks_received": chunks_stored},
        ),
    )


def _next_step(definition: CommandDefinition, chunks_stored: int, *, unknown: bool, retry_can_help: bool) -> str:
    if unknown:
        return _CHECK_FIRST
    if not definition.may_change_vehicle:
        return _SEND_AGAIN if retry_can_help else _MEND_FIRST
    if chunks_stored:  # earlier steps were answered, so "nothing happened" would not be true
        return "What the vehicle did before that stands in the parts received; after them it did nothing."
    return "The vehicle did not act: nothing was changed. Remove the cause, then send it again."


def _cancelled(code: str, text: str, chunks_stored: int) -> Ending:
    details: JsonObject = {"may_have_acted": False, "chunks_received": chunks_stored}
    return Ending(
        status=CommandStatus.CANCELLED,
        status_reason=text,
        error=CommandError(code=code, message=text, details=details),
    )


def _note(chunks_stored: int) -> str:
    return f" {_chunks(chunks_stored)} of the answer had arrived and can be read." if chunks_stored else ""


def _chunks(count: int) -> str:
    return "1 part" if count == 1 else f"{count} parts"
