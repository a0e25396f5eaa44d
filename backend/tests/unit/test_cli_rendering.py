"""What the program shows: safe text, quantities with units, tables, the screen of a running command."""

import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from app.cli.audit_acts import verification_lines
from app.cli.failures import report_failure
from app.cli.given_files import read_file
from app.cli.plain_text import one_line, printable
from app.cli.presence_acts import show_share
from app.cli.presenters import JsonPresenter, LinePresenter, LivePresenter, choose_presenter
from app.cli.quantities import show_age, show_seconds, show_time
from app.cli.run_view import Recorded, RunView
from app.cli.tables import (
    audit_table,
    chunk_table,
    command_facts,
    definition_table,
    history_table,
    timeline_table,
    user_table,
    vehicle_table,
)
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.client import client_errors as errors
from app.client.event_stream import StreamInterrupted
from app.client.events import Event, read_event
from app.client.values import read_chunk, read_command, read_user, read_vehicle
from app.domain.command_states import CommandStatus
from app.domain.errors import FieldError, InvalidRequest
from app.domain.json_values import JsonObject
from support.stream_peer import chunk, status

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def drawn(renderable: RenderableType, *, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False, record=True)
    console.print(renderable)
    return console.export_text()


def event(text: str) -> Event:
    found = read_event(text)
    assert found is not None
    return found


def test_escape_sequences_from_outside_lose_their_power() -> None:
    assert "\x1b" not in printable("\x1b[31mred\x1b]0;title\x07")
    assert one_line("a\n\tb\x00\u202ec") == "a b��c"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.5, "0.50 s"), (12.34, "12.3 s"), (59.9, "59.9 s"), (125, "2 min 05 s"), (3600 * 3 + 420, "3 h 07 min")],
)
def test_durations_carry_their_unit(seconds: float, shown: str) -> None:
    assert show_seconds(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "just now"), (4, "just now"), (12, "12 s ago"), (200, "3 min ago"), (7200, "2 h ago"), (200_000, "2 d ago")],
)
def test_ages(seconds: float, shown: str) -> None:
    assert show_age(NOW - timedelta(seconds=seconds), NOW) == shown


def test_an_age_of_nothing_is_never() -> None:
    assert show_age(None, NOW) == "never"


def test_times_carry_their_zone() -> None:
    assert show_time(NOW, timezone(timedelta(hours=1), "CET")) == "2026-03-01 13:00:00 CET"


VEHICLE: JsonObject = {
    "vehicle_id": "v",
    "vin": "WVWZZZ1KZAW000001",
    "make": "[bold]VW",
    "model": "Golf",
    "year": 2024,
    "address": "sim:",
    "connection_status": "disconnected",
    "status_cause": "no answer",
    "last_seen_at": "2026-03-01T11:57:00Z",
}
COMMAND: JsonObject = {
    "command_id": "c",
    "vehicle_id": "v",
    "user_id": "u",
    "command_name": "ReadDTC",
    "command_params": {"ecuAddress": "0x10"},
    "status": "failed",
    "status_reason": "the vehicle refused",
    "error": {"code": "vehicle_refused", "message": "NRC 0x22", "details": {}},
    "reason": "engine light",
    "correlation_id": "abc",
    "submitted_at": "2026-03-01T11:59:00Z",
    "expires_at": "2026-03-01T12:09:00Z",
    "started_at": "2026-03-01T11:59:01Z",
    "completed_at": "2026-03-01T11:59:02.500Z",
    "queue_position": None,
}


def test_the_vehicle_table_shows_presence_cause_and_age_and_no_markup_is_obeyed() -> None:
    shown = drawn(vehicle_table([read_vehicle(VEHICLE)], NOW))
    assert "[bold]VW Golf (2024)" in shown
    assert "disconnected: no answer" in shown
    assert "3 min ago" in shown


def test_the_history_names_vehicles_and_durations() -> None:
    shown = drawn(history_table([read_command(COMMAND)], {"v": "WVWZZZ1KZAW000001"}, NOW))
    assert "WVWZZZ1KZAW000001" in shown
    assert "1.50 s" in shown
    assert "1 min ago" in shown


