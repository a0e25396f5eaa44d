"""How a span of a vehicle's presence divides, against counting it out minute by minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.presence_history import PresenceSummary, summarize
from app.domain.vehicle import ConnectionStatus

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Beginnings = list[tuple[int, ConnectionStatus]]

beginnings = st.lists(
    st.tuples(st.integers(-50, 150), st.sampled_from(ConnectionStatus)), max_size=12, unique_by=lambda item: item[0]
).map(sorted)
spans = st.tuples(st.integers(0, 99), st.integers(1, 100)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def summary_of(changes: Beginnings, since: int, until: int) -> PresenceSummary:
    """The summary; all times in minutes."""
    timed = [(START + minute * MINUTE, status) for minute, status in changes]
    return summarize(timed, START + since * MINUTE, START + until * MINUTE)


def status_in(changes: Beginnings, minute: int) -> ConnectionStatus | None:
    """The status in the minute that begins then."""
    before = [status for begin, status in changes if begin <= minute]
    return before[-1] if before else None


@given(beginnings, spans)
def test_it_is_what_counting_gives(changes: Beginnings, span: tuple[int, int]) -> None:
    summary = summary_of(changes, *span)
    minutes = [status_in(changes, minute) for minute in range(*span)]
    assert {status: length // MINUTE for status, length in summary.lasted.items()} == {
        status: minutes.count(status) for status in ConnectionStatus
    }
    assert summary.unrecorded // MINUTE == minutes.count(None)
    recorded = [status for status in minutes if status is not None]
    online = recorded.count(ConnectionStatus.CONNECTED)
    assert summary.online_share == (pytest.approx(online / len(recorded)) if recorded else None)


@given(beginnings, spans, st.data())
def test_parts_of_a_span_add_up_to_it(changes: Beginnings, span: tuple[int, int], data: st.DataObject) -> None:
    whole = summary_of(changes, *span)
    assert sum(whole.lasted.values(), whole.unrecorded) == (span[1] - span[0]) * MINUTE
    if span[1] - span[0] > 1:
        cut = data.draw(st.integers(span[0] + 1, span[1] - 1))
        parts = summary_of(changes, span[0], cut), summary_of(changes, cut, span[1])
        assert parts[0].unrecorded + parts[1].unrecorded == whole.unrecorded
        for status, length in whole.lasted.items():
            assert parts[0].lasted[status] + parts[1].lasted[status] == length


def test_an_empty_span_has_no_shares() -> None:
    with pytest.raises(ValueError, match="ends after"):
        summarize([], START, START)
