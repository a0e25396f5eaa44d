"""Runs commands of the SOVD connector against a server of a test, and looks at what comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from app.connectors.port import NO_CONTEXT, Progress, ResponseChunk, VehicleContext, VehicleRequest
from app.connectors.sovd_clients import SovdClients
from app.connectors.sovd_connector import SovdConnector
from app.domain.errors import VehicleError
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject
from app.links.vehicle_hosts import VehicleHosts
from support.odd_sovd_server import OddSovdServer

TOKEN = "a-secret-token"
ON_ENGINE: JsonObject = {"component": "engine"}


@asynccontextmanager
async def connector(hosts: VehicleHosts | None = None) -> AsyncIterator[SovdConnector]:
    made = SovdConnector(SovdClients(hosts=hosts))
    try:
        yield made
    finally:
        await made.close()


def loop_time() -> float:
    return asyncio.get_running_loop().time()


def request_for(
    address: str, name: str, params: JsonObject, *, within_s: float = 8.0, context: VehicleContext = NO_CONTEXT
) -> VehicleRequest:
    return VehicleRequest(
        command_id=CommandId(uuid4()),
        vehicle_id=VehicleId(uuid4()),
        address=address,
        command_name=name,
        command_params=params,
        correlation_id="corr-1",
        deadline=loop_time() + within_s,
        context=context,
    )


async def parts_of(server: OddSovdServer, name: str, params: JsonObject, **more: Any) -> list[ResponseChunk | Progress]:
    address = more.pop("address", server.address)
    hosts = more.pop("hosts", None)
    async with connector(hosts) as made, aclosing(made.execute(request_for(address, name, params, **more))) as answer:
        return [part async for part in answer]


async def payloads_of(server: OddSovdServer, name: str, params: JsonObject, **more: Any) -> list[JsonObject]:
    parts = await parts_of(server, name, params, **more)
    chunks = [part for part in parts if isinstance(part, ResponseChunk)]
    assert [one.is_final for one in chunks] == [False] * (len(chunks) - 1) + [True]
    return [one.response_payload for one in chunks]


async def error_of(server: OddSovdServer, name: str, params: JsonObject, **more: Any) -> VehicleError:
    with pytest.raises(VehicleError) as raised:
        await parts_of(server, name, params, **more)
    assert TOKEN not in f"{raised.value} {raised.value.details}"
    return raised.value
