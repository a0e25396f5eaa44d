"""The client's calls against a real HTTP peer that breaks connections, answers problems, and lets tokens expire."""

import asyncio
import json
import stat
from pathlib import Path

import httpx
import pytest

from app.client import (
    AccessDenied,
    ApiError,
    BadRequest,
    CredentialFile,
    FixedToken,
    NotSignedIn,
    RateLimited,
    ServerFailed,
    ServerUnreachable,
    SovdClient,
    StateConflict,
    StoredLogin,
    StoredTokens,
    Unauthorized,
    UnexpectedAnswer,
    UnknownObject,
)
from app.client.http_transport import HttpTransport
from app.client.resources import VERIFIED_WITHIN_S, Audit
from app.domain.json_values import JsonObject
from support.http_peer import Answer, HttpPeer

COMMAND: JsonObject = {
    "command_id": "c",
    "vehicle_id": "v",
    "user_id": "u",
    "command_name": "ReadDTC",
    "command_params": {},
    "status": "pending",
    "status_reason": None,
    "error": None,
    "submitted_at": "2026-03-01T08:00:00Z",
    "expires_at": "2026-03-01T08:10:00Z",
    "started_at": None,
    "completed_at": None,
    "queue_position": 1,
}
PAIR = {"access_token": "new", "refresh_token": "next", "token_type": "bearer", "expires_in": 900}
ME = {"user_id": "u", "username": "anna", "email": None, "role": "engineer", "is_active": True}


async def submit(peer: HttpPeer, retry_for_s: float = 5.0) -> None:
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t"), retry_for_s=retry_for_s) as client:
        command = await client.commands.submit(vehicle_id="v", command_name="ReadDTC")
        assert command.command_id == "c"


@pytest.mark.parametrize("trouble", [Answer(broken=True), Answer(status=503), Answer(status=502)], ids=repr)
async def test_a_submit_is_repeated_with_the_same_key_and_correlation_id(trouble: Answer) -> None:
    await submit(peer := HttpPeer([trouble, trouble, Answer(status=201, body=COMMAND)]))
    assert len(peer.asked) == 3
    assert len({request.headers["idempotency-key"] for request in peer.asked}) == 1
    assert len({request.headers["x-correlation-id"] for request in peer.asked}) == 1


async def test_two_submits_have_different_keys() -> None:
    peer = HttpPeer([Answer(status=201, body=COMMAND)])
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t")) as client:
        for _ in range(2):
            await client.commands.submit(vehicle_id="v", command_name="ReadDTC")
    assert len({request.headers["idempotency-key"] for request in peer.asked}) == 2


async def test_repeats_end_in_the_given_time() -> None:
    with pytest.raises(ServerUnreachable):
        await submit(HttpPeer([Answer(broken=True)]), retry_for_s=0.5)
    with pytest.raises(ServerFailed):
        await submit(HttpPeer([Answer(status=503)]), retry_for_s=0.5)


async def test_what_is_not_safe_to_repeat_is_not_repeated() -> None:
    peer = HttpPeer([Answer(broken=True)])
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t")) as client:
        with pytest.raises(ServerUnreachable):
            await client.users.add({"username": "anna"})
    assert len(peer.asked) == 1


PROBLEM = {
    "type": "about:blank",
    "title": "Bad",
    "status": 422,
    "detail": "two fields are wrong",
    "code": "invalid_request",
    "correlation_id": "abc",
    "errors": [{"pointer": "/vin", "message": "17 characters"}],
}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (403, AccessDenied),
        (404, UnknownObject),
        (409, StateConflict),
        (418, ApiError),
        (422, BadRequest),
        (429, RateLimited),
        (500, ServerFailed),
    ],
)
async def test_problems_become_typed_errors_that_carry_everything(status: int, expected: type[ApiError]) -> None:
    answer = Answer(status=status, body=PROBLEM | {"status": status}, headers={"Retry-After": "12"})
    peer = HttpPeer([answer])
    async with peer.running(), SovdClient.open(peer.url, None, retry_for_s=0) as client:
        with pytest.raises(expected) as caught:
            await client.account.login("anna", "wrong")
    problem = caught.value.problem
    assert (problem.status, problem.code, problem.message) == (status, "invalid_request", "two fields are wrong")
    assert (problem.correlation_id, problem.retry_after_s) == ("abc", 12.0)
    assert [(item.pointer, item.message) for item in problem.field_errors] == [("/vin", "17 characters")]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(text="<html>"),
        Answer(body=[1]),
        Answer(body={"user_id": 7}),
        Answer(status=301, headers={"Location": "https://elsewhere/"}),
    ],
    ids=["page", "list", "wrong member", "redirect"],
)
async def test_an_answer_that_is_not_ours_is_named_as_such(answer: Answer) -> None:
    peer = HttpPeer([answer])
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t")) as client:
        with pytest.raises(UnexpectedAnswer):
            await client.account.me()


