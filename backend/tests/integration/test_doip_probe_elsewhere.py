"""A gateway that another worker talks to is there, whatever it says to us about our tester address."""

import asyncio
from pathlib import Path

from app.connectors.doip_connector import DoipConnector
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.links.doip_pool import DoipLinks
from app.links.doip_settings import DoipSettings
from app.simulator.description_reading import built_in_description
from app.simulator.fleet import FleetSettings, SimulatedFleet


async def no_file(checksum: str) -> bytes:
    raise AssertionError("no data set is assigned")


async def test_a_vehicle_another_worker_is_busy_with_is_there(tmp_path: Path) -> None:
    data = DiagnosticDataLibrary(tmp_path, no_file)
    async with (
        SimulatedFleet(FleetSettings(description=built_in_description())) as fleet,
        DoipLinks() as links_of_the_other,
        DoipLinks() as links,
    ):
        address = fleet.vehicles[0].doip_address
        port = int(address.split(":")[2].split("?")[0])
        deadline = asyncio.get_running_loop().time() + 10
        async with (
            links_of_the_other.use(DoipSettings(host="127.0.0.1", port=port)) as link,
            link.channel(0x1010, deadline),  # the other worker uses the gateway just now
        ):
            await DoipConnector(links, data).probe(address, asyncio.get_running_loop().time() + 2)
    await data.close()
