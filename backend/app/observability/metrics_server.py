"""A worker's figures over HTTP: it has no API, so they get a small server of their own, in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from app.domain.errors import SovdError
from app.observability.metrics import Metrics


class MetricsPortTaken(SovdError):
    """Somebody else listens where the figures were to be served."""

    code = "metrics_port_taken"


@contextmanager
def metrics_served(metrics: Metrics, *, host: str, port: int | None) -> Iterator[int | None]:
    """Serve `metrics` on `host:port` while the block runs; gives the port (0 takes a free one). No port, no server.

    The queue's figures belong to API processes; here they are not a number. Raises MetricsPortTaken.
    """
    if port is None:
        yield None
        return
    metrics.queue_unknown()
    try:
        server, thread = start_http_server(port, addr=host, registry=metrics.registry)
    except OSError as error:
        raise MetricsPortTaken(
            f"cannot serve metrics on {host}:{port} ({error.strerror}); set SOVD_WORKER_METRICS_PORT to a free port"
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
