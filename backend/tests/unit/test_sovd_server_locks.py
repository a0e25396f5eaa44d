"""Locks over the SOVD server: two clients, scopes, breaking, extension, expiry, and what a lock stands against."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.protocols.sovd.lock_rules import VEHICLE, Lock, LockTable
from app.protocols.sovd.sovd_errors import SovdRefusal
from app.sovd_server.due_actions import DueActions
from app.sovd_server.sovd_app import SovdServer, create_sovd_app
from support.memory_vehicle import MemoryVehicle, backend_of, settings_for_tests
from support.sovd_asking import ask, ids, read
from support.sovd_peer import sovd_client
from support.waiting import until

ENGINE, BRAKES = "components/engine", "components/brakes"
EXTENDED = {"value": "EXTENDED", "mode_expiration": 60}


@pytest.fixture
def vehicle() -> MemoryVehicle:
    """The vehicle behind both clients."""
    return MemoryVehicle()


@pytest.fixture
async def anna(vehicle: MemoryVehicle) -> AsyncIterator[httpx.AsyncClient]:
    """The first client."""
    settings = settings_for_tests(longest_lock_s=600, most_locks=4)
    async with sovd_client(create_sovd_app(backend_of(vehicle), SovdServer(settings)), "anna") as client:
        yield client


async def as_ben(client: httpx.AsyncClient, method: str, path: str, status: int, body: object = None) -> httpx.Response:
    """The same server asked by somebody else."""
    return await ask(client, method, path, status, body, headers={"X-Client-Id": "ben"})


async def lock(client: httpx.AsyncClient, entity: str = ENGINE, **body: Any) -> str:
    """Take a lock; gives its location."""
    answer = await ask(client, "POST", f"{entity}/locks", 201, {"lock_expiration": 60, **body})
    location: str = answer.headers["Location"]
    assert location.endswith(f"/{entity}/locks/{answer.json()['id']}")
    return location


async def test_a_lock_is_owned_by_who_took_it(anna: httpx.AsyncClient) -> None:
    location = await lock(anna)
    [listed] = (await read(anna, f"{ENGINE}/locks"))["items"]
    assert listed["owned"] is True
    assert "scopes" not in listed
    [seen] = (await as_ben(anna, "GET", f"{ENGINE}/locks", 200)).json()["items"]
    assert seen["owned"] is False
    end = datetime.fromisoformat((await read(anna, location))["lock_expiration"])
    assert timedelta(seconds=50) < end - datetime.now(UTC) <= timedelta(seconds=60)


async def test_controlling_requests_of_others_are_refused_and_reading_is_not(
    anna: httpx.AsyncClient, vehicle: MemoryVehicle
) -> None:
    await lock(anna)
    upload = {"Content-Type": "a/b", "Content-Disposition": "attachment; name=x", "X-Client-Id": "ben"}
    for method, path, body in [
        ("PUT", f"{ENGINE}/data/rpm", {"data": 1}),
        ("DELETE", f"{ENGINE}/faults", None),
        ("DELETE", f"{ENGINE}/faults/042000", None),
        ("POST", f"{ENGINE}/operations/check/executions", {}),
        ("PUT", f"{ENGINE}/modes/session", EXTENDED),
        ("PUT", f"{ENGINE}/configurations/limit", {"data": 1}),
        ("PUT", f"{ENGINE}/status/restart", {}),
        ("PUT", f"{ENGINE}/clear-data/cached-data", None),
        ("DELETE", f"{ENGINE}/logs/config", None),
    ]:
        error = (await as_ben(anna, method, path, 409, body)).json()
        assert error["error_code"] == "precondition-not-fulfilled"
    await ask(anna, "POST", f"{ENGINE}/bulk-data/maps", 409, content=b"1", headers=upload)
    await as_ben(anna, "GET", f"{ENGINE}/data/rpm", 200)
    await as_ben(anna, "POST", f"{ENGINE}/data-lists", 201, {"ids": ["rpm"]})
    await as_ben(anna, "DELETE", f"{BRAKES}/faults", 204)
    await ask(anna, "PUT", f"{ENGINE}/data/rpm", 204, {"data": 1})
    assert vehicle.actions == []


async def test_a_lock_of_somebody_else_cannot_be_taken_extended_or_released(anna: httpx.AsyncClient) -> None:
    location = await lock(anna)
    await as_ben(anna, "POST", f"{ENGINE}/locks", 409, {"lock_expiration": 5})
    await as_ben(anna, "PUT", location, 409, {"lock_expiration": 5})
    await as_ben(anna, "DELETE", location, 409)
    await ask(anna, "PUT", location, 204, {"lock_expiration": 5})
    end = datetime.fromisoformat((await read(anna, location))["lock_expiration"])
    assert end - datetime.now(UTC) <= timedelta(seconds=5)
    await ask(anna, "DELETE", location, 204)
    for method in ("GET", "DELETE"):
        await ask(anna, method, location, 404)
    await ask(anna, "PUT", location, 404, {"lock_expiration": 5})


async def test_a_second_lock_of_the_holder_is_independent(anna: httpx.AsyncClient) -> None:
    first, second = await lock(anna), await lock(anna)
    assert first != second
    await ask(anna, "DELETE", first, 204)
    await as_ben(anna, "PUT", f"{ENGINE}/data/rpm", 409, {"data": 1})
    await ask(anna, "DELETE", second, 204)
    await as_ben(anna, "PUT", f"{ENGINE}/data/rpm", 204, {"data": 1})


async def test_a_broken_lock_vanishes_and_its_owner_is_told(anna: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    location = await lock(anna)
    await as_ben(anna, "POST", f"{ENGINE}/locks", 201, {"lock_expiration": 60, "break_lock": True})
    await ask(anna, "GET", location, 404)
    error = (await ask(anna, "PUT", f"{ENGINE}/data/rpm", 409, {"data": 1})).json()
    assert error["error_code"] == "lock-broken"
    assert vehicle.locks_seen == [f"taken {ENGINE}", f"ended {ENGINE} False", f"taken {ENGINE}"]


async def test_scopes(anna: httpx.AsyncClient) -> None:
    await ask(anna, "POST", f"{BRAKES}/locks", 400, {"lock_expiration": 5, "scopes": ["none"]})
    location = await lock(anna, BRAKES, scopes=["control"])
    assert (await read(anna, location))["scopes"] == ["control"]
    await as_ben(anna, "POST", f"{BRAKES}/operations/check/executions", 409, {})
    await as_ben(anna, "PUT", f"{BRAKES}/data/rpm", 204, {"data": 1})
    await as_ben(anna, "POST", f"{BRAKES}/locks", 409, {"lock_expiration": 5, "scopes": ["control"]})


async def test_what_needs_a_lock_is_refused_without(anna: httpx.AsyncClient) -> None:
    error = (await ask(anna, "PUT", f"{BRAKES}/modes/session", 409, EXTENDED)).json()
    assert error["error_code"] == "precondition-not-fulfilled"
    await lock(anna, BRAKES)
    await ask(anna, "PUT", f"{BRAKES}/modes/session", 200, EXTENDED)


async def test_a_lock_on_the_vehicle_covers_every_entity(anna: httpx.AsyncClient) -> None:
    location = (await ask(anna, "POST", "locks", 201, {"lock_expiration": 60})).headers["Location"]
    await as_ben(anna, "PUT", f"{ENGINE}/data/rpm", 409, {"data": 1})
    await as_ben(anna, "POST", f"{ENGINE}/locks", 409, {"lock_expiration": 5})
    await ask(anna, "DELETE", location, 204)
    await as_ben(anna, "POST", f"{ENGINE}/locks", 201, {"lock_expiration": 5})
    await ask(anna, "POST", "locks", 409, {"lock_expiration": 60})


@pytest.mark.parametrize(
    "body", [{}, {"lock_expiration": 0}, {"lock_expiration": 601}, {"lock_expiration": "5"}, {"lock_expiration": True}]
)
async def test_wrong_expirations(anna: httpx.AsyncClient, body: dict[str, object]) -> None:
    await ask(anna, "POST", f"{ENGINE}/locks", 400, body)


async def test_wrong_members(anna: httpx.AsyncClient) -> None:
    await ask(anna, "POST", f"{ENGINE}/locks", 400, {"lock_expiration": 5, "break_lock": "yes"})
    await ask(anna, "POST", f"{ENGINE}/locks", 400, {"lock_expiration": 5, "scopes": "control"})


async def test_locks_are_bounded(anna: httpx.AsyncClient) -> None:
    for _ in range(4):
        await lock(anna)
    await ask(anna, "POST", f"{ENGINE}/locks", 503, {"lock_expiration": 5})


async def test_a_lock_ends_by_itself_and_the_hook_is_told(anna: httpx.AsyncClient, vehicle: MemoryVehicle) -> None:
    location = await lock(anna, lock_expiration=1)
    await until(lambda: f"ended {ENGINE} True" in vehicle.locks_seen, what="the end of the lock")
    await ask(anna, "GET", location, 404)
    assert ids(await read(anna, f"{ENGINE}/locks")) == []
    await as_ben(anna, "PUT", f"{ENGINE}/data/rpm", 204, {"data": 1})


async def test_a_hook_that_fails_does_not_cost_the_lock() -> None:
    class Failing(MemoryVehicle):
        async def lock_taken(self, entity: object, owner: str) -> None:
            raise RuntimeError("no TesterPresent")

    app = create_sovd_app(backend_of(Failing()), SovdServer(settings_for_tests()))
    async with sovd_client(app) as client:
        location = await lock(client)
        await ask(client, "GET", location, 200)


def table_lock(number: int, owner: str, entity: str = ENGINE, until_s: float = 10.0) -> Lock:
    """A lock for tests of the table."""
    return Lock(lock_id=str(number), entity=entity, owner=owner, expires_at=until_s)


def test_an_expired_lock_stands_against_nobody_even_before_it_is_deleted() -> None:
    table = LockTable()
    table.take(table_lock(1, "anna"), break_others=False)
    with pytest.raises(SovdRefusal):
        table.check(ENGINE, "ben", (), required=False, now=9.9)
    table.check(ENGINE, "ben", (), required=False, now=10.0)
    assert [gone.lock_id for gone in table.expire(10.0)] == ["1"]
    assert table.expire(10.0) == ()


def test_a_vehicle_lock_is_refused_while_others_hold_a_part() -> None:
    table = LockTable()
    table.take(table_lock(1, "anna"), break_others=False)
    with pytest.raises(SovdRefusal):
        table.take(table_lock(2, "ben", VEHICLE), break_others=False)
    table.take(table_lock(3, "anna", VEHICLE), break_others=False)
    taken = table.take(table_lock(4, "ben", VEHICLE), break_others=True)
    assert {gone.lock_id for gone in taken.broken} == {"1", "3"}


async def test_due_actions_come_in_order_and_one_that_fails_or_hangs_holds_up_none() -> None:
    done: list[str] = []
    due = DueActions()
    now = asyncio.get_running_loop().time()

    def note(name: str) -> Any:
        async def act() -> None:
            done.append(name)
            if name == "fails":
                raise RuntimeError(name)
            if name == "hangs":
                await asyncio.Event().wait()

        return act

    due.at(now - 1, note("second"))
    due.at(now - 2, note("fails"))
    due.at(now - 3, note("hangs"))
    due.at(now - 4, note("cancelled")).cancel()
    running = asyncio.create_task(due.run())
    await until(lambda: len(done) == 3, what="three actions")
    due.at(now, note("later"))
    await until(lambda: done == ["hangs", "fails", "second", "later"], what="the later one")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