def test_a_running_command_has_no_duration_yet() -> None:
    running = read_command(COMMAND | {"status": "in_progress", "completed_at": None})
    assert "1.50 s" not in drawn(history_table([running], {}, NOW))


def test_on_a_narrow_terminal_ids_are_whole_and_each_item_takes_two_lines() -> None:
    slow = read_command(COMMAND | {"command_id": "05844db3-6488-4f58-8b54-f38b99b6827f", "status": "outcome_unknown"})
    shown = drawn(history_table([slow, slow], {"v": "WVWZZZ1KZAW000001"}, NOW), width=80)
    header, *lines = [line.rstrip() for line in shown.splitlines()]
    assert header.split() == ["Command", "VIN", "Status", "Submitted", "Took"]
    assert lines[0] == "ReadDTC  WVWZZZ1KZAW000001  outcome_unknown  1 min ago  1.50 s"
    assert lines[1] == "  05844db3-6488-4f58-8b54-f38b99b6827f"
    assert lines[2:] == lines[:2]


def test_a_pipe_gets_each_item_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    out = Terminal().out
    out.file = io.StringIO()
    out.print(vehicle_table([read_vehicle(VEHICLE | {"status_cause": "no answer " * 50})], NOW))
    assert len(out.file.getvalue().splitlines()) == 2


def test_facts_of_a_command() -> None:
    shown = drawn(command_facts(read_command(COMMAND), "WVW", NOW))
    for part in ("vehicle_refused: NRC 0x22", '{"ecuAddress":"0x10"}', "engine light", "the vehicle refused", "abc"):
        assert part in shown
    assert "Expires" not in shown
    pending = read_command(COMMAND | {"status": "pending", "error": None, "queue_position": 4})
    assert "Expires" in drawn(command_facts(pending, "WVW", NOW))


def test_chunks_and_timeline() -> None:
    stored = read_chunk(
        {
            "sequence_number": 1,
            "response_payload": {"status": "done"},
            "is_final": True,
            "received_at": "2026-03-01T11:59:01.500Z",
        }
    )
    shown = drawn(chunk_table([stored], read_command(COMMAND).started_at))
    assert "1 final" in shown
    assert "0.50 s" in shown
    entries = [{"event": "submitted", "occurred_at": "2026-03-01T11:59:00Z", "actor_name": "anna", "details": {"n": 1}}]
    assert "n 1" in drawn(timeline_table(entries))
    assert "odd" in drawn(timeline_table([{"event": "x", "occurred_at": "odd", "details": None}]))


def test_users_definitions_and_audit_entries() -> None:
    user: JsonObject = {"user_id": "u", "username": "anna", "email": None, "role": "engineer", "is_active": False}
    assert "2 vehicles" in drawn(user_table([read_user(user | {"vehicle_ids": ["a", "b"]})]))
    assert "all" in drawn(user_table([read_user(user)]))
    schema = {"properties": {"ecuAddress": {}, "dtcCode": {}}, "required": ["ecuAddress"]}
    definition = {"name": "ClearDTC", "title": "Clear", "parameters": schema, "risk": "R2", "minimum_role": "engineer"}
    assert "ecuAddress, dtcCode (optional)" in drawn(definition_table([definition]))
    entry = {"entry_id": 7, "occurred_at": "2026-03-01T11:59:00Z", "actor_type": "system", "action": "auth.login"}
    assert "system" in drawn(audit_table([entry | {"outcome": "refused", "object_type": "user", "object_id": "u"}]))


def test_the_verdict_on_the_audit_trail() -> None:
    good = {"intact": True, "checked": 3, "unsealed": 1, "head": {"position": 3, "chain_digest": "ab"}}
    assert verification_lines(good) == [
        "intact: 3 sealed entries checked; 1 newer ones are not sealed yet",
        "head 3:ab",
    ]
    fault = {"kind": "changed_entry", "position": 2, "entry_id": 9, "message": "the entry was changed"}
    bad = verification_lines({"intact": False, "checked": 1, "unsealed": 0, "first_bad": fault})
    assert bad[0] == "NOT intact: changed_entry at position 2 (entry 9): the entry was changed"
    nameless = verification_lines({"intact": False, "checked": 1, "first_bad": fault | {"entry_id": None}})
    assert "(an entry)" in nameless[0]


