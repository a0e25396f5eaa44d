"""All benchmarks, one after the other: `python -m benchmarks [--quick]`."""

from app.observability.logs import configure_logging
from benchmarks import decoding, fanout, history, idle, latency, throughput, uds_reads, vehicles
from benchmarks.machine import describe_machine
from benchmarks.running import run_one, wants_quick

_ALL = (throughput, latency, fanout, idle, history, decoding, uds_reads, vehicles)


def main() -> None:
    """Measure and print."""
    quick = wants_quick(__doc__)
    configure_logging("warning")
    print(describe_machine(), "\n")
    for benchmark in _ALL:
        run_one(benchmark.TITLE, benchmark.measure, quick=quick)


if __name__ == "__main__":
    main()
