"""The state table, over all pairs and all paths: what the design promises, not a copy of the table."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.command_states import BAD_ENDINGS, LEGAL_MOVES, TERMINAL, CommandStatus, may_move

_S = CommandStatus
_OPEN = {_S.PENDING, _S.IN_PROGRESS}
_FINAL = set(CommandStatus) - _OPEN - {_S.OUTCOME_UNKNOWN}
_RANK = {_S.PENDING: 0, _S.IN_PROGRESS: 1, _S.OUTCOME_UNKNOWN: 2} | dict.fromkeys(_FINAL, 3)
PAIRS = [*product(CommandStatus, CommandStatus)]


@pytest.mark.parametrize(("current", "target"), PAIRS)
def test_every_move_goes_forward(current: CommandStatus, target: CommandStatus) -> None:
    if may_move(current, target):
        assert _RANK[current] < _RANK[target]


@pytest.mark.parametrize(("current", "target"), [pair for pair in PAIRS if pair[0] in _FINAL])
def test_what_has_ended_stays_as_it_is(current: CommandStatus, target: CommandStatus) -> None:
    assert not may_move(current, target)


@pytest.mark.parametrize("target", CommandStatus)
def test_an_unknown_outcome_is_only_ever_resolved_to_what_really_happened(target: CommandStatus) -> None:
    assert may_move(_S.OUTCOME_UNKNOWN, target) is (target in {_S.COMPLETED, _S.FAILED})


@pytest.mark.parametrize("target", CommandStatus)
def test_only_what_started_can_have_an_outcome_and_only_what_waits_expires(target: CommandStatus) -> None:
    outcomes = {_S.COMPLETED, _S.FAILED, _S.OUTCOME_UNKNOWN}
    assert may_move(_S.PENDING, target) is (target in {_S.IN_PROGRESS, _S.EXPIRED, _S.CANCELLED})
    assert may_move(_S.IN_PROGRESS, target) is (target in outcomes | {_S.CANCELLED})


@pytest.mark.parametrize("status", CommandStatus)
def test_the_parts_of_the_table_agree(status: CommandStatus) -> None:
    assert LEGAL_MOVES.keys() == set(CommandStatus)
    assert status.is_terminal is (status in TERMINAL) is (status not in _OPEN)
    assert (status in BAD_ENDINGS) is (status.is_terminal and status is not _S.COMPLETED)


@given(st.lists(st.sampled_from(CommandStatus), max_size=40))
def test_whatever_is_tried_a_command_moves_at_most_three_times_and_ends_at_most_twice(
    attempts: list[CommandStatus],
) -> None:
    path = [_S.PENDING]
    for target in attempts:
        if may_move(path[-1], target):
            path.append(target)
    ended = [status for status in path if status.is_terminal]
    assert len(path) <= 4
    assert len(ended) <= 1 or (len(ended) == 2 and ended[0] is _S.OUTCOME_UNKNOWN)
    assert len(set(path)) == len(path)


def test_from_every_state_an_end_can_be_reached() -> None:
    reached = set(TERMINAL)
    for _ in CommandStatus:
        reached |= {source for source in CommandStatus if LEGAL_MOVES[source] & reached}
    assert reached == set(CommandStatus)
