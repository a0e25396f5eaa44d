"""Figures: named as documented, counted once, bounded in number."""

from pathlib import Path

from app.domain.command_states import CommandStatus
from app.observability.metrics import Metrics

METRICS_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """A sample's value as a scraper would see it."""
    return metrics.registry.get_sample_value(name, labels)


def test_a_command_is_counted_once_per_event() -> None:
    metrics = Metrics()
    metrics.command_submitted("ReadDTC")
    metrics.command_ended("ReadDTC", CommandStatus.COMPLETED)
    metrics.chunks_stored(3)
    assert value(metrics, "sovd_commands_submitted_total", command="ReadDTC") == 1
    assert value(metrics, "sovd_commands_ended_total", command="ReadDTC", status="completed") == 1
    assert value(metrics, "sovd_response_chunks_stored_total") == 3


def test_stages_are_measured_from_milliseconds_to_minutes() -> None:
    metrics = Metrics()
    metrics.stage_took("queued", 0.0004)
    metrics.stage_took("queued", 400)
    assert value(metrics, "sovd_command_stage_seconds_count", stage="queued") == 2
    assert value(metrics, "sovd_command_stage_seconds_bucket", stage="queued", le="0.001") == 1
    assert value(metrics, "sovd_command_stage_seconds_bucket", stage="queued", le="900.0") == 2


def test_gauges_follow_what_is_now() -> None:
    metrics = Metrics()
    metrics.viewer_joined()
    metrics.viewer_joined()
    metrics.viewer_left()
    metrics.bus_connected(True)
    metrics.set_queue(4, 1.5)
    assert value(metrics, "sovd_stream_viewers") == 1
    assert value(metrics, "sovd_bus_connected") == 1
    assert value(metrics, "sovd_queue_depth") == 4
    assert value(metrics, "sovd_queue_oldest_age_seconds") == 1.5


def test_without_a_database_the_queue_has_no_figure() -> None:
    metrics = Metrics()
    metrics.set_queue(4, 1.5)
    metrics.queue_unknown()
    assert b"sovd_queue_depth NaN" in metrics.render()


def test_invented_methods_and_endless_names_make_no_endless_series() -> None:
    metrics = Metrics()
    for number in range(1000):
        metrics.http_answered(method=f"BREW{number}", route="/x", status=200, seconds=0.01)
        metrics.command_submitted(f"Command{number}")
    assert value(metrics, "sovd_http_requests_total", method="other", route="/x", status="200") == 1000
    assert value(metrics, "sovd_commands_submitted_total", command="other") == 800


def test_the_reference_page_names_every_metric_and_no_other() -> None:
    written = {
        line.split("`")[1]
        for line in METRICS_PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `sovd_")
    }
    families = Metrics().registry.collect()
    real = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    assert written == real
