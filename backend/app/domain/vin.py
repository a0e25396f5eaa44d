"""Vehicle identification numbers (ISO 3779): 17 characters, A to Z and 0 to 9 without I, O and Q."""

import re

_FORM = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
"""Transliteration of 49 CFR 565.15(c), Table III."""
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def normalized_vin(text: str) -> str:
    """`text` in upper case. Raises ValueError, saying what is wrong, if it is no VIN."""
    vin = text.upper()
    if len(vin) != 17:
        raise ValueError(f"must have 17 characters, it has {len(vin)}")
    if _FORM.fullmatch(vin) is None:
        raise ValueError("may hold the letters A to Z without I, O and Q, and the digits 0 to 9")
    return vin


def check_digit(vin: str) -> str:
    """The ninth character as North America's 49 CFR 565.15 computes it. Other regions do not use it: no test."""
    total = sum(
        (int(character) if character.isdigit() else _VALUES[character]) * weight
        for character, weight in zip(vin, _WEIGHTS, strict=True)
    )
    return "X" if total % 11 == 10 else str(total % 11)
