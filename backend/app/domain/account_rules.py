"""What user names, passwords and e-mail addresses must look like. Pure; each breach names its field."""

import re
from collections.abc import Iterator

from app.domain.errors import FieldError, InvalidRequest

PASSWORD_MIN_LENGTH = 12
PASSWORD_MAX_LENGTH = 256
_USERNAME = re.compile(r"[a-z0-9._-]{1,64}")
_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+")


def normal_username(raw: str) -> str | None:
    """The stored spelling of a user name (lower case), or None where it cannot be one."""
    lowered = raw.lower()
    return lowered if raw.isascii() and _USERNAME.fullmatch(lowered) else None


def checked_username(raw: str) -> str:
    """The stored spelling. Raises InvalidRequest naming `/username`."""
    username = normal_username(raw)
    if username is None:
        raise _wrong("/username", "use 1 to 64 of the characters a-z, 0-9, '.', '_' and '-'")
    return username


def check_password(password: str, username: str, *, pointer: str = "/password") -> None:
    """Raises InvalidRequest naming `pointer`. Length is what counts, not kinds of signs (NIST SP 800-63B, 3.1.1.2)."""
    breaches = list(_password_breaches(password, username))
    if breaches:
        raise _wrong(pointer, "; ".join(breaches))


def check_email(email: str | None) -> None:
    """Raises InvalidRequest naming `/email`. Only the shape is checked: mail is never sent to it."""
    if email is not None and (len(email) > 254 or not _EMAIL.fullmatch(email)):
        raise _wrong("/email", "give an address of the form name@example.org, at most 254 characters")


def _password_breaches(password: str, username: str) -> Iterator[str]:
    if len(password) < PASSWORD_MIN_LENGTH:
        yield f"use at least {PASSWORD_MIN_LENGTH} characters"
    if len(password) > PASSWORD_MAX_LENGTH:
        yield f"use at most {PASSWORD_MAX_LENGTH} characters"
    if password.lower() == username.lower():
        yield "the password must differ from the user name"


def _wrong(pointer: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, [FieldError(pointer, message)])
