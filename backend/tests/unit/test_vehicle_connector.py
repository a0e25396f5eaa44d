"""The mock vehicle gives exactly the answers and the timing of contract 4.4, and the faults its address asks for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest

from app.connectors.port import (
    Connector,
    ConnectorRegistry,
    NumberedChunk,
    Progress,
    ResponseChunk,
    VehicleRequest,
)
from app.connectors.simulated_data import IDENTIFIERS
from app.connectors.vehicle_connector import (
    VehicleConnector,
    _generate_read_data_by_id_streaming_chunks,
    _generate_read_dtc_streaming_chunks,
    _generate_streaming_chunks,
    execute_command,
)
from app.domain.errors import (
    CommandNotSupported,
    InvalidRequest,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject

P0420: JsonObject = {
    "dtcCode": "P0420",
    "description": "Catalyst System Efficiency Below Threshold (Bank 1)",
    "status": "confirmed",
    "ecuAddress": "0x10",
}
P0171: JsonObject = {
    "dtcCode": "P0171",
    "description": "System Too Lean (Bank 1)",
    "status": "pending",
    "ecuAddress": "0x10",
}


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    patched = AsyncMock()
    monkeypatch.setattr("app.connectors.vehicle_connector.asyncio.sleep", patched)
    return patched


def delays_of(sleep: AsyncMock) -> list[float]:
    return [call.args[0] for call in sleep.await_args_list]


@dataclass(frozen=True, slots=True)
class Answer:
    """All that came until the end, and the vehicle's error it ended with."""

    chunks: list[NumberedChunk]
    progress: list[Progress]
    error: VehicleError | None

    @property
    def payloads(self) -> list[JsonObject]:
        return [chunk.response_payload for chunk in self.chunks]


async def run(
    name: str = "ReadDTC",
    params: JsonObject | None = None,
    *,
    address: str = "sim:",
    connectors: ConnectorRegistry | None = None,
    vehicle_id: VehicleId | None = None,
    within_s: float = 30.0,
) -> Answer:
    answer = Answer([], [], None)
    parts = execute_command(
        CommandId(uuid4()),
        vehicle_id or VehicleId(uuid4()),
        name,
        {"ecuAddress": "0x10"} if params is None else params,
        address=address,
        deadline=asyncio.get_running_loop().time() + within_s,
        connectors=connectors,
    )
    try:
        async with aclosing(parts):
            async for part in parts:
                if isinstance(part, Progress):
                    answer.progress.append(part)
                else:
                    answer.chunks.append(part)
    except VehicleError as error:
        return replace(answer, error=error)
    return answer


async def test_execute_command_read_dtc_streaming(sleep: AsyncMock) -> None:
    answer = await run()

    assert answer.error is None
    assert answer.payloads == [
        {"dtcs": [P0420], "ecuAddress": "0x10"},
        {"dtcs": [P0171], "ecuAddress": "0x10"},
        {"status": "complete", "totalDtcs": 2, "ecuAddress": "0x10"},
    ]


async def test_execute_command_read_data_by_id_streaming(sleep: AsyncMock) -> None:
    answer = await run("ReadDataByID", {"ecuAddress": "0x7E0", "dataId": "0x010C"})

    assert answer.error is None
    reading, value, final = answer.payloads
    assert reading == {"status": "reading", "dataId": "0x010C", "ecuAddress": "0x7E0", "progress": 0.5}
    assert (value["description"], value["unit"]) == ("Engine Speed", "rpm")
    assert 750 <= value["value"] <= 3200
    assert final == {"status": "complete", "dataId": "0x010C", "ecuAddress": "0x7E0"}
    assert delays_of(sleep) == pytest.approx([0.5, 0.5], abs=0.1)


async def test_streaming_chunks_timing(sleep: AsyncMock) -> None:
    await run()

    assert delays_of(sleep) == pytest.approx([0.5, 0.5], abs=0.1)


async def test_streaming_chunks_sequence_numbers(sleep: AsyncMock) -> None:
    answer = await run()

    assert [chunk.sequence_number for chunk in answer.chunks] == [1, 2, 3]


async def test_streaming_final_chunk_flag(sleep: AsyncMock) -> None:
    answer = await run()

    assert [chunk.is_final for chunk in answer.chunks] == [False, False, True]


