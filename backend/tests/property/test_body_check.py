"""What cannot be stored is always found: the quick look never clears a document that the full look would refuse."""

import json

from hypothesis import given
from hypothesis import strategies as st

from app.api.body_check import may_hold_unstorable, unstorable_parts

_TEXTS = st.text(st.sampled_from('\x00a/~é"\\u0'), max_size=6)
_NUMBERS = st.integers(-(2**66), 2**66) | st.floats(allow_nan=False, allow_infinity=False)
_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
)


@given(document=_DOCUMENTS, ascii_only=st.booleans())
def test_the_quick_look_clears_nothing_that_must_be_refused(document: object, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only).encode()
    if unstorable_parts(document):
        assert may_hold_unstorable(text)


@given(depth=st.integers(0, 80), in_objects=st.booleans())
def test_nesting_is_measured_on_any_mixture(depth: int, in_objects: bool) -> None:
    document: object = 1
    for _ in range(depth):
        document = {"a": document} if in_objects else [document]
    assert bool(unstorable_parts(document)) is (depth > 31)
    if depth > 31:
        assert may_hold_unstorable(json.dumps(document).encode())
