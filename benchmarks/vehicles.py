"""A thousand simulated vehicles, each answering ReadDTC once through the DoIP connector: total time, memory."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

from app.connectors.doip_connector import DoipConnector
from app.connectors.port import ResponseChunk, VehicleRequest
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.identifiers import CommandId, VehicleId
from app.links.doip_pool import DoipLinks
from benchmarks.figures import Figure, spread
from benchmarks.running import run_alone
from benchmarks.simulator import Simulation, description, simulating

TITLE = "A thousand simulated vehicles of four ECUs on one machine: ReadDTC of every one, 200 at a time"
_AT_ONCE = 200
_MIB = 1024 * 1024


async def measure(quick: bool) -> Sequence[Figure]:
    """Each run opens a connection to every vehicle, activates routing, reads four ECUs, and leaves it open."""
    vehicles, runs = (50, 1) if quick else (1000, 3)
    async with simulating(description(4, 0.0), vehicles) as simulation:
        idle = simulation.process.memory_full_info().uss
        seconds = [await _read_all(simulation) for _ in range(runs)]
        busy = simulation.process.memory_full_info().uss
    return [
        Figure(
            name=f"{vehicles} vehicles, ReadDTC of each",
            value=f"{median(seconds):.2f} s",
            runs=spread(seconds, "{:.2f}"),
        ),
        Figure(name="memory of the simulator, idle", value=f"{idle / _MIB:.0f} MiB"),
        Figure(name="memory of the simulator, afterwards", value=f"{busy / _MIB:.0f} MiB"),
    ]


async def _read_all(simulation: Simulation) -> float:
    with TemporaryDirectory() as folder:
        data = DiagnosticDataLibrary(Path(folder), _no_file)
        async with DoipLinks(max_links=2000) as links:
            connector, slots = DoipConnector(links, data), asyncio.Semaphore(_AT_ONCE)
            began = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for address in simulation.addresses:
                    group.create_task(_read_one(connector, address, slots))
            took = time.perf_counter() - began
        await data.close()
    return took


async def _read_one(connector: DoipConnector, address: str, slots: asyncio.Semaphore) -> None:
    async with slots:
        request = VehicleRequest(
            command_id=CommandId(uuid4()),
            vehicle_id=VehicleId(uuid4()),
            address=address,
            command_name="ReadDTC",
            command_params={},
            correlation_id="benchmark",
            deadline=asyncio.get_running_loop().time() + 60,
        )
        async with aclosing(connector.execute(request)) as answer:
            chunks = [part async for part in answer if isinstance(part, ResponseChunk)]
    assert chunks[-1].response_payload["totalDtcs"] == 4, chunks[-1]


async def _no_file(checksum: str) -> bytes:
    raise AssertionError(f"no data set is assigned, and yet {checksum} is asked for")


if __name__ == "__main__":
    run_alone(TITLE, measure)
