"""Sealed secrets open in their place with their key, and nowhere else."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.sealing import SealBroken, Sealing

SEALING = Sealing("the key of the tests")


@given(st.text(max_size=200))
def test_what_was_sealed_opens_again_and_is_not_readable_in_between(text: str) -> None:
    sealed = SEALING.seal(text, secrets.token_bytes(12), place="vehicle/bearer_token")
    assert SEALING.open(sealed, place="vehicle/bearer_token") == text
    assert len(text) < 4 or text.encode() not in sealed


@given(st.binary(max_size=100))
def test_anything_else_is_refused_as_broken(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        SEALING.open(sealed, place="vehicle/bearer_token")


def test_another_place_key_or_byte_does_not_open() -> None:
    sealed = SEALING.seal("secret", bytes(12), place="one/bearer_token")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for sealing, value, place in (
        (SEALING, sealed, "two/bearer_token"),
        (Sealing("another key"), sealed, "one/bearer_token"),
        (SEALING, changed, "one/bearer_token"),
    ):
        with pytest.raises(SealBroken):
            sealing.open(value, place=place)
