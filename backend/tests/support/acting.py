"""Commands that change a virtual ECU, and its own record of whether it was changed."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import MappingProxyType

from app.connectors.port import ResponseChunk
from app.domain.errors import VehicleError
from app.simulator.disturbances import DisturbanceKind
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.virtual_ecu import VirtualEcu
from support.connector_cases import ENGINE, NOTE, ON_ENGINE, RealVehicle, request_for

_STORED = 0x2F
_SELF_TEST = 0x0203
_WAY_BACK_S = 2.0
"""For giving back sessions and locks after the deadline: a second for the vehicle, and one for this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended: with chunks up to a final one, or with an error after some."""

    chunks: tuple[ResponseChunk, ...]
    error: VehicleError | None

    @property
    def ended_well(self) -> bool:
        """There was a final chunk."""
        return self.error is None


async def run(
    real: RealVehicle, name: str, params: Mapping[str, object] | None = None, *, within_s: float = 4.0
) -> Outcome:
    """Run a command; checks the order of what comes, whatever happens to it."""
    given = dict(real.params[name] if params is None else params)
    chunks: list[ResponseChunk] = []
    error = None
    request = request_for(real.address, name, given, within_s=within_s)
    try:
        async with aclosing(real.connector.execute(request)) as answer:
            async for part in answer:
                chunks += [part] if isinstance(part, ResponseChunk) else []
    except VehicleError as raised:
        error = raised
    finals = [chunk.is_final for chunk in chunks]
    assert finals == [False] * (len(finals) - (error is None)) + [True] * (error is None)
    assert real.fleet.now() < request.deadline + _WAY_BACK_S, "it went on after its deadline"
    return Outcome(chunks=tuple(chunks), error=error)


def _cleared(engine: VirtualEcu, now: float) -> bool:
    return not engine.faults(now, _STORED)


def _written(engine: VirtualEcu, now: float) -> bool:
    return engine.read_value(0x0130, now) == NOTE.rstrip()


def _started(engine: VirtualEcu, now: float) -> bool:
    try:
        engine.routines.last_run(_SELF_TEST, now)
    except EcuRefused:
        return False
    return True


def _reset(engine: VirtualEcu, now: float) -> bool:
    return engine.resets > 0


ACTED: Mapping[str, Callable[[VirtualEcu, float], bool]] = MappingProxyType(
    {"ClearDTC": _cleared, "WriteDataByID": _written, "RoutineControl": _started, "ECUReset": _reset}
)
"""Command → whether the engine, fresh before it, has carried it out."""


def check_truth(real: RealVehicle, name: str, outcome: Outcome) -> None:
    """What the connector says must not contradict what the ECU knows that it did."""
    kinds = {item.disturbance.kind for item in real.simulated.served.disturbances.active}
    if name == "ECUReset" and DisturbanceKind.RESET_MID_ANSWER in kinds:
        return  # the disturbance resets it too
    acted = ACTED[name](real.engine, real.fleet.now())
    if outcome.error is None:
        assert acted, f"{name} is said to have succeeded, and the ECU did nothing"
    elif not outcome.error.may_have_acted:
        assert not acted, f"the ECU acted, and the error says it cannot have: {outcome.error!r}"


async def check_free(real: RealVehicle, *, within_s: float = 12.0) -> None:
    """The same ECU answers again, by then: a breaker may keep the way shut for a while, an ECU may start anew.

    Whatever it answers meanwhile has to be the answer to what was asked.
    """
    deadline = real.fleet.now() + within_s
    wanted = {"0xF190": real.simulated.vin, "0xF18C": f"EN{real.simulated.vehicle.number:06d}"}
    while True:
        outcome = await run(real, "ReadDataByID", {**ON_ENGINE, "dataIds": list(wanted)})
        found = [chunk.response_payload for chunk in outcome.chunks if "dataId" in chunk.response_payload]
        values = {item["dataId"]: item["value"] for item in found if "value" in item}
        assert values.items() <= wanted.items()
        if values == wanted:
            return
        assert real.fleet.now() < deadline, f"ECU 0x{ENGINE:04X} is not free again: {outcome}"


def check_values(real: RealVehicle, outcome: Outcome) -> None:
    """A VIN that was read is the vehicle's: no answer to something else was taken for it."""
    for chunk in outcome.chunks:
        payload = chunk.response_payload
        for item in (payload, *payload.get("identification", ())):
            if item.get("dataId") == "0xF190" and "value" in item:
                assert item["value"] == real.simulated.vin
