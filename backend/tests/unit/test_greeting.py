"""The first thing a new user reads."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.cli.greeting import announcer_for, greeting, program_name
from app.main import Serving

FIRST = Serving(
    url="http://127.0.0.1:8000", data=Path("/var/lib/sovd-command"), demo_fleet=True, new_password="fseVKC3uh8ZoHlWX"
)
LATER = Serving(url="http://127.0.0.1:9000", data=None, demo_fleet=False, new_password=None)
PROGRAM = ".venv/bin/sovd"


def test_the_first_start_tells_where_who_and_what_to_type_next() -> None:
    lines = greeting(FIRST, program=PROGRAM, folder=Path("/home/anna/my clone"), home=None, has_page=True)
    text = "\n".join(lines)
    for part in (
        "serves on http://127.0.0.1:8000 ",
        "In the browser    http://127.0.0.1:8000/\n",
        "http://127.0.0.1:8000/docs",
        "/var/lib/sovd-command",
        "fseVKC3uh8ZoHlWX",
        "only this once",
        "cd '/home/anna/my clone'",
        ".venv/bin/sovd login --server http://127.0.0.1:8000 --username admin",
        ".venv/bin/sovd run ReadDTC --vehicle 103",
    ):
        assert part in text
    assert max(map(len, lines)) <= 80


def test_a_later_start_tells_how_to_get_in_again_with_the_same_data() -> None:
    text = "\n".join(greeting(LATER, program=PROGRAM, folder=Path("/src"), home="/data of mine", has_page=False))
    assert "SOVD_HOME='/data of mine' .venv/bin/sovd user password admin --local" in text
    assert "make page" in text
    assert "once" not in text
    assert "run ReadDTC" not in text, "there is no vehicle yet"


def test_a_program_that_the_shell_finds_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "sovd"
    program.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(program), "serve"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert program_name() == str(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program_name() == "sovd"
    assert "cd " not in "\n".join(greeting(FIRST, program="sovd", folder=tmp_path, home=None, has_page=True))


def test_a_service_manager_gets_lines_of_the_log_and_never_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    with capture_logs() as logged:
        announcer = announcer_for("json")
        announcer.ready(FIRST)
        announcer.stopping()
    assert capsys.readouterr().out == ""
    assert [line["event"] for line in logged] == [
        "serving",
        "the account admin was made, and nobody knows its password: set one",
        "stopping",
    ]
    assert (logged[0]["url"], logged[0]["data"]) == (FIRST.url, str(FIRST.data))
    assert "fseVKC3uh8ZoHlWX" not in str(logged)


def test_people_are_greeted_also_where_the_output_is_kept_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    announcer_for("auto").ready(FIRST)
    assert "fseVKC3uh8ZoHlWX" in capsys.readouterr().out
