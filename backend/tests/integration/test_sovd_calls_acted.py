"""Once a request of a command may have changed the vehicle, no later refusal of another one takes that back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.connectors.sovd_address import parse_sovd_address
from app.connectors.sovd_calls import SovdCall, SovdCalls
from app.connectors.sovd_clients import SovdClients
from app.connectors.sovd_knowledge import Entity
from app.connectors.sovd_locks import EntityLock
from app.domain.errors import VehicleConnectionLost, VehicleRefused
from support.odd_sovd_server import OddSovdServer, Reply, refusal
from support.sovd_runs import loop_time

DONE, LOST, NO = "/done", "/lost", "/no"
ENGINE = "/components/engine"
LOCKS = f"{ENGINE}/locks"
WANTS_LOCK = refusal(423, "lock-required", "take a lock first")


@pytest.fixture
async def server() -> AsyncIterator[OddSovdServer]:
    made = OddSovdServer().on("PUT", DONE, Reply(status=204)).on("PUT", LOST, Reply(cut=True))
    async with made.on("PUT", NO, Reply(status=403)).running() as running:
        yield running


@asynccontextmanager
async def calls_to(server: OddSovdServer) -> AsyncIterator[SovdCalls]:
    clients = SovdClients()
    try:
        async with clients.borrow(parse_sovd_address(server.address), {}) as client:
            yield SovdCalls(client, headers={}, deadline=loop_time() + 5)
    finally:
        await clients.close()


def change(server: OddSovdServer, path: str, *, acts: bool = True) -> SovdCall:
    return SovdCall(method="PUT", uri=f"{server.url}{path}", body={}, acts=acts)


def engine(server: OddSovdServer) -> Entity:
    return Entity(
        kind="component", entity_id="engine", name="Engine", uri=f"{server.url}{ENGINE}", base_uri=f"{server.url}/"
    )


async def test_a_refusal_of_the_only_change_says_that_nothing_was_done(server: OddSovdServer) -> None:
    async with calls_to(server) as calls:
        with pytest.raises(VehicleRefused):
            await calls.call(change(server, NO))
        assert not calls.acted


async def test_a_later_refusal_takes_nothing_back(server: OddSovdServer) -> None:
    async with calls_to(server) as calls:
        await calls.call(change(server, DONE))
        for _ in range(2):
            with pytest.raises(VehicleRefused):
                await calls.call(change(server, NO))
        assert calls.acted


async def test_a_later_refusal_does_not_settle_a_lost_change(server: OddSovdServer) -> None:
    async with calls_to(server) as calls:
        with pytest.raises(VehicleConnectionLost):
            await calls.call(change(server, LOST))
        with pytest.raises(VehicleRefused):
            await calls.call(change(server, NO))
        assert calls.acted


async def test_the_same_change_refused_after_it_was_done_once(server: OddSovdServer) -> None:
    server.on("PUT", DONE, [Reply(status=204), Reply(status=409)])
    call = change(server, DONE)
    async with calls_to(server) as calls:
        await calls.call(call)
        with pytest.raises(VehicleRefused):
            await calls.call(call)
        assert calls.acted


@pytest.mark.parametrize("location", ["http://elsewhere.test/", NO])
async def test_a_change_that_was_only_sent_elsewhere_was_not_done(server: OddSovdServer, location: str) -> None:
    """To another host, which is not followed, and round and round."""
    server.on("PUT", NO, Reply(status=307, headers={"Location": location}))
    async with calls_to(server) as calls:
        with pytest.raises(VehicleRefused):
            await calls.call(change(server, NO))
        assert not calls.acted


async def test_a_change_is_never_sent_again_when_a_kept_connection_broke(server: OddSovdServer) -> None:
    async with calls_to(server) as calls:
        await calls.call(change(server, DONE))  # leaves a connection that is kept
        with pytest.raises(VehicleConnectionLost):
            await calls.call(change(server, LOST))
        assert server.connections == 1
        assert len(server.asked("PUT", LOST)) == 1


async def test_a_question_is_asked_again_only_where_a_kept_connection_broke(server: OddSovdServer) -> None:
    server.on("GET", LOST, Reply(cut=True))
    async with calls_to(server) as calls:
        with pytest.raises(VehicleConnectionLost):
            await calls.json(f"{server.url}{LOST}")
        assert len(server.asked("GET", LOST)) == 1
        await calls.call(change(server, DONE))  # leaves a connection that is kept
        with pytest.raises(VehicleConnectionLost):
            await calls.json(f"{server.url}{LOST}")
        assert len(server.asked("GET", LOST)) == 3


@pytest.mark.parametrize("acted_before", [True, False])
@pytest.mark.parametrize("lock", [Reply(status=409), Reply(status=404)], ids=["somebody else's", "no locks"])
async def test_a_change_that_wants_a_lock_says_nothing_of_earlier_ones(
    server: OddSovdServer, lock: Reply, *, acted_before: bool
) -> None:
    server.on("PUT", NO, WANTS_LOCK).on("POST", LOCKS, lock)
    async with calls_to(server) as calls:
        if acted_before:
            await calls.call(change(server, DONE))
        async with EntityLock(calls, engine(server)) as locked:
            with pytest.raises(VehicleRefused):
                await locked.call(change(server, NO))
        assert calls.acted is acted_before


async def test_a_change_refused_under_its_lock_says_nothing_of_earlier_ones(server: OddSovdServer) -> None:
    server.on("PUT", NO, [WANTS_LOCK, Reply(status=409)]).on("POST", LOCKS, Reply(status=201, body={"id": "l1"}))
    server.on("DELETE", f"{LOCKS}/l1", Reply(status=204))
    async with calls_to(server) as calls:
        await calls.call(change(server, DONE))
        async with EntityLock(calls, engine(server)) as locked:
            with pytest.raises(VehicleRefused):
                await locked.call(change(server, NO))
            assert locked.held
        assert calls.acted


async def test_a_change_done_under_a_lock_acted(server: OddSovdServer) -> None:
    server.on("PUT", DONE, [WANTS_LOCK, Reply(status=204)]).on("POST", LOCKS, Reply(status=201, body={"id": "l1"}))
    server.on("DELETE", f"{LOCKS}/l1", Reply(status=204))
    async with calls_to(server) as calls:
        async with EntityLock(calls, engine(server)) as locked:
            await locked.call(change(server, DONE))
        assert calls.acted
