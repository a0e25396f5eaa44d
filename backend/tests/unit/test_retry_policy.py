"""A failed attempt is repeated only where the vehicle cannot act twice."""

import pytest

from app.domain.catalogue import CLEAR_DTC, READ_DTC
from app.domain.command_definition import CommandDefinition
from app.domain.errors import (
    CommandNotSupported,
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.retry_policy import LONGEST_WAIT_S, MAX_ATTEMPTS, decide_retry, may_take_over


@pytest.mark.parametrize(
    ("error", "definition", "retries"),
    [
        (VehicleUnreachable("x"), READ_DTC, True),
        (VehicleUnreachable("x"), CLEAR_DTC, True),
        (VehicleTimeout("x"), READ_DTC, True),
        (VehicleTimeout("x"), CLEAR_DTC, False),
        (VehicleConnectionLost("x"), READ_DTC, True),
        (VehicleConnectionLost("x"), CLEAR_DTC, False),
        (VehicleRefused("x"), READ_DTC, False),
        (VehicleRefused("x"), CLEAR_DTC, False),
        (CommandNotSupported("x"), READ_DTC, False),
        (VehicleProtocolError("x"), READ_DTC, False),
        (VehicleError("x"), READ_DTC, False),
        (RuntimeError("x"), READ_DTC, False),
    ],
)
def test_which_errors_are_retried(error: Exception, definition: CommandDefinition, retries: bool) -> None:
    decision = decide_retry(error, attempt=1, chunks_stored=0, definition=definition, remaining_s=30)

    assert decision.retries is retries


def test_nothing_is_retried_after_the_first_chunk() -> None:
    assert not decide_retry(
        VehicleTimeout("x"), attempt=1, chunks_stored=1, definition=READ_DTC, remaining_s=30
    ).retries


def test_attempts_are_bounded_and_wait_longer_each_time() -> None:
    waits = [
        decide_retry(
            VehicleUnreachable("x"), attempt=attempt, chunks_stored=0, definition=READ_DTC, remaining_s=1e9
        ).after_s
        for attempt in range(1, MAX_ATTEMPTS + 2)
    ]
    assert waits == [0.5, 1.0, None, None]
    assert all(wait <= LONGEST_WAIT_S for wait in waits if wait is not None)


@pytest.mark.parametrize("remaining_s", [0.5, 0.1, 0.0, -1.0])
def test_no_retry_begins_at_or_after_the_deadline(remaining_s: float) -> None:
    error = VehicleUnreachable("x")
    assert not decide_retry(error, attempt=1, chunks_stored=0, definition=READ_DTC, remaining_s=remaining_s).retries


@pytest.mark.parametrize(
    ("definition", "chunks_stored", "attempt", "may"),
    [
        (READ_DTC, 0, 1, True),
        (READ_DTC, 0, MAX_ATTEMPTS, False),
        (READ_DTC, 1, 1, False),
        (CLEAR_DTC, 0, 1, False),
    ],
)
def test_only_reads_without_a_chunk_are_taken_over(
    definition: CommandDefinition, chunks_stored: int, attempt: int, may: bool
) -> None:
    assert may_take_over(definition, chunks_stored=chunks_stored, attempt=attempt) is may
