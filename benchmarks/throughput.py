"""Commands per second, from POST to `completed`: three chunks, 50 vehicles, 20 clients, against the bare floor."""

import asyncio
import itertools
import time
from collections.abc import Sequence

from benchmarks import fleet
from benchmarks.bus_listener import CompletionListener
from benchmarks.figures import Figure, rate, ratio
from benchmarks.floor import Floor
from benchmarks.http_client import header
from benchmarks.running import run_alone
from benchmarks.server import Engines, Server, engines, on_engines, serving

TITLE = "Throughput: POST to completed, three chunks, 50 vehicles, 20 clients"
_CLIENTS = 20
_VEHICLES = 50
_TARGET = 0.5


async def measure(quick: bool) -> Sequence[Figure]:
    """Both arrangements, each beside the floor on the same engines."""
    figures: list[Figure] = []
    for separate_worker, name in ((False, "one process"), (True, "API and worker processes")):
        async with engines() as shared:
            ours, floor = await _compare(shared, separate_worker=separate_worker, quick=quick)
        figures += [
            rate(f"{name}: ours", ours, "commands/s"),
            rate(f"{name}: bare floor", floor, "commands/s"),
            ratio(f"{name}: ours / floor", ours, floor, target=_TARGET),
        ]
    return figures


async def _compare(shared: Engines, *, separate_worker: bool, quick: bool) -> tuple[list[float], list[float]]:
    seconds, rounds = (1.0, 1) if quick else (5.0, 5)
    bare = await Floor.prepare(
        shared.database_url, shared.database("floor"), shared.redis_url, clients=_CLIENTS, vehicles=_VEHICLES
    )
    ours, floor = [], []
    async with serving(on_engines(shared), separate_worker=separate_worker) as server:
        load = Load(server, shared.redis_url)
        await load.prepare()
        await load.commands_per_second(seconds)  # warms both up
        await bare.commands_per_second(seconds)
        for _ in range(rounds):
            floor.append(await bare.commands_per_second(seconds))
            ours.append(await load.commands_per_second(seconds))
            await asyncio.sleep(1)  # lets the background sealing of the audit trail come to an end
        await load.close()
    await bare.close()
    return ours, floor


class Load:
    """Clients that each send a command, wait until it is completed, and send the next."""

    def __init__(self, server: Server, redis_url: str) -> None:
        self._server = server
        self._redis_url = redis_url
        self._listener = CompletionListener()
        self._vehicles = itertools.cycle([""])

    async def prepare(self, address: str = "sim:?delay=0") -> None:
        """Vehicles, and the ear on the bus."""
        self._vehicles = itertools.cycle(await fleet.add_vehicles(self._server, _VEHICLES, address))
        await self._listener.start(self._redis_url)

    async def close(self) -> None:
        """Stop listening."""
        await self._listener.stop()

    async def commands_per_second(self, seconds: float) -> float:
        """All clients at once for so long."""
        began = time.perf_counter()
        counts = await asyncio.gather(*(self._client(began + seconds) for _ in range(_CLIENTS)))
        return sum(counts) / (time.perf_counter() - began)

    async def _client(self, until: float) -> int:
        connection = await self._server.connect()
        count = 0
        while time.perf_counter() < until:
            request = fleet.read_dtc(connection, next(self._vehicles))
            answer = fleet.expect(await connection.send(request), 201)
            location = header(answer.head, b"location") or ""
            await self._listener.completed(location.rpartition("/")[2].encode())
            count += 1
        connection.close()
        return count


if __name__ == "__main__":
    run_alone(TITLE, measure)
