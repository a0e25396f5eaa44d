"""Refresh tokens: random, and stored only as digests.

A browser's token lives in a cookie that script cannot read, and carries a mark. Each kind is taken only by its own
routes, so the patience that browsers get (see `SessionIssuer`) can never be had with another client's token.
"""

import hashlib
import secrets

_BROWSER_MARK = "page~"
"""No character of base64url: no other token begins with it."""


def new_refresh_token(*, of_browser: bool = False) -> str:
    """256 random bits as text."""
    token = secrets.token_urlsafe(32)
    return _BROWSER_MARK + token if of_browser else token


def is_browser_token(token: str) -> bool:
    """Whether a browser's cookie is where this token belongs."""
    return token.startswith(_BROWSER_MARK)


def refresh_token_digest(token: str) -> bytes:
    """What is stored. A plain SHA-256 is enough: nobody can guess 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
