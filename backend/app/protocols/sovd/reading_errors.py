"""Error bodies of SOVD servers read by a client: GenericError, DataError, empty, or something else entirely.

Also finds the negative response code (ISO 14229-1 Annex A) that adapters put into `parameters`, in their spellings.
"""

import re
from dataclasses import dataclass, field

from app.domain.json_values import JsonObject
from app.protocols.sovd.reading import as_object, as_text

_LONGEST_MESSAGE = 500
_DEEPEST = 3
_NRC_NAMES = frozenset({"nrc", "negativeresponsecode", "responsecode"})
_LOCK_WORD = re.compile(r"\block", re.IGNORECASE)
_LOCK_CODES = frozenset({"precondition-not-fulfilled", "preconditions-not-fulfilled", "insufficient-access-rights"})
_LOCK_STATUS = frozenset({403, 409, 423})


@dataclass(frozen=True, slots=True, kw_only=True)
class SovdProblem:
    """What a server said was wrong. `path` is the JSON pointer of a DataError; `nrc` the ECU's negative response."""

    error_code: str | None = None
    vendor_code: str | None = None
    message: str | None = None
    path: str | None = None
    nrc: int | None = None
    parameters: JsonObject = field(default_factory=dict)

    @property
    def said(self) -> str:
        """One sentence part for people; never empty."""
        code = self.vendor_code or self.error_code
        text = self.message or "no reason given"
        at = f" at {self.path}" if self.path and self.path != "/" else ""
        return f"{text}{at} ({code})" if code else f"{text}{at}"


def read_problem(body: object) -> SovdProblem:
    """What an error body says: GenericError, DataError, one inside `error` or `errors`, RFC 9457; never raises."""
    document = as_object(body[0] if isinstance(body, list) and body else body)
    path = as_text(document.get("path"))
    generic = _generic(document)
    parameters = as_object(generic.get("parameters"))
    return SovdProblem(
        error_code=as_text(generic.get("error_code")) or as_text(generic.get("code")),
        vendor_code=as_text(generic.get("vendor_code")),
        message=_short(_message(generic)),
        path=path,
        nrc=_nrc(parameters),
        parameters=parameters,
    )


def read_problems(value: object) -> list[SovdProblem]:
    """The entries of an `errors` or `error` member: a list of DataErrors, one of them, or one GenericError."""
    if isinstance(value, list):
        return [read_problem(entry) for entry in value if isinstance(entry, dict)]
    if isinstance(value, dict) and value:
        return [read_problem(value)]
    return [SovdProblem(message=_short(value))] if isinstance(value, str) and value else []


def problems_in(document: object) -> list[SovdProblem]:
    """What an answer says that went wrong, beside or instead of what it gives (`error`, `errors`)."""
    members = as_object(document)
    return read_problems(members.get("error", members.get("errors")))


def demands_lock(status: int, problem: SovdProblem) -> bool:
    """Whether a refusal means: take a lock first. Servers differ in the status (403, 409, 423) and in the code."""
    if status not in _LOCK_STATUS or problem.nrc is not None or problem.error_code == "lock-broken":
        return False
    spoken = " ".join(filter(None, (problem.message, problem.vendor_code, *map(str, problem.parameters))))
    if status == 423 or _LOCK_WORD.search(spoken):
        return True
    return problem.error_code in _LOCK_CODES and not problem.message


def _generic(document: JsonObject, depth: int = 0) -> JsonObject:
    for name in ("error", "errors", "detail"):
        inner = document.get(name)
        if isinstance(inner, list) and inner:
            inner = inner[0]
        if isinstance(inner, dict) and "error_code" not in document and depth < _DEEPEST:
            return _generic(inner, depth + 1)
    return document


def _message(generic: JsonObject) -> object:
    for name in ("message", "detail", "title", "error_description", "error"):
        found = generic.get(name)
        if isinstance(found, str) and found:
            return found
    return None


def _short(value: object) -> str | None:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return (text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 1]}…") or None


def _nrc(parameters: JsonObject) -> int | None:
    for name, value in parameters.items():
        if name.lower().replace("_", "").replace("-", "") in _NRC_NAMES:
            return _byte(value[0] if isinstance(value, list) and value else value)
    return None


def _byte(value: object) -> int | None:
    if isinstance(value, dict):  # {"value": "0x31", "name": …}
        value = value.get("value", value.get("code"))
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= 0xFF else None
    found = re.match(r"(?:0[xX])?([0-9A-Fa-f]{1,2})\b", value.strip()) if isinstance(value, str) else None
    return int(found[1], 16) if found else None
