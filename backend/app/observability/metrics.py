"""Prometheus metrics, one object per process. `docs/reference/metrics.md` lists them.

Each event is counted in one place only: where the transaction that made it true has been committed. Labels come from
closed sets; `_Labels` caps those that grow with the catalogue, so that no caller can blow up the number of series.
"""

import math

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from app.domain.command_states import CommandStatus

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_STAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)
_HTTP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "other"


class _Labels:
    """Lets the first `limit` different values through and calls all further ones `other`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def bounded(self, value: str) -> str:
        if value in self._known:
            return value
        if len(self._known) >= self._limit:
            return _OTHER
        self._known.add(value)
        return value


class Metrics:
    """All figures of one process, in a registry of its own so that several can live in one test run."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._command_names = _Labels(limit=200)
        self._routes = _Labels(limit=300)
        self._make_command_metrics()
        self._make_stream_metrics()
        self._make_http_metrics()

    def _make_command_metrics(self) -> None:
        self._submitted = Counter(
            "sovd_commands_submitted", "Commands accepted and stored", ["command"], registry=self.registry
        )
        self._ended = Counter(
            "sovd_commands_ended",
            "Commands that reached a terminal state",
            ["command", "status"],
            registry=self.registry,
        )
        self._stage = Histogram(
            "sovd_command_stage_seconds",
            "Time a command spent per stage: queued, to_first_chunk, execution, store, publish",
            ["stage"],
            buckets=_STAGE_BUCKETS,
            registry=self.registry,
        )
        self._chunks = Counter("sovd_response_chunks_stored", "Response chunks committed", registry=self.registry)
        self._queue_depth = Gauge("sovd_queue_depth", "Commands waiting, all workers together", registry=self.registry)
        self._queue_age = Gauge(
            "sovd_queue_oldest_age_seconds",
            "Age of the longest waiting command, 0 if none waits",
            registry=self.registry,
        )
        self._leases_lost = Counter(
            "sovd_worker_leases_lost",
            "Times this worker found that it no longer held its lease",
            registry=self.registry,
        )

    def _make_stream_metrics(self) -> None:
        self._viewers = Gauge("sovd_stream_viewers", "Open WebSocket and SSE streams", registry=self.registry)
        self._replay_fills = Counter(
            "sovd_stream_replay_fills",
            "Chunks a viewer got from the store because the live message had been missed",
            registry=self.registry,
        )
        self._bus = Gauge("sovd_bus_connected", "1 while Redis is connected, else 0", registry=self.registry)

    def _make_http_metrics(self) -> None:
        self._http_children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._http_requests = Counter(
            "sovd_http_requests", "HTTP requests answered", ["method", "route", "status"], registry=self.registry
        )
        self._http_seconds = Histogram(
            "sovd_http_request_seconds",
            "Time from the request's head to the end of its answer",
            ["method", "route"],
            buckets=_HTTP_BUCKETS,
            registry=self.registry,
        )

    def command_submitted(self, name: str) -> None:
        """A command was accepted: after the commit, once, and not for an idempotent repetition."""
        self._submitted.labels(self._command_names.bounded(name)).inc()

    def command_ended(self, name: str, status: CommandStatus) -> None:
        """A command reached a terminal state: after the commit, by whoever made the move."""
        self._ended.labels(self._command_names.bounded(name), status.value).inc()

    def stage_took(self, stage: str, seconds: float) -> None:
        """`stage` is one of queued, to_first_chunk, execution, store, publish."""
        self._stage.labels(stage).observe(max(0.0, seconds))

    def chunks_stored(self, count: int) -> None:
        """`count` chunks were committed."""
        self._chunks.inc(count)

    def viewer_joined(self) -> None:
        """A stream was opened; the same code path calls `viewer_left` when it ends."""
        self._viewers.inc()

    def viewer_left(self) -> None:
        """A stream ended."""
        self._viewers.dec()

    def replay_filled(self, count: int) -> None:
        """`count` chunks were missing in the live flow and came from the store."""
        self._replay_fills.inc(count)

    def set_queue(self, depth: int, oldest_age_s: float) -> None:
        """The queue as the database sees it; 0 seconds where nothing waits."""
        self._queue_depth.set(depth)
        self._queue_age.set(oldest_age_s)

    def queue_unknown(self) -> None:
        """The database does not answer: better no figure than an old one."""
        self._queue_depth.set(math.nan)
        self._queue_age.set(math.nan)

    def bus_connected(self, connected: bool) -> None:
        """Redis came or went."""
        self._bus.set(1 if connected else 0)

    def lease_lost(self) -> None:
        """This worker noticed that another one decides about its commands now."""
        self._leases_lost.inc()

    def http_answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the path's template (`/api/v1/commands/{command_id}`), never the path itself."""
        counter, histogram = self._http_series(
            method if method in _METHODS else _OTHER, self._routes.bounded(route), status
        )
        counter.inc()
        histogram.observe(seconds)

    def _http_series(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """Looked up once per combination: the library's own look-up costs more than the counting."""
        key = (method, route, status)
        series = self._http_children.get(key)
        if series is None:
            counter = self._http_requests.labels(method, route, str(status))
            series = self._http_children[key] = (counter, self._http_seconds.labels(method, route))
        return series

    def render(self) -> bytes:
        """Everything in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)