def test_generated_chunks_come_with_the_delay_after_each() -> None:
    assert [delay for _, delay in _generate_read_dtc_streaming_chunks()] == [0.5, 0.5, 0.0]
    assert [delay for _, delay in _generate_read_data_by_id_streaming_chunks("0xF190")] == [0.5, 0.5, 0.0]
    assert _generate_streaming_chunks("ReadDTC", {}) == _generate_read_dtc_streaming_chunks()


@pytest.mark.parametrize("number", sorted(IDENTIFIERS))
def test_every_known_identifier_has_a_value(number: int) -> None:
    _, (value, _), _ = _generate_read_data_by_id_streaming_chunks(f"0x{number:04x}")

    assert value["description"]
    assert isinstance(value["value"], str | int | float)
    assert isinstance(value["unit"], str)


async def test_the_vin_of_a_known_vehicle_is_answered() -> None:
    request = VehicleRequest(
        command_id=CommandId(uuid4()),
        vehicle_id=VehicleId(uuid4()),
        address="sim:?delay=0",
        command_name="ReadDataByID",
        command_params={"ecuAddress": "0x10", "dataId": "0xf190"},
        correlation_id="",
        deadline=asyncio.get_running_loop().time() + 5,
        vin="WVWZZZ1JZXW000001",
    )
    answer = [part async for part in VehicleConnector().execute(request)]

    assert isinstance(answer[1], ResponseChunk)
    assert answer[1].response_payload["value"] == "WVWZZZ1JZXW000001"


async def test_clear_dtc_empties_the_memory_of_that_vehicle_only() -> None:
    connectors = ConnectorRegistry([VehicleConnector()])
    car, other = VehicleId(uuid4()), VehicleId(uuid4())

    cleared = await run("ClearDTC", address="sim:?delay=0", connectors=connectors, vehicle_id=car)
    again = await run("ClearDTC", address="sim:?delay=0", connectors=connectors, vehicle_id=car)
    read = await run(address="sim:?delay=0", connectors=connectors, vehicle_id=car)
    untouched = await run(address="sim:?delay=0", connectors=connectors, vehicle_id=other)

    assert cleared.payloads == [{"status": "success", "clearedCount": 2, "ecuAddress": "0x10"}]
    assert again.payloads == [{"status": "success", "clearedCount": 0, "ecuAddress": "0x10"}]
    assert read.payloads == [{"status": "complete", "totalDtcs": 0, "ecuAddress": "0x10"}]
    assert untouched.payloads[-1]["totalDtcs"] == 2


async def test_clear_dtc_of_one_code_leaves_the_others() -> None:
    connectors = ConnectorRegistry([VehicleConnector()])
    car = VehicleId(uuid4())
    params = {"ecuAddress": "0x10", "dtcCode": "P0420"}

    cleared = await run("ClearDTC", params, address="sim:?delay=0", connectors=connectors, vehicle_id=car)
    read = await run(address="sim:?delay=0", connectors=connectors, vehicle_id=car)

    assert cleared.payloads[0]["clearedCount"] == 1
    assert read.payloads == [
        {"dtcs": [P0171], "ecuAddress": "0x10"},
        {"status": "complete", "totalDtcs": 1, "ecuAddress": "0x10"},
    ]


async def test_the_address_chooses_the_trouble_codes_in_order() -> None:
    answer = await run(params={}, address="sim:?delay=0&dtcs=U0100,P1234-11,P0300&seed=4")

    dtcs = [payload["dtcs"][0] for payload in answer.payloads[:-1]]
    assert [dtc["dtcCode"] for dtc in dtcs] == ["U0100", "P1234-11", "P0300"]
    assert dtcs[1]["description"] == "Manufacturer-specific or unknown code"
    assert {dtc["status"] for dtc in dtcs} <= {"confirmed", "pending"}
    assert answer.payloads[-1]["totalDtcs"] == 3


async def test_a_healthy_vehicle_answers_with_the_final_chunk_only() -> None:
    answer = await run(address="sim:?delay=0&dtcs=")

    assert answer.payloads == [{"status": "complete", "totalDtcs": 0, "ecuAddress": "0x10"}]
    assert answer.chunks[0].is_final


async def test_without_delay_nothing_sleeps(sleep: AsyncMock) -> None:
    await run(address="sim:?delay=0")

    assert delays_of(sleep) == []


async def test_pending_reports_progress_about_every_second(sleep: AsyncMock) -> None:
    answer = await run(address="sim:?delay=0&pending=2.5")

    assert [event.message for event in answer.progress] == ["ECU 0x10 still working"] * 3
    assert {event.pending_since.tzinfo for event in answer.progress} == {UTC}
    assert delays_of(sleep) == pytest.approx([1.0, 1.0, 0.5])
    assert len(answer.chunks) == 3


