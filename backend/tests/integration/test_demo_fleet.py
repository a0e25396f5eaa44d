"""The demo fleet: registered once, by whoever is first, and never again."""

import asyncio

from sqlalchemy import text

from app.repositories import vehicle_repository
from app.repositories.unit_of_work import UnitOfWork
from app.repositories.vehicle_repository import VehicleFilter
from app.services.demo_fleet import demo_vehicles, register_demo_fleet
from app.storage.engine import Database
from support.accounts import RememberedBus
from support.builders import count


async def test_it_is_registered_once_and_audited(database: Database) -> None:
    bus = RememberedBus()
    work = UnitOfWork(database, bus)
    assert await register_demo_fleet(work) == 12
    assert await register_demo_fleet(work) == 0
    async with database.autocommit() as db:
        found, total = await vehicle_repository.list_page(db, VehicleFilter(), limit=200, offset=0)
        assert await count(db, "SELECT count(*) FROM audit_log WHERE action = 'vehicle.registered'") == 12
    assert total == 12
    assert {vehicle.vin for vehicle in found} == {new.vin for new in demo_vehicles()}
    assert len(bus.messages) == 12


async def test_two_processes_starting_at_once_do_not_get_in_each_other_s_way(database: Database) -> None:
    work = UnitOfWork(database, RememberedBus())
    assert sum(await asyncio.gather(*(register_demo_fleet(work) for _ in range(4)))) == 12


async def test_a_demo_vehicle_that_was_removed_stays_away(database: Database) -> None:
    work = UnitOfWork(database, RememberedBus())
    await register_demo_fleet(work)
    async with database.transaction() as db:
        await db.execute(text("UPDATE vehicles SET deleted_at = now() WHERE make = 'Tesla'"))
    assert await register_demo_fleet(work) == 0
