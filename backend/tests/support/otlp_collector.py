"""An OTLP/HTTP collector that keeps what it gets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, slots=True)
class OtlpCollector:
    """`received` holds path and body of each export."""

    url: str
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def spans(self) -> list[Span]:
        """All spans so far, in the order they ended."""
        requests = [ExportTraceServiceRequest.FromString(body) for _, body in self.received]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextmanager
def otlp_collector() -> Iterator[OtlpCollector]:
    """A collector on a port of its own, until the block ends."""
    received: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield OtlpCollector(f"http://127.0.0.1:{server.server_port}", received)
        server.shutdown()
