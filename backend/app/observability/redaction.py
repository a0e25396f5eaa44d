"""Keeps secrets out of logs: by the name of a member, and by the look of a value."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

HIDDEN = "[hidden]"

_SECRET_NAMES = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_?key|private_?key|credential|database_url|redis_url|dsn",
    re.IGNORECASE,
)
_HARMLESS_NAMES = frozenset({"lease_token", "token_type", "tokens_revoked"})
"""Members whose name looks secret and whose value is not: a lease token is a counter."""

_SECRET_LOOKS = re.compile(
    r"(?P<jwt>\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*)"
    r"|(?P<bearer>\bbearer[ .]+)(?P<credential>[^\s,;\"']+)"
    r"|(?P<scheme>[a-z][a-z0-9+.-]*://[^\s/?#:@]*):(?P<password>[^\s@/]+)@"
    r"|(?P<setting>\b(?:access_|refresh_)?(?:token|password|secret)=)(?P<value>[^\s&\"']+)",
    re.IGNORECASE,
)
_CLUES = ("eyj", "bearer", "://", "token=", "password=", "secret=")
"""Text without any of these (in lower case) holds nothing to hide: looked for first, it is much faster."""

_MAX_DEPTH = 8


def redacted(event: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a log event without its secrets. Nested objects and lists are searched too."""
    return {key: HIDDEN if _is_secret(key, value) else _clean(value, 1) for key, value in event.items()}


def redacted_text(text: str) -> str:
    """`text` with everything that looks like a credential replaced."""
    lowered = text.lower()
    for clue in _CLUES:
        if clue in lowered:
            return _SECRET_LOOKS.sub(_hide, text)
    return text


def _is_secret(name: object, value: object) -> bool:
    if value is None or isinstance(value, bool):
        return False
    return isinstance(name, str) and _is_secret_name(name)


@lru_cache(maxsize=1024)
def _is_secret_name(name: str) -> bool:
    return name not in _HARMLESS_NAMES and _SECRET_NAMES.search(name) is not None


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redacted_text(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping) and depth <= _MAX_DEPTH:
        return {
            str(key): HIDDEN if _is_secret(key, member) else _clean(member, depth + 1) for key, member in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset) and depth <= _MAX_DEPTH:
        return [_clean(member, depth + 1) for member in value]
    return redacted_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _hide(match: re.Match[str]) -> str:
    if match["jwt"]:
        return HIDDEN
    if match["bearer"]:
        return f"{match['bearer']}{HIDDEN}"
    if match["scheme"]:
        return f"{match['scheme']}:{HIDDEN}@"
    return f"{match['setting']}{HIDDEN}"
