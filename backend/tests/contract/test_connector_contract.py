"""What `app.connectors.port` promises, asked of every connector. A new connector joins by adding a case."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.connectors.port import ConnectorRegistry, ResponseChunk, VehicleRequest
from app.domain.catalogue import COMMANDS
from app.domain.errors import CommandNotSupported, InvalidRequest, VehicleError, VehicleTimeout, VehicleUnreachable
from support.connector_cases import KINDS, ConnectorCase, chunks_of, connector_case
from support.connector_cases import request_for as request_to
from support.waiting import until


@pytest.fixture(params=KINDS)
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ConnectorCase]:
    async with connector_case(request.param, tmp_path) as chosen:
        yield chosen


def request_for(
    case: ConnectorCase, address: str, command_name: str = "ReadDTC", *, within_s: float = 30.0
) -> VehicleRequest:
    params = case.silent_params if address == case.silent else case.params.get(command_name, {})
    return request_to(address, command_name, params, within_s=within_s)


async def answer_of(case: ConnectorCase, request: VehicleRequest) -> list[ResponseChunk]:
    return await chunks_of(case.connector, request)


async def known_tasks(case: ConnectorCase) -> set[asyncio.Task[object]]:
    """Those that stay after a first command: of kept connections, and of the simulator."""
    await case.connector.probe(case.silent, asyncio.get_running_loop().time() + 5)
    await answer_of(case, request_for(case, case.healthy))
    return asyncio.all_tasks()


async def no_others_than(before: set[asyncio.Task[object]]) -> None:
    await until(lambda: asyncio.all_tasks() <= before, what="no further task")


@pytest.mark.parametrize("command_name", sorted(COMMANDS))
async def test_the_last_chunk_alone_is_final(case: ConnectorCase, command_name: str) -> None:
    if command_name not in case.params:
        with pytest.raises(CommandNotSupported):
            await answer_of(case, request_for(case, case.healthy, command_name))
        return
    chunks = await answer_of(case, request_for(case, case.healthy, command_name))

    assert chunks[-1].response_payload["status"] in {"complete", "success", 200}


async def test_one_connector_serves_many_commands_side_by_side(case: ConnectorCase) -> None:
    async with asyncio.TaskGroup() as tasks:
        answers = [tasks.create_task(answer_of(case, request_for(case, case.healthy))) for _ in range(20)]

    assert {answer.result()[-1].is_final for answer in answers} == {True}


async def test_a_healthy_vehicle_answers_a_probe(case: ConnectorCase) -> None:
    await case.connector.probe(case.healthy, asyncio.get_running_loop().time() + 5)


async def test_an_offline_vehicle_is_unreachable(case: ConnectorCase) -> None:
    with pytest.raises(VehicleUnreachable) as raised:
        await case.connector.probe(case.offline, asyncio.get_running_loop().time() + 5)
    assert not raised.value.may_have_acted
    with pytest.raises(VehicleUnreachable):
        await answer_of(case, request_for(case, case.offline, within_s=1))


async def test_a_silent_vehicle_times_out_at_the_deadline(case: ConnectorCase) -> None:
    await known_tasks(case)
    request = request_for(case, case.silent, within_s=0.5)
    with pytest.raises(VehicleTimeout):
        await answer_of(case, request)

    assert asyncio.get_running_loop().time() - request.deadline < 10


async def test_a_command_whose_deadline_has_passed_never_leaves(case: ConnectorCase) -> None:
    with pytest.raises(VehicleError) as raised:
        await answer_of(case, request_for(case, case.healthy, "ClearDTC", within_s=-1))

    assert not raised.value.may_have_acted


async def test_an_unknown_command_is_not_supported(case: ConnectorCase) -> None:
    with pytest.raises(CommandNotSupported):
        await answer_of(case, request_for(case, case.healthy, "MakeCoffee"))


async def test_closing_stops_the_work_and_leaves_no_task(case: ConnectorCase) -> None:
    before = await known_tasks(case)
    answer = case.connector.execute(request_for(case, case.healthy))
    await anext(answer)
    await answer.aclose()

    await no_others_than(before)
    with pytest.raises(StopAsyncIteration):
        await anext(answer)


async def test_cancelling_the_consumer_stops_a_waiting_connector(case: ConnectorCase) -> None:
    before = await known_tasks(case)
    waiting = asyncio.Event()

    async def consume() -> None:
        async with aclosing(case.connector.execute(request_for(case, case.silent, within_s=60))) as answer:
            async for _ in answer:
                waiting.set()

    consumer = asyncio.create_task(consume())
    await until(lambda: waiting.is_set() or case.is_asked(), what="a silent vehicle that was asked")
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer

    await no_others_than(before)


async def test_after_a_cancelled_command_the_control_unit_is_free(case: ConnectorCase) -> None:
    answer = case.connector.execute(request_for(case, case.healthy))
    await anext(answer)
    await answer.aclose()

    assert (await answer_of(case, request_for(case, case.healthy)))[-1].is_final


async def test_addresses_are_checked_without_io(case: ConnectorCase) -> None:
    registry = ConnectorRegistry([case.connector])
    for address in (case.healthy, case.offline, case.silent):
        registry.check_address(address)
    with pytest.raises(InvalidRequest) as raised:
        registry.check_address(case.malformed)
    assert [error.pointer for error in raised.value.field_errors] == ["/address"]


async def test_a_malformed_address_sends_nothing(case: ConnectorCase) -> None:
    with pytest.raises(InvalidRequest):
        await answer_of(case, request_for(case, case.malformed))
