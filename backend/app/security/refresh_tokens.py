"""Refresh tokens: random, and stored only as digests."""

import hashlib
import secrets


def new_refresh_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def refresh_token_digest(token: str) -> bytes:
    """What is stored. A plain SHA-256 is enough: nobody can guess 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
