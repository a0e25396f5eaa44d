"""Text from outside, made safe for a terminal: a vehicle's answer must not move the cursor or change colours. Pure."""

import unicodedata

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """The text with control characters (escape sequences among them) replaced; line feed and tab stay."""
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf"} else _REPLACEMENT for char in text
    )


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(printable(text).split())
