"""One trace from submission to last chunk, over API and worker; and figures that count every event exactly once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from app.bootstrap import Addresses, foundation, make_worker
from app.observability.otel_tracing import OtelTracing
from app.settings import Settings
from support.running_app import RunningApp, running
from support.viewers import read_to_end, socket_to, token_of, watch, watch_sse

VIEWERS = "sovd_stream_viewers[]"
TRACE_ID, CALLER_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Keeps the spans of all processes of the test, each process with a provider of its own."""
    exporter = InMemorySpanExporter()

    def make_tracing(_endpoint: str | None, *, service_name: str) -> OtelTracing:
        provider = TracerProvider(resource=Resource({"service.name": service_name}))
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return OtelTracing(provider)

    monkeypatch.setattr("app.bootstrap.make_tracing", make_tracing)
    return exporter


@asynccontextmanager
async def worker_of(settings: Settings) -> AsyncIterator[None]:
    """A worker with a foundation of its own, as in a process of its own."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    assert settings.home is not None
    addresses = Addresses(
        home=settings.home,
        database_url=settings.database_url.get_secret_value(),
        redis_url=settings.redis_url.get_secret_value(),
    )
    stop = asyncio.Event()
    async with foundation(settings, addresses, role="worker") as base, asyncio.TaskGroup() as tasks:
        tasks.create_task(make_worker(settings, base).run(stop, asyncio.Event()))
        try:
            yield
        finally:
            stop.set()


def service_of(span: ReadableSpan) -> object:
    """The process a span comes from."""
    return span.resource.attributes["service.name"]


async def test_one_trace_leads_from_the_submission_to_the_last_chunk(
    app_settings: Settings, exporter: InMemorySpanExporter
) -> None:
    async with running(app_settings, with_worker=False) as app, worker_of(app_settings):
        vehicle_id = await app.add_vehicle()
        body = {"vehicle_id": vehicle_id, "command_name": "ReadDTC", "command_params": {}}
        headers = {"traceparent": f"00-{TRACE_ID}-{CALLER_SPAN}-01"}
        answer = await app.admin.post("/api/v1/commands", json=body, headers=headers)
        await app.ended(answer.json()["command_id"])
    spans = [span for span in exporter.get_finished_spans() if span.context.trace_id == int(TRACE_ID, 16)]
    by_id = {span.context.span_id: span for span in spans}
    named = [(span.name, service_of(span), parent_of(span, by_id)) for span in spans]
    assert sorted(named) == [
        ("HTTP POST", "sovd-api", "caller"),
        ("command.chunk", "sovd-worker", "command.run"),
        ("command.chunk", "sovd-worker", "command.run"),
        ("command.chunk", "sovd-worker", "command.run"),
        ("command.queued", "sovd-worker", "command.submit"),
        ("command.run", "sovd-worker", "command.submit"),
        ("command.submit", "sovd-api", "HTTP POST"),
    ]
    chunks = [span.attributes or {} for span in spans if span.name == "command.chunk"]
    assert [attributes["sequence_number"] for attributes in chunks] == [1, 2, 3]


def parent_of(span: ReadableSpan, by_id: dict[int, ReadableSpan]) -> str:
    """Name of the parent; `caller` for the one that the test sent."""
    assert span.parent is not None
    if span.parent.span_id == int(CALLER_SPAN, 16):
        return "caller"
    return by_id[span.parent.span_id].name


async def figures(app: RunningApp) -> dict[str, float]:
    """All samples of this application's own figures, with their labels in the name."""
    text = (await app.admin.get("/metrics")).text
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def reached(app: RunningApp, sample: str, value: float) -> dict[str, float]:
    """Wait until a sample has a value; gives all samples of that moment."""
    async with asyncio.timeout(10):
        while True:
            found = await figures(app)
            if found.get(sample) == value:
                return found
            await asyncio.sleep(0.02)


async def run_all_kinds(app: RunningApp) -> None:
    """Three that complete, one sent twice under one key, one that fails, one cancelled twice, one that expires."""
    online, failing = await app.add_vehicle(), await app.add_vehicle("sim:?delay=0&fail_after=1", number=2)
    offline = await app.add_vehicle("sim:?offline", number=3)
    done = [await app.submit(online) for _ in range(2)]
    body = {"vehicle_id": online, "command_name": "ReadDTC", "command_params": {}}
    for _ in range(3):
        answer = await app.admin.post("/api/v1/commands", json=body, headers={"Idempotency-Key": "once"})
    done.append(answer.json()["command_id"])
    done.append(await app.submit(failing))
    waiting, expiring = await app.submit(offline), await app.submit(offline, expires_in_s=1)
    for _ in range(2):
        assert (await app.admin.post(f"/api/v1/commands/{waiting}/cancel")).status_code == 202
    for command_id in [*done, waiting, expiring]:
        await app.ended(command_id)


async def test_figures_count_each_event_once(running_app: RunningApp) -> None:
    await run_all_kinds(running_app)
    found = await reached(running_app, "sovd_commands_ended_total['ReadDTC', 'expired']", 1)
    assert {name: value for name, value in found.items() if name.startswith("sovd_commands") and "_total" in name} == {
        "sovd_commands_submitted_total['ReadDTC']": 6,
        "sovd_commands_ended_total['ReadDTC', 'completed']": 3,
        "sovd_commands_ended_total['ReadDTC', 'failed']": 1,
        "sovd_commands_ended_total['ReadDTC', 'cancelled']": 1,
        "sovd_commands_ended_total['ReadDTC', 'expired']": 1,
    }
    assert found["sovd_response_chunks_stored_total[]"] == 3 * 3 + 1
    assert found["sovd_command_stage_seconds_count['queued']"] == 4
    assert found["sovd_command_stage_seconds_count['execution']"] == 4
    assert found["sovd_command_stage_seconds_count['to_first_chunk']"] == 4
    assert found["sovd_queue_depth[]"] == 0
    assert found["sovd_bus_connected[]"] == 1
    assert found["sovd_worker_leases_lost_total[]"] == 0
    assert found["sovd_http_requests_total['/api/v1/commands', '201', 'POST']"] == 8
    assert found["sovd_http_requests_total['/api/v1/commands/{command_id}/cancel', '202', 'POST']"] == 2


async def test_viewers_are_counted_while_they_watch_and_no_longer(running_app: RunningApp) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    command_id = await running_app.submit(vehicle_id)
    token = token_of(running_app.admin)

    async with socket_to(running_app, command_id, token) as staying:
        async with socket_to(running_app, command_id, token), socket_to(running_app, command_id, token):
            listening = asyncio.create_task(watch_sse(running_app.admin, command_id))
            await reached(running_app, VIEWERS, 4)
        await reached(running_app, VIEWERS, 2)
        assert (await running_app.admin.post(f"/api/v1/commands/{command_id}/cancel")).status_code == 202
        assert (await read_to_end(staying)).close_code == 1000
        await listening
    assert (await watch(running_app, command_id, "not a token")).close_code == 1008
    assert (await watch(running_app, "00000000-0000-0000-0000-000000000000", token)).close_code == 4404
    await reached(running_app, VIEWERS, 0)
