"""Simulated vehicles for a run, and commands to them."""

import asyncio
from collections.abc import Sequence

from benchmarks.http_client import Answer, HttpConnection, UnexpectedAnswer
from benchmarks.server import Server

_PRESENT_WITHIN_S = 30


async def add_vehicles(server: Server, count: int, address: str, *, first: int = 0) -> list[str]:
    """Register vehicles and wait until the server has found out who is connected; gives their ids."""
    connection = await server.connect()
    ids = [await _add_vehicle(connection, first + number, address) for number in range(count)]
    async with asyncio.timeout(_PRESENT_WITHIN_S):
        for vehicle_id in ids:
            while await connection_status(connection, vehicle_id) == "unknown":  # noqa: ASYNC110 - see below
                await asyncio.sleep(0.05)  # over HTTP there is nothing to be woken by
    connection.close()
    return ids


async def _add_vehicle(connection: HttpConnection, number: int, address: str) -> str:
    body = {"vin": f"WVWZZZ1JZXW{number:06d}", "make": "Make", "model": "Model", "year": 2024, "address": address}
    return str(expect(await connection.request("POST", "/api/v1/vehicles", body), 201).json()["vehicle_id"])


async def connection_status(connection: HttpConnection, vehicle_id: str) -> str:
    """What the server thinks of a vehicle's presence."""
    answer = expect(await connection.request("GET", f"/api/v1/vehicles/{vehicle_id}"), 200)
    return str(answer.json()["connection_status"])


def read_dtc(connection: HttpConnection, vehicle_id: str) -> bytes:
    """An encoded `ReadDTC`."""
    body = {"vehicle_id": vehicle_id, "command_name": "ReadDTC", "command_params": {"ecuAddress": "0x10"}}
    return connection.encode("POST", "/api/v1/commands", body)


async def submit(connection: HttpConnection, vehicle_id: str) -> str:
    """Send `ReadDTC`; gives the command's id."""
    return str(expect(await connection.send(read_dtc(connection, vehicle_id)), 201).json()["command_id"])


def expect(answer: Answer, status: int) -> Answer:
    """The answer, if it has this status. Raises UnexpectedAnswer."""
    if answer.status != status:
        raise UnexpectedAnswer(f"{answer.status} instead of {status}: {answer.body[:500]!r}")
    return answer


def codes(count: int) -> str:
    """So many different trouble codes, for the setting `dtcs` of a simulated vehicle."""
    numbers: Sequence[int] = range(count)
    return ",".join(f"P{0x100 + number:04X}" for number in numbers)
