"""What JSON may hold that types cannot say: no NUL, no number beyond 64 bits, no endless nesting.

PostgreSQL cannot keep NUL in text, and JSON readers differ on numbers beyond 64 bits (RFC 8259, section 6).
"""

import re
from typing import Any

from app.domain.errors import FieldError

MAX_DEPTH = 32
_MAX_NUMBER = 2**63
_MAX_FINDINGS = 20
_SUSPECT = re.compile(rb"\\u0000|[0-9]{19}|[0-9][eE]")
"""An escaped NUL, or a number that may exceed 64 bits."""


def may_hold_unstorable(text: bytes) -> bool:
    """False where a look at the text of a valid JSON document already rules out any finding: nearly always."""
    return text.count(b"{") + text.count(b"[") >= MAX_DEPTH or _SUSPECT.search(text) is not None


def unstorable_parts(document: Any) -> list[FieldError]:
    """Each part of a decoded JSON document that must not get further, by JSON pointer; the first twenty at most."""
    found: list[FieldError] = []
    waiting: list[tuple[str, int, Any]] = [("", 1, document)]
    while waiting and len(found) < _MAX_FINDINGS:
        pointer, depth, value = waiting.pop()
        problem = _problem_of(value, depth)
        if problem is not None:
            found.append(FieldError(pointer, problem))
        else:
            waiting.extend(_members(pointer, depth + 1, value))
    return found


def _problem_of(value: Any, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"must not be nested deeper than {MAX_DEPTH} levels"
    if isinstance(value, str) and "\x00" in value:
        return "must not contain the character U+0000"
    if isinstance(value, int | float) and not -_MAX_NUMBER <= value < _MAX_NUMBER:
        return "must fit into 64 bits; send larger numbers as a string"
    if isinstance(value, dict) and any("\x00" in name for name in value):
        return "must not have a member whose name contains the character U+0000"
    return None


def _members(pointer: str, depth: int, value: Any) -> list[tuple[str, int, Any]]:
    if isinstance(value, dict):
        return [(f"{pointer}/{_escaped(name)}", depth, member) for name, member in value.items()]
    if isinstance(value, list):
        return [(f"{pointer}/{index}", depth, member) for index, member in enumerate(value)]
    return []


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
