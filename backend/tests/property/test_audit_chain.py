"""The chain over the audit trail: any single change, removal or exchange is found, and the first bad row is named."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.audit_chain import (
    ChainFault,
    ChainHead,
    FaultKind,
    Seal,
    SealableEntry,
    compare_with_anchor,
    entry_digest,
    follow,
    head_after,
    link,
)

Row = tuple[Seal, SealableEntry | None]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
optional_texts = st.none() | texts
times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


@st.composite
def trails(draw: st.DrawFn, min_size: int = 1) -> tuple[SealableEntry, ...]:
    ids = draw(st.lists(st.integers(1, 10**12), min_size=min_size, max_size=8, unique=True))
    return tuple(
        SealableEntry(
            entry_id=entry_id,
            occurred_at=draw(times),
            actor_type=draw(texts),
            actor_id=draw(optional_texts),
            actor_name=draw(optional_texts),
            action=draw(texts),
            outcome=draw(texts),
            object_type=draw(optional_texts),
            object_id=draw(optional_texts),
            details=draw(texts),
            correlation_id=draw(optional_texts),
            ip_address=draw(optional_texts),
        )
        for entry_id in ids
    )


def sealed(entries: Sequence[SealableEntry]) -> list[Row]:
    head = ChainHead()
    rows: list[Row] = []
    for entry in entries:
        seal = link(head, entry)
        rows.append((seal, entry))
        head = head_after(seal)
    return rows


def verify(rows: Sequence[Row]) -> ChainHead | ChainFault:
    """What the service does: rows come in the order of their positions."""
    head, fault = follow(ChainHead(), sorted(rows, key=lambda row: row[0].position))
    return fault or head


def other(value: object) -> Any:
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1, *value[1:]])
    return "" if value is None else f"{value}x"


@given(trails())
def test_an_untouched_chain_is_whole(entries: tuple[SealableEntry, ...]) -> None:
    rows = sealed(entries)
    assert verify(rows) == head_after(rows[-1][0])


@given(trails(), st.data())
@settings(max_examples=300)
def test_a_change_of_any_field_of_any_entry_is_found(entries: tuple[SealableEntry, ...], data: st.DataObject) -> None:
    rows = sealed(entries)
    index = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(SealableEntry._fields))
    seal, entry = rows[index]
    assert entry is not None
    rows[index] = (seal, entry._replace(**{name: other(getattr(entry, name))}))
    fault = verify(rows)
    assert isinstance(fault, ChainFault)
    assert (fault.kind, fault.entry_id) == (FaultKind.CHANGED_ENTRY, seal.entry_id)


@given(trails(), st.data())
def test_a_removed_entry_is_found(entries: tuple[SealableEntry, ...], data: st.DataObject) -> None:
    rows = sealed(entries)
    index = data.draw(st.integers(0, len(rows) - 1))
    rows[index] = (rows[index][0], None)
    fault = verify(rows)
    assert isinstance(fault, ChainFault)
    assert (fault.kind, fault.entry_id) == (FaultKind.MISSING_ENTRY, entries[index].entry_id)


@given(trails(min_size=2), st.data())
def test_a_removed_seal_is_found(entries: tuple[SealableEntry, ...], data: st.DataObject) -> None:
    rows = sealed(entries)
    index = data.draw(st.integers(0, len(rows) - 2))
    del rows[index]
    fault = verify(rows)
    assert isinstance(fault, ChainFault)
    assert (fault.kind, fault.position) == (FaultKind.MISSING_SEAL, index + 1)


@given(trails(), st.data())
def test_a_changed_seal_is_found(entries: tuple[SealableEntry, ...], data: st.DataObject) -> None:
    rows = sealed(entries)
    index = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(["entry_id", "entry_digest", "chain_digest"]))
    seal, entry = rows[index]
    rows[index] = (seal._replace(**{name: other(getattr(seal, name))}), entry)
    fault = verify(rows)
    assert isinstance(fault, ChainFault)
    assert fault.position == index + 1


@given(trails(min_size=2), st.data())
def test_two_exchanged_rows_are_found(entries: tuple[SealableEntry, ...], data: st.DataObject) -> None:
    """Whether only the entries change places, or the seals with them, or the seals with their positions put right."""
    rows = sealed(entries)
    first, second = sorted(data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=2, max_size=2, unique=True)))
    (seal_a, entry_a), (seal_b, entry_b) = rows[first], rows[second]
    rows[first], rows[second] = data.draw(
        st.sampled_from(
            [
                ((seal_a, entry_b), (seal_b, entry_a)),
                (
                    (seal_b._replace(position=seal_a.position), entry_b),
                    (seal_a._replace(position=seal_b.position), entry_a),
                ),
            ]
        )
    )
    fault = verify(rows)
    assert isinstance(fault, ChainFault)
    assert fault.position == first + 1


@given(trails(), st.integers(-(10**6), 0))
def test_a_seal_before_the_first_is_found(entries: tuple[SealableEntry, ...], position: int) -> None:
    rows = sealed(entries)
    fault = verify([(rows[0][0]._replace(position=position), rows[0][1]), *rows])
    assert isinstance(fault, ChainFault)
    assert (fault.kind, fault.position) == (FaultKind.SEAL_OUT_OF_ORDER, position)


@given(trails())
def test_a_cut_end_shows_only_against_a_head_noted_outside(entries: tuple[SealableEntry, ...]) -> None:
    rows = sealed(entries)
    noted = head_after(rows[-1][0])
    shortened = verify(rows[:-1])
    assert isinstance(shortened, ChainHead)
    fault = compare_with_anchor(noted, shortened)
    assert fault is not None
    assert fault.kind is FaultKind.TRUNCATED
    assert compare_with_anchor(noted, noted) is None


@given(trails())
def test_a_chain_made_anew_shows_against_a_head_noted_outside(entries: tuple[SealableEntry, ...]) -> None:
    noted = head_after(sealed(entries)[-1][0])
    forged = verify(sealed((entries[0]._replace(details=entries[0].details + "x"), *entries[1:])))
    assert isinstance(forged, ChainHead)
    fault = compare_with_anchor(noted, forged)
    assert fault is not None
    assert fault.kind is FaultKind.ANCHOR_MISMATCH


@given(trails(min_size=2))
def test_different_entries_have_different_digests(entries: tuple[SealableEntry, ...]) -> None:
    assert len({entry_digest(entry) for entry in entries}) == len(entries)


def test_text_cannot_wander_from_one_field_to_the_next() -> None:
    entry = SealableEntry(
        entry_id=1,
        occurred_at=datetime(2025, 1, 1, tzinfo=UTC),
        actor_type="user",
        actor_id="ab",
        actor_name="c",
        action="x",
        outcome="success",
        object_type=None,
        object_id="",
        details="{}",
        correlation_id=None,
        ip_address=None,
    )
    assert entry_digest(entry) != entry_digest(entry._replace(actor_id="a", actor_name="bc"))
    assert entry_digest(entry) != entry_digest(entry._replace(object_type="", object_id=None))
    assert entry_digest(entry) != entry_digest(entry._replace(object_id="null"))


def test_the_digests_are_the_ones_that_stand_in_databases() -> None:
    """Any change of these values makes every trail that was ever sealed look forged."""
    entry = SealableEntry(
        entry_id=7,
        occurred_at=datetime(2025, 10, 28, 12, 0, 1, tzinfo=timezone(timedelta(hours=2))),
        actor_type="user",
        actor_id="ä",
        actor_name='"\\\n',
        action="a.b",
        outcome="success",
        object_type=None,
        object_id="",
        details='{"b": 1.0, "a":"\\ud800"}',
        correlation_id=None,
        ip_address="::1",
    )
    seal = link(ChainHead(), entry)
    assert seal.entry_digest.hex() == "81b274404296a119ba6ca81af0dfa61d1c9a9fd51b77861e090283ede3e532f5"
    assert link(head_after(seal), entry).chain_digest.hex() == (
        "4be15107cdfb87c08fe56125fe4eeea80749e0af3f1e0e753d16614094791653"
    )
