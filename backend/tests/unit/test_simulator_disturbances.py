"""Which disturbance hits which request, how often, and what becomes of the answers. Without any clock."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.disturbance_reading import read_disturbance
from app.simulator.disturbances import Disturbance, DisturbanceKind, Disturbances
from app.simulator.disturbed_answers import WireAct, disturbed, verdict_before
from app.simulator.ecu_server import TimedResponse
from app.simulator.strict_reading import DescriptionError, Members

ENGINE, BRAKES, READ, CLEAR = 0x1010, 0x1030, 0x22, 0x14
ANSWERS = (TimedResponse(at=1.0, payload=b"\x7f\x22\x78"), TimedResponse(at=2.0, payload=b"\x62\xf1\x90\x41"))


def applied(*disturbances: Disturbance, answers: Sequence[TimedResponse] = ANSWERS) -> list[WireAct]:
    return disturbed(answers, disturbances, service=READ, now=0.5, chance=random.Random(7))  # noqa: S311 - not a secret


def test_only_requests_of_its_ecu_and_service_are_hit() -> None:
    disturbances = Disturbances(0)
    disturbances.add(Disturbance(kind=DisturbanceKind.SILENT, ecu_address=ENGINE, service=READ))
    assert disturbances.take_for_request(BRAKES, READ) == ()
    assert disturbances.take_for_request(ENGINE, CLEAR) == ()
    assert len(disturbances.take_for_request(ENGINE, READ)) == 1


def test_a_count_runs_out_and_only_hits_count() -> None:
    disturbances = Disturbances(0)
    disturbances.add(Disturbance(kind=DisturbanceKind.SILENT, ecu_address=ENGINE, count=2))
    hits = [len(disturbances.take_for_request(ecu, READ)) for ecu in (BRAKES, ENGINE, BRAKES, ENGINE, ENGINE)]
    assert hits == [0, 1, 0, 1, 0]
    assert disturbances.active == ()


def test_requests_do_not_use_up_what_is_for_activations() -> None:
    disturbances = Disturbances(0)
    disturbances.add(Disturbance(kind=DisturbanceKind.SLOW_ACTIVATION, count=1))
    assert disturbances.take_for_request(ENGINE, READ) == ()
    assert len(disturbances.take_for_activation()) == 1
    assert disturbances.take_for_activation() == ()


def test_one_is_removed_by_its_number() -> None:
    disturbances = Disturbances(0)
    first = disturbances.add(Disturbance(kind=DisturbanceKind.HALF_OPEN))
    assert disturbances.is_half_open
    assert disturbances.remove(first)
    assert not disturbances.remove(first)
    assert not disturbances.is_half_open


def test_chance_is_the_same_for_the_same_seed() -> None:
    def hits(seed: int) -> list[int]:
        disturbances = Disturbances(seed, [Disturbance(kind=DisturbanceKind.SILENT, chance=0.5)])
        return [len(disturbances.take_for_request(ENGINE, READ)) for _ in range(50)]

    assert hits(1) == hits(1)
    assert hits(1) != hits(2)
    assert set(hits(1)) == {0, 1}


@pytest.mark.parametrize(
    ("kind", "kept_from_the_ecu"),
    [(kind, kind.value in {"negativeResponse", "silent", "unreachable"}) for kind in DisturbanceKind],
)
def test_three_kinds_keep_the_request_from_the_ecu(kind: DisturbanceKind, kept_from_the_ecu: bool) -> None:
    assert (verdict_before([Disturbance(kind=kind)]) is not None) == kept_from_the_ecu


def test_several_disturbances_add_up() -> None:
    acts = applied(
        Disturbance(kind=DisturbanceKind.DELAY, seconds=3.0),
        Disturbance(kind=DisturbanceKind.DUPLICATE, times=1),
    )
    assert [act.at for act in acts] == [4.0, 4.0, 5.0, 5.0]


def test_a_storm_pushes_the_answer_back() -> None:
    acts = applied(Disturbance(kind=DisturbanceKind.PENDING_STORM, times=4, seconds=2.0), answers=ANSWERS[1:])
    assert [act.at for act in acts] == [0.5, 1.0, 1.5, 2.0, 4.0]
    assert {act.payload for act in acts[:4]} == {b"\x7f\x22\x78"}


def test_a_lost_answer_leaves_what_came_before() -> None:
    assert [act.payload for act in applied(Disturbance(kind=DisturbanceKind.LOST_ANSWER))] == [b"\x7f\x22\x78"]


@pytest.mark.parametrize(
    ("answer", "other"),
    [
        ("62F19041", "62F19141"),
        ("6EF190", "6EF191"),
        ("7101020301", "7101020201"),
        ("5902FF", "5903FF"),
        ("54", "54"),
        ("7F2231", "7F2231"),
    ],
)
def test_the_identifier_of_an_answer_changes_and_nothing_else(answer: str, other: str) -> None:
    (act,) = applied(
        Disturbance(kind=DisturbanceKind.WRONG_IDENTIFIER),
        answers=[TimedResponse(at=1.0, payload=bytes.fromhex(answer))],
    )
    assert act.payload is not None
    assert act.payload.hex().upper() == other


ANY = st.builds(
    Disturbance,
    kind=st.sampled_from(DisturbanceKind),
    seconds=st.floats(0, 100),
    times=st.integers(1, 20),
)


@given(disturbances=st.lists(ANY, max_size=6), count=st.integers(0, 2))
def test_any_mixture_keeps_the_order_of_time(disturbances: list[Disturbance], count: int) -> None:
    acts = applied(*disturbances, answers=ANSWERS[:count])
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert all(act.at >= 0.5 for act in acts)


def test_errors_name_the_member() -> None:
    for body, path in (
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "delay", "chance": 2}, "chance"),
        ({"kind": "delay", "ecu": "engine"}, "ecu"),
        ({"kind": "slowActivation", "ecu": 0x1010}, "ecu"),
        ({}, "kind"),
    ):
        with pytest.raises(DescriptionError) as caught:
            read_disturbance(Members(body))
        assert caught.value.path == path
