"""Fault status: from the DTC status byte (ISO 14229-1 D.2) to SOVD keys, and the filters of a fault list.

Keys and values are spelled as in the examples of ISO 17978-3: "1" and "0". Filters are read as generously as
clients write them: `status[confirmedDtc]=true` is `status[confirmedDTC]=1`.
"""

import re
from collections.abc import Mapping, Sequence

from app.protocols.uds.dtc import parse_dtc
from app.protocols.uds.errors import UdsFormatError

STATUS_KEYS = (
    "testFailed",
    "testFailedThisOperationCycle",
    "pendingDTC",
    "confirmedDTC",
    "testNotCompletedSinceLastClear",
    "testFailedSinceLastClear",
    "testNotCompletedThisOperationCycle",
    "warningIndicatorRequested",
)
"""Key by bit number of the DTC status byte."""

_OTHER_SPELLINGS = {"warningindicator": "warningindicatorrequested"}
_HEX_DTC = re.compile(r"(0X)?[0-9A-F]{6}")
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})


def fault_status(status_byte: int) -> dict[str, str]:
    """All eight bits, the byte as `mask` (two hex digits) and `aggregatedStatus`."""
    status = {key: str(status_byte >> bit & 1) for bit, key in enumerate(STATUS_KEYS)}
    return status | {"mask": f"{status_byte:02X}", "aggregatedStatus": aggregated_status(status_byte)}


def aggregated_status(status_byte: int) -> str:
    """`active` while the test fails, `passive` when it is only remembered, `inactive` otherwise. Our own policy."""
    if status_byte & 0x01:
        return "active"
    return "passive" if status_byte & 0x0C else "inactive"


def status_mask(filters: Mapping[str, Sequence[str]]) -> int | None:
    """The DTC status mask that finds at least what the filters ask for; None: only reading all finds that.

    A filter for "0", or for a key that is no bit, cannot be put into a mask.
    """
    bits = {plain_key(key): bit for bit, key in enumerate(STATUS_KEYS)}
    mask = 0
    for key, values in filters.items():
        bit = bits.get(plain_key(key))
        if bit is None or any(plain_value(value) != "1" for value in values):
            return None
        mask |= 1 << bit
    return mask or None


def matches_status(status: Mapping[str, object], filters: Mapping[str, Sequence[str]]) -> bool:
    """Whether a fault has one of the asked-for values under any asked-for key (values and keys are OR-ed)."""
    if not filters:
        return True
    found = {plain_key(key): plain_value(value) for key, value in status.items()}
    return any(found.get(plain_key(key)) == plain_value(value) for key, values in filters.items() for value in values)


def plain_key(key: str) -> str:
    """A status key without case and underscores, as spellings differ."""
    plain = key.replace("_", "").lower()
    return _OTHER_SPELLINGS.get(plain, plain)


def plain_value(value: object) -> str:
    """A status value in one spelling: booleans and numbers as "1" and "0", the rest in lower case."""
    text = str(value).lower()
    if text in _TRUE:
        return "1"
    return "0" if text in _FALSE else text


def dtc_from_code(code: str) -> int | None:
    """The three-byte DTC a fault id stands for: `042000`, `0x042000`, `P042000`, `P0420-00`, `P0420`; else None."""
    text = code.upper()
    if _HEX_DTC.fullmatch(text):
        return int(text.removeprefix("0X"), 16)
    if len(text) == 7 and "-" not in text:
        text = f"{text[:5]}-{text[5:]}"
    try:
        return parse_dtc(text)
    except UdsFormatError:
        return None
