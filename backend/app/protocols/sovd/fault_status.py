"""Fault status: from the DTC status byte (ISO 14229-1 D.2) to SOVD keys, and the filters of a fault list.

Keys and values are spelled as in the examples of ISO 17978-3: "1" and "0". Filters are read as generously as
clients write them: `status[confirmedDtc]=true` is `status[confirmedDTC]=1`.
"""

from collections.abc import Iterable, Mapping, Sequence

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
_LETTERS = "PCBU"
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


def unknown_keys(filters: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those filter keys that no fault of the entity has."""
    plain = {plain_key(key) for key in known}
    return [key for key in filters if plain_key(key) not in plain]


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
    text = code.replace("-", "").upper()
    if text[:1] and text[0] in _LETTERS and len(text) in {5, 7}:
        digits = (text[1:] + "00")[:6]
        return _LETTERS.index(text[0]) << 22 | int(digits, 16) if _is_hex(digits) and digits[0] in "0123" else None
    text = text.removeprefix("0X")
    return int(text, 16) if len(text) == 6 and _is_hex(text) else None


def sae_code(dtc: int) -> str:
    """A three-byte DTC in the spelling of SAE J2012: letter, digit, three hex digits and the failure type byte."""
    return f"{_LETTERS[dtc >> 22 & 3]}{dtc >> 20 & 3}{dtc >> 8 & 0xFFF:03X}{dtc & 0xFF:02X}"


def _is_hex(text: str) -> bool:
    return all(sign in "0123456789ABCDEF" for sign in text)
