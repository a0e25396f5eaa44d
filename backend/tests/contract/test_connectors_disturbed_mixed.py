"""Connectors against random mixes of disturbances, at any moment: whatever comes together, what is said is true."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.json_values import JsonObject
from app.simulator.disturbances import Disturbance, DisturbanceKind
from support.acting import CHANGES, beginning_after, check_free, check_truth, check_values, run, run_and_cancel
from support.connector_cases import ENGINE, NOTE, ON_ENGINE, QUICK, RealVehicle, real_vehicle

PARAMS: dict[str, JsonObject] = {
    "ReadDTC": {"snapshot": True, "extendedData": True},
    "SOVDRequest": {"method": "PUT", "path": "components/engine/data/0130", "body": {"data": NOTE}},
    "SubscribeData": {**ON_ENGINE, "dataIds": ["0xF40C", "0xF190"], "intervalMs": 20, "durationS": 0.2},
}
DISTURBANCES = st.builds(
    Disturbance,
    kind=st.sampled_from(sorted(DisturbanceKind)),
    ecu_address=st.sampled_from([None, ENGINE]),
    service=st.sampled_from([None, 0x10, 0x11, 0x14, 0x19, 0x22, 0x2E, 0x31, 0x3E, 0x85]),
    count=st.sampled_from([None, 1, 2]),
    chance=st.sampled_from([1.0, 0.5]),
    seconds=st.sampled_from([0.02, 0.1, 0.3]),
    times=st.integers(1, 9),
    nrc=st.sampled_from([0x10, 0x21, 0x22, 0x25, 0x31, 0x33, 0x72, 0x7F, 0x94]),
    code=st.sampled_from([0x00, 0x01, 0x03]),
)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A command and what goes wrong: `mix` from its beginning, `later` when the engine has got `skipped` requests.

    `warm`: the vehicle has been talked to before. `cancel_after_s`: seconds.
    """

    command_name: str
    mix: list[Disturbance]
    later: Disturbance
    skipped: int
    within_s: float
    cancel_after_s: float | None
    warm: bool

    @property
    def resets(self) -> bool:
        """Whether a disturbance resets the ECU itself."""
        return DisturbanceKind.RESET_MID_ANSWER in {item.kind for item in (*self.mix, self.later)}


TRIALS = st.builds(
    Trial,
    command_name=st.sampled_from(sorted({*CHANGES, *PARAMS})),
    mix=st.lists(DISTURBANCES, max_size=3),
    later=DISTURBANCES,
    skipped=st.integers(0, 6),
    within_s=st.floats(0.05, 0.8),
    cancel_after_s=st.one_of(st.none(), st.floats(0.0, 0.3)),
    warm=st.booleans(),
)


async def disturb(real: RealVehicle, trial: Trial) -> None:
    """Run it; what is said and what the engine has counted must fit together."""
    name = trial.command_name
    if trial.warm:
        await run(real, "ReadDataByID")
    for item in trial.mix:
        real.simulated.served.disturbances.add(item)
    params = PARAMS.get(name, real.params.get(name))
    with beginning_after(real, trial.skipped, trial.later):
        outcome = await run_and_cancel(real, name, trial.cancel_after_s, params, within_s=trial.within_s)
    if name in CHANGES and not (name == "ECUReset" and trial.resets):
        check_truth(real, name, outcome)
    if outcome is not None:
        check_values(real, outcome)


async def disturb_and_look_again(protocol: str, trial: Trial) -> None:
    """A fresh vehicle, disturbed; then the same one without anything going wrong."""
    with TemporaryDirectory() as home:
        async with real_vehicle(protocol, Path(home), timing=QUICK) as real:
            await disturb(real, trial)
            real.simulated.served.disturbances.clear()
            await check_free(real)


@pytest.mark.parametrize("protocol", ["doip", "sovd"])
@given(trial=TRIALS)
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
def test_what_is_said_is_true(protocol: str, trial: Trial) -> None:
    if trial.command_name == "SOVDRequest" and protocol == "doip":
        return  # no such command there
    asyncio.run(disturb_and_look_again(protocol, trial))
