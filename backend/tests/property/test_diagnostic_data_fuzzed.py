"""Damaged and random files are refused in words or loaded in part: nothing else ever comes out."""

import contextlib
import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.diagnostic_data import odx_loading
from app.diagnostic_data.identifiers_file import compile_identifiers
from app.diagnostic_data.load_report import LoadReport
from app.diagnostic_data.odx_compiler import compile_variant, head_of, variants_of
from app.diagnostic_data.pdx_archive import DataRefused, open_file
from support.odx_files import odx_document, pdx_of

WHOLE = odx_document()
TAGS = [">", "<", '"', "ID-REF", "SHORT-NAME", "A_UINT32", "VALUE", "16", "DOP-REF", "LINEAR", "</PARAMS>", "\x00"]


def loaded(content: bytes) -> None:
    """Load and compile; only DataRefused may come out."""
    with contextlib.suppress(DataRefused):
        report = LoadReport()
        database = odx_loading.load(open_file(content, "file.odx"), report)
        for layer in variants_of(database):
            compile_variant(layer, report)
            head_of(layer, report)


@settings(deadline=None)
@given(st.binary(max_size=300))
@example(b"PK\x03\x04" + bytes(30))
@example(b"PK\x05\x06" + bytes(18))
def test_random_bytes(content: bytes) -> None:
    loaded(content)
    with contextlib.suppress(DataRefused):
        compile_identifiers(content, "file.yaml")


@given(st.integers(0, len(WHOLE)), st.integers(0, 200), st.sampled_from(TAGS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_document_with_a_piece_replaced(place: int, length: int, piece: str) -> None:
    loaded((WHOLE[:place] + piece + WHOLE[place + length :]).encode())


@given(
    st.sampled_from(sorted(set(WHOLE.split('"')[1::2]))), st.sampled_from(["", "x", "-1", "dop.text", "ev.brakes_old"])
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_document_with_an_attribute_replaced(attribute: str, value: str) -> None:
    loaded(WHOLE.replace(f'"{attribute}"', f'"{value}"').encode())


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_archive_with_a_byte_changed(data: st.DataObject) -> None:
    archive = bytearray(pdx_of(brakes__odx=WHOLE))
    archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    loaded(bytes(archive))


YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "type", "length", "bits", "fields", "values", "factor", "minimum", "byte"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(YAML, YAML, YAML)
def test_any_yaml(identifiers: object, dtcs: object, ecus: object) -> None:

    document = json.dumps({"identifiers": identifiers, "dtcs": dtcs, "ecus": ecus})
    with contextlib.suppress(DataRefused):
        compile_identifiers(document.encode(), "file.yaml")
