"""The checks that end every disturbance test can fail: each kind of damage is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.command_states import CommandStatus
from support.ledger import Account, Chunk, Happening, Ledger

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def history(*events: str) -> tuple[Happening, ...]:
    return tuple(Happening(event=name, actor_name=None, occurred_at=at(i)) for i, name in enumerate(events))


def chunks(*numbers: int, final: int | None = None) -> tuple[Chunk, ...]:
    return tuple(Chunk(number=number, is_final=number == final, received_at=at(1.5)) for number in numbers)


GOOD = Account(
    command_id="one",
    lane="lane",
    status=CommandStatus.COMPLETED,
    attempt=1,
    queue_number=1,
    expires_at=at(100),
    started_at=at(1),
    completed_at=at(2),
    error=None,
    chunks=chunks(1, 2, 3, final=3),
    history=history("submitted", "in_progress", "completed"),
)


def test_sound_command_has_no_faults() -> None:
    ledger = Ledger({"one": GOOD})
    ledger.check(["one"])


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ({"chunks": chunks(1, 3, final=3)}, "numbered [1, 3]"),
        ({"chunks": chunks(1, 2, 3, final=2)}, "follows the final one"),
        ({"chunks": chunks(1, 2)}, "with final chunk: False"),
        ({"history": history("submitted", "in_progress", "completed", "failed")}, "illegal move completed -> failed"),
        ({"history": history("in_progress", "completed")}, "does not begin"),
        ({"history": history("submitted", "in_progress")}, "the audit trail ends with in_progress"),
        ({"attempt": 2}, "1 starts in the audit trail"),
        ({"completed_at": None}, "with completed_at None"),
        ({"expires_at": at(0.5)}, "after its expiry"),
        ({"status": CommandStatus.FAILED, "chunks": chunks(1), "completed_at": at(1)}, "stored after the end"),
    ],
)
def test_damage_is_named(damage: dict[str, object], named: str) -> None:
    broken = replace(GOOD, **damage)  # type: ignore[arg-type]  # the names are the table's to get right
    assert any(named in fault for fault in broken.faults()), broken.faults()


def test_commands_of_one_lane_that_overlap_are_found() -> None:
    ledger = Ledger({"one": replace(GOOD, completed_at=at(5)), "two": replace(GOOD, command_id="two")})
    assert any("had its lane" in fault for fault in ledger.faults())


@pytest.mark.parametrize("accepted", [["one", "lost"], ["waiting"]])
def test_lost_and_unfinished_commands_are_found(accepted: list[str]) -> None:
    waiting = replace(
        GOOD,
        command_id="waiting",
        lane="other",
        status=CommandStatus.PENDING,
        attempt=0,
        started_at=None,
        completed_at=None,
        chunks=(),
        history=history("submitted"),
    )
    with pytest.raises(AssertionError, match=r"lost|limbo"):
        Ledger({"one": GOOD, "waiting": waiting}).check(accepted)
