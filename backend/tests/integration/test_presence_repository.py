"""Presence on real PostgreSQL: workers share the probes, and only changes of status are written down."""

import asyncio
from uuid import uuid4

from sqlalchemy import text

from app.domain.identifiers import VehicleId
from app.domain.vehicle import ConnectionStatus, Vehicle
from app.repositories import vehicle_repository
from app.repositories.presence_repository import (
    LONGEST_BACK_OFF,
    PresenceObservation,
    claim_due_probes,
    record_presence,
)
from app.storage.engine import Database
from support.builders import add_vehicle, count

CONNECTED, DISCONNECTED, UNKNOWN = ConnectionStatus.CONNECTED, ConnectionStatus.DISCONNECTED, ConnectionStatus.UNKNOWN
ADDRESS = "sim:?delay=0"
ENTRIES = "SELECT count(*) FROM audit_log WHERE action = 'vehicle.presence_changed'"


async def vehicle_in(database: Database, status: ConnectionStatus = UNKNOWN) -> VehicleId:
    """A vehicle at ADDRESS."""
    async with database.transaction() as db:
        return await add_vehicle(db, address=ADDRESS, status=status)


async def observe(
    database: Database,
    vehicle_id: VehicleId,
    status: ConnectionStatus,
    cause: str | None = None,
    address: str = ADDRESS,
) -> tuple[VehicleId, ...]:
    """Record one finding."""
    found = PresenceObservation(vehicle_id=vehicle_id, address=address, status=status, cause=cause)
    async with database.autocommit() as db:
        changes = await record_presence(db, [found], worker="worker-1")
    return tuple(change.vehicle_id for change in changes if change.status is CONNECTED)


async def as_stored(database: Database, vehicle_id: VehicleId) -> Vehicle:
    """The vehicle now."""
    async with database.autocommit() as db:
        vehicle = await vehicle_repository.find(db, vehicle_id)
    assert vehicle is not None
    return vehicle


async def test_each_due_vehicle_goes_to_one_worker_only(database: Database) -> None:
    expected = {await vehicle_in(database) for _ in range(30)}

    async def claim() -> list[VehicleId]:
        async with database.transaction() as db:
            return [due.vehicle_id for due in await claim_due_probes(db, 10, 60.0)]

    claimed = [vehicle_id for part in await asyncio.gather(*(claim() for _ in range(6))) for vehicle_id in part]
    while more := await claim():
        claimed += more
    assert len(claimed) == 30
    assert set(claimed) == expected


async def test_a_claimed_vehicle_is_due_again_after_about_the_interval(database: Database) -> None:
    for _ in range(20):
        await vehicle_in(database)
    async with database.transaction() as db:
        claimed = await claim_due_probes(db, 100, 1000.0)
        waits = (
            (await db.execute(text("SELECT EXTRACT(epoch FROM next_probe_at - now()) FROM vehicles"))).scalars().all()
        )
    assert {due.address for due in claimed} == {ADDRESS}
    assert all(899 <= wait <= 1101 for wait in waits)
    assert len(set(waits)) > 10


async def test_a_removed_vehicle_is_not_probed(database: Database) -> None:
    vehicle_id = await vehicle_in(database)
    async with database.transaction() as db:
        await vehicle_repository.remove(db, vehicle_id)
        assert await claim_due_probes(db, 10, 60.0) == ()


async def test_a_vehicle_that_comes_back_is_told_and_audited(database: Database) -> None:
    vehicle_id = await vehicle_in(database, DISCONNECTED)
    assert await observe(database, vehicle_id, CONNECTED) == (vehicle_id,)
    vehicle = await as_stored(database, vehicle_id)
    assert vehicle.connection_status is CONNECTED
    assert vehicle.last_seen_at is not None
    async with database.autocommit() as db:
        details = (await db.execute(text("SELECT details FROM audit_log"))).scalar_one()
    assert details == {"before": "disconnected", "after": "connected", "cause": None}


async def test_seeing_it_again_moves_the_time_without_an_entry(database: Database) -> None:
    vehicle_id = await vehicle_in(database)
    await observe(database, vehicle_id, CONNECTED)
    first = (await as_stored(database, vehicle_id)).last_seen_at
    assert await observe(database, vehicle_id, CONNECTED) == ()
    second = (await as_stored(database, vehicle_id)).last_seen_at
    assert first is not None
    assert second is not None
    assert second > first
    async with database.autocommit() as db:
        assert await count(db, ENTRIES) == 1


async def test_a_vehicle_that_goes_keeps_the_time_it_was_seen(database: Database) -> None:
    vehicle_id = await vehicle_in(database)
    await observe(database, vehicle_id, CONNECTED)
    seen = (await as_stored(database, vehicle_id)).last_seen_at
    assert await observe(database, vehicle_id, DISCONNECTED, "no answer in time") == ()
    vehicle = await as_stored(database, vehicle_id)
    assert (vehicle.connection_status, vehicle.status_cause) == (DISCONNECTED, "no answer in time")
    assert vehicle.last_seen_at == seen


async def test_a_finding_at_an_old_address_counts_for_nothing(database: Database) -> None:
    vehicle_id = await vehicle_in(database)
    assert await observe(database, vehicle_id, CONNECTED, address="sim:?offline") == ()
    assert (await as_stored(database, vehicle_id)).connection_status is UNKNOWN


async def test_findings_come_in_batches_and_unknown_vehicles_do_not_matter(database: Database) -> None:
    vehicle_ids = [await vehicle_in(database) for _ in range(50)]
    observations = [
        PresenceObservation(vehicle_id=vehicle_id, address=ADDRESS, status=CONNECTED)
        for vehicle_id in [*vehicle_ids, VehicleId(uuid4())]
    ]
    async with database.autocommit() as db:
        assert {change.vehicle_id for change in await record_presence(db, observations)} == set(vehicle_ids)
        assert await count(db, ENTRIES) == 50
        assert await record_presence(db, []) == ()


async def test_a_silent_vehicle_is_asked_less_and_less_often_until_it_answers(database: Database) -> None:
    """Backs off to LONGEST_BACK_OFF intervals; one answer is enough to be asked as often as before."""
    vehicle_id = await vehicle_in(database)

    async def wait_after_claim() -> float:
        async with database.transaction() as db:
            await db.execute(text("UPDATE vehicles SET next_probe_at = now()"))
            assert len(await claim_due_probes(db, 1, 1000.0)) == 1
            found = await db.scalar(text("SELECT EXTRACT(epoch FROM next_probe_at - now()) FROM vehicles"))
        return float(found) / 1000

    for intervals in (1, 2, 4, LONGEST_BACK_OFF, LONGEST_BACK_OFF):
        assert 0.89 * intervals <= await wait_after_claim() <= 1.11 * intervals
        await observe(database, vehicle_id, DISCONNECTED, "nobody there")
    for _ in range(30):  # the count of silent probes has a bound, so that its power of two has one
        await observe(database, vehicle_id, DISCONNECTED, "nobody there")
    assert await wait_after_claim() <= 1.11 * LONGEST_BACK_OFF
    await observe(database, vehicle_id, CONNECTED)
    assert 0.89 <= await wait_after_claim() <= 1.11
