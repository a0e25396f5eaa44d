"""Access tokens: what is issued is read back; nothing else is."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest

from app.domain.errors import NotAuthenticated
from app.domain.identifiers import SessionId, UserId
from app.security.access_tokens import AccessTokens
from app.security.refresh_tokens import new_refresh_token, refresh_token_digest

SECRET = "s" * 32
NOW = datetime(2025, 10, 28, 10, 0, tzinfo=UTC)
USER, SESSION = UserId(uuid4()), SessionId(uuid4())


@pytest.fixture
def tokens() -> AccessTokens:
    return AccessTokens(SECRET, ttl_s=900)


def claims(**changes: Any) -> dict[str, Any]:
    valid = {
        "sub": str(USER),
        "sid": str(SESSION),
        "iat": NOW,
        "exp": NOW + timedelta(minutes=15),
        "jti": str(uuid4()),
        "iss": "sovd-command",
        "aud": "sovd-command-api",
    }
    return {name: value for name, value in {**valid, **changes}.items() if value is not None}


def test_an_issued_token_is_read_back(tokens: AccessTokens) -> None:
    read = tokens.read(tokens.issue(USER, SESSION, NOW))
    assert (read.user_id, read.session_id) == (USER, SESSION)
    assert read.expires_at == NOW + timedelta(seconds=900)


def test_no_two_tokens_are_alike(tokens: AccessTokens) -> None:
    assert tokens.issue(USER, SESSION, NOW) != tokens.issue(USER, SESSION, NOW)


def test_made_by_hand_with_the_right_claims_it_is_read(tokens: AccessTokens) -> None:
    assert tokens.read(jwt.encode(claims(), SECRET, algorithm="HS256")).user_id == USER


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("sub", "sid", "iat", "exp", "jti", "iss", "aud")),
        {"iss": "somebody"},
        {"aud": "elsewhere"},
        {"sub": "erika"},
        {"sid": "1"},
        {"sid": 5},
        {"exp": 10**18},
    ],
)
def test_a_missing_or_odd_claim_is_refused(tokens: AccessTokens, changes: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.read(jwt.encode(claims(**changes), SECRET, algorithm="HS256"))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "....", "é", "x" * 5000])
def test_texts_that_are_no_tokens_are_refused(tokens: AccessTokens, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.read(token)


def test_another_secret_is_refused(tokens: AccessTokens) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.read(AccessTokens("t" * 32, ttl_s=900).issue(USER, SESSION, NOW))


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_another_algorithm_is_refused(tokens: AccessTokens, algorithm: str) -> None:
    key = "" if algorithm == "none" else SECRET * 2
    with pytest.raises(NotAuthenticated):
        tokens.read(jwt.encode(claims(), key, algorithm=algorithm))


def test_a_changed_claim_is_refused(tokens: AccessTokens) -> None:
    header, payload, signature = tokens.issue(USER, SESSION, NOW).split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed["sub"] = str(uuid4())
    forged = base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")
    with pytest.raises(NotAuthenticated):
        tokens.read(f"{header}.{forged}.{signature}")


def test_a_short_secret_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        AccessTokens("short", ttl_s=900)


def test_refresh_tokens_are_long_random_and_stored_as_digests_only() -> None:
    first, second = new_refresh_token(), new_refresh_token()
    assert first != second
    assert len(base64.urlsafe_b64decode(first + "=")) == 32
    assert len(refresh_token_digest(first)) == 32
    assert refresh_token_digest(first) != refresh_token_digest(second)
