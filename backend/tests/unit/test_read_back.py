"""What a later reading proves about a clearing whose outcome is not known, and what it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.domain.command import Command
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, UserId, VehicleId
from app.domain.json_values import JsonObject
from app.domain.read_back import settles

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
VEHICLE = VehicleId(uuid4())
P0420: JsonObject = {"dtcs": [{"dtcCode": "P0420"}], "ecuAddress": "0x10"}
NOTHING: JsonObject = {"status": "complete", "totalDtcs": 0, "ecuAddress": "0x10"}


def command(name: str, status: CommandStatus, started: datetime, **params: str) -> Command:
    return Command(
        command_id=CommandId(uuid4()),
        vehicle_id=VEHICLE,
        user_id=UserId(uuid4()),
        command_name=name,
        command_params=dict(params),
        status=status,
        status_reason=None,
        error=None,
        reason=None,
        correlation_id="test",
        submitted_at=started,
        expires_at=started,
        timeout_s=30,
        started_at=started,
        completed_at=started + timedelta(seconds=1),
        cancel_requested_at=None,
        attempt=1,
    )


CLEARED = command("ClearDTC", CommandStatus.OUTCOME_UNKNOWN, NOON, ecuAddress="0x10")
READ = command("ReadDTC", CommandStatus.COMPLETED, NOON + timedelta(minutes=1), ecuAddress="0x0010")


def test_nothing_left_proves_the_clearing() -> None:
    ending = settles(CLEARED, READ, [NOTHING])
    assert ending is not None
    assert ending.status is CommandStatus.COMPLETED
    assert str(READ.command_id) in ending.status_reason


def test_codes_still_there_prove_nothing() -> None:
    assert settles(CLEARED, READ, [P0420, NOTHING]) is None


@pytest.mark.parametrize(("code", "is_settled"), [("P0171", True), ("P0420", False)])
def test_clearing_of_one_code_is_judged_by_that_code(code: str, is_settled: bool) -> None:
    one = replace(CLEARED, command_params={"ecuAddress": "0x10", "dtcCode": code})
    assert (settles(one, READ, [P0420, NOTHING]) is not None) is is_settled


def test_default_control_unit_of_a_reading_counts() -> None:
    assert settles(CLEARED, replace(READ, command_params={}), [NOTHING]) is not None


def test_a_unit_that_did_not_answer_is_not_proven_clear() -> None:
    whole_vehicle = replace(READ, command_params={})
    others: list[JsonObject] = [
        {"dtcs": [], "ecuAddress": "0x11"},
        {"status": "complete", "ecusNotAnswered": [{"ecuAddress": "0x10"}]},
    ]
    assert settles(CLEARED, whole_vehicle, others) is None
    assert settles(CLEARED, whole_vehicle, [{"dtcs": [], "ecuAddress": "0x0010"}, *others]) is not None


def test_components_are_told_apart() -> None:
    clearing = replace(CLEARED, command_params={"component": "engine"})
    assert settles(clearing, replace(READ, command_params={}), [{"dtcs": [], "component": "engine"}]) is not None
    assert settles(clearing, replace(READ, command_params={}), [{"dtcs": [], "component": "brakes"}]) is None


def test_a_reading_of_confirmed_codes_alone_proves_nothing() -> None:
    narrow = replace(READ, command_params={"ecuAddress": "0x10", "statusMask": "0x08"})
    assert settles(CLEARED, narrow, [NOTHING]) is None


@pytest.mark.parametrize(
    ("unknown", "read"),
    [
        (CLEARED, replace(READ, command_params={"ecuAddress": "0x11"})),
        (CLEARED, replace(READ, vehicle_id=VehicleId(uuid4()))),
        (CLEARED, replace(READ, started_at=NOON)),
        (CLEARED, replace(READ, status=CommandStatus.FAILED)),
        (replace(CLEARED, status=CommandStatus.FAILED), READ),
        (CLEARED, replace(READ, command_name="ReadDataByID")),
    ],
)
def test_other_unit_vehicle_time_or_state_proves_nothing(unknown: Command, read: Command) -> None:
    assert settles(unknown, read, [NOTHING]) is None


@pytest.mark.parametrize(
    ("cleared", "left", "is_settled"),
    [
        ("P0420", "P0420-11", False),
        ("P0420-11", "P0420-11", False),
        ("P0420-11", "P0420-13", True),
        ("P0420-00", "P0420", False),
        ("P0420", "P0421-11", True),
    ],
)
def test_a_code_without_failure_type_is_there_as_long_as_one_of_its_kind_is(
    cleared: str, left: str, is_settled: bool
) -> None:
    one = replace(CLEARED, command_params={"ecuAddress": "0x10", "dtcCode": cleared})
    answer: list[JsonObject] = [{"dtcs": [{"dtcCode": left}], "ecuAddress": "0x10"}, NOTHING]
    assert (settles(one, READ, answer) is not None) is is_settled
