"""Traces: one from the submission of a command to its last chunk, through as many processes as it takes.

The context travels as a W3C `traceparent` string, stored with the command. Without the extra `otel`, or without an
endpoint, `NoTracing` stands in and costs next to nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import Protocol

Attributes = Mapping[str, str | int | float | bool]

NO_ATTRIBUTES: Attributes = {}


@dataclass(frozen=True, slots=True)
class TraceIds:
    """Trace and span of the work at hand, as lower-case hexadecimal: for log lines."""

    trace_id: str
    span_id: str


_current_ids: ContextVar[TraceIds | None] = ContextVar("trace_ids", default=None)


def current_trace_ids() -> TraceIds | None:
    """Ids of the span this task is in, or None."""
    return _current_ids.get()


@contextmanager
def bound_trace_ids(ids: TraceIds) -> Iterator[None]:
    """Bind ids for the block, so that its log lines carry them."""
    token = _current_ids.set(ids)
    try:
        yield
    finally:
        _current_ids.reset(token)


class Tracing(Protocol):
    """Makes spans. Never raises because of the collector: spans that cannot be sent are dropped."""

    def span(
        self, name: str, *, parent: str | None = None, attributes: Attributes = NO_ATTRIBUTES
    ) -> AbstractContextManager[None]:
        """A span around a block, under `parent` (a traceparent) or the span around; an exception marks it as failed."""
        ...

    def record(
        self,
        name: str,
        *,
        parent: str | None,
        started_at: datetime,
        ended_at: datetime,
        attributes: Attributes = NO_ATTRIBUTES,
    ) -> None:
        """A span that is over already, for example the wait in the queue. Both times are aware."""
        ...

    def traceparent(self) -> str | None:
        """The current span as a W3C traceparent for another process to continue, or None."""
        ...

    def close(self) -> None:
        """Send what is left. Blocks for some seconds at most."""
        ...


class NoTracing:
    """Tracing that is switched off."""

    @contextmanager
    def span(self, name: str, *, parent: str | None = None, attributes: Attributes = NO_ATTRIBUTES) -> Iterator[None]:
        """Only runs the block."""
        yield

    def record(
        self,
        name: str,
        *,
        parent: str | None,
        started_at: datetime,
        ended_at: datetime,
        attributes: Attributes = NO_ATTRIBUTES,
    ) -> None:
        """Nothing to record."""

    def traceparent(self) -> str | None:
        """No trace, no context."""
        return None

    def close(self) -> None:
        """Nothing to send."""


class TracingUnavailable(Exception):
    """An endpoint is set but the extra `otel` is not installed."""


def make_tracing(endpoint: str | None, *, service_name: str) -> Tracing:
    """Tracing to an OTLP/HTTP collector (`endpoint` is its base address), or none. Raises TracingUnavailable."""
    if endpoint is None:
        return NoTracing()
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        raise TracingUnavailable("SOVD_OTEL_ENDPOINT is set; install the extra: pip install 'sovd-command[otel]'")
    from app.observability import otel_tracing  # noqa: PLC0415 - the packages it needs are optional

    return otel_tracing.to_collector(endpoint, service_name=service_name)
