"""Files that people name on the command line; `-` is standard input."""

import sys
from pathlib import Path

from app.cli.usage_errors import UsageRefused


def read_file(name: str) -> str:
    """The text of a file. Raises UsageRefused where it cannot be read."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageRefused(
            f"{name} cannot be read: {why_unreadable(error)}", "Name a text file, or - for standard input."
        ) from error


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """The reason in words, without the file's name."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is no text in UTF-8 (byte {error.start})"
    return error.strerror or type(error).__name__
