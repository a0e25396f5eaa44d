"""Plays a worker whose vehicle samples faster than any may be asked to: chunks of `SubscribeData` at a steady pace.

For the benchmark of the web page (`frontend/bench`), which starts it beside a running `sovd serve`:
`python -m benchmarks.played_samples HOME COMMAND_ID --per-second 150 --seconds 20`.
"""

import argparse
import asyncio
import math
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from app.domain.command import NewChunk
from app.domain.identifiers import CommandId, ResponseId
from app.domain.json_values import JsonObject, format_time
from app.embedded.engines import EmbeddedEngines
from app.observability.logs import configure_logging
from benchmarks.played_worker import PlayedWorker

_VALUES = (
    ("0xF40C", "EngineSpeed", "rpm", 900.0),
    ("0xF40D", "VehicleSpeed", "km/h", 50.0),
    ("0xF405", "Coolant", "°C", 80.0),
)


async def play(home: Path, command_id: str, per_second: int, seconds: float) -> None:
    """Answer the command: samples at equal distances, each stored and published when it is due, then the end."""
    command = CommandId(UUID(command_id))
    async with EmbeddedEngines.running(home) as own:
        assert own.database_url is not None
        assert own.redis_url is not None
        async with PlayedWorker.ready(own.database_url, own.redis_url) as worker:
            await worker.begin(command)
            await _sample(worker, command, per_second, seconds)
            await worker.end(command)


async def _sample(worker: PlayedWorker, command: CommandId, per_second: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    total = int(per_second * seconds)
    sent = 0
    while sent < total:
        await asyncio.sleep(max(0.0, begun + sent / per_second - loop.time()))
        due = min(total, int((loop.time() - begun) * per_second) + 1)
        await worker.put(command, [_chunk(command, number, per_second) for number in range(sent + 1, due + 1)])
        sent = due
    final: JsonObject = {"status": "complete", "samples": total, "missed": 0, "ecuAddress": "0x1010"}
    await worker.put(command, [_as_chunk(command, total + 1, final, is_final=True)])


def _chunk(command: CommandId, number: int, per_second: int) -> NewChunk:
    elapsed = (number - 1) / per_second
    values: list[JsonObject] = [
        {
            "dataId": identifier,
            "name": name,
            "description": name,
            "value": round(middle * (1 + 0.3 * math.sin(elapsed * (place + 1))), 2),
            "unit": unit,
            "source": "built-in",
        }
        for place, (identifier, name, unit, middle) in enumerate(_VALUES)
    ]
    payload: JsonObject = {
        "sampledAt": format_time(datetime.now(UTC)),
        "elapsedS": round(elapsed, 4),
        "sample": number,
        "values": [*values],
        "ecuAddress": "0x1010",
    }
    return _as_chunk(command, number, payload, is_final=False)


def _as_chunk(command: CommandId, number: int, payload: JsonObject, *, is_final: bool) -> NewChunk:
    return NewChunk(
        command_id=command,
        response_id=ResponseId(uuid4()),
        sequence_number=number,
        response_payload=payload,
        is_final=is_final,
    )


def main() -> None:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, help="data directory of the running service")
    parser.add_argument("command_id", help="a command that waits: its vehicle is offline")
    parser.add_argument("--per-second", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    configure_logging("warning")
    asyncio.run(play(given.home, given.command_id, given.per_second, given.seconds))


if __name__ == "__main__":
    main()
