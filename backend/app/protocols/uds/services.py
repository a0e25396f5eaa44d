"""Numbers of the UDS services and their sub-functions (ISO 14229-1:2020, tables of clauses 9 to 14)."""

from enum import IntEnum

POSITIVE_OFFSET = 0x40
"""A positive answer begins with the number of the service plus this."""
NEGATIVE_RESPONSE = 0x7F
"""First byte of every negative answer."""
SUPPRESS_POSITIVE_RESPONSE = 0x80
"""Bit of a sub-function: answer only if the answer is no (clause 8.2.2)."""
ALL_DTC_GROUPS = 0xFFFFFF
"""The group of trouble codes that stands for all of them (Annex D.1)."""


class Service(IntEnum):
    """The services, by the names of the standard."""

    DIAGNOSTIC_SESSION_CONTROL = 0x10
    ECU_RESET = 0x11
    CLEAR_DIAGNOSTIC_INFORMATION = 0x14
    READ_DTC_INFORMATION = 0x19
    READ_DATA_BY_IDENTIFIER = 0x22
    READ_MEMORY_BY_ADDRESS = 0x23
    READ_SCALING_DATA_BY_IDENTIFIER = 0x24
    SECURITY_ACCESS = 0x27
    COMMUNICATION_CONTROL = 0x28
    AUTHENTICATION = 0x29
    READ_DATA_BY_PERIODIC_IDENTIFIER = 0x2A
    DYNAMICALLY_DEFINE_DATA_IDENTIFIER = 0x2C
    WRITE_DATA_BY_IDENTIFIER = 0x2E
    INPUT_OUTPUT_CONTROL_BY_IDENTIFIER = 0x2F
    ROUTINE_CONTROL = 0x31
    REQUEST_DOWNLOAD = 0x34
    REQUEST_UPLOAD = 0x35
    TRANSFER_DATA = 0x36
    REQUEST_TRANSFER_EXIT = 0x37
    REQUEST_FILE_TRANSFER = 0x38
    WRITE_MEMORY_BY_ADDRESS = 0x3D
    TESTER_PRESENT = 0x3E
    ACCESS_TIMING_PARAMETER = 0x83
    SECURED_DATA_TRANSMISSION = 0x84
    CONTROL_DTC_SETTING = 0x85
    RESPONSE_ON_EVENT = 0x86
    LINK_CONTROL = 0x87


WITH_SUB_FUNCTION = frozenset(
    {
        Service.DIAGNOSTIC_SESSION_CONTROL,
        Service.ECU_RESET,
        Service.READ_DTC_INFORMATION,
        Service.SECURITY_ACCESS,
        Service.COMMUNICATION_CONTROL,
        Service.AUTHENTICATION,
        Service.DYNAMICALLY_DEFINE_DATA_IDENTIFIER,
        Service.ROUTINE_CONTROL,
        Service.TESTER_PRESENT,
        Service.ACCESS_TIMING_PARAMETER,
        Service.CONTROL_DTC_SETTING,
        Service.RESPONSE_ON_EVENT,
        Service.LINK_CONTROL,
    }
)
"""Services whose second byte is a sub-function, which the answer echoes."""


class Session(IntEnum):
    """Diagnostic sessions (table 25); 0x40 to 0x7E are the manufacturer's and the supplier's own."""

    DEFAULT = 0x01
    PROGRAMMING = 0x02
    EXTENDED = 0x03
    SAFETY_SYSTEM = 0x04


class ResetType(IntEnum):
    """Kinds of reset (table 34)."""

    HARD = 0x01
    KEY_OFF_ON = 0x02
    SOFT = 0x03
    ENABLE_RAPID_POWER_SHUT_DOWN = 0x04
    DISABLE_RAPID_POWER_SHUT_DOWN = 0x05


class DtcReport(IntEnum):
    """Reports of ReadDTCInformation (table 316) that this program uses."""

    NUMBER_BY_STATUS_MASK = 0x01
    BY_STATUS_MASK = 0x02
    SNAPSHOT_IDENTIFICATION = 0x03
    SNAPSHOT_RECORD_BY_DTC = 0x04
    EXTENDED_DATA_BY_DTC = 0x06
    SUPPORTED_DTC = 0x0A


class RoutineAction(IntEnum):
    """What to do with a routine (table 426)."""

    START = 0x01
    STOP = 0x02
    RESULTS = 0x03


class DtcSetting(IntEnum):
    """Whether the ECU goes on to store trouble codes (table 128)."""

    ON = 0x01
    OFF = 0x02


class CommunicationType(IntEnum):
    """Kinds of CommunicationControl (table 53)."""

    ENABLE_RX_AND_TX = 0x00
    ENABLE_RX_AND_DISABLE_TX = 0x01
    DISABLE_RX_AND_ENABLE_TX = 0x02
    DISABLE_RX_AND_TX = 0x03
    ENABLE_RX_AND_DISABLE_TX_WITH_ADDRESS = 0x04
    ENABLE_RX_AND_TX_WITH_ADDRESS = 0x05


class AuthenticationTask(IntEnum):
    """Tasks of the service Authentication (table 74)."""

    DE_AUTHENTICATE = 0x00
    VERIFY_CERTIFICATE_UNIDIRECTIONAL = 0x01
    VERIFY_CERTIFICATE_BIDIRECTIONAL = 0x02
    PROOF_OF_OWNERSHIP = 0x03
    TRANSMIT_CERTIFICATE = 0x04
    REQUEST_CHALLENGE = 0x05
    VERIFY_PROOF_OF_OWNERSHIP_UNIDIRECTIONAL = 0x06
    VERIFY_PROOF_OF_OWNERSHIP_BIDIRECTIONAL = 0x07
    CONFIGURATION = 0x08


def service_name(service: int) -> str:
    """The name of a service as the standard spells it; a number for one that it does not know."""
    try:
        words = Service(service).name
    except ValueError:
        return f"service 0x{service:02X}"
    return "".join(_ABBREVIATIONS.get(word, word.capitalize()) for word in words.split("_"))


_ABBREVIATIONS = {"ECU": "ECU", "DTC": "DTC"}
