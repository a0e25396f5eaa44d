"""Commands that change a virtual ECU, and its own record of whether it was changed."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

from app.connectors.port import ResponseChunk
from app.domain.errors import VehicleError
from app.simulator.disturbances import Disturbance, DisturbanceKind
from support.connector_cases import ENGINE, ON_ENGINE, RealVehicle, request_for

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
    """Run a command; checks the order of what comes, whatever happens to it. Acts are counted from here on."""
    real.acts.clear()
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


CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "ClearDTC": "ClearDTC",
        "ControlDTCSetting": "ControlDTCSetting",
        "ECUReset": "ECUReset",
        "RoutineControl": "RoutineControl",
        "SOVDRequest": "WriteDataByID",
        "WriteDataByID": "WriteDataByID",
    }
)
"""Command that changes the engine → as what the engine counts it."""


def check_truth(real: RealVehicle, name: str, outcome: Outcome | None) -> None:
    """What the connector says of the command that ran last must not contradict what the ECU knows that it did.

    None: it was cancelled, so that nothing is said.
    """
    kinds = {item.disturbance.kind for item in real.simulated.served.disturbances.active}
    if name == "ECUReset" and DisturbanceKind.RESET_MID_ANSWER in kinds:
        return  # the disturbance resets it too
    acts = real.acts[CHANGES[name]]
    assert acts <= 1, f"{name} was carried out {acts} times"
    if outcome is None:
        return
    if outcome.error is None:
        assert acts, f"{name} is said to have succeeded, and the ECU did nothing"
    elif not outcome.error.may_have_acted:
        assert not acts, f"the ECU acted, and the error says it cannot have: {outcome.error!r}"


@contextmanager
def beginning_after(real: RealVehicle, skipped: int, later: Disturbance) -> Iterator[None]:
    """Put a disturbance in force when the engine gets its request number `skipped` + 1 within the block."""
    disturbances, numbers = real.simulated.served.disturbances, count()
    for_request, for_http = disturbances.take_for_request, disturbances.take_for_http
    disturbances.add(Disturbance(kind=DisturbanceKind.JITTER, seconds=0.0))  # else nobody asks

    def is_due(address: int) -> None:
        if address == ENGINE and next(numbers) == skipped:
            disturbances.add(later)

    def take_for_request(ecu_address: int, service: int) -> tuple[Disturbance, ...]:
        is_due(ecu_address)
        return for_request(ecu_address, service)

    def take_for_http(ecu_address: int, kinds: Collection[DisturbanceKind]) -> tuple[Disturbance, ...]:
        is_due(ecu_address)
        return for_http(ecu_address, kinds)

    disturbances.take_for_request = take_for_request  # type: ignore[method-assign]  # a look at what arrives
    disturbances.take_for_http = take_for_http  # type: ignore[method-assign]  # the same
    try:
        yield
    finally:
        disturbances.take_for_request = for_request  # type: ignore[method-assign]  # as before
        disturbances.take_for_http = for_http  # type: ignore[method-assign]  # as before


async def run_and_cancel(
    real: RealVehicle, name: str, after_s: float | None, params: Mapping[str, object] | None = None, *, within_s: float
) -> Outcome | None:
    """Run a command and cancel it after a while (None: let it run to its end); None: it was still running."""
    task = asyncio.create_task(run(real, name, params, within_s=within_s))
    await asyncio.wait({task}, timeout=after_s)
    if task.done():
        return task.result()
    task.cancel()
    cancelled_at = real.fleet.now()
    await asyncio.wait({task})
    assert real.fleet.now() < cancelled_at + _WAY_BACK_S + within_s, "it went on although it was cancelled"
    return None if task.cancelled() else task.result()


async def check_free(real: RealVehicle, *, within_s: float = 12.0) -> None:
    """The same ECU answers again, by then: a breaker may keep the way shut for a while, an ECU may start anew.

    Whatever it answers meanwhile has to be the answer to what was asked. And it can be changed: nothing is locked.
    """
    deadline = real.fleet.now() + within_s
    wanted = {"0xF190": real.simulated.vin, "0xF18C": f"EN{real.simulated.vehicle.number:06d}"}
    while True:
        outcome = await run(real, "ReadDataByID", {**ON_ENGINE, "dataIds": list(wanted)})
        found = [chunk.response_payload for chunk in outcome.chunks if "dataId" in chunk.response_payload]
        values = {item["dataId"]: item["value"] for item in found if "value" in item}
        assert values.items() <= wanted.items()
        if values == wanted and (await run(real, "WriteDataByID")).ended_well:
            return
        assert real.fleet.now() < deadline, f"ECU 0x{ENGINE:04X} is not free again: {outcome}"


def check_values(real: RealVehicle, outcome: Outcome) -> None:
    """A VIN that was read is the vehicle's: no answer to something else was taken for it."""
    for chunk in outcome.chunks:
        payload = chunk.response_payload
        for item in (payload, *payload.get("identification", ())):
            if item.get("dataId") == "0xF190" and "value" in item:
                assert item["value"] == real.simulated.vin
