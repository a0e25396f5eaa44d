"""Negative response codes (ISO 14229-1:2020, Annex A.1): name, plain meaning, what to do, whether waiting helps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType


class Nrc(IntEnum):
    """Every negative response code that the standard defines."""

    GENERAL_REJECT = 0x10
    SERVICE_NOT_SUPPORTED = 0x11
    SUB_FUNCTION_NOT_SUPPORTED = 0x12
    INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT = 0x13
    RESPONSE_TOO_LONG = 0x14
    BUSY_REPEAT_REQUEST = 0x21
    CONDITIONS_NOT_CORRECT = 0x22
    REQUEST_SEQUENCE_ERROR = 0x24
    NO_RESPONSE_FROM_SUBNET_COMPONENT = 0x25
    FAILURE_PREVENTS_EXECUTION_OF_REQUESTED_ACTION = 0x26
    REQUEST_OUT_OF_RANGE = 0x31
    SECURITY_ACCESS_DENIED = 0x33
    AUTHENTICATION_REQUIRED = 0x34
    INVALID_KEY = 0x35
    EXCEED_NUMBER_OF_ATTEMPTS = 0x36
    REQUIRED_TIME_DELAY_NOT_EXPIRED = 0x37
    SECURE_DATA_TRANSMISSION_REQUIRED = 0x38
    SECURE_DATA_TRANSMISSION_NOT_ALLOWED = 0x39
    SECURE_DATA_VERIFICATION_FAILED = 0x3A
    CERTIFICATE_VERIFICATION_FAILED_INVALID_TIME_PERIOD = 0x50
    CERTIFICATE_VERIFICATION_FAILED_INVALID_SIGNATURE = 0x51
    CERTIFICATE_VERIFICATION_FAILED_INVALID_CHAIN_OF_TRUST = 0x52
    CERTIFICATE_VERIFICATION_FAILED_INVALID_TYPE = 0x53
    CERTIFICATE_VERIFICATION_FAILED_INVALID_FORMAT = 0x54
    CERTIFICATE_VERIFICATION_FAILED_INVALID_CONTENT = 0x55
    CERTIFICATE_VERIFICATION_FAILED_INVALID_SCOPE = 0x56
    CERTIFICATE_VERIFICATION_FAILED_INVALID_CERTIFICATE = 0x57
    OWNERSHIP_VERIFICATION_FAILED = 0x58
    CHALLENGE_CALCULATION_FAILED = 0x59
    SETTING_ACCESS_RIGHTS_FAILED = 0x5A
    SESSION_KEY_CREATION_DERIVATION_FAILED = 0x5B
    CONFIGURATION_DATA_USAGE_FAILED = 0x5C
    DE_AUTHENTICATION_FAILED = 0x5D
    UPLOAD_DOWNLOAD_NOT_ACCEPTED = 0x70
    TRANSFER_DATA_SUSPENDED = 0x71
    GENERAL_PROGRAMMING_FAILURE = 0x72
    WRONG_BLOCK_SEQUENCE_COUNTER = 0x73
    REQUEST_CORRECTLY_RECEIVED_RESPONSE_PENDING = 0x78
    SUB_FUNCTION_NOT_SUPPORTED_IN_ACTIVE_SESSION = 0x7E
    SERVICE_NOT_SUPPORTED_IN_ACTIVE_SESSION = 0x7F
    RPM_TOO_HIGH = 0x81
    RPM_TOO_LOW = 0x82
    ENGINE_IS_RUNNING = 0x83
    ENGINE_IS_NOT_RUNNING = 0x84
    ENGINE_RUN_TIME_TOO_LOW = 0x85
    TEMPERATURE_TOO_HIGH = 0x86
    TEMPERATURE_TOO_LOW = 0x87
    VEHICLE_SPEED_TOO_HIGH = 0x88
    VEHICLE_SPEED_TOO_LOW = 0x89
    THROTTLE_PEDAL_TOO_HIGH = 0x8A
    THROTTLE_PEDAL_TOO_LOW = 0x8B
    TRANSMISSION_RANGE_NOT_IN_NEUTRAL = 0x8C
    TRANSMISSION_RANGE_NOT_IN_GEAR = 0x8D
    BRAKE_SWITCH_NOT_CLOSED = 0x8F
    SHIFTER_LEVER_NOT_IN_PARK = 0x90
    TORQUE_CONVERTER_CLUTCH_LOCKED = 0x91
    VOLTAGE_TOO_HIGH = 0x92
    VOLTAGE_TOO_LOW = 0x93
    RESOURCE_TEMPORARILY_NOT_AVAILABLE = 0x94


@dataclass(frozen=True, slots=True, kw_only=True)
class NrcInfo:
    """What is known about a code. `retry_can_help`: the same request can succeed later without other preparation."""

    code: int
    name: str
    explanation: str
    advice: str
    retry_can_help: bool = False

    @property
    def text(self) -> str:
        """`0x31`, as codes are written everywhere."""
        return f"0x{self.code:02X}"


def describe_nrc(code: int) -> NrcInfo:
    """What any code from 0x00 to 0xFF means; codes that the standard leaves open are named as it names their range."""
    known = _KNOWN.get(code)
    if known is not None:
        return known
    if 0xF0 <= code <= 0xFE or 0x38 <= code <= 0x4F:
        name = (
            "vehicleManufacturerSpecificConditionsNotCorrect" if code >= 0xF0 else "reservedByExtendedDataLinkSecurity"
        )
        return NrcInfo(
            code=code,
            name=name,
            explanation="The ECU refused with a code whose meaning its manufacturer has set.",
            advice="Look the code up in the manufacturer's description of this ECU.",
        )
    return NrcInfo(
        code=code,
        name="ISOSAEReserved",
        explanation="The ECU refused with a code that ISO 14229-1 does not define.",
        advice="Look the code up in the manufacturer's description; a faulty ECU or gateway may send it too.",
    )


def _standard_name(nrc: Nrc) -> str:
    first, *others = re.split("_", nrc.name.lower())
    return first + "".join(word.capitalize() for word in others)


_OF_MANUFACTURER = "vehicleManufacturerSpecificConditionsNotCorrect"
_CHECK_CERTIFICATE = "Use a certificate that this ECU accepts, then authenticate again."
_TRY_LATER = "Wait and try again."

_TEXTS: Mapping[Nrc, tuple[str, str]] = MappingProxyType(
    {
        Nrc.GENERAL_REJECT: (
            "The ECU refused and gives no reason.",
            "Read its trouble codes and session; try the request in the extended session.",
        ),
        Nrc.SERVICE_NOT_SUPPORTED: ("The ECU does not have this service at all.", "Ask an ECU that offers it."),
        Nrc.SUB_FUNCTION_NOT_SUPPORTED: (
            "The ECU has this service, but not this kind of it.",
            "Choose another kind (session, reset type, report, action).",
        ),
        Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT: (
            "The request is too long, too short or badly formed for this ECU.",
            "Check the length of the value or of the parameters against the ECU's description.",
        ),
        Nrc.RESPONSE_TOO_LONG: (
            "The answer would be longer than the ECU or the bus can carry.",
            "Ask for less at once: fewer identifiers, a narrower status mask.",
        ),
        Nrc.BUSY_REPEAT_REQUEST: ("The ECU is busy with something else and did not start.", _TRY_LATER),
        Nrc.CONDITIONS_NOT_CORRECT: (
            "The ECU is not in the state that this request needs.",
            "Bring the vehicle into the needed state (ignition, engine, parked) and try again.",
        ),
        Nrc.REQUEST_SEQUENCE_ERROR: (
            "A step that must come before this one is missing.",
            "Do the earlier step first: start the routine before its results, ask for the seed before the key.",
        ),
        Nrc.NO_RESPONSE_FROM_SUBNET_COMPONENT: (
            "A gateway passed the request on and the part behind it did not answer in time.",
            "Check that the part behind the gateway is awake and connected; the request may have reached it.",
        ),
        Nrc.FAILURE_PREVENTS_EXECUTION_OF_REQUESTED_ACTION: (
            "A fault in the ECU or the parts it drives prevents the action.",
            "Read and mend the trouble codes of this ECU first.",
        ),
        Nrc.REQUEST_OUT_OF_RANGE: (
            "The ECU does not know this identifier, routine or group, or the value is out of range, in this session.",
            "Check identifier and value; some exist only in the extended session or after security access.",
        ),
        Nrc.SECURITY_ACCESS_DENIED: (
            "This needs security access, and the ECU is locked.",
            "Give the security level for the command and set the vehicle's security access.",
        ),
        Nrc.AUTHENTICATION_REQUIRED: (
            "This needs an authenticated tester (service 0x29).",
            "Set up authentication for this vehicle, then try again.",
        ),
        Nrc.INVALID_KEY: (
            "The key that was sent does not fit the seed.",
            "Check the security access settings of the vehicle. Few attempts are allowed: do not just repeat.",
        ),
        Nrc.EXCEED_NUMBER_OF_ATTEMPTS: (
            "Too many wrong keys: the ECU has locked security access for a while.",
            "Stop trying. Wait for the ECU's delay (often 10 s to 10 min, with the ignition on), mend the key, go on.",
        ),
        Nrc.REQUIRED_TIME_DELAY_NOT_EXPIRED: (
            "The ECU's delay after wrong keys or a restart has not passed yet.",
            "Wait for the ECU's delay (often 10 s to 10 min, with the ignition on), then try again.",
        ),
        Nrc.SECURE_DATA_TRANSMISSION_REQUIRED: (
            "This service must be sent protected (service 0x84).",
            "This program does not send protected services; use the manufacturer's tool.",
        ),
        Nrc.SECURE_DATA_TRANSMISSION_NOT_ALLOWED: (
            "This service must not be sent protected (service 0x84).",
            "Send it unprotected.",
        ),
        Nrc.SECURE_DATA_VERIFICATION_FAILED: (
            "The protection of the message did not verify.",
            "Check the keys in use; somebody may have changed the message on its way.",
        ),
        Nrc.CERTIFICATE_VERIFICATION_FAILED_INVALID_TIME_PERIOD: (
            "The certificate is not valid at this time, by the ECU's clock.",
            "Renew the certificate, or set the ECU's clock.",
        ),
        Nrc.CERTIFICATE_VERIFICATION_FAILED_INVALID_SIGNATURE: (
            "The signature of the certificate is wrong.",
            _CHECK_CERTIFICATE,
        ),
        Nrc.CERTIFICATE_VERIFICATION_FAILED_INVALID_CHAIN_OF_TRUST: (
            "The ECU does not trust who issued the certificate.",
            _CHECK_CERTIFICATE,
        ),
        Nrc.CERTIFICATE_VERIFICATION_FAILED_INVALID_TYPE: (
            "The certificate is of the wrong type for this ECU.",
            _CHECK_CERTIFICATE,
        ),
        Nrc.CERTIFICATE_VERIFICATION_FAILED_INVALID_FORMAT: (
            "The ECU cannot read the certificate's format.",
            _CHECK_CERTIFICATE,
        ),
        Nrc.CERTIFICATE_VERIFICATION_FAILED_INVALID_CONTENT: (
            "The content of the certificate does not fit this ECU.",
            _CHECK_CERTIFICATE,
        ),
        Nrc.CERTIFICATE_VERIFICATION_FAILED_INVALID_SCOPE: (
            "The certificate does not cover what is asked for.",
            _CHECK_CERTIFICATE,
        ),
        Nrc.CERTIFICATE_VERIFICATION_FAILED_INVALID_CERTIFICATE: (
            "The certificate has been revoked or is otherwise not accepted.",
            _CHECK_CERTIFICATE,
        ),
        Nrc.OWNERSHIP_VERIFICATION_FAILED: (
            "The proof that the tester owns the certificate's key is wrong.",
            "Check that private key and certificate belong together.",
        ),
        Nrc.CHALLENGE_CALCULATION_FAILED: ("The ECU could not make its challenge.", _TRY_LATER),
        Nrc.SETTING_ACCESS_RIGHTS_FAILED: (
            "The ECU could not give the access rights.",
            "Authenticate again; if it stays, reset the ECU.",
        ),
        Nrc.SESSION_KEY_CREATION_DERIVATION_FAILED: (
            "The ECU could not make a session key.",
            "Authenticate again; if it stays, reset the ECU.",
        ),
        Nrc.CONFIGURATION_DATA_USAGE_FAILED: (
            "The ECU could not use the configuration data of the authentication.",
            "Check the data against the ECU's description.",
        ),
        Nrc.DE_AUTHENTICATION_FAILED: (
            "The ECU could not end the authentication.",
            "End the diagnostic session: that ends it too.",
        ),
        Nrc.UPLOAD_DOWNLOAD_NOT_ACCEPTED: (
            "The ECU does not accept a transfer now.",
            "Enter the programming session and unlock the ECU first.",
        ),
        Nrc.TRANSFER_DATA_SUSPENDED: ("The transfer stopped because of a fault.", "Begin the transfer anew."),
        Nrc.GENERAL_PROGRAMMING_FAILURE: (
            "Erasing or writing the ECU's memory failed.",
            "Check the supply voltage and begin programming anew; do not switch off.",
        ),
        Nrc.WRONG_BLOCK_SEQUENCE_COUNTER: ("A block of the transfer came out of order.", "Begin the transfer anew."),
        Nrc.REQUEST_CORRECTLY_RECEIVED_RESPONSE_PENDING: (
            "The ECU has taken the request and still works on it.",
            "Wait: the answer follows.",
        ),
        Nrc.SUB_FUNCTION_NOT_SUPPORTED_IN_ACTIVE_SESSION: (
            "The ECU offers this kind of the service only in another session.",
            "Use the extended session (or the one the ECU's description names).",
        ),
        Nrc.SERVICE_NOT_SUPPORTED_IN_ACTIVE_SESSION: (
            "The ECU offers this service only in another session.",
            "Use the extended session (or the one the ECU's description names).",
        ),
        Nrc.RPM_TOO_HIGH: ("The engine speed is too high.", "Let the engine idle or switch it off."),
        Nrc.RPM_TOO_LOW: ("The engine speed is too low.", "Raise the engine speed."),
        Nrc.ENGINE_IS_RUNNING: ("The engine runs and must not.", "Switch the engine off, leave the ignition on."),
        Nrc.ENGINE_IS_NOT_RUNNING: ("The engine must run and does not.", "Start the engine."),
        Nrc.ENGINE_RUN_TIME_TOO_LOW: ("The engine has not run for long enough.", "Let it run for longer."),
        Nrc.TEMPERATURE_TOO_HIGH: ("A temperature is too high.", "Let it cool down."),
        Nrc.TEMPERATURE_TOO_LOW: ("A temperature is too low.", "Let it warm up."),
        Nrc.VEHICLE_SPEED_TOO_HIGH: ("The vehicle is too fast for this.", "Stop the vehicle or drive slower."),
        Nrc.VEHICLE_SPEED_TOO_LOW: ("The vehicle is too slow for this.", "Drive faster, where that is safe."),
        Nrc.THROTTLE_PEDAL_TOO_HIGH: ("The accelerator is pressed too far.", "Release the accelerator."),
        Nrc.THROTTLE_PEDAL_TOO_LOW: ("The accelerator is not pressed far enough.", "Press the accelerator further."),
        Nrc.TRANSMISSION_RANGE_NOT_IN_NEUTRAL: ("The transmission is not in neutral.", "Select neutral."),
        Nrc.TRANSMISSION_RANGE_NOT_IN_GEAR: ("The transmission is not in gear.", "Select a gear."),
        Nrc.BRAKE_SWITCH_NOT_CLOSED: ("The brake pedal is not pressed.", "Press and hold the brake pedal."),
        Nrc.SHIFTER_LEVER_NOT_IN_PARK: ("The selector lever is not in park.", "Select park."),
        Nrc.TORQUE_CONVERTER_CLUTCH_LOCKED: (
            "The clutch of the torque converter is locked.",
            "Release it: lower the speed or select another gear.",
        ),
        Nrc.VOLTAGE_TOO_HIGH: ("The supply voltage is too high.", "Check the charger or the alternator."),
        Nrc.VOLTAGE_TOO_LOW: ("The supply voltage is too low.", "Connect a charger, then try again."),
        Nrc.RESOURCE_TEMPORARILY_NOT_AVAILABLE: ("The ECU lacks a resource for this at the moment.", _TRY_LATER),
    }
)

_RETRY_CAN_HELP = frozenset(
    {
        Nrc.BUSY_REPEAT_REQUEST,
        Nrc.NO_RESPONSE_FROM_SUBNET_COMPONENT,
        Nrc.REQUIRED_TIME_DELAY_NOT_EXPIRED,
        Nrc.CHALLENGE_CALCULATION_FAILED,
        Nrc.RESOURCE_TEMPORARILY_NOT_AVAILABLE,
        Nrc.CONDITIONS_NOT_CORRECT,
        *range(Nrc.RPM_TOO_HIGH, Nrc.RESOURCE_TEMPORARILY_NOT_AVAILABLE),
    }
)

_KNOWN: Mapping[int, NrcInfo] = MappingProxyType(
    {
        nrc.value: NrcInfo(
            code=nrc.value,
            name=_standard_name(nrc),
            explanation=_TEXTS[nrc][0],
            advice=_TEXTS[nrc][1],
            retry_can_help=nrc in _RETRY_CAN_HELP,
        )
        for nrc in Nrc
    }
)
