"""The answers of real vehicles on the commands page have the members that simulated vehicles really answer with."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from uuid import uuid4

import pytest

from app.connectors.doip_connector import DoipConnector
from app.connectors.port import ConnectorRegistry, ResponseChunk, VehicleRequest
from app.connectors.sovd_connector import SovdConnector
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.catalogue import definition_of
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject
from app.domain.params_check import check_params
from app.links.doip_pool import DoipLinks
from app.simulator.description_reading import built_in_description
from app.simulator.fleet import FleetSettings, SimulatedFleet
from app.simulator.sovd_backend import sovd_app_for

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "commands.md").read_text()
EXAMPLES = re.findall(r"^```json (doip|sovd) (\w+) (\{[^\n]*\})\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


async def no_file(checksum: str) -> bytes:
    raise AssertionError("no data set is assigned")


@pytest.fixture
async def addresses() -> AsyncIterator[dict[str, str]]:
    settings = FleetSettings(description=built_in_description(), sovd_port=0)
    async with SimulatedFleet(settings, sovd_app=sovd_app_for) as fleet:
        (vehicle,) = fleet.vehicles
        assert vehicle.sovd_address is not None
        yield {"doip": vehicle.doip_address, "sovd": vehicle.sovd_address}


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[ConnectorRegistry]:
    data, sovd = DiagnosticDataLibrary(tmp_path, no_file), SovdConnector()
    async with DoipLinks() as links:
        yield ConnectorRegistry([DoipConnector(links, data), sovd])
    await sovd.close()
    await data.close()


def members(value: object) -> object:
    """The shape of a payload: names of its members, and of those of the first item of a list."""
    if isinstance(value, dict):
        return {name: members(item) for name, item in value.items() if name != "body"}
    return [members(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None


@pytest.mark.parametrize(("kind", "name", "params", "answer"), EXAMPLES)
async def test_documented_members_are_the_real_ones(
    addresses: dict[str, str], registry: ConnectorRegistry, *, kind: str, name: str, params: str, answer: str
) -> None:
    given: JsonObject = json.loads(params)
    check_params(definition_of(name), given)
    request = VehicleRequest(
        command_id=CommandId(uuid4()),
        vehicle_id=VehicleId(uuid4()),
        address=addresses[kind],
        command_name=name,
        command_params=given,
        correlation_id="documented",
        deadline=asyncio.get_running_loop().time() + 20,
    )
    async with aclosing(registry.for_address(addresses[kind]).execute(request)) as parts:
        real = [members(part.response_payload) async for part in parts if isinstance(part, ResponseChunk)]
    documented = [members(json.loads(line)) for line in answer.splitlines()]

    assert documented[-1] == real[-1]
    assert [shape for shape in documented[:-1] if shape not in real[:-1]] == []
