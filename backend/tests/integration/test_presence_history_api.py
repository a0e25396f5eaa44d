"""Looking back at a vehicle's presence over HTTP, and how long it can be looked back."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.settings import Settings
from app.storage.engine import Database
from app.worker.housekeeping import Housekeeping
from support.accounts import Accounts, accounts_on
from support.builders import add_vehicle
from support.running_app import RunningApp, running

DAY = timedelta(days=1)


@pytest.fixture
async def quiet_app(app_settings: Settings) -> AsyncIterator[RunningApp]:
    """The application without a worker: nobody probes vehicles."""
    async with running(app_settings, with_worker=False) as app:
        yield app


async def history(app: RunningApp, vehicle_id: object, **params: str | int) -> dict[str, Any]:
    """The answer of the API."""
    answer = await app.admin.get(f"/api/v1/vehicles/{vehicle_id}/presence-history", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def past_in(url: str, past: Sequence[tuple[timedelta, str, str | None]]) -> tuple[UUID, datetime]:
    """A vehicle with this past (how long ago, status, cause), oldest first; and the database's time."""
    vehicle_id = uuid4()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO vehicles (vehicle_id, vin, make, model, address) VALUES ($1, $2, 'm', 'm', 'sim:?delay=0')",
            vehicle_id,
            f"WVWZZZ1KZAW{vehicle_id.int % 1_000_000:06}",
        )
        await connection.execute("DELETE FROM presence_changes WHERE vehicle_id = $1", vehicle_id)
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        await connection.executemany(
            "INSERT INTO presence_changes (vehicle_id, since, connection_status, status_cause) VALUES ($1, $2, $3, $4)",
            [(vehicle_id, now - ago, status, cause) for ago, status, cause in past],
        )
    finally:
        await connection.close()
    return vehicle_id, now


def ago_of(text: str, now: datetime) -> float:
    """How many hours before `now`."""
    return round((now - datetime.fromisoformat(text)) / timedelta(hours=1), 2)


async def test_the_periods_of_a_span_and_how_it_divides(quiet_app: RunningApp, database_url: str) -> None:
    hour = timedelta(hours=1)
    car, now = await past_in(
        database_url,
        [(30 * hour, "connected", None), (6 * hour, "disconnected", "gone"), (3 * hour, "connected", None)],
    )
    found = await history(quiet_app, car, since=(now - 12 * hour).isoformat())
    shown = [(item["connection_status"], item["status_cause"], ago_of(item["since"], now)) for item in found["items"]]
    assert shown == [("connected", None, 3.0), ("disconnected", "gone", 6.0), ("connected", None, 30.0)]
    assert [item["until"] for item in found["items"]] == [None, *[item["since"] for item in found["items"][:-1]]]
    assert (found["total"], found["limit"], found["next_before"]) == (3, 50, None)
    assert ago_of(found["recorded_since"], now) == 30.0
    summary = found["summary"]
    assert summary["online_share"] == pytest.approx(0.75, abs=0.01)
    assert summary["disconnected_s"] == pytest.approx(3 * 3600)
    assert sum(value for name, value in summary.items() if name != "online_share") == pytest.approx(
        (datetime.fromisoformat(found["until"]) - datetime.fromisoformat(found["since"])).total_seconds()
    )


async def test_a_span_in_the_past_knows_when_its_last_period_ended(quiet_app: RunningApp, database_url: str) -> None:
    car, now = await past_in(database_url, [(20 * DAY, "connected", None), (2 * DAY, "error", "refused")])
    found = await history(quiet_app, car, since=(now - 30 * DAY).isoformat(), until=(now - 10 * DAY).isoformat())
    (only,) = found["items"]
    assert (only["connection_status"], ago_of(only["until"], now)) == ("connected", 48.0)
    summary = found["summary"]
    assert (summary["online_share"], summary["connected_s"], summary["unrecorded_s"]) == (
        1.0,
        pytest.approx(10 * 86400),
        pytest.approx(10 * 86400),
    )


async def test_pages_follow_each_other_without_gap_or_repeat_while_more_is_recorded(
    quiet_app: RunningApp, database_url: str, database: Database
) -> None:
    past = [(timedelta(minutes=100 - number), ("connected", "disconnected")[number % 2], None) for number in range(25)]
    car, _ = await past_in(database_url, past)
    seen: list[str] = []
    params: dict[str, str | int] = {"limit": 10}
    while True:
        page = await history(quiet_app, car, **params)
        assert len(page["items"]) <= 10
        seen += [item["since"] for item in page["items"]]
        connection = await asyncpg.connect(database_url)
        await connection.execute("UPDATE vehicles SET status_cause = $1 WHERE vehicle_id = $2", str(len(seen)), car)
        await connection.close()
        if page["next_before"] is None:
            break
        params["before"] = page["next_before"]
    assert len(seen) == len(set(seen)) == 25
    assert seen == sorted(seen, key=datetime.fromisoformat, reverse=True)


