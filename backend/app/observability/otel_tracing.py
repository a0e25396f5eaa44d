"""Tracing through OpenTelemetry. Imported only where the extra `otel` is installed and an endpoint is set."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.observability.tracing import NO_ATTRIBUTES, Attributes, TraceIds, TracingUnavailable, bound_trace_ids

_PROPAGATOR = TraceContextTextMapPropagator()
_SEND_WITHIN_S = 3
"""For one batch, repetitions included: a collector that is away holds up the end of the process no longer than that."""

_EXPORTER_MODULE = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class OtelTracing:
    """Spans on a provider of our own; the process-wide one of OpenTelemetry is left alone."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("sovd-command")

    @contextmanager
    def span(self, name: str, *, parent: str | None = None, attributes: Attributes = NO_ATTRIBUTES) -> Iterator[None]:
        """A span around the block; its ids are bound for the log."""
        context = _context_of(parent)
        with self._tracer.start_as_current_span(name, context=context, attributes=attributes) as span:
            ids = span.get_span_context()
            with bound_trace_ids(TraceIds(f"{ids.trace_id:032x}", f"{ids.span_id:016x}")):
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
        """A span between two given times."""
        span = self._tracer.start_span(
            name, context=_context_of(parent), attributes=attributes, start_time=_nanoseconds(started_at)
        )
        span.end(_nanoseconds(ended_at))

    def traceparent(self) -> str | None:
        """The current span's context, in the format of W3C Trace Context, section 3.2."""
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        """Flush and stop the exporter."""
        self._provider.shutdown()


def to_collector(endpoint: str, *, service_name: str) -> OtelTracing:
    """Send batches of spans to `<endpoint>/v1/traces` over OTLP/HTTP. Raises TracingUnavailable."""
    try:
        exporter_class = import_module(_EXPORTER_MODULE).OTLPSpanExporter
    except ImportError as error:
        raise TracingUnavailable("the OTLP exporter is missing; install the extra `otel`") from error
    exporter: SpanExporter = exporter_class(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=_SEND_WITHIN_S)
    provider = TracerProvider(resource=Resource.create({"service.name": service_name}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OtelTracing(provider)


def _context_of(traceparent: str | None) -> Context | None:
    if traceparent is None:
        return None
    return _PROPAGATOR.extract({"traceparent": traceparent}, context=Context())


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
