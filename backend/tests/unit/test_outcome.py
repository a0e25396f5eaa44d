"""The whole table of endings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue import CLEAR_DTC, COMMANDS, READ_DTC
from app.domain.command import Ending
from app.domain.command_definition import CommandDefinition
from app.domain.command_states import BAD_ENDINGS, LEGAL_MOVES, CommandStatus
from app.domain.errors import (
    BusUnavailable,
    CommandNotSupported,
    InvalidRequest,
    StorageUnavailable,
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.outcome import (
    ending_completed,
    ending_for,
    ending_for_cancel,
    ending_for_cancel_before_start,
    ending_for_deadline,
    ending_for_expiry,
    ending_for_lost_lease,
    ending_for_missing_final,
    ending_for_stopped_worker,
    ending_for_withdrawn_permission,
    leaves_open_whether_it_acted,
)

FAILED, UNKNOWN, CANCELLED = CommandStatus.FAILED, CommandStatus.OUTCOME_UNKNOWN, CommandStatus.CANCELLED
ERRORS: tuple[Exception, ...] = (
    VehicleUnreachable("x"),
    VehicleRefused("x"),
    VehicleTimeout("x"),
    VehicleConnectionLost("x"),
    VehicleProtocolError("x"),
    CommandNotSupported("x"),
    VehicleError("x"),
    InvalidRequest("x"),
    StorageUnavailable("x"),
    BusUnavailable("x"),
    ZeroDivisionError("x"),
)


@pytest.mark.parametrize(
    ("error", "of_read", "of_change", "code"),
    [
        (VehicleTimeout("No answer."), FAILED, UNKNOWN, "vehicle_timeout"),
        (VehicleConnectionLost("Link lost."), FAILED, UNKNOWN, "vehicle_connection_lost"),
        (VehicleProtocolError("Not understood."), FAILED, UNKNOWN, "vehicle_protocol_error"),
        (VehicleUnreachable("Offline."), FAILED, FAILED, "vehicle_unreachable"),
        (VehicleRefused("No."), FAILED, FAILED, "vehicle_refused"),
        (CommandNotSupported("No such command."), FAILED, FAILED, "command_not_supported"),
        (InvalidRequest("Bad address.", code="invalid_address"), FAILED, FAILED, "invalid_address"),
        (StorageUnavailable("Away."), FAILED, UNKNOWN, "storage_unavailable"),
        (KeyError("a secret"), FAILED, UNKNOWN, "internal_error"),
    ],
)
def test_an_error_ends_a_command_truthfully(
    error: Exception, of_read: CommandStatus, of_change: CommandStatus, code: str
) -> None:
    read = ending_for(error, READ_DTC, chunks_stored=0)
    change = ending_for(error, CLEAR_DTC, chunks_stored=0)

    assert (read.status, change.status) == (of_read, of_change)
    for ending in (read, change):
        assert ending.error is not None
        assert ending.error.code == code
        assert ending.error.details["may_have_acted"] is (ending.status is UNKNOWN)


def test_the_text_of_an_unexpected_error_stays_inside() -> None:
    ending = ending_for(KeyError("a secret"), CLEAR_DTC, chunks_stored=0)

    assert "secret" not in str(ending)
    assert "KeyError" in ending.status_reason


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        (ending_for(VehicleTimeout("x"), READ_DTC, chunks_stored=0), "safe to send it again"),
        (ending_for(VehicleRefused("x"), READ_DTC, chunks_stored=0), "remove the cause"),
        (ending_for(VehicleTimeout("x"), CLEAR_DTC, chunks_stored=0), "may have carried it out"),
        (ending_for(VehicleRefused("x"), CLEAR_DTC, chunks_stored=0), "did not act"),
        (ending_for(VehicleRefused("x"), CLEAR_DTC, chunks_stored=1), "stands in the parts received"),
        (ending_for(VehicleTimeout("x"), READ_DTC, chunks_stored=1), "1 part of the answer had arrived"),
        (ending_for(VehicleTimeout("x"), READ_DTC, chunks_stored=2), "2 parts of the answer had arrived"),
        (ending_for_deadline(READ_DTC, timeout_s=30, chunks_stored=0), "No answer came within 30 s."),
        (ending_for_deadline(READ_DTC, timeout_s=0.5, chunks_stored=1), "No complete answer came within 0.5 s."),
        (ending_for_missing_final(READ_DTC, chunks_stored=2), "before it was complete"),
        (ending_for_lost_lease(READ_DTC, chunks_stored=1), "safe to send it again"),
        (ending_for_lost_lease(CLEAR_DTC, chunks_stored=0), "Read its state before"),
        (ending_for_stopped_worker(READ_DTC, chunks_stored=0), "safe to send it again"),
        (ending_for_cancel(READ_DTC, chunks_stored=1), "1 part of the answer"),
        (ending_for_cancel(CLEAR_DTC, chunks_stored=0), "may have carried it out"),
        (ending_for_cancel(CLEAR_DTC, chunks_stored=0, stopped_for_certain=True), "had not reached the vehicle"),
        (ending_for_cancel_before_start("wrong car"), "Reason given: wrong car"),
        (ending_for_expiry(), "nothing was sent"),
        (ending_for_withdrawn_permission(), "Ask an administrator"),
        (ending_completed(chunks_stored=1), "complete (1 part)"),
        (ending_completed(chunks_stored=3), "complete (3 parts)"),
    ],
)
def test_reasons_say_what_happened_and_what_to_do(ending: Ending, says: str) -> None:
    assert says in ending.status_reason


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [
        (ending_for_deadline(READ_DTC, timeout_s=1, chunks_stored=0), FAILED, "vehicle_timeout"),
        (ending_for_deadline(CLEAR_DTC, timeout_s=1, chunks_stored=0), UNKNOWN, "vehicle_timeout"),
        (
            ending_for_deadline(CLEAR_DTC, timeout_s=1, chunks_stored=0, may_have_reached=False),
            FAILED,
            "vehicle_unreachable",
        ),
        (ending_for_missing_final(READ_DTC, chunks_stored=0), FAILED, "vehicle_protocol_error"),
        (ending_for_missing_final(CLEAR_DTC, chunks_stored=0), UNKNOWN, "vehicle_protocol_error"),
        (ending_for_lost_lease(READ_DTC, chunks_stored=0), FAILED, "worker_lost"),
        (ending_for_lost_lease(CLEAR_DTC, chunks_stored=0), UNKNOWN, "worker_lost"),
        (ending_for_stopped_worker(READ_DTC, chunks_stored=0), FAILED, "worker_stopped"),
        (ending_for_stopped_worker(CLEAR_DTC, chunks_stored=0), UNKNOWN, "worker_stopped"),
        (ending_for_cancel(READ_DTC, chunks_stored=0), CANCELLED, "cancelled"),
        (ending_for_cancel(CLEAR_DTC, chunks_stored=0), UNKNOWN, "cancelled_while_running"),
        (ending_for_cancel(CLEAR_DTC, chunks_stored=0, stopped_for_certain=True), CANCELLED, "cancelled"),
        (ending_for_cancel_before_start(None), CANCELLED, "cancelled"),
        (ending_for_withdrawn_permission(), CANCELLED, "permission_withdrawn"),
        (ending_for_expiry(), CommandStatus.EXPIRED, "expired"),
    ],
)
def test_endings_without_an_error_of_the_vehicle(ending: Ending, status: CommandStatus, code: str) -> None:
    assert ending.status is status
    assert ending.status in BAD_ENDINGS
    assert ending.error is not None
    assert ending.error.code == code


def test_the_evidence_of_the_vehicle_is_kept() -> None:
    ending = ending_for(VehicleRefused("No.", details={"nrc": "0x22"}), CLEAR_DTC, chunks_stored=0)

    assert ending.error is not None
    assert ending.error.details == {
        "fault": "vehicle",
        "retry_can_help": False,
        "nrc": "0x22",
        "may_have_acted": False,
        "chunks_received": 0,
    }


@given(
    error=st.sampled_from(ERRORS),
    definition=st.sampled_from(sorted(COMMANDS.values(), key=lambda d: d.name)),
    chunks_stored=st.integers(min_value=0, max_value=1000),
)
def test_unknown_exactly_where_a_changing_command_may_have_acted(
    error: Exception, definition: CommandDefinition, chunks_stored: int
) -> None:
    ending = ending_for(error, definition, chunks_stored=chunks_stored)

    assert (ending.status is UNKNOWN) == (definition.may_change_vehicle and leaves_open_whether_it_acted(error))
    assert ending.status in LEGAL_MOVES[CommandStatus.IN_PROGRESS]
    assert ending.error is not None
    assert ending.status_reason.startswith(ending.error.message)
