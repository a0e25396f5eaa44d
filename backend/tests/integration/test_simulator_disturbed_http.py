"""The disturbances of a simulated vehicle as an HTTP client of its SOVD server sees them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from app.simulator.disturbances import Disturbance, DisturbanceKind
from app.simulator.fleet import SimulatedFleet
from support.simulated_fleet import quick_fleet

FAULTS = "components/engine/faults"


@dataclass(frozen=True, slots=True)
class Served:
    """A fleet and a client of its first vehicle's SOVD server."""

    fleet: SimulatedFleet
    http: httpx.AsyncClient

    def disturb(self, kind: DisturbanceKind, **settings: float | None) -> None:
        """Put a disturbance in force, once unless told otherwise."""
        disturbances = self.fleet.vehicles[0].served.disturbances
        disturbances.add(Disturbance(kind=kind, **({"count": 1} | settings)))  # type: ignore[arg-type]  # numbers of the members that the kind names

    def stored(self) -> int:
        """Faults that the engine has stored."""
        engine = self.fleet.vehicles[0].vehicle.component("engine")
        assert engine is not None
        return len(engine.faults(self.fleet.now()))


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with quick_fleet(2, with_sovd=True) as fleet:
        address = fleet.vehicles[0].sovd_address
        assert address is not None
        base = f"{address.removeprefix('sovd+')}sovd/v1/"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=10) as http:
            yield Served(fleet, http)


async def test_undisturbed_and_for_other_ecus_it_answers(served: Served) -> None:
    served.disturb(DisturbanceKind.NEGATIVE_RESPONSE, ecu_address=0x1030, nrc=0x21)
    served.disturb(DisturbanceKind.PENDING_STORM)
    answer = await served.http.get(FAULTS)
    assert [item["display_code"] for item in answer.json()["items"]] == ["P0420", "P0171"]
    assert len(served.fleet.vehicles[0].served.disturbances.active) == 2


async def test_a_delay_and_a_jitter_end_in_the_answer(served: Served) -> None:
    served.disturb(DisturbanceKind.DELAY, seconds=0.05)
    served.disturb(DisturbanceKind.JITTER, seconds=0.05)
    assert (await served.http.get(FAULTS)).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (DisturbanceKind.NEGATIVE_RESPONSE, 503, "error-response"),
        (DisturbanceKind.UNREACHABLE, 504, "not-responding"),
    ],
)
async def test_a_refusal_is_given_without_acting(served: Served, kind: DisturbanceKind, status: int, code: str) -> None:
    served.disturb(kind, nrc=0x21)
    answer = await served.http.delete(FAULTS)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert served.stored() == 2


@pytest.mark.parametrize("kind", [DisturbanceKind.SILENT, DisturbanceKind.HALF_OPEN, DisturbanceKind.LOST_ANSWER])
async def test_no_answer_comes(served: Served, kind: DisturbanceKind) -> None:
    served.disturb(kind)
    with pytest.raises(httpx.ReadTimeout):
        await served.http.delete(FAULTS, timeout=0.3)
    assert served.stored() == (0 if kind is DisturbanceKind.LOST_ANSWER else 2)


@pytest.mark.parametrize(
    "kind",
    [DisturbanceKind.DROP_BEFORE_ANSWER, DisturbanceKind.DROP_AFTER_ANSWER, DisturbanceKind.RESET_MID_ANSWER],
)
async def test_the_connection_ends_within_the_answer(served: Served, kind: DisturbanceKind) -> None:
    served.disturb(kind)
    with pytest.raises(httpx.RemoteProtocolError):
        await served.http.delete(FAULTS)
    assert served.stored() == 0
    engine = served.fleet.vehicles[0].vehicle.component("engine")
    assert engine is not None
    assert engine.resets == (1 if kind is DisturbanceKind.RESET_MID_ANSWER else 0)


async def test_garbage_is_no_json(served: Served) -> None:
    served.disturb(DisturbanceKind.GARBAGE_ANSWER, times=40)
    answer = await served.http.get(FAULTS)
    assert len(answer.content) == 40
    with pytest.raises(ValueError):  # noqa: PT011 - a decoder's or a charset's, whichever the bytes hit first
        answer.json()
    assert (await served.http.get(FAULTS)).status_code == 200
