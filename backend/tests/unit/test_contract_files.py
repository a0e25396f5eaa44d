"""The contract files say what the code does: they are up to date, complete, and the events fit their schema."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest

from app.api.openapi_file import contract_files, main
from app.api.problem_types import PROBLEM_TYPES
from app.api.stream_events_schema import STREAM_EVENTS_SCHEMA
from app.domain.command import Chunk, CommandError
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, ResponseId
from app.domain.json_values import decode_json_object
from app.domain.stream_events import StreamEvent, error_event, progress_event, response_event, status_event

ROOT = Path(__file__).parents[3]
COMMAND = CommandId(UUID(int=1))
MOMENT = datetime(2025, 10, 28, 10, 0, 1, 500_000, tzinfo=UTC)
CHUNK = Chunk(
    command_id=COMMAND,
    response_id=ResponseId(UUID(int=2)),
    sequence_number=1,
    response_payload={"dtcs": []},
    is_final=False,
    received_at=MOMENT,
)
DOCUMENT: dict[str, Any] = decode_json_object(contract_files()["contracts/openapi.json"])


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, verb and description of every call."""
    for path, item in DOCUMENT["paths"].items():
        for verb, operation in item.items():
            yield path, verb, operation


def test_the_files_are_up_to_date() -> None:
    assert main(["--check"], ROOT) == 0


def test_a_stale_file_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 0
    (tmp_path / "contracts" / "openapi.json").write_text("{}")
    assert main(["--check"], tmp_path) == 1
    assert "contracts/openapi.json" in capsys.readouterr().err


def test_every_call_has_a_name_of_its_own_and_words() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    for path, verb, operation in operations():
        assert operation.get("summary"), (verb, path)
        assert operation.get("description"), (verb, path)
        assert operation.get("tags"), (verb, path)


def test_every_call_of_the_api_asks_for_a_token_except_those_that_give_one() -> None:
    open_calls = {
        path for path, _, operation in operations() if path.startswith("/api/") and "security" not in operation
    }
    of_page = "/api/v1/auth/browser-session"
    assert open_calls == {"/api/v1/auth/login", "/api/v1/auth/refresh", of_page, f"{of_page}/refresh"}


def test_errors_are_documented_as_problems_everywhere() -> None:
    for path, verb, operation in operations():
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response == {"$ref": f"#/components/responses/Problem{status}"}, (verb, path, status)


def test_calls_with_a_token_document_the_answers_without_one() -> None:
    for path, verb, operation in operations():
        if "security" in operation:
            assert {"401", "403", "503"} <= operation["responses"].keys(), (verb, path)


EVENTS = [
    response_event(CHUNK),
    status_event(COMMAND, CommandStatus.IN_PROGRESS, None),
    status_event(COMMAND, CommandStatus.COMPLETED, MOMENT),
    error_event(COMMAND, CommandError(code="vehicle_timeout", message="no answer", details={})),
    progress_event(COMMAND, "ECU 0x10 still working", MOMENT),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_events_fit_their_schema(event: StreamEvent) -> None:
    jsonschema.validate(decode_json_object(event.text), STREAM_EVENTS_SCHEMA)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_the_schema_notices_a_missing_member(event: StreamEvent) -> None:
    complete = decode_json_object(event.text)
    for name in complete:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in complete.items() if key != name}, STREAM_EVENTS_SCHEMA)


def codes_given_to_errors() -> Iterator[tuple[str, str]]:
    """Every literal `code=` in what the API can raise, with the file it stands in."""
    app = ROOT / "backend" / "app"
    for folder in ("api", "services", "connectors", "domain", "repositories", "security", "streaming"):
        for path in (app / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _raises(node):
                    yield from ((path.name, str(code)) for code in _code_of(node))


def _raises(call: ast.Call) -> bool:
    errors = {
        "InvalidRequest",
        "NotAuthenticated",
        "Forbidden",
        "NotFound",
        "Conflict",
        "TooManyRequests",
        "Overloaded",
    }
    return isinstance(call.func, ast.Name) and call.func.id in errors


def _code_of(call: ast.Call) -> Iterator[object]:
    for keyword in call.keywords:
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
            yield keyword.value.value


def test_every_code_is_explained() -> None:
    found = list(codes_given_to_errors())
    assert len(found) > 5
    assert [(name, code) for name, code in found if code not in PROBLEM_TYPES] == []
