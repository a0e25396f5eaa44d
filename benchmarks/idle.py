"""What the program takes while it does nothing: start-up time, memory of the idle server, memory per idle viewer."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median

import psutil

from benchmarks import fleet
from benchmarks.figures import Figure, spread
from benchmarks.running import run_alone
from benchmarks.server import Server, environment, open_folder, serving
from benchmarks.socket_client import SocketClient

TITLE = "Idle: start-up, memory"
_VIEWERS = 2000
_SETTLE_S = 3.0


async def measure(quick: bool) -> Sequence[Figure]:
    """Starts the program with engines of its own, first on an empty data directory, then on the same again."""
    viewers = 200 if quick else _VIEWERS
    with open_folder() as folder:
        settings = environment(folder / "home")
        first = await _start_up_time(settings)
        later = [await _start_up_time(settings) for _ in range(1 if quick else 5)]
        async with serving(settings) as server:
            await asyncio.sleep(_SETTLE_S)
            memory = _memory(server)
            per_viewer = await _memory_per_viewer(server, viewers)
    return [
        Figure(name="first start: to the first sign-in", value=f"{first:.1f} s"),
        Figure(name="later start: to the first sign-in", value=f"{median(later):.1f} s", runs=spread(later, "{:.1f}")),
        *memory,
        Figure(name=f"idle viewer, {viewers} of them, memory of the server", value=f"{per_viewer / 1024:.1f} KiB each"),
    ]


async def _start_up_time(settings: dict[str, str]) -> float:
    began = time.perf_counter()
    async with serving(settings):
        return time.perf_counter() - began


def _memory(server: Server) -> list[Figure]:
    (process_id,) = server.process_ids
    own = psutil.Process(process_id)
    engines = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] in {"postgres", "valkey-server"} and _belongs(process, own)
    ]
    figures = [Figure(name="idle server: sovd", value=_mib(own.memory_full_info().uss), runs=_rss(own))]
    for name in ("postgres", "valkey-server"):
        parts = [process for process in engines if process.info["name"] == name]
        proportional = sum(process.memory_full_info().pss for process in parts)
        figures.append(Figure(name=f"idle server: {name} ({len(parts)} processes)", value=_mib(proportional)))
    return figures


def _belongs(process: psutil.Process, own: psutil.Process) -> bool:
    parents = {parent.pid for parent in process.parents()}
    return own.pid in parents


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


def _rss(process: psutil.Process) -> str:
    return f"resident with shared libraries: {_mib(process.memory_info().rss)}"


async def _memory_per_viewer(server: Server, count: int) -> float:
    (vehicle_id,) = await fleet.add_vehicles(server, 1, "sim:?offline")
    connection = await server.connect()
    command_id = await fleet.submit(connection, vehicle_id)
    connection.close()
    own = psutil.Process(server.process_ids[0])
    path = f"/ws/responses/{command_id}"
    few = [await SocketClient.open(server.host, server.port, path, server.token) for _ in range(20)]  # warms up
    await asyncio.sleep(_SETTLE_S)
    before = own.memory_info().rss
    viewers = [await SocketClient.open(server.host, server.port, path, server.token) for _ in range(count)]
    await asyncio.sleep(_SETTLE_S)
    taken = own.memory_info().rss - before
    for viewer in (*few, *viewers):
        viewer.close()
    return taken / count


if __name__ == "__main__":
    run_alone(TITLE, measure)
