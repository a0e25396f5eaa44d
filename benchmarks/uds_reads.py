"""UDS reads over DoIP: our client on one ECU against udsoncan with doipclient, then on 64 ECUs over one socket."""

import asyncio
import time
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit

import udsoncan
from doipclient.client import DoIPClient
from doipclient.connectors import DoIPClientUDSConnector
from udsoncan.client import Client
from udsoncan.configs import default_client_config
from udsoncan.typing import ClientConfig

from app.links import uds_services
from app.links.doip_pool import DoipLinks
from app.links.doip_settings import DoipSettings
from app.links.port import DiagnosticLink
from app.links.uds_client import UdsClient
from app.protocols.uds.timing import UdsTiming
from benchmarks.figures import Figure, rate, ratio
from benchmarks.running import run_alone
from benchmarks.simulator import Simulation, description, simulating

TITLE = "UDS reads over DoIP: ReadDataByIdentifier of the VIN, one request at a time per ECU"
FIRST_ECU, DATA_ID = 0x1010, 0xF190
_ECUS, _LATENCY_S = 64, 0.005


async def measure(quick: bool) -> Sequence[Figure]:
    """Turn by turn on the same simulator; the simulator runs in a process of its own."""
    runs, seconds = (2, 0.5) if quick else (7, 2.0)
    async with simulating(description(1, 0.0)) as simulation:
        ours, theirs = await _against_the_pair(simulation, runs, seconds)
    async with simulating(description(_ECUS, _LATENCY_S)) as simulation:
        one, many = await _many_over_one_socket(simulation, runs, seconds)
    return [
        rate("one ECU, ours", ours, "reads/s"),
        rate("one ECU, udsoncan and doipclient", theirs, "reads/s"),
        ratio("one ECU: ratio", ours, theirs, target=1),
        rate("one ECU with 5 ms latency, ours", one, "reads/s"),
        rate(f"{_ECUS} ECUs over one socket, 5 ms latency each", many, "reads/s"),
        ratio(f"{_ECUS} ECUs: times one ECU", many, one, target=10),
    ]


async def _against_the_pair(simulation: Simulation, runs: int, seconds: float) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    theirs: list[float] = []
    settings = _settings(simulation)
    async with DoipLinks() as links, links.use(settings) as link:
        await _reads(link, FIRST_ECU, 0.2)
        for _ in range(runs):
            ours.append(await _reads(link, FIRST_ECU, seconds) / seconds)
            theirs.append(await asyncio.to_thread(_reads_of_the_pair, settings.port, seconds))
    return ours, theirs


async def _many_over_one_socket(simulation: Simulation, runs: int, seconds: float) -> tuple[list[float], list[float]]:
    one: list[float] = []
    many: list[float] = []
    async with DoipLinks() as links, links.use(_settings(simulation)) as link:
        for _ in range(runs):
            one.append(await _reads(link, FIRST_ECU, seconds) / seconds)
            async with asyncio.TaskGroup() as group:
                reading = [group.create_task(_reads(link, FIRST_ECU + n, seconds)) for n in range(_ECUS)]
            many.append(sum(task.result() for task in reading) / seconds)
    return one, many


async def _reads(link: DiagnosticLink, ecu: int, seconds: float) -> int:
    loop = asyncio.get_running_loop()
    until, count = loop.time() + seconds, 0
    async with link.channel(ecu, until + 5) as channel:
        client = UdsClient(channel, timing=UdsTiming())
        while loop.time() < until:
            await uds_services.read_data(client, DATA_ID, until + 5)
            count += 1
    return count


def _reads_of_the_pair(port: int, seconds: float) -> float:
    gateway = DoIPClient("127.0.0.1", FIRST_ECU, tcp_port=port, client_logical_address=0x0E01)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    connection = DoIPClientUDSConnector(gateway)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    config = cast("ClientConfig", {**default_client_config, "data_identifiers": {DATA_ID: udsoncan.AsciiCodec(17)}})
    count = 0
    with Client(connection, config=config) as client:
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            client.read_data_by_identifier(DATA_ID)
            count += 1
        return count / (time.perf_counter() - began)


def _settings(simulation: Simulation) -> DoipSettings:
    return DoipSettings(host="127.0.0.1", port=urlsplit(simulation.addresses[0]).port or 0)


if __name__ == "__main__":
    run_alone(TITLE, measure)
