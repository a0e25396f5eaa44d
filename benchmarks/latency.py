"""Chunk latency at 100 commands/s: from the time the store gives a chunk to its arrival at a WebSocket client.

A chunk's `received_at` is read from PostgreSQL's clock inside the statement that stores it, so the figure holds the
commit, the publication, the fan-out and the way to the client. Both clocks are the same machine's; PostgreSQL keeps
microseconds. The first chunk is left out: it may be there before the viewer is.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson

from benchmarks import fleet
from benchmarks.figures import Figure, percentile
from benchmarks.http_client import HttpConnection
from benchmarks.running import run_alone
from benchmarks.server import Server, engines, on_engines, serving
from benchmarks.socket_client import SocketClient

TITLE = "Chunk latency: stored to received over WebSocket, 100 commands/s, each with a viewer of its own"
_PER_SECOND = 100
_VEHICLES = 100
_ADDRESS = "sim:?delay=0.2"


async def measure(quick: bool) -> Sequence[Figure]:
    """An open loop: commands are sent at their time, whether or not earlier ones are done."""
    figures: list[Figure] = []
    for separate_worker, name in ((False, "one process"), (True, "API and worker processes")):
        async with engines() as shared, serving(on_engines(shared), separate_worker=separate_worker) as server:
            vehicles = await fleet.add_vehicles(server, _VEHICLES, _ADDRESS)
            began = time.perf_counter()
            watched = await _send_steadily(server, vehicles, seconds=2 if quick else 20)
            pace = len(watched) / (time.perf_counter() - began)
            latencies = [value for one in watched for value in await _latencies(server, one)]
        figures += [
            Figure(name=f"{name}: p{share}", value=f"{percentile(latencies, share / 100) * 1000:.1f} ms")
            for share in (50, 99)
        ]
        measured = f"{len(latencies)} chunks"
        figures.append(Figure(name=f"{name}: measured", value=measured, runs=f"{pace:.0f} commands/s"))
    return figures


class _Watched:
    """A command, and when each of its chunks arrived (system clock, seconds)."""

    def __init__(self) -> None:
        self.command_id = ""
        self.arrivals: list[tuple[float, bytes]] = []

    def take(self, frame: bytes) -> None:
        self.arrivals.append((time.time(), frame))


async def _send_steadily(server: Server, vehicles: Sequence[str], *, seconds: int) -> list[_Watched]:
    loop = asyncio.get_running_loop()
    idle_connections = [await server.connect() for _ in range(20)]
    free: asyncio.Queue[HttpConnection] = asyncio.Queue()
    for connection in idle_connections:
        free.put_nowait(connection)
    began = loop.time()
    async with asyncio.TaskGroup() as tasks:
        running = []
        turns: Iterator[str] = itertools.cycle(vehicles)
        for number in range(seconds * _PER_SECOND):
            await asyncio.sleep(max(0.0, began + number / _PER_SECOND - loop.time()))
            running.append(tasks.create_task(_watch_one(server, free, next(turns))))
    for connection in idle_connections:
        connection.close()
    return [task.result() for task in running]


async def _watch_one(server: Server, free: "asyncio.Queue[HttpConnection]", vehicle_id: str) -> _Watched:
    watched = _Watched()
    connection = await free.get()
    try:
        watched.command_id = await fleet.submit(connection, vehicle_id)
    finally:
        free.put_nowait(connection)
    path = f"/ws/responses/{watched.command_id}"
    socket = await SocketClient.open(server.host, server.port, path, server.token, watched.take)
    await socket.closed
    return watched


async def _latencies(server: Server, watched: _Watched) -> list[float]:
    connection = await server.connect()
    answer = await connection.request("GET", f"/api/v1/commands/{watched.command_id}/responses")
    connection.close()
    stored = {
        item["sequence_number"]: datetime.fromisoformat(item["received_at"]).timestamp()
        for item in fleet.expect(answer, 200).json()["items"]
    }
    events = ((moment, orjson.loads(frame)) for moment, frame in watched.arrivals)
    return [
        moment - stored[event["sequence_number"]]
        for moment, event in events
        if event["event"] == "response" and event["sequence_number"] > 1
    ]


if __name__ == "__main__":
    run_alone(TITLE, measure)
