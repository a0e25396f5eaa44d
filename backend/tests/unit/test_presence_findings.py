"""Which of two findings about a vehicle counts, and what is kept of a cause."""

from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidRequest, VehicleRefused, VehicleTimeout, VehicleUnreachable
from app.domain.identifiers import VehicleId
from app.domain.vehicle import ConnectionStatus
from app.worker.presence_findings import LONGEST_CAUSE, Finding, Findings, judged, plain_cause

CONNECTED, DISCONNECTED, ERROR = ConnectionStatus.CONNECTED, ConnectionStatus.DISCONNECTED, ConnectionStatus.ERROR
CAR = VehicleId(uuid4())


def finding(status: ConnectionStatus, asked_at: float, found_at: float, *, address: str = "sim:") -> Finding:
    """A finding about the one car."""
    return Finding(vehicle_id=CAR, address=address, status=status, cause=None, asked_at=asked_at, found_at=found_at)


def counting(*kept: Finding) -> Finding:
    """The one that is left of them."""
    findings = Findings()
    for one in kept:
        findings.keep(one)
    assert CAR in findings
    assert len(findings) == 1
    (left,) = findings.take()
    assert len(findings) == 0
    return left


def test_silence_says_nothing_against_an_answer_that_came_after_the_question() -> None:
    answer, silence = finding(CONNECTED, 2.0, 2.0), finding(DISCONNECTED, 1.0, 4.0)
    assert counting(answer, silence) is answer
    assert counting(silence, answer) is answer


def test_silence_after_the_last_answer_counts() -> None:
    answer, silence = finding(CONNECTED, 1.0, 1.5), finding(DISCONNECTED, 2.0, 5.0)
    assert counting(answer, silence) is silence
    assert counting(silence, answer) is silence


def test_the_later_of_two_answers_counts_also_when_it_is_taken_first() -> None:
    first, second = finding(CONNECTED, 1.0, 1.5), finding(CONNECTED, 1.2, 3.0)
    assert counting(second, first) is second


def test_an_answer_at_another_address_says_nothing() -> None:
    there, here = finding(CONNECTED, 2.0, 2.0, address="sim:?old"), finding(DISCONNECTED, 1.0, 4.0)
    assert counting(there, here) is here


def test_what_could_not_be_written_is_weighed_against_what_came_meanwhile() -> None:
    findings = Findings()
    findings.keep(finding(DISCONNECTED, 1.0, 2.0))
    unwritten = findings.take()
    back = finding(CONNECTED, 3.0, 3.0)
    findings.keep(back)
    findings.put_back(unwritten)
    assert findings.take() == [back]


def test_ages_are_told_not_times() -> None:
    observed = finding(DISCONNECTED, 10.0, 13.0).observed(15.0)
    assert (observed.asked_ago_s, observed.found_ago_s) == (5.0, 2.0)


@pytest.mark.parametrize(
    ("error", "status", "cause"),
    [
        (None, CONNECTED, None),
        (VehicleTimeout("No answer."), DISCONNECTED, "No answer."),
        (VehicleUnreachable("Nobody there."), DISCONNECTED, "Nobody there."),
        (VehicleRefused("Not you."), ERROR, "Not you."),
        (InvalidRequest("No such address."), ERROR, "No such address."),
        (KeyError("secret"), ERROR, "the probe failed (KeyError)"),
    ],
)
def test_errors_are_judged(error: Exception | None, status: ConnectionStatus, cause: str | None) -> None:
    assert judged(error) == (status, cause)


@given(st.text(st.characters(), max_size=2 * LONGEST_CAUSE))
def test_any_text_becomes_a_line_that_can_be_stored_and_shown(text: str) -> None:
    line = plain_cause(text)
    assert len(line) <= LONGEST_CAUSE
    assert line == "" or line.isprintable()
    orjson.dumps(line)  # no half of a surrogate pair
    assert plain_cause(line) == line


def test_a_usual_cause_stays_as_it_is() -> None:
    usual = "The gateway 10.0.0.3:13400 cannot be reached: nothing listens on this port. Nothing was sent."
    assert plain_cause(usual) == usual