def view_of(*texts: str) -> RunView:
    view = RunView(title="ReadDTC on WVW", status=CommandStatus.PENDING, queue_position=2)
    for number, text in enumerate(texts):
        view.apply(event(text), number * 0.5)
    return view


PROGRESS = (
    '{"event": "progress", "command_id": "c", "message": "ECU 0x10 works", "pending_since": "2026-03-01T12:00:00Z"}'
)
ERROR = '{"event": "error", "command_id": "c", "code": "vehicle_timeout", "error_message": "no answer"}'


def test_a_waiting_command_shows_its_place_in_the_queue() -> None:
    assert "pending, place 2 in the queue (1.00 s)" in drawn(view_of().screen(1.0))


def test_chunks_grow_and_the_end_is_summed_up() -> None:
    view = view_of(status("in_progress"), chunk(1), chunk(2, final=True), status("completed"))
    shown = drawn(view.screen(9.0))
    assert '{"n":1}' in shown
    assert "2 final" in shown
    assert "completed after 1.50 s, 2 chunks" in shown
    assert view.last_sequence_number == 2


def test_what_had_ended_before_is_shown_with_the_times_it_had() -> None:
    recorded = Recorded(chunks={1: 0.25, 2: 61.0}, end=62.0)
    view = RunView(title="ReadDTC on WVW", status=CommandStatus.COMPLETED, recorded=recorded)
    for text in (chunk(1), chunk(2, final=True), status("completed")):
        view.apply(event(text), 0.01)
    shown = drawn(view.screen(0.02))
    for part in ("0.25 s", "1 min 01 s", "completed after 1 min 02 s, 2 chunks"):
        assert part in shown


def test_progress_is_shown_while_the_vehicle_works_and_goes_with_the_next_chunk() -> None:
    assert "ECU 0x10 works (2.00 s)" in drawn(view_of(PROGRESS).screen(2.0))
    assert "works" not in drawn(view_of(PROGRESS, chunk(1)).screen(2.0))


def test_an_unknown_outcome_says_why_and_what_to_do() -> None:
    shown = drawn(view_of(ERROR, status("outcome_unknown")).screen(5.0))
    assert "vehicle_timeout: no answer" in shown
    assert "may have acted" in shown
    assert "0 chunks" in shown


def test_a_lost_connection_is_said_until_the_command_has_ended() -> None:
    view = view_of(chunk(1))
    view.link_stands = False
    assert "reconnecting" in drawn(view.screen(1.0))
    view.apply(event(status("completed")), 2.0)
    assert "reconnecting" not in drawn(view.screen(2.0))


