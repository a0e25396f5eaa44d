"""Connectors against a simulated vehicle with each disturbance: what they say is what the ECU's own record says."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.simulator.disturbances import OF_THE_CONNECTION, Disturbance, DisturbanceKind
from app.simulator.disturbed_http import OF_HTTP
from support.acting import beginning_after, check_free, check_truth, check_values, run
from support.connector_cases import ENGINE, ON_ENGINE, QUICK, real_vehicle

CHANGES = ("ClearDTC", "ECUReset", "RoutineControl", "WriteDataByID")
READS = ("ReadDTC", "ReadDataByID", "SubscribeData")
_SECONDS = {
    DisturbanceKind.DELAY: 0.1,
    DisturbanceKind.PENDING_STORM: 0.5,
    DisturbanceKind.SLOW_ACTIVATION: 0.3,
    DisturbanceKind.PENDING_ACTIVATION: 0.3,
}
OF_REQUESTS = [kind for kind in DisturbanceKind if kind not in OF_THE_CONNECTION]
CASES = [("doip", kind) for kind in OF_REQUESTS] + [("sovd", kind) for kind in OF_REQUESTS if kind in OF_HTTP]


WHOLE = [("doip", kind) for kind in sorted(OF_THE_CONNECTION)] + [("sovd", DisturbanceKind.HALF_OPEN)]
PATIENT = replace(QUICK, network_s=0.3)
LATE = (DisturbanceKind.DELAY, DisturbanceKind.WRONG_ORDER)
IN_THE_MIDDLE = (
    DisturbanceKind.LOST_ANSWER,
    DisturbanceKind.UNREACHABLE,
    DisturbanceKind.NEGATIVE_RESPONSE,
    DisturbanceKind.DROP_BEFORE_ANSWER,
    DisturbanceKind.SILENT,
)


def disturbance(kind: DisturbanceKind, **more: object) -> Disturbance:
    """Short, and on the engine alone unless it is one of the connection."""
    target = None if kind in OF_THE_CONNECTION else ENGINE
    given: dict[str, object] = {"ecu_address": target, "seconds": _SECONDS.get(kind, 0.2), "times": 4}
    return Disturbance(kind=kind, **(given | more))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("command_name", CHANGES)
@pytest.mark.parametrize(("protocol", "kind"), CASES)
async def test_what_is_said_of_a_change_is_true(
    protocol: str, kind: DisturbanceKind, command_name: str, tmp_path: Path
) -> None:
    async with real_vehicle(protocol, tmp_path, timing=QUICK) as real:
        real.simulated.served.disturbances.add(disturbance(kind))
        outcome = await run(real, command_name, within_s=1.0)
        check_truth(real, command_name, outcome)

        real.simulated.served.disturbances.clear()
        await check_free(real)


@pytest.mark.parametrize("skipped", [1, 3])
@pytest.mark.parametrize("command_name", CHANGES)
@pytest.mark.parametrize("kind", IN_THE_MIDDLE)
@pytest.mark.parametrize("protocol", ["doip", "sovd"])
async def test_a_disturbance_in_the_middle_of_a_command(
    protocol: str, kind: DisturbanceKind, command_name: str, skipped: int, tmp_path: Path
) -> None:
    """It begins after some requests of the command have gone well, and hits the rest."""
    async with real_vehicle(protocol, tmp_path, timing=QUICK) as real:
        with beginning_after(real, skipped, disturbance(kind)):
            outcome = await run(real, command_name, within_s=1.0)
        check_truth(real, command_name, outcome)


@pytest.mark.parametrize(("protocol", "kind"), CASES)
async def test_readings_end_once_and_leave_the_control_unit_free(
    protocol: str, kind: DisturbanceKind, tmp_path: Path
) -> None:
    async with real_vehicle(protocol, tmp_path, timing=QUICK) as real:
        real.simulated.served.disturbances.add(disturbance(kind))
        for command_name in READS:
            check_values(real, await run(real, command_name, within_s=0.7))

        real.simulated.served.disturbances.clear()
        await check_free(real)


@pytest.mark.parametrize(("protocol", "kind"), WHOLE)
async def test_a_disturbed_connection(protocol: str, kind: DisturbanceKind, tmp_path: Path) -> None:
    async with real_vehicle(protocol, tmp_path, timing=QUICK) as real:
        real.simulated.served.disturbances.add(disturbance(kind))
        outcome = await run(real, "ClearDTC", within_s=1.0)
        check_truth(real, "ClearDTC", outcome)
        if kind in {DisturbanceKind.HALF_OPEN, DisturbanceKind.REFUSE_ACTIVATION}:
            assert outcome.error is not None
            assert not outcome.error.may_have_acted

        real.simulated.served.disturbances.clear()
        await check_free(real)


@pytest.mark.parametrize("kind", LATE)
async def test_a_late_answer_is_never_taken_for_the_next_one(kind: DisturbanceKind, tmp_path: Path) -> None:
    """The same question twice: what the first one asked for comes only when the second one is under way."""
    params = {**ON_ENGINE, "dataId": "0xF40C"}
    async with real_vehicle("doip", tmp_path, timing=PATIENT) as real:
        signals = real.simulated.vehicle.signals
        await run(real, "ReadDataByID", params)
        signals.hold("engine_speed", 1000)
        real.simulated.served.disturbances.add(disturbance(kind, seconds=0.6, service=0x22, count=1))
        first = await run(real, "ReadDataByID", params)
        signals.hold("engine_speed", 2000)
        second = await run(real, "ReadDataByID", params)

        assert first.error is not None
        assert first.error.may_have_acted
        assert second.chunks[0].response_payload["value"] == 2000


@pytest.mark.parametrize("kind", LATE)
async def test_a_late_confirmation_is_never_taken_for_another_act(kind: DisturbanceKind, tmp_path: Path) -> None:
    """The second clearing is ignored by the ECU while the confirmation of the first one comes late.

    With the delay, also what makes sure that nothing late can come is late: an ECU answers in order.
    """
    async with real_vehicle("doip", tmp_path, timing=PATIENT) as real:
        hits = 2 if kind is DisturbanceKind.DELAY else 1
        with beginning_after(real, 1, disturbance(kind, seconds=0.6, count=hits)):
            first = await run(real, "ClearDTC")
        check_truth(real, "ClearDTC", first)
        description = real.engine.fault_memory.description(0x042000)
        assert description is not None
        real.engine.set_fault(description, real.fleet.now())
        real.simulated.served.disturbances.add(disturbance(DisturbanceKind.SILENT, service=0x14))
        second = await run(real, "ClearDTC")

        assert first.error is not None
        assert first.error.may_have_acted
        assert second.error is not None
        check_truth(real, "ClearDTC", second)
