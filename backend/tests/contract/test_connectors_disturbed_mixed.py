"""Connectors against random mixes of disturbances: whatever comes together, what is said is true."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.simulator.disturbances import OF_THE_CONNECTION, Disturbance, DisturbanceKind
from support.acting import ACTED, check_free, check_truth, check_values, run
from support.connector_cases import ENGINE, QUICK, real_vehicle

_OF_REQUESTS = sorted(set(DisturbanceKind) - OF_THE_CONNECTION)

DISTURBANCES = st.builds(
    Disturbance,
    kind=st.sampled_from(_OF_REQUESTS),
    ecu_address=st.sampled_from([None, ENGINE]),
    service=st.sampled_from([None, 0x14, 0x19, 0x22, 0x2E, 0x31, 0x10]),
    count=st.sampled_from([None, 1, 2]),
    chance=st.sampled_from([1.0, 0.5]),
    seconds=st.sampled_from([0.02, 0.2]),
    times=st.integers(1, 9),
    nrc=st.sampled_from([0x10, 0x21, 0x22, 0x33, 0x7F, 0x94]),
)


async def run_disturbed(protocol: str, command_name: str, mix: list[Disturbance]) -> None:
    """One change and one reading under a mix, then the same vehicle without it."""
    with TemporaryDirectory() as home:
        async with real_vehicle(protocol, Path(home), timing=QUICK) as real:
            for item in mix:
                real.simulated.served.disturbances.add(item)
            check_values(real, await run(real, "ReadDataByID", within_s=0.5))
            outcome = await run(real, command_name, within_s=0.7)
            if not any(item.kind is DisturbanceKind.RESET_MID_ANSWER for item in mix):  # it resets the ECU itself
                check_truth(real, command_name, outcome)

            real.simulated.served.disturbances.clear()
            await check_free(real)


@pytest.mark.parametrize("protocol", ["doip", "sovd"])
@given(command_name=st.sampled_from(sorted(ACTED)), mix=st.lists(DISTURBANCES, min_size=1, max_size=4))
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
def test_what_is_said_is_true(protocol: str, command_name: str, mix: list[Disturbance]) -> None:
    asyncio.run(run_disturbed(protocol, command_name, mix))
