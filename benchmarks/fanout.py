"""Fan-out: deliveries per second to 200 viewers of one command, against uvicorn sending a ready string in a loop.

Two figures of ours. The API process alone: this module plays the worker, stores chunks and publishes their events as
the worker does, at most 300 ahead of the slowest viewer. And the whole way in one process: a command that waits for
its vehicle while the viewers join, then 101 chunks, each stored, published and delivered; too short a run to be more
than a sign. Counted from the first delivery to the last, with the same client in all cases.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks import fleet
from benchmarks.bare_fanout import bare_server
from benchmarks.figures import Figure, rate, ratio
from benchmarks.played_worker import PlayedWorker
from benchmarks.running import run_alone
from benchmarks.server import Server, engines, on_engines, serving
from benchmarks.socket_client import SocketClient

TITLE = "Fan-out: deliveries to 200 viewers"
_VIEWERS = 200
_CHUNKS = 2000
_CODES = 100
_TARGET = 0.7
_WITHIN_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivered:
    """One run: how fast, and how many frames each viewer got."""

    per_second: float
    frames_each: int


async def measure(quick: bool) -> Sequence[Figure]:
    """Turn by turn, after one run of each to warm up."""
    rounds = 1 if quick else 7
    ours, bare, whole_way = [], [], []
    async with AsyncExitStack() as stack:
        shared = await stack.enter_async_context(engines())
        server = await stack.enter_async_context(serving(on_engines(shared), separate_worker=True))
        worker = await stack.enter_async_context(PlayedWorker.ready(shared.database_url, shared.redis_url))
        bare_port = await stack.enter_async_context(bare_server(_VIEWERS))
        for number in range(rounds + 1):
            mine = await _api_alone(server, worker, number)
            floor = await _bare(bare_port, mine.frames_each, worker.text_length)
            ours.append(mine.per_second)
            bare.append(floor.per_second)
    async with engines() as shared, serving(on_engines(shared)) as server:
        whole_way = [(await _whole_way(server, number)).per_second for number in range(rounds + 1)]
    return [
        rate("ours, API process", ours[1:], "deliveries/s"),
        rate("bare uvicorn", bare[1:], "deliveries/s"),
        ratio("ours / bare", ours[1:], bare[1:], target=_TARGET),
        rate("ours, whole way in one process", whole_way[1:], "deliveries/s"),
    ]


async def _api_alone(server: Server, worker: PlayedWorker, number: int) -> _Delivered:
    (vehicle_id,) = await fleet.add_vehicles(server, 1, "sim:?offline", first=number)
    connection = await server.connect()
    command_id = await fleet.submit(connection, vehicle_id)
    connection.close()
    viewers = await _join(server, command_id)
    async with asyncio.timeout(_WITHIN_S):
        await worker.answer(command_id, _CHUNKS, lambda: min(viewer.received for viewer in viewers))
    return await _collect(viewers)


async def _whole_way(server: Server, number: int) -> _Delivered:
    (vehicle_id,) = await fleet.add_vehicles(server, 1, "sim:?offline", first=number)
    connection = await server.connect()
    command_id = await fleet.submit(connection, vehicle_id)
    viewers = await _join(server, command_id)
    body = {"address": f"sim:?delay=0&dtcs={fleet.codes(_CODES)}"}
    fleet.expect(await connection.request("PATCH", f"/api/v1/vehicles/{vehicle_id}", body), 200)
    connection.close()
    return await _collect(viewers)


async def _bare(port: int, frames_each: int, text_length: int) -> _Delivered:
    viewers = [await SocketClient.open("127.0.0.1", port, "/") for _ in range(_VIEWERS)]
    for viewer in viewers:
        viewer.send_text(f"{frames_each} {text_length}")
    return await _collect(viewers)


async def _join(server: Server, command_id: str) -> list[SocketClient]:
    """Connect all viewers, and wait until each has been told the present state."""
    path = f"/ws/responses/{command_id}"
    viewers = [await SocketClient.open(server.host, server.port, path, server.token) for _ in range(_VIEWERS)]
    async with asyncio.timeout(_WITHIN_S):
        while any(viewer.received == 0 for viewer in viewers):  # noqa: ASYNC110 - counters, not events: they cost less
            await asyncio.sleep(0.01)
    for viewer in viewers:
        viewer.received = 0
    return viewers


async def _collect(viewers: Sequence[SocketClient]) -> _Delivered:
    async with asyncio.timeout(_WITHIN_S):
        await asyncio.gather(*(viewer.closed for viewer in viewers))
    received = [viewer.received for viewer in viewers]
    if len(set(received)) != 1:
        raise AssertionError(f"viewers got different numbers of frames: {sorted(set(received))}")
    took = max(viewer.last_at for viewer in viewers) - min(viewer.first_at for viewer in viewers)
    return _Delivered(per_second=sum(received) / took, frames_each=received[0])


if __name__ == "__main__":
    run_alone(TITLE, measure)
