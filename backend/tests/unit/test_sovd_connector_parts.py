"""Parts of the SOVD connector by themselves: addresses, the pool of clients, side by side work, meaning of failures."""

import asyncio
from contextlib import aclosing

import httpx
import pytest

from app.connectors.port import ConnectorRegistry
from app.connectors.sovd_address import parse_sovd_address
from app.connectors.sovd_clients import PooledClient, SovdClients, pool_key
from app.connectors.sovd_connector import SovdConnector
from app.connectors.sovd_entities import chosen_base_uri, find_entity, unknown_entity
from app.connectors.sovd_job import in_parallel
from app.connectors.sovd_knowledge import Entity, VehicleKnowledge
from app.connectors.sovd_outcomes import RanAndFailed, VehicleBusy, error_of_status, error_of_transport
from app.domain.errors import (
    InvalidRequest,
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.protocols.sovd.reading_errors import SovdProblem, read_problem


@pytest.mark.parametrize(
    ("address", "root", "base"),
    [
        ("sovd+http://car", "http://car", None),
        ("sovd+https://car:8443/", "https://car:8443", None),
        ("SOVD+HTTP://Car:8080/fleet/car-1/", "http://car:8080/fleet/car-1", None),
        ("sovd+http://[::1]:8080/?base=/sovd/v1", "http://[::1]:8080", "http://[::1]:8080/sovd/v1"),
        ("sovd+http://10.0.0.1/?base=/sovd/v1/", "http://10.0.0.1", "http://10.0.0.1/sovd/v1"),
    ],
)
def test_addresses(address: str, root: str, base: str | None) -> None:
    parsed = parse_sovd_address(address)
    assert (parsed.root, parsed.base_uri) == (root, base)


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("sovd+http:car", "written"),
        ("sovd+http://", "written"),
        ("sovd+http:///path", "host"),
        ("sovd+http://car:0/", "port"),
        ("sovd+http://car:99999/", "port"),
        ("sovd+http://car:/", "host"),
        ("sovd+http://user:hunter2@car/", "credentials"),
        ("sovd+http://car/a/../b", r"\.\."),
        ("sovd+http://car/%2e%2e/b", r"\.\."),
        ("sovd+http://car//x", "empty segment"),
        ("sovd+http://car/#x", "#"),
        ("sovd+http://car/?bose=/v1", "base"),
        ("sovd+http://car/?base=v1", "path"),
        ("sovd+http://car/?base=/a&base=/b", "twice"),
        ("sovd+http://car/?base", "setting"),
        ("sovd+http://car/?base=/a/../b", r"\.\."),
        ("sovd+http://ca r/", "space"),
        ("sovd+http://car\\evil/", "host"),
    ],
)
def test_wrong_addresses_are_explained(address: str, word: str) -> None:
    with pytest.raises(InvalidRequest, match=word) as raised:
        ConnectorRegistry([SovdConnector()]).check_address(address)
    assert [error.pointer for error in raised.value.field_errors] == ["/address"]
    assert "hunter2" not in str(raised.value)


HOME = parse_sovd_address("sovd+http://car:8080/")


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://car:8080/sovd/v1/", "http://car:8080/sovd/v1"),
        ("/sovd/v1", "http://car:8080/sovd/v1"),
        ("sovd/v1", "http://car:8080/sovd/v1"),
    ],
)
def test_the_base_uri_is_chosen(base: str, expected: str) -> None:
    assert chosen_base_uri(HOME, {"sovd_info": [{"version": "1.1", "base_uri": base}]}) == expected


@pytest.mark.parametrize("base", ["http://169.254.169.254/latest", "http://car:22/", "https://car:8080/v1", "//evil/"])
def test_a_base_uri_elsewhere_is_refused(base: str) -> None:
    with pytest.raises(VehicleProtocolError):
        chosen_base_uri(HOME, {"sovd_info": [{"version": "1.1", "base_uri": base}]})


def test_a_version_at_home_is_taken_before_a_newer_one_elsewhere() -> None:
    body = {"sovd_info": [{"version": "2.0", "base_uri": "http://evil/v2"}, {"version": "1.1", "base_uri": "/v1"}]}
    assert chosen_base_uri(HOME, body) == "http://car:8080/v1"


def entity(entity_id: str, address: int | None = None, problem: VehicleError | None = None) -> Entity:
    return Entity(
        kind="component",
        entity_id=entity_id,
        name=entity_id,
        uri=f"http://car/v1/components/{entity_id}",
        base_uri="http://car/v1",
        ecu_address=address,
        problem=problem,
    )


def test_entities_are_found_by_address_and_by_id() -> None:
    known = [entity("Engine", 0x1010), entity("engine", 0x1020)]
    assert find_entity(known, None, "0x1010") is known[0]
    assert find_entity(known, "engine", None) is known[1]
    assert find_entity(known, "ENGINE", None) is known[0]
    assert find_entity(known, None, "0x9999") is None


def test_an_unknown_one_may_be_one_that_did_not_answer() -> None:
    silent = entity("engine", problem=VehicleTimeout("silent"))
    assert isinstance(unknown_entity("0x1010", [silent]), VehicleTimeout)
    assert isinstance(unknown_entity("0x1010", [entity("engine", 0x1020)]), VehicleRefused)


def test_a_link_written_as_if_the_entity_ended_with_a_slash() -> None:
    odd = Entity(
        kind="component",
        entity_id="engine",
        name="e",
        uri="http://car/v1/components/engine",
        base_uri="http://car/v1",
        links={"faults": "faults", "data": "engine/data", "modes": "/v1/other/modes"},
    )
    assert odd.resource("faults") == "http://car/v1/components/engine/faults"
    assert odd.resource("data") == "http://car/v1/components/engine/data"
    assert odd.resource("modes") == "http://car/v1/other/modes"
    assert odd.resource("locks") == "http://car/v1/components/engine/locks"


