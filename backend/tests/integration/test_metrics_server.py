"""A worker's figures over real HTTP."""

import httpx
import pytest

from app.observability.metrics import Metrics
from app.observability.metrics_server import MetricsPortTaken, metrics_served


def test_figures_are_served_and_the_port_is_free_again_afterwards() -> None:
    metrics = Metrics()
    metrics.chunks_stored(3)
    with metrics_served(metrics, host="127.0.0.1", port=0) as port:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    assert "sovd_response_chunks_stored_total 3.0" in text
    assert "sovd_queue_depth NaN" in text
    with metrics_served(metrics, host="127.0.0.1", port=port) as again:
        assert again == port


def test_without_a_port_nothing_is_served() -> None:
    with metrics_served(Metrics(), host="127.0.0.1", port=None) as port:
        assert port is None


def test_a_taken_port_is_an_error() -> None:
    with (
        metrics_served(Metrics(), host="127.0.0.1", port=0) as port,
        pytest.raises(MetricsPortTaken, match="SOVD_WORKER_METRICS_PORT"),
        metrics_served(Metrics(), host="127.0.0.1", port=port),
    ):
        raise AssertionError("two servers on one port")
