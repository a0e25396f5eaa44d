"""User names, passwords, e-mail addresses: what is taken, and that a refusal names the field."""

import pytest

from app.domain.account_rules import check_email, check_password, checked_username, normal_username
from app.domain.errors import InvalidRequest


@pytest.mark.parametrize(
    ("raw", "stored"), [("Erika", "erika"), ("a", "a"), ("A.b_c-9", "a.b_c-9"), ("x" * 64, "x" * 64)]
)
def test_user_names_are_kept_in_lower_case(raw: str, stored: str) -> None:
    assert checked_username(raw) == stored


@pytest.mark.parametrize("raw", ["", "x" * 65, "two words", "ümlaut", "nul\x00", "a\n", "\u212a", "a/b", "\u0130"])
def test_other_texts_are_no_user_names(raw: str) -> None:
    assert normal_username(raw) is None
    with pytest.raises(InvalidRequest) as caught:
        checked_username(raw)
    assert [error.pointer for error in caught.value.field_errors] == ["/username"]


@pytest.mark.parametrize("password", ["p" * 12, "p" * 256, "correct horse battery", "пароль-пароль"])
def test_long_passwords_are_taken_whatever_they_are_made_of(password: str) -> None:
    check_password(password, "erika")


@pytest.mark.parametrize("password", ["", "p" * 11, "p" * 257, "Erika.Muster", "erika.muster"])
def test_short_overlong_and_name_like_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_password(password, "erika.muster", pointer="/new_password")
    assert [error.pointer for error in caught.value.field_errors] == ["/new_password"]
    assert not password or password not in caught.value.message


@pytest.mark.parametrize("email", ["no-at", "two words@example.org", "a@", "@b", "a" * 250 + "@b.de", "a@b\x00"])
def test_texts_that_are_no_address_are_refused(email: str) -> None:
    with pytest.raises(InvalidRequest):
        check_email(email)


def test_an_address_may_be_left_out() -> None:
    check_email(None)
    check_email("erika@example.org")
