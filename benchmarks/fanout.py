"""Fan-out: deliveries per second to 200 viewers of one command, against uvicorn sending a ready string in a loop.

Ours is the whole way: a command that waits for its vehicle while 200 viewers join, then 101 chunks, each stored,
published and sent to every viewer. Counted from the first delivery to the last.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks import fleet
from benchmarks.figures import Figure, rate, ratio
from benchmarks.running import run_alone
from benchmarks.server import Server, engines, on_engines, serving
from benchmarks.socket_client import SocketClient

TITLE = "Fan-out: deliveries to 200 viewers"
_VIEWERS = 200
_CODES = 100
_TARGET = 0.7
_SETTLED_WITHIN_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivered:
    """One run: how many frames of which mean size arrived, how fast."""

    per_second: float
    frames_each: int


async def measure(quick: bool) -> Sequence[Figure]:
    """Turn by turn with the same client."""
    ours, bare = [], []
    async with engines() as shared, serving(on_engines(shared)) as server, _bare_server() as bare_port:
        for number in range(2 if quick else 15):
            mine = await _ours(server, number)
            floor = await _bare(bare_port, mine.frames_each)
            if number:  # the first warms both up
                ours.append(mine.per_second)
                bare.append(floor.per_second)
    return [
        rate("ours", ours, "deliveries/s"),
        rate("bare uvicorn", bare, "deliveries/s"),
        ratio("ours / bare", ours, bare, target=_TARGET),
    ]


async def _ours(server: Server, number: int) -> _Delivered:
    (vehicle_id,) = await fleet.add_vehicles(server, 1, "sim:?offline", first=number)
    connection = await server.connect()
    command_id = await fleet.submit(connection, vehicle_id)
    path = f"/ws/responses/{command_id}"
    viewers = [await SocketClient.open(server.host, server.port, path, server.token) for _ in range(_VIEWERS)]
    address = f"sim:?delay=0&dtcs={fleet.codes(_CODES)}"
    body = {"address": address}
    # joining costs the server work that outlasts the handshake: let it come to rest
    await asyncio.sleep(0.5)
    for viewer in viewers:
        viewer.received = 0
    fleet.expect(await connection.request("PATCH", f"/api/v1/vehicles/{vehicle_id}", body), 200)
    connection.close()
    return await _collect(viewers)


async def _bare(port: int, frames_each: int) -> _Delivered:
    viewers = [await SocketClient.open("127.0.0.1", port, "/") for _ in range(_VIEWERS)]
    for viewer in viewers:
        viewer.send_text(f"{frames_each} {_FRAME_LENGTH}")
    return await _collect(viewers)


_FRAME_LENGTH = 330
"""Characters of a chunk event of ours in this run, within a few."""


async def _collect(viewers: Sequence[SocketClient]) -> _Delivered:
    async with asyncio.timeout(_SETTLED_WITHIN_S):
        await asyncio.gather(*(viewer.closed for viewer in viewers))
    received = [viewer.received for viewer in viewers]
    if len(set(received)) != 1:
        raise AssertionError(f"viewers got different numbers of frames: {sorted(set(received))}")
    took = max(viewer.last_at for viewer in viewers) - min(viewer.first_at for viewer in viewers)
    return _Delivered(per_second=sum(received) / took, frames_each=received[0])


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own module


@asynccontextmanager
async def _bare_server() -> AsyncIterator[int]:
    command = [sys.executable, "-m", "benchmarks.bare_fanout", str(_VIEWERS)]
    child = await asyncio.to_thread(_start, command)
    try:
        assert child.stdout is not None
        yield int(await asyncio.to_thread(child.stdout.readline))
    finally:
        child.terminate()
        await asyncio.to_thread(child.wait, 30)


if __name__ == "__main__":
    run_alone(TITLE, measure)
