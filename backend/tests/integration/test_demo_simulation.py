"""The simulator beside the demo fleet: vehicles of two more kinds, at addresses that stay or are mended."""

import socket
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import text

from app.repositories import vehicle_repository
from app.repositories.unit_of_work import UnitOfWork
from app.services.demo_fleet import demo_vehicles, register_demo_fleet
from app.services.demo_keeping import demo_fleet_kept
from app.services.demo_simulation import demo_simulation
from app.storage.engine import Database
from support.accounts import RememberedBus
from support.builders import count
from support.waiting import eventually


async def test_both_kinds_are_served_and_registered_beside_the_mock_vehicles(database: Database) -> None:
    work = UnitOfWork(database, RememberedBus())
    async with demo_simulation() as simulated:
        assert [new.address.partition(":")[0] for new in simulated] == ["doip", "doip", "sovd+http", "sovd+http"]
        assert await register_demo_fleet(work, simulated) == len(demo_vehicles()) + 4
        assert await register_demo_fleet(work, simulated) == 0
    async with database.autocommit() as db:
        stored = [await vehicle_repository.find(db, new.vehicle_id) for new in simulated]
    assert all(vehicle is not None and vehicle.settings["safe_state"]["conditions"] for vehicle in stored)


async def test_taken_ports_do_not_keep_the_service_from_starting_and_addresses_are_mended(database: Database) -> None:
    work = UnitOfWork(database, RememberedBus())
    async with demo_simulation() as first:
        await register_demo_fleet(work, first)
        async with demo_simulation() as second:  # the first one has the usual ports, or somebody else has
            assert {new.vin for new in first} == {new.vin for new in second}
            assert {new.address for new in first}.isdisjoint(new.address for new in second)
            for new in second:
                assert is_served(new.address), new.address
            await register_demo_fleet(work, second)
    async with database.autocommit() as db:
        stored = [await vehicle_repository.find(db, new.vehicle_id) for new in second]
        assert await count(db, "SELECT count(*) FROM audit_log WHERE action = 'vehicle.updated'") == len(second)
    assert [vehicle.address for vehicle in stored if vehicle is not None] == [new.address for new in second]


async def test_a_removed_simulated_vehicle_stays_away(database: Database) -> None:
    work = UnitOfWork(database, RememberedBus())
    async with demo_simulation() as simulated:
        await register_demo_fleet(work, simulated)
        async with database.transaction() as db:
            await db.execute(text("UPDATE vehicles SET deleted_at = now() WHERE address LIKE 'doip:%'"))
        assert await register_demo_fleet(work, simulated) == 0
    async with database.autocommit() as db:
        assert await count(db, "SELECT count(*) FROM vehicles WHERE deleted_at IS NULL AND address LIKE 'doip:%'") == 0


async def test_one_process_of_a_data_directory_simulates_and_the_next_one_takes_over(
    database: Database, tmp_path: Path
) -> None:
    """Else the second one started moves the vehicles to itself, and they are gone when it ends before the first."""
    work = UnitOfWork(database, RememberedBus())
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        await first.enter_async_context(demo_fleet_kept(work, tmp_path))
        addresses = await simulated_addresses(database)
        assert len(addresses) == 4
        async with demo_fleet_kept(work, tmp_path):
            assert await simulated_addresses(database) == addresses
        assert await simulated_addresses(database) == addresses
        assert all(is_served(address) for address in addresses)

        await second.enter_async_context(demo_fleet_kept(work, tmp_path))
        await first.aclose()

        async def are_served() -> bool:
            return all(is_served(address) for address in await simulated_addresses(database))

        await eventually(are_served, within_s=30, what="the vehicles being served by the second")


async def simulated_addresses(database: Database) -> list[str]:
    """Where the simulated vehicles are registered, by VIN."""
    query = text("SELECT address FROM vehicles WHERE address NOT LIKE 'sim:%' ORDER BY vin")
    async with database.autocommit() as db:
        return list((await db.execute(query)).scalars())


def is_served(address: str) -> bool:
    """Whether something listens on an address's port."""
    host, _, port = address.partition("//")[2].partition("/")[0].partition("?")[0].partition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            return True
    except ConnectionRefusedError:
        return False
