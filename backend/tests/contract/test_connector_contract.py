"""What `app.connectors.port` promises, asked of every connector. A new connector joins by adding a case."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from uuid import uuid4

import pytest

from app.connectors.port import Connector, ConnectorRegistry, Progress, ResponseChunk, VehicleRequest
from app.connectors.vehicle_connector import VehicleConnector
from app.domain.catalogue import COMMANDS
from app.domain.errors import CommandNotSupported, InvalidRequest, VehicleError, VehicleTimeout, VehicleUnreachable
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject, encode_json


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorCase:
    """One connector and addresses of vehicles that behave as the contract needs them."""

    build: Callable[[], Connector]
    healthy: str
    offline: str
    silent: str
    """Answers with one chunk of ReadDTC, then never again."""
    malformed: str
    commands: frozenset[str] = frozenset(COMMANDS)
    """What its vehicles can do; anything else is not supported and never leaves."""


CASES = {
    "sim": ConnectorCase(
        build=VehicleConnector,
        healthy="sim:?delay=0",
        offline="sim:?offline",
        silent="sim:?delay=0&silent_after=1",
        malformed="sim:?delay=soon",
        commands=frozenset({"ReadDTC", "ClearDTC", "ReadDataByID"}),
    )
}

PARAMS: dict[str, JsonObject] = {
    "ReadDTC": {},
    "ClearDTC": {"ecuAddress": "0x10"},
    "ReadDataByID": {"ecuAddress": "0x10", "dataId": "0xF190"},
}


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> ConnectorCase:
    chosen: ConnectorCase = request.param
    return chosen


def request_for(address: str, command_name: str = "ReadDTC", *, within_s: float = 10.0) -> VehicleRequest:
    return VehicleRequest(
        command_id=CommandId(uuid4()),
        vehicle_id=VehicleId(uuid4()),
        address=address,
        command_name=command_name,
        command_params=PARAMS.get(command_name, {}),
        correlation_id="contract",
        deadline=asyncio.get_running_loop().time() + within_s,
    )


async def answer_of(connector: Connector, request: VehicleRequest) -> list[ResponseChunk]:
    async with aclosing(connector.execute(request)) as answer:
        return [part async for part in answer if isinstance(part, ResponseChunk)]


@pytest.mark.parametrize("command_name", sorted(COMMANDS))
async def test_the_last_chunk_alone_is_final(case: ConnectorCase, command_name: str) -> None:
    if command_name not in case.commands:
        with pytest.raises(CommandNotSupported):
            await answer_of(case.build(), request_for(case.healthy, command_name))
        return
    chunks = await answer_of(case.build(), request_for(case.healthy, command_name))

    assert all(encode_json(chunk.response_payload) for chunk in chunks)
    assert [chunk.is_final for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


async def test_one_connector_serves_many_commands_side_by_side(case: ConnectorCase) -> None:
    connector = case.build()
    async with asyncio.TaskGroup() as tasks:
        answers = [tasks.create_task(answer_of(connector, request_for(case.healthy))) for _ in range(20)]

    assert {answer.result()[-1].is_final for answer in answers} == {True}


async def test_a_healthy_vehicle_answers_a_probe(case: ConnectorCase) -> None:
    await case.build().probe(case.healthy, asyncio.get_running_loop().time() + 5)


async def test_an_offline_vehicle_is_unreachable(case: ConnectorCase) -> None:
    connector = case.build()
    with pytest.raises(VehicleUnreachable) as raised:
        await connector.probe(case.offline, asyncio.get_running_loop().time() + 5)
    assert not raised.value.may_have_acted
    with pytest.raises(VehicleUnreachable):
        await answer_of(connector, request_for(case.offline))


async def test_a_silent_vehicle_times_out_at_the_deadline(case: ConnectorCase) -> None:
    request = request_for(case.silent, within_s=0.2)
    async with aclosing(case.build().execute(request)) as answer:
        assert isinstance(await anext(answer), ResponseChunk)
        with pytest.raises(VehicleTimeout):
            await anext(answer)

    assert 0 <= asyncio.get_running_loop().time() - request.deadline < 1


async def test_a_command_whose_deadline_has_passed_never_leaves(case: ConnectorCase) -> None:
    with pytest.raises(VehicleError) as raised:
        await answer_of(case.build(), request_for(case.healthy, "ClearDTC", within_s=-1))

    assert not raised.value.may_have_acted


async def test_an_unknown_command_is_not_supported(case: ConnectorCase) -> None:
    with pytest.raises(CommandNotSupported):
        await answer_of(case.build(), request_for(case.healthy, "MakeCoffee"))


async def test_closing_stops_the_work_and_leaves_no_task(case: ConnectorCase) -> None:
    before = asyncio.all_tasks()
    answer = case.build().execute(request_for(case.healthy))
    await anext(answer)
    await answer.aclose()

    assert asyncio.all_tasks() == before
    with pytest.raises(StopAsyncIteration):
        await anext(answer)


async def test_cancelling_the_consumer_stops_a_waiting_connector(case: ConnectorCase) -> None:
    before = asyncio.all_tasks()
    waiting = asyncio.Event()

    async def consume() -> None:
        async with aclosing(case.build().execute(request_for(case.silent, within_s=60))) as answer:
            async for _ in answer:
                waiting.set()

    consumer = asyncio.create_task(consume())
    await asyncio.wait_for(waiting.wait(), 5)
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer

    assert asyncio.all_tasks() == before


def test_addresses_are_checked_without_io(case: ConnectorCase) -> None:
    registry = ConnectorRegistry([case.build()])
    for address in (case.healthy, case.offline, case.silent):
        registry.check_address(address)
    with pytest.raises(InvalidRequest) as raised:
        registry.check_address(case.malformed)
    assert [error.pointer for error in raised.value.field_errors] == ["/address"]


async def test_a_malformed_address_sends_nothing(case: ConnectorCase) -> None:
    with pytest.raises(InvalidRequest):
        await answer_of(case.build(), request_for(case.malformed))


async def test_progress_is_not_needed_but_well_formed(case: ConnectorCase) -> None:
    async with aclosing(case.build().execute(request_for(case.healthy))) as answer:
        async for part in answer:
            if isinstance(part, Progress):
                assert part.message
                assert part.pending_since.tzinfo is not None
