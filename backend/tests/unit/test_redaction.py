"""Secrets never reach a log line: by name, by look, at any depth."""

import pytest

from app.observability.redaction import HIDDEN, redacted, redacted_text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "access_token",
        "refresh_token",
        "Authorization",
        "token_secret",
        "database_url",
        "Cookie",
    ],
)
def test_a_member_with_a_secret_name_is_hidden(name: str) -> None:
    assert redacted({name: "s3cret"}) == {name: HIDDEN}


def test_members_of_nested_objects_and_lists_are_hidden() -> None:
    event = redacted({"body": {"user": "erika", "password": "s3cret"}, "tries": [{"token": "abc"}]})
    assert event == {"body": {"user": "erika", "password": HIDDEN}, "tries": [{"token": HIDDEN}]}


def test_a_lease_token_is_a_counter_and_stays() -> None:
    assert redacted({"lease_token": 4, "password": None}) == {"lease_token": 4, "password": None}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"got {JWT}!", f"got {HIDDEN}!"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {HIDDEN}"),
        ("sub-protocol bearer.abc", f"sub-protocol bearer.{HIDDEN}"),
        ("postgresql://sovd:s3cret@db:5432/sovd", f"postgresql://sovd:{HIDDEN}@db:5432/sovd"),
        ("redis://:s3cret@cache/0", f"redis://:{HIDDEN}@cache/0"),
        ("GET /ws/responses/1?token=abc&after=2", f"GET /ws/responses/1?token={HIDDEN}&after=2"),
        ("connecting to http://host:8000/path", "connecting to http://host:8000/path"),
        ("sim:?delay=0.5", "sim:?delay=0.5"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str, shown: str) -> None:
    assert redacted_text(text) == shown


def test_any_object_is_shown_as_redacted_text() -> None:
    assert redacted({"error": ValueError(f"bad token {JWT}")}) == {"error": f"bad token {HIDDEN}"}


def test_endless_nesting_is_cut() -> None:
    nested: dict[str, object] = {}
    nested["self"] = nested
    assert "self" in redacted({"loop": nested})["loop"]
