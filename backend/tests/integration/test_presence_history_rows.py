"""The rows of the presence history on real PostgreSQL: one per real change, in the transaction that makes it."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.domain.identifiers import VehicleId
from app.domain.vehicle import ConnectionStatus
from app.repositories import vehicle_repository
from app.repositories.presence_repository import (
    UNWATCHED,
    PresenceObservation,
    claim_due_probes,
    doubt_unwatched,
    record_presence,
)
from app.repositories.vehicle_repository import NewVehicle
from app.storage.engine import Database
from support.builders import add_vehicle, count

CONNECTED, DISCONNECTED, UNKNOWN = ConnectionStatus.CONNECTED, ConnectionStatus.DISCONNECTED, ConnectionStatus.UNKNOWN
ADDRESS = "sim:?delay=0"
BACKDATED = """
    WITH began AS (UPDATE vehicles SET status_since = now() - make_interval(hours => :hours))
    UPDATE presence_changes SET since = now() - make_interval(hours => :hours)
"""
"""The presence of all vehicles began so many hours ago."""


async def car_in(database: Database, status: ConnectionStatus = UNKNOWN) -> VehicleId:
    """A vehicle at ADDRESS."""
    async with database.transaction() as db:
        return await add_vehicle(db, address=ADDRESS, status=status)


async def observe(
    database: Database,
    vehicle_id: VehicleId,
    status: ConnectionStatus,
    cause: str | None = None,
    *,
    asked_ago_s: float = 0.0,
    found_ago_s: float = 0.0,
) -> int:
    """Record one finding; how many changes that made."""
    found = PresenceObservation(
        vehicle_id=vehicle_id,
        address=ADDRESS,
        status=status,
        cause=cause,
        asked_ago_s=asked_ago_s,
        found_ago_s=found_ago_s,
    )
    async with database.transaction() as db:
        return len(await record_presence(db, [found], worker="worker-1"))


async def rows_of(database: Database, vehicle_id: VehicleId) -> list[tuple[str, str | None]]:
    """Status and cause of each row, oldest first."""
    query = text("SELECT * FROM presence_changes WHERE vehicle_id = :id ORDER BY since")
    async with database.autocommit() as db:
        found = (await db.execute(query, {"id": vehicle_id})).all()
        newest = (
            await db.execute(
                text("SELECT connection_status, status_cause, status_since FROM vehicles WHERE vehicle_id = :id"),
                {"id": vehicle_id},
            )
        ).one()
    last = found[-1]
    assert (last.connection_status, last.status_cause, last.since) == tuple(newest), "the newest row is the presence"
    return [(row.connection_status, row.status_cause) for row in found]


async def test_each_change_of_status_or_cause_is_one_row(database: Database) -> None:
    car = await car_in(database)
    findings = [
        (CONNECTED, None),
        (CONNECTED, None),
        (DISCONNECTED, "no answer"),
        (DISCONNECTED, "no answer"),
        (DISCONNECTED, "no way there"),
        (CONNECTED, None),
    ]
    changes = [await observe(database, car, status, cause) for status, cause in findings]
    assert changes == [1, 0, 1, 0, 1, 1]
    assert await rows_of(database, car) == [
        ("unknown", None),
        ("connected", None),
        ("disconnected", "no answer"),
        ("disconnected", "no way there"),
        ("connected", None),
    ]


async def test_a_change_that_is_rolled_back_is_not_in_the_history(database: Database) -> None:
    car = await car_in(database)
    found = PresenceObservation(vehicle_id=car, address=ADDRESS, status=CONNECTED)

    async def killed_before_the_commit() -> None:
        async with database.transaction() as db:
            assert len(await record_presence(db, [found])) == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await killed_before_the_commit()
    assert await rows_of(database, car) == [("unknown", None)]


async def test_workers_that_find_the_same_write_one_row(database: Database) -> None:
    car = await car_in(database, CONNECTED)
    assert sum(await asyncio.gather(*(observe(database, car, DISCONNECTED, "gone") for _ in range(8)))) == 1
    assert await rows_of(database, car) == [("connected", None), ("disconnected", "gone")]


async def test_times_of_a_flapping_vehicle_never_repeat_or_go_back(database: Database) -> None:
    """Twenty workers at once, each with a finding of its own time: the primary key would refuse two alike."""
    car = await car_in(database)
    states = (CONNECTED, DISCONNECTED)
    await asyncio.gather(*(observe(database, car, states[number % 2], found_ago_s=0.0) for number in range(20)))
    async with database.transaction() as db:
        for _ in range(5):  # one transaction has one now(): the clock goes on all the same
            for status in states:
                await record_presence(db, [PresenceObservation(vehicle_id=car, address=ADDRESS, status=status)])
    rows = await rows_of(database, car)
    assert all(one != other for one, other in itertools.pairwise(rows))


async def test_an_older_finding_of_a_slower_worker_counts_for_nothing(database: Database) -> None:
    """Found before the vehicle answered another worker, written after that: silence that is overtaken."""
    car = await car_in(database)
    await observe(database, car, CONNECTED)
    assert await observe(database, car, DISCONNECTED, "no answer", asked_ago_s=30, found_ago_s=27) == 0
    assert await observe(database, car, DISCONNECTED, "no answer", asked_ago_s=30) == 0
    assert await rows_of(database, car) == [("unknown", None), ("connected", None)]


async def test_what_was_found_during_an_outage_gets_the_time_it_was_found(database: Database) -> None:
    car = await car_in(database)
    async with database.transaction() as db:
        await db.execute(text(BACKDATED), {"hours": 1})
    await observe(database, car, CONNECTED, asked_ago_s=601, found_ago_s=600)
    async with database.autocommit() as db:
        vehicle = await vehicle_repository.find(db, car)
        now: datetime = await db.scalar(text("SELECT now()")) or datetime.now(UTC)
    assert vehicle is not None
    assert vehicle.last_seen_at is not None
    for moment in (vehicle.last_seen_at, vehicle.status_since):
        assert timedelta(seconds=600) <= now - moment < timedelta(seconds=660)


async def test_a_clock_that_was_put_back_does_not_stop_presence(database: Database) -> None:
    car = await car_in(database)
    await observe(database, car, CONNECTED)
    async with database.transaction() as db:
        await db.execute(
            text("UPDATE vehicles SET status_since = now() + '1 hour', last_seen_at = now() + interval '1 hour'")
        )
    assert await observe(database, car, DISCONNECTED, "gone", asked_ago_s=3) == 1
    assert await observe(database, car, CONNECTED) == 1
    async with database.autocommit() as db:
        assert await count(db, "SELECT count(*) FROM vehicles WHERE last_seen_at <= clock_timestamp()") == 1
    assert [status for status, _ in await rows_of(database, car)][-2:] == ["disconnected", "connected"]


async def test_registration_and_a_new_address_are_changes_too(database: Database) -> None:
    car = VehicleId(uuid4())
    new = NewVehicle(
        vehicle_id=car, vin="1HGCM82633A004352", make="M", model="M", year=None, address=ADDRESS, metadata={}
    )
    async with database.transaction() as db:
        await vehicle_repository.add(db, new)
    for _ in range(8):
        await observe(database, car, DISCONNECTED, "nobody there")
    async with database.transaction() as db:
        await vehicle_repository.change(db, car, {"address": "sim:?delay=1"}, probe_again=True)
        assert (
            await count(db, "SELECT silent_probes FROM vehicles") == 0
        )  # the old address's silence is not the new one's
    assert await rows_of(database, car) == [
        ("unknown", None),
        ("disconnected", "nobody there"),
        ("unknown", "the address was changed"),
    ]


async def test_a_new_address_after_a_night_without_workers_is_no_night_online(database: Database) -> None:
    car = await car_in(database, CONNECTED)
    async with database.transaction() as db:
        await db.execute(text(BACKDATED), {"hours": 9})
        await db.execute(text("UPDATE vehicles SET next_probe_at = now() - interval '8 h'"))
        changed = await vehicle_repository.change(db, car, {"address": "sim:?delay=1"}, probe_again=True)
    assert timedelta(hours=7.9) < datetime.now(UTC) - changed.status_since < timedelta(hours=8.1)
    why = "it was not asked for a while, and then its address was changed"
    assert await rows_of(database, car) == [("connected", None), ("unknown", why)]


async def test_a_vehicle_that_nobody_asked_is_unknown_since_it_was_due(database: Database) -> None:
    """A night without workers must not stand in the history as a night in which the vehicle was there."""
    left, busy = await car_in(database, CONNECTED), await car_in(database, CONNECTED)
    async with database.transaction() as db:
        await db.execute(text(BACKDATED), {"hours": 9})
        await db.execute(text("UPDATE vehicles SET next_probe_at = now() - interval '8 h'"))
        await db.execute(
            text("UPDATE vehicles SET next_probe_at = now() - interval '30 s' WHERE vehicle_id = :id"), {"id": busy}
        )
        changes = await doubt_unwatched(db, overdue_s=60.0, worker="worker-1")
        assert await doubt_unwatched(db, overdue_s=60.0) == ()
        assert len(await claim_due_probes(db, 10, 5.0)) == 2
    assert [(change.vehicle_id, change.status, change.cause) for change in changes] == [(left, UNKNOWN, UNWATCHED)]
    assert timedelta(hours=7.9) < datetime.now(UTC) - changes[0].since < timedelta(hours=8.1)
    assert await rows_of(database, busy) == [("connected", None)]
    await observe(database, left, CONNECTED)
    assert await rows_of(database, left) == [("connected", None), ("unknown", UNWATCHED), ("connected", None)]
    async with database.autocommit() as db:
        query = "SELECT count(*) FROM audit_log WHERE action = 'vehicle.presence_changed' AND object_id = :id"
        assert await count(db, query, id=str(left)) == 2


async def test_a_vehicle_that_answered_a_command_is_not_doubted(database: Database) -> None:
    """Workers that have too much to do to probe still hear what commands find: that is no time without news."""
    came_back, answers, answered_long_ago = [
        await car_in(database, status) for status in (DISCONNECTED, CONNECTED, CONNECTED)
    ]
    async with database.transaction() as db:
        await db.execute(text(BACKDATED), {"hours": 9})
        await db.execute(text("UPDATE vehicles SET next_probe_at = now() - interval '8 h', last_seen_at = NULL"))
    await observe(database, came_back, CONNECTED)
    await observe(database, answers, CONNECTED)
    await observe(database, answered_long_ago, CONNECTED, asked_ago_s=3600, found_ago_s=3600)
    async with database.transaction() as db:
        changes = await doubt_unwatched(db, overdue_s=60.0)
    assert [change.vehicle_id for change in changes] == [answered_long_ago]
    assert timedelta(minutes=59) < datetime.now(UTC) - changes[0].since < timedelta(minutes=61)
    assert (await rows_of(database, came_back))[-1] == ("connected", None)


async def test_a_new_address_after_an_answer_is_unknown_since_that_answer(database: Database) -> None:
    car = await car_in(database, CONNECTED)
    async with database.transaction() as db:
        await db.execute(text(BACKDATED), {"hours": 9})
        await db.execute(text("UPDATE vehicles SET next_probe_at = now() - interval '8 h', last_seen_at = NULL"))
    await observe(database, car, CONNECTED, asked_ago_s=3600, found_ago_s=3600)
    async with database.transaction() as db:
        changed = await vehicle_repository.change(db, car, {"address": "sim:?delay=1"}, probe_again=True)
    assert timedelta(minutes=59) < datetime.now(UTC) - changed.status_since < timedelta(minutes=61)
