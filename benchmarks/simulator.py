"""Simulated vehicles in a process of their own, for the benchmarks that talk to vehicles."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A running simulator and the addresses of its vehicles."""

    process: psutil.Process
    addresses: tuple[str, ...]


def description(ecus: int, latency_s: float) -> str:
    """A vehicle with so many ECUs from 0x1010 on, each with the VIN and one trouble code."""
    units = [
        {
            "component": f"ecu{number}",
            "title": f"ECU {number}",
            "address": 0x1010 + number,
            "variant": "V1",
            "latency_s": latency_s,
            "faults": [{"code": "P0420", "title": "Catalyst", "status": "confirmed"}],
        }
        for number in range(ecus)
    ]
    vehicle = {
        "make": "Bench",
        "model": "Mark",
        "year": 2026,
        "vin": "1SVCMD00*RA######",
        "gateway_address": 0x1000,
        "functional_address": 0xE400,
        "ecus": units,
    }
    return yaml.safe_dump(vehicle)


@asynccontextmanager
async def simulating(text: str, vehicles: int = 1) -> AsyncIterator[Simulation]:
    """Run `sovd simulate` with this description until the block ends."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "vehicle.yaml")
        await asyncio.to_thread(file.write_text, text)
        wanted: Sequence[str] = ("--description", str(file), "--vehicles", str(vehicles), "--json")
        command = (sys.executable, "-c", "from app.cli import main; main()", "simulate", *wanted)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, limit=2**24)
        assert process.stdout is not None
        try:
            found = json.loads(await _document(process.stdout))
            addresses = tuple(str(item["doip_address"]) for item in found["vehicles"])
            yield Simulation(process=psutil.Process(process.pid), addresses=addresses)
        finally:
            process.terminate()
            await process.wait()


async def _document(lines: asyncio.StreamReader) -> str:
    """The JSON document that it prints when all vehicles are served; its last line is a brace alone."""
    read: list[str] = []
    while not read or read[-1] != "}\n":
        line = (await lines.readline()).decode()
        if not line:
            raise RuntimeError("the simulator ended before it served anything")
        read.append(line)
    return "".join(read)
