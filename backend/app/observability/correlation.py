"""The correlation id: one name for everything one request set off, from the HTTP header to the connector."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")

_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def new_correlation_id() -> str:
    """A fresh id: 32 hexadecimal digits."""
    return uuid4().hex


def accept_or_make(offered: str | None) -> str:
    """The caller's id where it is harmless in logs and headers (1 to 64 of `A-Z a-z 0-9 . _ -`), else a fresh one."""
    if offered is not None and _ACCEPTABLE.fullmatch(offered):
        return offered
    return new_correlation_id()


def current_correlation_id() -> str | None:
    """The id bound in this task, or None outside of any request or command."""
    return _correlation_id.get()


@contextmanager
def bound_correlation(correlation_id: str) -> Iterator[None]:
    """Bind the id for the block, child tasks included: every log line written inside carries it."""
    token = _correlation_id.set(correlation_id)
    try:
        yield
    finally:
        _correlation_id.reset(token)