async def test_pending_reports_at_least_once() -> None:
    answer = await run(address="sim:?delay=0&pending=0")

    assert len(answer.progress) == 1


async def test_an_offline_vehicle_is_unreachable() -> None:
    answer = await run(address="sim:?offline")

    assert (len(answer.chunks), type(answer.error)) == (0, VehicleUnreachable)
    with pytest.raises(VehicleUnreachable):
        await VehicleConnector().probe("sim:?offline=true", asyncio.get_running_loop().time() + 1)


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_silent_vehicle_times_out_after_its_chunks(after: int) -> None:
    answer = await run(address=f"sim:?delay=0&silent_after={after}", within_s=0.05)

    assert (len(answer.chunks), type(answer.error)) == (after, VehicleTimeout)


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_failing_vehicle_refuses_after_its_chunks(after: int) -> None:
    answer = await run(address=f"sim:?delay=0&fail_after={after}")

    assert len(answer.chunks) == after
    assert isinstance(answer.error, VehicleRefused)
    assert answer.error.details.items() >= {"nrc": "0x22", "nrcName": "conditionsNotCorrect"}.items()


async def test_a_refused_clearing_clears_nothing() -> None:
    connectors = ConnectorRegistry([VehicleConnector()])
    car = VehicleId(uuid4())

    await run("ClearDTC", address="sim:?delay=0&fail_after=0", connectors=connectors, vehicle_id=car)
    read = await run(address="sim:?delay=0", connectors=connectors, vehicle_id=car)

    assert read.payloads[-1]["totalDtcs"] == 2


async def test_a_vehicle_that_falls_silent_after_clearing_has_cleared() -> None:
    connectors = ConnectorRegistry([VehicleConnector()])
    car = VehicleId(uuid4())

    clearing = await run(
        "ClearDTC", address="sim:?delay=0&silent_after=0", connectors=connectors, vehicle_id=car, within_s=0.05
    )
    read = await run(address="sim:?delay=0", connectors=connectors, vehicle_id=car)

    assert isinstance(clearing.error, VehicleTimeout)
    assert read.payloads[-1]["totalDtcs"] == 0


async def test_a_slow_vehicle_is_cut_off_at_the_deadline() -> None:
    answer = await run(address="sim:?delay=60", within_s=0.05)

    assert (len(answer.chunks), type(answer.error)) == (1, VehicleTimeout)


async def test_an_unknown_data_identifier_is_refused() -> None:
    answer = await run("ReadDataByID", {"ecuAddress": "0x10", "dataId": "0xDEAD"}, address="sim:?delay=0")

    assert isinstance(answer.error, VehicleRefused)
    assert answer.error.details.items() >= {"nrc": "0x31", "nrcName": "requestOutOfRange", "dataId": "0xDEAD"}.items()
    assert "identifier" in str(answer.error.details["explanation"])
    assert "Check identifier" in str(answer.error.details["advice"])


async def test_an_unknown_command_is_not_supported() -> None:
    answer = await run("MakeCoffee", address="sim:?delay=0")

    assert isinstance(answer.error, CommandNotSupported)
    with pytest.raises(CommandNotSupported):
        _generate_streaming_chunks("MakeCoffee", {})


async def test_an_unknown_scheme_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match=r"begin the address with one of sim:"):
        await run(address="smoke:signal")


class BrokenConnector(VehicleConnector):
    """Ends without a final chunk, or goes on after it."""

    def __init__(self, *finals: bool) -> None:
        super().__init__()
        self._finals = finals
        self.closed = False

    async def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        try:
            for is_final in self._finals:
                yield ResponseChunk(response_payload={}, is_final=is_final)
        finally:
            self.closed = True


async def test_an_answer_without_a_final_chunk_is_a_protocol_error() -> None:
    connector: Connector = BrokenConnector(False, False)
    answer = await run(connectors=ConnectorRegistry([connector]))

    assert isinstance(answer.error, VehicleProtocolError)


async def test_nothing_follows_the_final_chunk() -> None:
    connector = BrokenConnector(False, True, False)
    answer = await run(connectors=ConnectorRegistry([connector]))

    assert answer.error is None
    assert [chunk.is_final for chunk in answer.chunks] == [False, True]
    assert connector.closed