def test_what_is_known_is_forgotten_in_time() -> None:
    knowledge = VehicleKnowledge(base_uri="http://car/v1", entities=(entity("engine"),), complete=True)
    knowledge.forget_if_old(100.0)
    knowledge.forget_if_old(110.0)
    assert knowledge.entities
    knowledge.forget_if_old(1000.0)
    assert not knowledge.entities
    assert knowledge.base_uri is None


@pytest.mark.parametrize(
    ("trouble", "left", "kind"),
    [
        (httpx.ConnectError("refused"), False, VehicleUnreachable),
        (TimeoutError(), False, VehicleUnreachable),
        (TimeoutError(), True, VehicleTimeout),
        (httpx.ReadError("reset"), True, VehicleConnectionLost),
        (httpx.WriteError("reset"), True, VehicleConnectionLost),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), True, VehicleConnectionLost),
        (httpx.RemoteProtocolError("illegal status line"), True, VehicleProtocolError),
    ],
)
def test_what_broken_calls_mean(trouble: Exception, left: bool, kind: type[VehicleError]) -> None:
    assert type(error_of_transport(trouble, "car:80", left=left)) is kind


@pytest.mark.parametrize(
    ("status", "body", "changes", "kind"),
    [
        (400, {}, True, VehicleRefused),
        (404, None, False, VehicleRefused),
        (500, {"error_code": "error-response"}, True, VehicleRefused),
        (500, {}, True, VehicleProtocolError),
        (500, {}, False, VehicleRefused),
        (502, {}, True, VehicleProtocolError),
        (502, {"error_code": "error-response", "parameters": {"NRC": "0x22"}}, True, VehicleRefused),
        (502, {"error_code": "error-response", "parameters": {"NRC": "0x72"}}, True, RanAndFailed),
        (504, {}, True, VehicleTimeout),
        (503, {}, True, VehicleProtocolError),
        (503, {}, False, VehicleBusy),
        (503, {"error_code": "vendor-specific"}, True, VehicleBusy),
        (501, {}, True, VehicleRefused),
        (520, None, True, VehicleProtocolError),
        (409, {"error_code": "error-response", "parameters": {"nrc": "0x25"}}, True, VehicleTimeout),
        (503, {"error_code": "error-response", "parameters": {"nrc": "0x21"}}, True, VehicleBusy),
        (409, {"error_code": "not-responding"}, True, VehicleTimeout),
    ],
)
def test_what_error_answers_mean(status: int, body: object, changes: bool, kind: type[VehicleError]) -> None:
    error = error_of_status(status, read_problem(body), {}, changes=changes, token=None, retry_after=None)
    assert type(error) is kind
    assert error.details["httpStatus"] == status


def test_every_refusal_says_what_was_said() -> None:
    problem = SovdProblem(error_code="x", message="because", parameters={"possiblevalues": ["a"]})
    error = error_of_status(400, problem, {"dataId": "y"}, changes=True, token=None, retry_after=None)
    assert "because" in error.message
    assert error.details["dataId"] == "y"
    assert error.details["parameters"] == {"possiblevalues": ["a"]}


async def test_a_client_is_shared_by_vehicle_and_secrets() -> None:
    clients = SovdClients()
    async with clients.borrow(HOME, {}) as first, clients.borrow(HOME, {}) as second:
        assert first is second
        async with clients.borrow(HOME, {"bearer_token": "t"}) as other:
            assert other is not first
    await clients.close()
    assert first.http.is_closed


async def test_the_pool_is_bounded_and_never_takes_away_what_is_in_use() -> None:
    clients = SovdClients(most=2)
    used = clients.borrow(HOME, {})
    first = await used.__aenter__()
    lent: list[PooledClient] = []
    for number in range(5):
        async with clients.borrow(parse_sovd_address(f"sovd+http://car{number}/"), {}) as client:
            lent.append(client)
    async with clients.borrow(HOME, {}) as again:
        assert again is first
    assert [client.http.is_closed for client in lent].count(False) <= 2
    await clients.close()
    assert not first.http.is_closed
    await used.__aexit__(None, None, None)
    assert first.http.is_closed


async def test_idle_clients_are_closed_at_the_next_occasion() -> None:
    clients = SovdClients(idle_s=0.0)
    async with clients.borrow(HOME, {}) as client:
        pass
    async with clients.borrow(parse_sovd_address("sovd+http://other/"), {}):
        assert client.http.is_closed
    await clients.close()


def test_a_pool_key_tells_nothing() -> None:
    key = pool_key(HOME, {"bearer_token": "a-secret"})
    assert "a-secret" not in key
    assert key != pool_key(HOME, {"bearer_token": "another"})


async def test_side_by_side_within_a_bound() -> None:
    running = most = 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return number

    works = [lambda number=number: work(number) for number in range(20)]
    assert sorted([one async for one in in_parallel(works, most=3)]) == list(range(20))
    assert most == 3


async def test_closing_ends_what_runs() -> None:
    ended: list[int] = []

    async def work(number: int) -> int:
        if number == 0:
            return number
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(number)
        return number

    works = [lambda number=number: work(number) for number in range(3)]
    async with aclosing(in_parallel(works)) as coming:
        assert await anext(coming) == 0
    assert sorted(ended) == [1, 2]


async def test_an_error_ends_the_others() -> None:
    async def fail() -> int:
        raise VehicleRefused("no")

    async def wait() -> int:
        await asyncio.sleep(3600)
        return 1

    with pytest.raises(VehicleRefused):
        _ = [one async for one in in_parallel([wait, fail])]
    assert len(asyncio.all_tasks()) == 1
