"""Traces: one from submission to last chunk, through two processes, and nothing at all when switched off."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.observability.otel_tracing import OtelTracing
from app.observability.tracing import NoTracing, TracingUnavailable, current_trace_ids, make_tracing
from support.otlp_collector import otlp_collector


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Keeps finished spans."""
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exporter: InMemorySpanExporter) -> Iterator[OtelTracing]:
    """Tracing into the exporter."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    made = OtelTracing(provider)
    yield made
    made.close()


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """Finished spans by name."""
    return {span.name: span for span in exporter.get_finished_spans()}


def test_the_worker_continues_the_trace_of_the_api(tracing: OtelTracing, exporter: InMemorySpanExporter) -> None:
    with tracing.span("submit", attributes={"command_name": "ReadDTC"}):
        carried = tracing.traceparent()
    assert carried is not None
    with tracing.span("run", parent=carried), tracing.span("chunk"):
        pass
    spans = by_name(exporter)
    assert len({span.context.trace_id for span in spans.values() if span.context}) == 1
    run, chunk, submit = spans["run"], spans["chunk"], spans["submit"]
    assert run.parent is not None
    assert submit.context is not None
    assert run.parent.span_id == submit.context.span_id
    assert chunk.parent is not None
    assert run.context is not None
    assert chunk.parent.span_id == run.context.span_id
    assert submit.attributes == {"command_name": "ReadDTC"}


def test_a_wait_that_is_over_is_recorded_with_its_own_times(
    tracing: OtelTracing, exporter: InMemorySpanExporter
) -> None:
    began = datetime(2025, 10, 28, 10, 0, 0, 250_000, tzinfo=UTC)
    tracing.record("queue", parent=None, started_at=began, ended_at=began + timedelta(seconds=3))
    span = by_name(exporter)["queue"]
    assert span.start_time == 1_761_645_600_250_000_000
    assert span.end_time == span.start_time + 3_000_000_000


def test_ids_are_bound_for_the_log_inside_a_span_only(tracing: OtelTracing) -> None:
    with tracing.span("run"):
        ids = current_trace_ids()
        carried = tracing.traceparent()
    assert ids is not None
    assert carried is not None
    assert carried.startswith(f"00-{ids.trace_id}-{ids.span_id}-")
    assert current_trace_ids() is None


def test_an_exception_marks_the_span_and_goes_on(tracing: OtelTracing, exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="broken"), tracing.span("run"):
        raise ValueError("broken")
    assert not by_name(exporter)["run"].status.is_ok


def test_a_broken_traceparent_begins_a_new_trace(tracing: OtelTracing, exporter: InMemorySpanExporter) -> None:
    with tracing.span("run", parent="nonsense"):
        pass
    assert by_name(exporter)["run"].parent is None


def test_switched_off_it_does_nothing() -> None:
    tracing = make_tracing(None, service_name="test")
    with tracing.span("run"):
        assert tracing.traceparent() is None
        assert current_trace_ids() is None
    moment = datetime.now(UTC)
    tracing.record("queue", parent=None, started_at=moment, ended_at=moment)
    tracing.close()
    assert isinstance(tracing, NoTracing)


def test_spans_arrive_at_the_collector() -> None:
    with otlp_collector() as collector:
        tracing = make_tracing(f"{collector.url}/", service_name="sovd-test")
        with tracing.span("command.submit"):
            pass
        tracing.close()
    ((path, body),) = collector.received
    assert path == "/v1/traces"
    assert b"sovd-test" in body
    assert [span.name for span in collector.spans()] == ["command.submit"]


def test_an_endpoint_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.observability.tracing.find_spec", lambda _name: None)
    with pytest.raises(TracingUnavailable, match="otel"):
        make_tracing("http://collector:4318", service_name="test")
