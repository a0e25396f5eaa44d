"""What goes wrong between a UDS client and an ECU, as the errors of the domain."""

from app.domain.errors import VehicleProtocolError, VehicleRefused, VehicleTimeout, VehicleUnreachable
from app.protocols.uds.errors import UdsFormatError
from app.protocols.uds.exchange import Failed, Reason
from app.protocols.uds.negative_responses import Nrc, NrcInfo, describe_nrc
from app.protocols.uds.services import service_name


def ecu_text(address: int) -> str:
    """A logical address as everywhere in the product: `0x1010`."""
    return f"0x{address:04X}"


class NegativeResponse(VehicleRefused):
    """The ECU itself said no. `nrc` is the code, `info` what it means, `raw` the whole answer."""

    def __init__(self, ecu_address: int, raw: bytes) -> None:
        self.nrc = raw[2]
        self.info: NrcInfo = describe_nrc(self.nrc)
        self.raw = raw
        super().__init__(
            f"ECU {ecu_text(ecu_address)} refused {service_name(raw[1])}: {self.info.name} ({self.info.text}). "
            f"{self.info.explanation} {self.info.advice}",
            details={
                "nrc": self.info.text,
                "nrcName": self.info.name,
                "explanation": self.info.explanation,
                "advice": self.info.advice,
                "retryCanHelp": self.info.retry_can_help,
                "ecuAddress": ecu_text(ecu_address),
                "raw": raw.hex().upper(),
            },
        )


class WritingFailed(NegativeResponse):
    """The ECU began to write and could not finish (NRC 72): what it stores may be the old, the new or neither."""

    may_have_acted = True


def refused(ecu_address: int, raw: bytes) -> NegativeResponse | VehicleTimeout:
    """The error for a negative answer. With NRC 25 the ECU passed the request on, and that part may have acted."""
    error = NegativeResponse(ecu_address, raw)
    if error.nrc == Nrc.GENERAL_PROGRAMMING_FAILURE:
        return WritingFailed(ecu_address, raw)
    if error.nrc != Nrc.NO_RESPONSE_FROM_SUBNET_COMPONENT:
        return error
    return VehicleTimeout(
        f"ECU {ecu_text(ecu_address)} passed {service_name(raw[1])} on, and the part behind it did not answer in time "
        f"({error.info.name}). That part may have acted: read its state before you repeat the command.",
        details=error.details,
    )


_WHY = {
    Reason.SILENT: "did not answer",
    Reason.SILENT_AFTER_PENDING: "said that it works on it, and then nothing more",
    Reason.PENDING_TOO_LONG: "worked on it for longer than it may",
    Reason.DEADLINE: "did not answer before the deadline",
}


def no_answer(ecu_address: int, request: bytes, failed: Failed) -> VehicleTimeout | VehicleUnreachable:
    """An exchange ended without an answer."""
    details = {"ecuAddress": ecu_text(ecu_address), "service": service_name(request[0]), "reason": failed.reason.value}
    if not failed.was_sent:
        return VehicleUnreachable(
            f"The time was over before {service_name(request[0])} could be sent to ECU {ecu_text(ecu_address)}. "
            "Nothing was sent; give the command more time.",
            details=details,
        )
    return VehicleTimeout(
        f"ECU {ecu_text(ecu_address)} {_WHY[failed.reason]} ({service_name(request[0])}). The request left, so it may "
        "have acted: read its state before you repeat the command.",
        details=details,
    )


def still_owing(ecu_address: int) -> VehicleUnreachable:
    """The ECU has neither answered an earlier request nor shown since that it is done with it."""
    return VehicleUnreachable(
        f"ECU {ecu_text(ecu_address)} left an earlier request unanswered and does not answer now. Nothing more was "
        "sent to it, so that a late answer is not taken for another; check that it is awake and try again.",
        details={"ecuAddress": ecu_text(ecu_address)},
    )


def not_understood(ecu_address: int, raw: bytes, error: UdsFormatError) -> VehicleProtocolError:
    """An answer that belongs to the request and has the wrong form."""
    return VehicleProtocolError(
        f"The answer of ECU {ecu_text(ecu_address)} cannot be understood: {error}.",
        details={"ecuAddress": ecu_text(ecu_address), "raw": raw.hex().upper()},
    )