def terminal(*, tty: bool, as_json: bool = False) -> tuple[Terminal, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    consoles = [Console(file=file, force_terminal=tty, width=100, markup=False) for file in (out, err)]
    return Terminal(as_json, *consoles), out, err


def play(terminal_: Terminal, view: RunView, *texts: str) -> None:
    presenter = choose_presenter(terminal_, view, lambda: 1.0)
    presenter.begin()
    presenter.link(False)
    presenter.link(False)
    presenter.link(True)
    for text in texts:
        view.apply(event(text), 1.0)
        presenter.show(event(text))
    presenter.pause()


ALL = (status("in_progress"), PROGRESS, chunk(1, final=True), ERROR, status("failed"))


def test_lines_for_a_pipe_one_per_event_without_colours() -> None:
    where, out, err = terminal(tty=False)
    play(where, view_of(), *ALL)
    assert out.getvalue().splitlines() == [
        "ReadDTC on WVW",
        "1.00 s  in_progress",
        "1.00 s  ECU 0x10 works",
        '1.00 s  #1  {"n":1}',
        "failed after 1.00 s, 1 chunk",
        "vehicle_timeout: no answer",
    ]
    assert err.getvalue().splitlines() == ["connection lost, reconnecting", "connected again"]


def test_json_is_the_events_as_they_came_and_nothing_else() -> None:
    where, out, err = terminal(tty=True, as_json=True)
    play(where, view_of(), *ALL)
    assert out.getvalue().splitlines() == list(ALL)
    assert err.getvalue() == ""


def test_a_terminal_gets_the_live_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    where, out, _ = terminal(tty=True)
    play(where, view_of(), *ALL)
    assert "failed" in out.getvalue()
    assert isinstance(choose_presenter(where, view_of(), lambda: 0.0), LivePresenter)


def test_a_terminal_without_cursor_control_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    where, _, _ = terminal(tty=True)
    assert isinstance(choose_presenter(where, view_of(), lambda: 0.0), LinePresenter)
    assert isinstance(choose_presenter(Terminal(True), view_of(), lambda: 0.0), JsonPresenter)


def problem(status_code: int, **more: object) -> errors.ApiError:
    body: JsonObject = {"detail": "it is so", "code": "x", "correlation_id": "abc", **more}
    return errors.api_error(errors.read_problem(status_code, body, correlation_id=None, retry_after="12"))


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (UsageRefused("a", "b"), 2, "b"),
        (problem(400), 2, "Correct the values"),
        (problem(422, errors=[{"pointer": "/command_params/dataId", "message": "m"}]), 2, "sovd commands"),
        (problem(401), 6, "sovd login"),
        (problem(403), 2, "administrator"),
        (problem(404), 2, "sovd vehicles"),
        (problem(409), 2, "sovd show"),
        (problem(418), 2, "try again"),
        (problem(429), 2, "12.0 s"),
        (problem(500), 6, "sovd doctor"),
        (errors.NotSignedIn("a"), 6, "sovd login"),
        (errors.ServerUnreachable("a"), 6, "sovd serve"),
        (errors.UnexpectedAnswer("a"), 6, "--server"),
        (errors.ClientError("a"), 2, "try again"),
        (StreamInterrupted("a", "the-id", 3), 6, "sovd watch the-id --after 3"),
    ],
)
def test_every_error_says_what_happened_and_what_to_do_next(error: Exception, code: int, hint: str) -> None:
    report = report_failure(error)
    assert report is not None
    assert report.exit_code == code
    assert hint in report.next_step


def test_field_errors_and_the_correlation_id_are_told() -> None:
    report = report_failure(problem(422, errors=[{"pointer": "/vin", "message": "17 characters"}]))
    assert report is not None
    assert report.lines()[0] == "sovd: it is so (/vin: 17 characters)"
    assert report.lines()[-1] == "  correlation id: abc"


def test_a_problem_with_one_field_is_told_once_and_without_a_hint_at_commands() -> None:
    wrong = "/ecu_address: Must match"
    report = report_failure(problem(422, detail=wrong, errors=[{"pointer": "/ecu_address", "message": "must match"}]))
    assert report is not None
    assert report.lines()[:2] == [f"sovd: {wrong}", "  Correct the values named above."]


def test_an_error_of_the_programs_own_parts_tells_its_only_field_once() -> None:
    report = report_failure(InvalidRequest("It cannot be used: no YAML.", [FieldError("/file", "no YAML")]))
    assert report is not None
    assert report.what_happened == "It cannot be used: no YAML."


def test_a_file_that_cannot_be_read_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageRefused, match=r"token cannot be read: No such file or directory$"):
        read_file(str(tmp_path / "token"))
    (tmp_path / "token").write_bytes(b"a\xff")
    with pytest.raises(UsageRefused, match=r"it is no text in UTF-8 \(byte 1\)$"):
        read_file(str(tmp_path / "token"))


def test_a_defect_is_not_dressed_up_as_an_expected_error() -> None:
    assert report_failure(RuntimeError("x")) is None


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0 %"), (1e-9, "0.1 %"), (0.5, "50.0 %"), (0.98765, "98.8 %"), (0.99999999, "99.9 %"), (1.0, "100 %")],
)
def test_only_what_is_whole_is_shown_as_whole(share: float, shown: str) -> None:
    assert show_share(share) == shown