async def test_a_new_vehicle_has_the_state_it_began_with(quiet_app: RunningApp) -> None:
    body = {"vin": "1HGCM82633A004352", "make": "Honda", "model": "Accord", "address": "sim:?delay=0"}
    registered = (await quiet_app.admin.post("/api/v1/vehicles", json=body)).json()
    found = await history(quiet_app, registered["vehicle_id"])
    (only,) = found["items"]
    assert (only["connection_status"], only["since"], only["until"]) == ("unknown", registered["created_at"], None)
    assert found["recorded_since"] == registered["created_at"] == registered["status_since"]
    assert found["summary"]["online_share"] == 0.0
    week = datetime.fromisoformat(found["until"]) - datetime.fromisoformat(found["since"])
    assert week == 7 * DAY


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "/since"),
        ({"since": "9999-01-01T00:00:00Z"}, "/since"),
        ({"since": "2026-03-01T00:00:00"}, "/since"),
        ({"before": "1772323200"}, "/before"),
        ({"limit": 1001}, "/limit"),
    ],
)
async def test_a_span_that_makes_no_sense_is_refused(
    quiet_app: RunningApp, params: dict[str, str | int], pointer: str
) -> None:
    vehicle_id = await quiet_app.admin.post(
        "/api/v1/vehicles",
        json={"vin": "1HGCM82633A004352", "make": "Honda", "model": "Accord", "address": "sim:?delay=0"},
    )
    path = f"/api/v1/vehicles/{vehicle_id.json()['vehicle_id']}/presence-history"
    answer = await quiet_app.admin.get(path, params=params)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_any_moment_may_be_asked_for(quiet_app: RunningApp, database_url: str) -> None:
    car, _ = await past_in(database_url, [(DAY, "connected", None)])
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
    assert (await history(quiet_app, car, since=first, until=last, before=first))["items"] == []
    everything = await history(quiet_app, car, since=first, before=last)
    assert len(everything["items"]) == 1
    too_early = await quiet_app.admin.get(f"/api/v1/vehicles/{car}/presence-history", params={"until": first})
    assert too_early.status_code == 422


@pytest.fixture
async def accounts(database: Database) -> AsyncIterator[Accounts]:
    async with accounts_on(database) as running:
        yield running


async def agos_left(url: str, vehicle_id: UUID) -> list[int]:
    """The days since each period that is left began, newest first."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT since FROM presence_changes WHERE vehicle_id = $1 ORDER BY since DESC", vehicle_id
        )
    finally:
        await connection.close()
    return [round((datetime.now(UTC) - row["since"]) / DAY) for row in rows]


async def test_presence_goes_when_it_was_over_for_long_and_the_newest_always_stays(
    accounts: Accounts, database_url: str
) -> None:
    steady, _ = await past_in(database_url, [(400 * DAY, "connected", None)])
    busy, _ = await past_in(database_url, [(days * DAY, "connected", str(days)) for days in (90, 60, 45, 29, 10)])
    await Housekeeping(accounts.work, presence_days=30, batch=1).tidy()
    assert await agos_left(database_url, steady) == [400]
    assert await agos_left(database_url, busy) == [10, 29, 45]  # 30 days back it was still what it became 45 days ago


async def test_an_unsteady_vehicle_keeps_its_newest_changes_only(accounts: Accounts, database_url: str) -> None:
    unsteady, _ = await past_in(database_url, [(days * DAY, "connected", str(days)) for days in range(12, 0, -1)])
    other, _ = await past_in(database_url, [(days * DAY, "connected", str(days)) for days in (3, 2, 1)])
    await Housekeeping(accounts.work, presence_days=30, most_periods=5, batch=2).tidy()
    assert await agos_left(database_url, unsteady) == [1, 2, 3, 4, 5]
    assert await agos_left(database_url, other) == [1, 2, 3]


async def test_a_removed_vehicle_is_unknown(quiet_app: RunningApp, database: Database) -> None:
    async with database.transaction() as db:
        car = await add_vehicle(db)
    assert (await quiet_app.admin.delete(f"/api/v1/vehicles/{car}")).status_code == 204
    assert (await quiet_app.admin.get(f"/api/v1/vehicles/{car}/presence-history")).status_code == 404
