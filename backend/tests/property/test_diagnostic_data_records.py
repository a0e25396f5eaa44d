"""Compiled layouts: what was encoded decodes to the same, and they agree with odxtools on any bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odxtools.exceptions import OdxError

from app.diagnostic_data import odx_loading
from app.diagnostic_data.conversions import Limits, Linear
from app.diagnostic_data.load_report import LoadReport
from app.diagnostic_data.odx_compiler import compile_variant
from app.diagnostic_data.odx_questions import as_json
from app.diagnostic_data.pdx_archive import open_file
from app.diagnostic_data.record_encoding import coded_limits, encode_record, schema_of
from app.diagnostic_data.record_layout import Field, NumberCoding, RecordError, RecordLayout
from app.domain.errors import InvalidRequest
from support.odx_files import odx_document

DATABASE = odx_loading.load(open_file(odx_document().encode(), "brakes.odx-d"), LoadReport())
BASE = DATABASE.base_variants[0]
COMPILED = compile_variant(BASE, LoadReport())
CODINGS: list[NumberCoding] = ["plain", "bcd", "bcd-unpacked", "ones-complement", "sign-magnitude"]


@st.composite
def numbers(draw: st.DrawFn) -> tuple[Field, int]:
    """A whole number of any form at any place, and a value that it can have."""
    kind = draw(st.sampled_from(["uint", "int"]))
    coding = draw(st.sampled_from(CODINGS[:3] if kind == "uint" else [CODINGS[0], *CODINGS[3:]]))
    bits = draw(st.integers(1, 4)) * 8 if coding.startswith("bcd") else draw(st.integers(2, 40))
    part = Field(
        name="x",
        kind="uint" if kind == "uint" else "int",
        byte=draw(st.integers(0, 3)),
        bit=draw(st.integers(0, 7)),
        bits=bits,
        little_endian=draw(st.booleans()),
        coding=coding,
    )
    limits = coded_limits(part)
    assert limits is not None
    assert isinstance(limits.lower, int)
    assert isinstance(limits.upper, int)
    return part, draw(st.integers(limits.lower, limits.upper))


@given(numbers())
def test_a_number_comes_back_as_it_was_written(case: tuple[Field, int]) -> None:
    part, value = case
    layout = RecordLayout(fields=(part,))
    record = encode_record(layout, value, "/value")
    assert layout.decode(record)[0].value == value
    assert RecordLayout.of_json(layout.to_json()) == layout


@given(numbers(), st.integers(1, 1 << 70))
def test_a_number_that_does_not_fit_is_refused_with_its_range(case: tuple[Field, int], beyond: int) -> None:
    part, _ = case
    limits = coded_limits(part)
    assert limits is not None
    for value in ((limits.upper or 0) + beyond, (limits.lower or 0) - beyond):
        with pytest.raises(InvalidRequest) as refused:
            encode_record(RecordLayout(fields=(part,)), value, "/value")
        assert str(limits.upper) in refused.value.field_errors[0].message


@given(st.integers(-(10**6), 10**6), st.floats(0.001, 1000), st.floats(-1000, 1000), st.booleans())
def test_a_scale_and_its_inverse(internal: int, factor: float, offset: float, negative: bool) -> None:
    limits = Limits(lower=-(10**6), upper=10**6)
    linear = Linear(offset=offset, factor=-factor if negative else factor, limits=limits)
    shown = linear.physical_limits(limits)
    physical = linear.to_physical(internal)
    assert linear.to_internal(physical) == internal
    assert shown.lower is not None
    assert shown.upper is not None
    assert shown.lower <= physical <= shown.upper


@given(st.sampled_from([0xF195, 0x0100, 0x0101]), st.binary(max_size=12))
def test_a_compiled_layout_reads_what_odxtools_reads(data_id: int, record: bytes) -> None:
    """Or both refuse it. A nested value is called by its path here."""
    entry = COMPILED["identifiers"][f"{data_id:04x}"]
    layout = RecordLayout.of_json(entry["read"]["layout"])
    service = BASE.services[entry["name"]]
    try:
        theirs = as_json(service.positive_responses[0].decode(b"\x62" + data_id.to_bytes(2, "big") + record))
    except (OdxError, IndexError):
        theirs = None
    try:
        ours = {part.name: part.value for part in layout.decode(record)}
    except RecordError:
        ours = None
    if theirs is not None:
        theirs = {name: value for name, value in _flat(theirs).items() if name not in {"sid", "did"}}
    assert ours == theirs


def _flat(values: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_whatever_is_given_as_a_value_is_encoded_or_refused(value: object) -> None:
    for compiled in (COMPILED["identifiers"]["0101"]["read"], COMPILED["identifiers"]["f195"]["read"]):
        layout = RecordLayout.of_json(compiled["layout"])
        schema_of(layout)
        try:
            record = encode_record(layout, value, "/value")  # type: ignore[arg-type] # anything at all, on purpose
        except InvalidRequest:
            continue
        assert layout.decode(record)
