"""One trace from the request that submits a command to its last chunk."""

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from app.settings import Settings
from support.otlp_collector import OtlpCollector, otlp_collector
from support.running_app import running

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


async def trace_of_a_command(settings: Settings, collector: OtlpCollector) -> list[Span]:
    """Submit a command inside a caller's trace, wait for its end, stop everything; gives the trace's spans."""
    async with running(settings.model_copy(update={"otel_endpoint": collector.url})) as app:
        vehicle_id = await app.add_vehicle()
        app.admin.headers["traceparent"] = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
        command_id = await app.submit(vehicle_id)
        del app.admin.headers["traceparent"]
        await app.ended(command_id)
    return [span for span in collector.spans() if span.trace_id.hex() == TRACE_ID]


async def test_the_caller_s_trace_goes_on_through_queue_and_worker(app_settings: Settings) -> None:
    with otlp_collector() as collector:
        spans = await trace_of_a_command(app_settings, collector)
    names = [span.name for span in spans]
    assert {"HTTP POST", "command.submit", "command.run"} <= set(names)
    assert names.count("command.chunk") == 3
    by_id = {span.span_id: span for span in spans}
    for span in spans:
        parent = by_id.get(span.parent_span_id)
        assert parent is not None or span.name == "HTTP POST"
        if span.name == "command.chunk":
            assert parent is not None
            assert parent.name == "command.run"
            assert parent.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
    waits = [span for span in spans if "queue" in span.name]
    assert len(waits) == 1
