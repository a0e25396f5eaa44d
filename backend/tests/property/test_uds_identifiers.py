"""Values of fixed identifiers: known bytes, and back again; any bytes are either decoded or refused as documented."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocols.uds.errors import UdsFormatError
from app.protocols.uds.identifiers import KNOWN_IDENTIFIERS, find_by_name, range_name
from app.protocols.uds.obd_identifiers import DataIdentifier
from app.protocols.uds.record_formats import Number

IDENTIFIERS = st.sampled_from(sorted(KNOWN_IDENTIFIERS.values(), key=lambda known: known.data_id))


@pytest.mark.parametrize(
    ("data_id", "record", "value"),
    [
        (0xF190, b"WVWZZZ1JZXW000001", "WVWZZZ1JZXW000001"),
        (0xF18C, b"SN-42\x00\x00", "SN-42"),
        (0xF18C, b"\x01\x02", "0102"),
        (0xF18B, bytes.fromhex("20251028"), "2025-10-28"),
        (0xF199, bytes.fromhex("251028"), "2025-10-28"),
        (0xF199, b"2025-10-28", "2025-10-28"),
        (0xF186, b"\x03", "extendedDiagnosticSession"),
        (0xF404, b"\xff", 100.0),
        (0xF405, b"\x7b", 83),
        (0xF406, b"\x80", 0.0),
        (0xF40C, b"\x1a\xf8", 1726.0),
        (0xF40D, b"\x32", 50),
        (0xF40E, b"\x80", 0.0),
        (0xF410, b"\x01\xf4", 5.0),
        (0xF432, b"\xff\xfc", -1.0),
        (0xF442, b"\x35\xe8", 13.8),
        (0xF451, b"\x04", "diesel"),
        (0xF4A6, b"\x00\x01\x86\xa0", 10000.0),
    ],
)
def test_known_bytes_have_known_values(data_id: int, record: bytes, value: object) -> None:
    assert KNOWN_IDENTIFIERS[data_id].form.decode(record) == value


@given(IDENTIFIERS.flatmap(lambda known: st.tuples(st.just(known), st.binary(max_size=20))))
def test_any_record_is_decoded_or_refused_as_documented(case: tuple[DataIdentifier, bytes]) -> None:
    known, record = case
    with contextlib.suppress(UdsFormatError):
        known.form.decode(record)


@given(st.sampled_from([k for k in KNOWN_IDENTIFIERS.values() if isinstance(k.form, Number)]), st.data())
def test_numbers_come_back(known: DataIdentifier, data: st.DataObject) -> None:
    form = known.form
    assert isinstance(form, Number)
    record = data.draw(st.binary(min_size=form.length, max_size=form.length))
    assert form.encode(form.decode(record)) == record


@given(IDENTIFIERS.flatmap(lambda known: st.tuples(st.just(known), st.text(max_size=9) | st.floats() | st.integers())))
def test_any_value_is_encoded_or_refused_as_documented(case: tuple[DataIdentifier, str | int | float]) -> None:
    known, value = case
    with contextlib.suppress(UdsFormatError):
        known.form.encode(value)


def test_names_and_ranges() -> None:
    rpm = find_by_name("engine speed")
    assert rpm is not None
    assert (rpm.data_id, rpm.unit, rpm.length) == (0xF40C, "rpm", 2)
    assert find_by_name("nothing") is None
    assert range_name(0xF4FE) == "OBD data (SAE J1979-DA)"
    assert range_name(0x0100) is None
    assert len([data_id for data_id in KNOWN_IDENTIFIERS if 0xF400 <= data_id < 0xF500]) >= 25
