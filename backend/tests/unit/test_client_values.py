"""Reading what a server sends: events, members, credentials, delays, the place in a stream."""

import json
import stat
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client import CredentialFile, StoredLogin, UnexpectedAnswer
from app.client import json_reading as read
from app.client.backoff import delays
from app.client.client_errors import read_problem
from app.client.credentials import CredentialsUnreadable, default_path
from app.client.event_stream import StreamPosition
from app.client.events import ProgressEvent, read_event
from app.client.http_transport import describe_trouble
from app.client.stream_links import LinkLost, websocket_address
from app.domain.json_values import JsonObject
from support.stream_peer import COMMAND_ID, chunk, status

LOGIN = StoredLogin(username="anna", access_token="a", refresh_token="r")


def test_credentials_are_kept_per_server_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    file = CredentialFile(tmp_path / "deep" / "credentials.json")
    file.save("http://a", LOGIN)
    file.save("http://b", StoredLogin(username="bert", access_token="x", refresh_token="y"))
    file.choose("http://b")
    assert file.load("http://a") == LOGIN
    assert file.last_server() == "http://b"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.path.parent.iterdir()] == ["credentials.json"]
    file.remove("http://a")
    file.remove("http://never")
    assert file.load("http://a") is None
    assert file.load("http://b") is not None


def test_a_file_that_others_can_read_is_replaced_by_a_private_one(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text("{}")
    path.chmod(0o644)
    CredentialFile(path).save("http://a", LOGIN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_permissions_of_a_folder_that_was_there_stay(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    CredentialFile(tmp_path / "credentials.json").save("http://a", LOGIN)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize("content", ["", "{", "[]", '{"servers": 7}'])
def test_a_broken_credentials_file_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(content)
    with pytest.raises(CredentialsUnreadable, match=r"credentials\.json"):
        CredentialFile(path).save("http://a", LOGIN)
    assert path.read_text() == content


@pytest.mark.parametrize("entry", [7, {}, {"username": "a", "access_token": 1, "refresh_token": "r"}])
def test_an_entry_that_is_none_counts_as_not_signed_in(tmp_path: Path, entry: object) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps({"servers": {"http://a": entry}}))
    assert CredentialFile(path).load("http://a") is None


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CredentialsUnreadable):
        CredentialFile(tmp_path / "file" / "x" / "credentials.json").save("http://a", LOGIN)


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    assert default_path({"SOVD_CONFIG": str(tmp_path / "c.json")}) == tmp_path / "c.json"
    assert default_path({}).parts[-2:] == ("sovd-command", "credentials.json")


@given(st.floats(min_value=0, max_value=1))
def test_delays_grow_to_a_ceiling_and_are_never_nothing(jitter: float) -> None:
    taken = list(islice(delays(lambda: jitter), 12))
    assert all(0.02 <= delay <= 5.0 for delay in taken)
    assert taken == sorted(taken)


def test_an_event_of_each_kind_is_read() -> None:
    text = '{"event":"progress","command_id":"c","message":"m","pending_since":"2026-03-01T12:00:00.000Z"}'
    event = read_event(text)
    assert isinstance(event, ProgressEvent)
    assert event.text == text
    assert read_event('{"event": "weather"}') is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"event": "response", "command_id": "c"}',
        '{"event": "response", "command_id": "c", "response_payload": {}, "sequence_number": true, "is_final": false}',
        '{"event": "status", "command_id": "c", "status": "dancing"}',
        '{"event": "status", "command_id": "c", "status": "failed", "completed_at": "noon"}',
        '{"event": "progress", "command_id": "c", "message": "m", "pending_since": "2026-03-01T12:00:00"}',
    ],
)
def test_what_is_no_event_is_named_as_such(text: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        read_event(text)


def test_members_of_the_wrong_kind_are_named() -> None:
    body = {"a": 1, "t": "x", "n": None}
    readers: list[tuple[Callable[[JsonObject, str], object], str]] = [
        *((reader, "a") for reader in (read.text, read.flag, read.members, read.objects, read.moment)),
        *((reader, "t") for reader in (read.whole, read.number)),
    ]
    for reader, name in readers:
        with pytest.raises(UnexpectedAnswer, match=f"`{name}`"):
            reader(body, name)
    assert read.number(body, "a") == 1.0
    absent: list[object] = [read.optional_text(body, "n"), read.optional_whole(body, "missing")]
    assert [*absent, read.optional_moment(body, "n")] == [None, None, None]


@given(st.lists(st.integers(min_value=1, max_value=6), max_size=30), st.integers(min_value=0, max_value=3))
def test_whatever_a_server_sends_a_viewer_sees_each_chunk_once_and_in_order(sent: list[int], after: int) -> None:
    position, seen = StreamPosition(after), []
    for number in sent:
        event = read_event(chunk(number))
        assert event is not None
        try:
            if position.is_new(event):
                seen.append(number)
        except LinkLost:
            assert number > position.last_sequence_number + 1
    assert seen == list(range(after + 1, after + 1 + len(seen)))


def test_a_terminal_status_ends_the_stream() -> None:
    position = StreamPosition(0)
    for name, ended in (("in_progress", False), ("outcome_unknown", True)):
        event = read_event(status(name))
        assert event is not None
        assert position.is_new(event)
        assert position.has_ended is ended


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("http://127.0.0.1:8000", f"ws://127.0.0.1:8000/ws/responses/{COMMAND_ID}?after=3"),
        ("https://bench.example/sovd/", f"wss://bench.example/sovd/ws/responses/{COMMAND_ID}?after=3"),
    ],
)
def test_the_socket_address_follows_the_servers(base: str, address: str) -> None:
    assert websocket_address(httpx.URL(base), COMMAND_ID, 3) == address


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (httpx.ConnectTimeout("x"), "no connection"),
        (httpx.ReadTimeout("x"), "no answer"),
        (httpx.RemoteProtocolError("x"), "broke"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "not trusted"),
        (httpx.ConnectError("refused"), "nothing accepts"),
        (httpx.WriteError(""), "WriteError"),
    ],
)
def test_trouble_in_plain_words(trouble: Exception, words: str) -> None:
    assert words in describe_trouble(trouble)


def test_a_problem_with_odd_members_is_still_told() -> None:
    problem = read_problem(400, {"errors": ["x", {"pointer": "/a", "detail": "d"}], "title": "t"}, correlation_id="c")
    assert (problem.message, problem.correlation_id, problem.retry_after_s) == ("t", "c", None)
    assert [(item.pointer, item.message) for item in problem.field_errors] == [("/a", "d")]
    assert read_problem(400, {"errors": 7}, correlation_id=None).field_errors == ()