async def test_a_problem_without_a_body_still_tells_the_status() -> None:
    peer = HttpPeer([Answer(status=500, text="")])
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t")) as client:
        with pytest.raises(ServerFailed) as caught:
            await client.account.me()
    assert caught.value.problem.code == "http_500"
    assert caught.value.problem.correlation_id == peer.asked[0].headers["x-correlation-id"]


class ExpiringPeer(HttpPeer):
    """Accepts the access token `new` only, and each refresh token once, as the server does."""

    def __init__(self) -> None:
        super().__init__([Answer()])
        self.exchanges: list[str] = []

    def next_answer(self) -> Answer:
        """By the token of the request."""
        request = self.asked[-1]
        if request.target.endswith("/auth/refresh"):
            token = request.body["refresh_token"]
            if token in self.exchanges or token != "first":
                return Answer(status=401, body={"code": "refresh_token_reused"})
            self.exchanges.append(token)
            return Answer(body=PAIR)
        accepted = request.headers.get("authorization") == "Bearer new"
        return Answer(body=ME) if accepted else Answer(status=401, body={"code": "token_expired"})


def stored(folder: Path, server: str, access: str = "old", refresh: str = "first") -> CredentialFile:
    file = CredentialFile(folder / "credentials.json")
    file.save(server, StoredLogin(username="anna", access_token=access, refresh_token=refresh))
    return file


async def test_an_expired_token_is_renewed_once_by_many_calls_at_once(tmp_path: Path) -> None:
    peer = ExpiringPeer()
    async with peer.running():
        file = stored(tmp_path, peer.url)
        async with SovdClient.open(peer.url, StoredTokens(file, peer.url)) as client:
            users = await asyncio.gather(*(client.account.me() for _ in range(10)))
    assert {user.username for user in users} == {"anna"}
    assert peer.exchanges == ["first"]
    login = file.load(peer.url)
    assert login is not None
    assert (login.access_token, login.refresh_token) == ("new", "next")


async def test_several_programs_of_one_user_spend_the_refresh_token_once(tmp_path: Path) -> None:
    peer = ExpiringPeer()
    async with peer.running():
        file = stored(tmp_path, peer.url)

        async def program() -> str:
            async with SovdClient.open(peer.url, StoredTokens(CredentialFile(file.path), peer.url)) as client:
                return (await client.account.me()).username

        assert set(await asyncio.gather(*(program() for _ in range(5)))) == {"anna"}
    assert peer.exchanges == ["first"]


async def test_a_session_that_has_ended_asks_to_sign_in_again(tmp_path: Path) -> None:
    peer = ExpiringPeer()
    async with peer.running():
        file = stored(tmp_path, peer.url, refresh="long spent")
        async with SovdClient.open(peer.url, StoredTokens(file, peer.url)) as client:
            with pytest.raises(NotSignedIn, match="has ended"):
                await client.account.me()


async def test_a_given_token_is_not_renewed() -> None:
    peer = ExpiringPeer()
    async with peer.running(), SovdClient.open(peer.url, FixedToken("old")) as client:
        with pytest.raises(NotSignedIn):
            await client.account.me()
    assert peer.exchanges == []


async def test_without_a_sign_in_nothing_is_sent(tmp_path: Path) -> None:
    peer = ExpiringPeer()
    async with peer.running():
        tokens = StoredTokens(CredentialFile(tmp_path / "none.json"), peer.url)
        async with SovdClient.open(peer.url, tokens) as client:
            with pytest.raises(NotSignedIn):
                await client.account.me()
    assert peer.asked == []


async def test_all_pages_are_read_and_filters_sent() -> None:
    def page(names: list[str], offset: int) -> Answer:
        items = [ME | {"username": name} for name in names]
        return Answer(body={"items": items, "total": 3, "limit": 2, "offset": offset})

    peer = HttpPeer([page(["a", "b"], 0), page(["c"], 2)])
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t")) as client:
        assert [user.username async for user in client.users.all()] == ["a", "b", "c"]
    assert "offset=2" in peer.asked[1].target


async def test_lines_of_an_export_arrive_one_by_one_and_problems_are_raised() -> None:
    peer = HttpPeer([Answer(text='{"a":1}\n{"b":2}\n'), Answer(status=403, body=PROBLEM)])
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t")) as client:
        assert [json.loads(line) async for line in client.audit.export()] == [{"a": 1}, {"b": 2}]
        with pytest.raises(AccessDenied):
            [line async for line in client.audit.export()]


async def test_only_the_audit_trail_may_take_long_to_be_verified() -> None:
    waits: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        waits.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json={"intact": True, "items": [], "total": 0, "limit": 1, "offset": 0})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://test", timeout=30) as http:
        audit = Audit(HttpTransport(http, FixedToken("t")))
        await audit.verify()
        await audit.list({})
    assert waits == [VERIFIED_WITHIN_S, 30]


async def test_the_export_renews_an_expired_token(tmp_path: Path) -> None:
    peer = ExpiringPeer()
    async with peer.running():
        file = stored(tmp_path, peer.url)
        async with SovdClient.open(peer.url, StoredTokens(file, peer.url)) as client:
            assert len([line async for line in client.audit.export()]) == 1
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
