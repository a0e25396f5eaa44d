"""What goes wrong on a DoIP link, as the errors of the domain: whether something left us decides which."""

import socket

from app.domain.errors import VehicleConnectionLost, VehicleRefused, VehicleTimeout, VehicleUnreachable
from app.domain.json_values import JsonObject
from app.protocols.doip.client_connection import ActivationDenied
from app.protocols.doip.codes import CodeMeaning, DiagnosticNackCode, diagnostic_nack_meaning, header_nack_meaning


def ecu_text(address: int) -> str:
    """A logical address as everywhere in the product: "0x1010"."""
    return f"0x{address:04X}"


def _details(kind: str, code: int, meaning: CodeMeaning) -> JsonObject:
    return {
        f"{kind}Code": f"0x{code:02X}",
        f"{kind}Name": meaning.name,
        "explanation": meaning.explanation,
        "advice": meaning.advice,
        "retryCanHelp": meaning.retry_can_help,
    }


def activation_denied(gateway: str, denied: ActivationDenied) -> VehicleUnreachable:
    """The gateway let us not in: no request left us."""
    meaning = denied.meaning
    return VehicleUnreachable(
        f"The gateway {gateway} denied routing activation: {meaning.explanation} ({meaning.name}). {meaning.advice}",
        details={**_details("activation", denied.code, meaning), "reason": f"{meaning.explanation}. {meaning.advice}"},
    )


def activation_not_understood(gateway: str, code: int) -> VehicleUnreachable:
    """A generic header nack to routing activation; 0x00 where the gateway speaks another protocol version only."""
    meaning = header_nack_meaning(code)
    error = unreachable(gateway, f"it did not take the routing activation request: {meaning.explanation}")
    error.details.update(_details("headerNack", code, meaning))
    return error


def message_rejected(gateway: str, ecu_address: int, code: int, *, certain: bool) -> VehicleRefused | VehicleTimeout:
    """A diagnostic nack. Not `certain` to be about this very request: the ECU may have acted.

    Nor is it known after a transport protocol error: the last frame may have arrived, and its confirmation got lost.
    """
    meaning = diagnostic_nack_meaning(code)
    if code == DiagnosticNackCode.TRANSPORT_PROTOCOL_ERROR:
        return _not_taken(gateway, ecu_address, code, meaning, "; the ECU may have got it all the same")
    return _not_taken(gateway, ecu_address, code, meaning, "" if certain else _OF_AN_EARLIER_ONE)


def header_rejected(gateway: str, ecu_address: int, code: int, *, certain: bool) -> VehicleRefused | VehicleTimeout:
    """A generic header nack while one request only was under way; `certain` as in `message_rejected`."""
    return _not_taken(gateway, ecu_address, code, header_nack_meaning(code), "" if certain else _OF_AN_EARLIER_ONE)


_OF_AN_EARLIER_ONE = "; but this may be about an earlier message that it never acknowledged"


def _not_taken(
    gateway: str, ecu_address: int, code: int, meaning: CodeMeaning, doubt: str
) -> VehicleRefused | VehicleTimeout:
    details = {**_details("doipNack", code, meaning), "ecuAddress": ecu_text(ecu_address)}
    said = f"The gateway {gateway} did not take the request for {ecu_text(ecu_address)}: {meaning.explanation}"
    if not doubt:
        return VehicleRefused(f"{said} ({meaning.name}). {meaning.advice}", details=details)
    return VehicleTimeout(
        f"{said} ({meaning.name}){doubt}. Read the state of the ECU before you repeat the command.", details=details
    )


def not_acknowledged(gateway: str, ecu_address: int) -> VehicleTimeout:
    """Sent, and the gateway said nothing to it."""
    return VehicleTimeout(
        f"The gateway {gateway} did not acknowledge the request for {ecu_text(ecu_address)} in time; the ECU may have "
        "got it. Check the gateway, and read the state of the ECU before you repeat the command.",
        details={"ecuAddress": ecu_text(ecu_address)},
    )


def connection_lost(gateway: str, why: str) -> VehicleConnectionLost:
    """Broke while something was under way."""
    return VehicleConnectionLost(
        f"The connection to the gateway {gateway} broke: {why}. The ECU may have got the request: read its state "
        "before you repeat the command."
    )


def unreachable(gateway: str, why: str, *, retry_can_help: bool = True) -> VehicleUnreachable:
    """Nothing left us."""
    return VehicleUnreachable(
        f"The gateway {gateway} cannot be reached: {why}. Nothing was sent.",
        details={"reason": why, "retryCanHelp": retry_can_help},
    )


def why_not_connected(error: OSError | UnicodeError) -> str:
    """In words, what the system says to a failed attempt to connect."""
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens on this port"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "the host name has no address"
    return error.strerror or str(error)


def ecu_busy(gateway: str, ecu_address: int) -> VehicleUnreachable:
    """Others had the ECU until the deadline."""
    return VehicleUnreachable(
        f"The ECU {ecu_text(ecu_address)} behind {gateway} was busy with other requests until the deadline. "
        "Nothing was sent; try again.",
        details={"ecuAddress": ecu_text(ecu_address)},
    )
