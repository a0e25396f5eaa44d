"""Each disturbance as a tester sees it on the wire, and that nothing of it is left afterwards."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.protocols.doip.messages import DiagnosticMessage, DiagnosticNack, RoutingActivationRequest
from app.protocols.doip.stream import HeaderProblem
from app.simulator.disturbances import Disturbance, DisturbanceKind
from app.simulator.fleet import SimulatedFleet
from support.raw_tester import ENGINE, RawTester
from support.simulated_fleet import quick_fleet
from support.waiting import until

READ_SPEED, SPEED = "22F40D", "62F40D00"
BODY = 0x1040


@pytest.fixture
async def fleet() -> AsyncIterator[SimulatedFleet]:
    async with quick_fleet() as found:
        yield found
        found.vehicles[0].served.disturbances.clear()


@pytest.fixture
async def tester(fleet: SimulatedFleet) -> AsyncIterator[RawTester]:
    async with RawTester(fleet.vehicles[0].doip_address) as found:
        assert await found.activate() == 0x10
        yield found


def disturb(fleet: SimulatedFleet, kind: DisturbanceKind, **settings: float | None) -> int:
    return fleet.vehicles[0].served.disturbances.add(Disturbance(kind=kind, **settings))  # type: ignore[arg-type]  # numbers of the members that the kind names


async def elapsed(tester: RawTester, uds: str) -> float:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await tester.ask(uds)
    return loop.time() - before


async def test_delay_and_jitter_hold_answers_back(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.DELAY, seconds=0.1, count=1)
    assert await elapsed(tester, READ_SPEED) >= 0.1
    disturb(fleet, DisturbanceKind.JITTER, seconds=0.02, count=2)
    assert [await tester.ask(READ_SPEED), await tester.ask(READ_SPEED)] == [SPEED, SPEED]
    assert fleet.vehicles[0].served.disturbances.active == ()


async def test_a_storm_of_0x78_comes_before_the_answer(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.PENDING_STORM, times=5, seconds=0.02, count=1)
    await tester.request(READ_SPEED)
    assert [await tester.answer() for _ in range(6)] == ["7F2278"] * 5 + [SPEED]


async def test_a_negative_response_is_given_without_acting(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.NEGATIVE_RESPONSE, nrc=0x21, service=0x14, count=2)
    assert [await tester.ask("14FFFFFF"), await tester.ask(READ_SPEED), await tester.ask("14FFFFFF")] == [
        "7F1421",
        SPEED,
        "7F1421",
    ]
    assert (await tester.ask("1901FF")) == "5901FF010002"
    assert await tester.ask("14FFFFFF") == "54"


async def test_a_silent_ecu_is_silent_and_others_are_not(fleet: SimulatedFleet, tester: RawTester) -> None:
    number = disturb(fleet, DisturbanceKind.SILENT, ecu_address=ENGINE)
    await tester.request("14FFFFFF")
    assert await tester.ask("22F186", ecu=BODY) == "62F18601"
    assert fleet.vehicles[0].served.disturbances.remove(number)
    assert await tester.ask("1901FF") == "5901FF010002"


async def test_an_unreachable_ecu_is_refused_by_the_gateway(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.UNREACHABLE, count=1)
    for code, ecu in ((0x06, ENGINE), (0x03, 0x7777)):
        tester.send(DiagnosticMessage(tester.tester, ecu, bytes.fromhex(READ_SPEED)))
        refusal = await tester.next()
        assert isinstance(refusal, DiagnosticNack)
        assert refusal.code == code


async def test_a_lost_answer_was_acted_on(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.LOST_ANSWER, count=1)
    await tester.request("14FFFFFF")
    assert await tester.ask("1901FF") == "5901FF010000"


@pytest.mark.parametrize("kind", [DisturbanceKind.DROP_BEFORE_ANSWER, DisturbanceKind.DROP_AFTER_ANSWER])
async def test_the_connection_drops_and_a_new_one_works(
    fleet: SimulatedFleet, tester: RawTester, kind: DisturbanceKind
) -> None:
    disturb(fleet, kind, count=1)
    await tester.request("14FFFFFF")
    if kind is DisturbanceKind.DROP_AFTER_ANSWER:
        assert await tester.answer() == "54"
    assert await tester.closed()
    await until(lambda: fleet.open_sockets == 0, what="the connection is gone")
    async with RawTester(fleet.vehicles[0].doip_address) as again:
        assert await again.activate() == 0x10
        assert await again.ask("1901FF") == "5901FF010000"


async def test_answers_in_the_wrong_order(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.WRONG_ORDER, count=1)
    await tester.request(READ_SPEED)
    await tester.request("22F186")
    assert [await tester.answer(), await tester.answer()] == [SPEED, "62F18601"]


async def test_answers_come_again(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.DUPLICATE, times=2, count=1)
    await tester.request(READ_SPEED)
    assert [await tester.answer() for _ in range(3)] == [SPEED] * 3


async def test_an_answer_for_another_identifier(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.WRONG_IDENTIFIER, count=2)
    assert await tester.ask(READ_SPEED) == "62F40C00"
    await tester.ask("1003")
    assert await tester.ask("31010203") == "7101020301"


async def test_garbage_in_a_message_and_garbage_in_the_stream(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.GARBAGE_ANSWER, times=7, count=1)
    garbage = await tester.ask(READ_SPEED)
    assert len(garbage) == 14
    assert garbage != SPEED
    disturb(fleet, DisturbanceKind.GARBAGE_BYTES, times=64, count=1)
    await tester.request(READ_SPEED)
    assert isinstance(await tester.next(), HeaderProblem)


async def test_a_reset_in_the_middle_of_an_answer(fleet: SimulatedFleet, tester: RawTester) -> None:
    await tester.ask("1003")
    disturb(fleet, DisturbanceKind.RESET_MID_ANSWER, count=1)
    assert await tester.ask(READ_SPEED) == "7F2278"
    engine = fleet.vehicles[0].vehicle.component("engine")
    assert engine is not None
    await until(lambda: not engine.is_silent(fleet.now()), what="the engine is up again")
    assert engine.resets == 1
    assert await tester.ask("22F186") == "62F18601"


async def test_a_half_open_vehicle_holds_the_connection_and_says_nothing(
    fleet: SimulatedFleet, tester: RawTester
) -> None:
    number = disturb(fleet, DisturbanceKind.HALF_OPEN)
    tester.send(DiagnosticMessage(tester.tester, ENGINE, bytes.fromhex(READ_SPEED)))
    async with RawTester(fleet.vehicles[0].doip_address) as other:
        other.send(RoutingActivationRequest(source_address=0x0E01))
        with pytest.raises(TimeoutError):
            await other.next(within_s=0.2)
        other.writer.write_eof()
        with pytest.raises(TimeoutError):
            await other.next(within_s=0.1)
        assert fleet.open_sockets == 2
        fleet.vehicles[0].served.disturbances.remove(number)
        tester.send(DiagnosticMessage(tester.tester, ENGINE, bytes.fromhex(READ_SPEED)))
        with pytest.raises(TimeoutError):
            await tester.next(within_s=0.1)
    async with RawTester(fleet.vehicles[0].doip_address, tester=0x0E02) as fresh:
        assert await fresh.activate() == 0x10
        assert await fresh.ask(READ_SPEED) == SPEED


async def test_routing_activation_is_slow_pending_or_refused(fleet: SimulatedFleet) -> None:
    address = fleet.vehicles[0].doip_address
    disturb(fleet, DisturbanceKind.SLOW_ACTIVATION, seconds=0.05, count=1)
    async with RawTester(address) as slow:
        assert await slow.activate() == 0x10
    disturb(fleet, DisturbanceKind.PENDING_ACTIVATION, seconds=0.05, count=1)
    async with RawTester(address, tester=0x0E01) as pending:
        assert await pending.activate() == 0x11
        answer = await pending.next()
        assert getattr(answer, "code", None) == 0x10
        assert await pending.ask(READ_SPEED) == SPEED
    disturb(fleet, DisturbanceKind.REFUSE_ACTIVATION, code=0x06, count=1)
    async with RawTester(address, tester=0x0E02) as refused:
        assert await refused.activate() == 0x06
        assert await refused.closed()


async def test_chance_decides_with_the_seed(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.NEGATIVE_RESPONSE, nrc=0x22, chance=0.5)
    answers = [await tester.ask(READ_SPEED) for _ in range(40)]
    assert 5 < answers.count("7F2222") < 35


async def test_ecus_answer_side_by_side_over_one_connection(fleet: SimulatedFleet, tester: RawTester) -> None:
    disturb(fleet, DisturbanceKind.DELAY, seconds=0.2, ecu_address=ENGINE, count=1)
    await tester.request(READ_SPEED)
    await tester.request("22F186", ecu=BODY)
    assert [await tester.answer(), await tester.answer()] == ["62F18601", SPEED]


async def test_a_gateway_that_resets_takes_its_connections_along(fleet: SimulatedFleet, tester: RawTester) -> None:
    assert await tester.ask("1101", ecu=0x1000) == "5101"
    assert await tester.closed()
    gateway = fleet.vehicles[0].vehicle.component("gateway")
    assert gateway is not None
    await until(lambda: not gateway.is_silent(fleet.now()), what="the gateway is up again")
    async with RawTester(fleet.vehicles[0].doip_address) as again:
        assert await again.activate() == 0x10
