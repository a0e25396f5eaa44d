"""Trouble codes: three bytes on the wire (ISO 14229-1 Annex D), spelled as SAE J2012 does, and their status byte."""

import re
from enum import IntFlag

from app.protocols.uds.errors import UdsFormatError

_LETTERS = "PCBU"  # SAE J2012: powertrain, chassis, body, network
_SPELLING = re.compile(r"([PCBU])([0-3])([0-9A-F]{3})(?:-([0-9A-F]{2}))?")


class DtcStatus(IntFlag):
    """Bits of the status byte (Annex D.2)."""

    TEST_FAILED = 0x01
    TEST_FAILED_THIS_OPERATION_CYCLE = 0x02
    PENDING_DTC = 0x04
    CONFIRMED_DTC = 0x08
    TEST_NOT_COMPLETED_SINCE_LAST_CLEAR = 0x10
    TEST_FAILED_SINCE_LAST_CLEAR = 0x20
    TEST_NOT_COMPLETED_THIS_OPERATION_CYCLE = 0x40
    WARNING_INDICATOR_REQUESTED = 0x80


_STATUS_NAMES = (
    "testFailed",
    "testFailedThisOperationCycle",
    "pendingDTC",
    "confirmedDTC",
    "testNotCompletedSinceLastClear",
    "testFailedSinceLastClear",
    "testNotCompletedThisOperationCycle",
    "warningIndicatorRequested",
)


def spell_dtc(dtc: int) -> str:
    """`P0420`, or `P0420-11` with a failure type byte other than 0. Raises UdsFormatError beyond three bytes."""
    if not 0 <= dtc <= 0xFFFFFF:
        raise UdsFormatError(f"a trouble code has three bytes, {dtc} has not")
    code, failure_type = dtc >> 8, dtc & 0xFF
    spelled = f"{_LETTERS[code >> 14]}{code >> 12 & 3}{code & 0xFFF:03X}"
    return f"{spelled}-{failure_type:02X}" if failure_type else spelled


def parse_dtc(spelling: str) -> int:
    """The three bytes of a spelled trouble code as a number. Raises UdsFormatError for any other text."""
    found = _SPELLING.fullmatch(spelling.upper())
    if found is None:
        raise UdsFormatError("a trouble code is a letter P, C, B or U, a digit 0 to 3 and three hexadecimal digits")
    letter, digit, digits, failure_type = found.groups()
    code = _LETTERS.index(letter) << 14 | int(digit) << 12 | int(digits, 16)
    return code << 8 | int(failure_type or "0", 16)


def names_of_status(status: int) -> list[str]:
    """The standard's names of the bits that are set, lowest first."""
    return [name for bit, name in enumerate(_STATUS_NAMES) if status >> bit & 1]


def word_of_status(status: int) -> str:
    """One word for people: confirmed, pending, testFailed, stored (it failed since the last clear) or notActive."""
    if status & DtcStatus.CONFIRMED_DTC:
        return "confirmed"
    if status & DtcStatus.PENDING_DTC:
        return "pending"
    if status & DtcStatus.TEST_FAILED:
        return "testFailed"
    return "stored" if status & DtcStatus.TEST_FAILED_SINCE_LAST_CLEAR else "notActive"
