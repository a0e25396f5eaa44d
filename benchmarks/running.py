"""How each benchmark module is run alone: `python -m benchmarks.throughput [--quick]`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence

import uvloop

from app.observability.logs import configure_logging
from benchmarks.figures import Figure, show
from benchmarks.machine import describe_machine

Measure = Callable[[bool], Awaitable[Sequence[Figure]]]
"""Takes whether to be quick (fewer, shorter runs: does it work, not how fast is it)."""


def wants_quick(description: str | None) -> bool:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="few and short runs; the figures mean little")
    quick: bool = parser.parse_args().quick
    return quick


def run_alone(title: str, measure: Measure) -> None:
    """Measure and print."""
    quick = wants_quick(title)
    configure_logging("warning")
    print(describe_machine(), "\n")
    run_one(title, measure, quick=quick)


def run_one(title: str, measure: Measure, *, quick: bool) -> None:
    """Measure in an event loop of its own and print the table."""

    async def work() -> Sequence[Figure]:
        return await measure(quick)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        show(title, runner.run(work()))
