"""Log lines: JSON for machines, words for people, context and redaction for every source of them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app.observability.correlation import bound_correlation
from app.observability.logs import LogFormat, configure_logging, get_logger
from app.observability.tracing import TraceIds, bound_trace_ids


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the lines go; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """All lines so far, decoded."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_for_machines_carries_context_and_no_secret(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream=stream)
    with bound_correlation("abc-1"), bound_trace_ids(TraceIds("1" * 32, "2" * 16)):
        get_logger("app.test").info("command.submitted", command_id=7, password="s3cret")
    (line,) = lines(stream)
    assert line.pop("timestamp")
    assert line == {
        "event": "command.submitted",
        "level": "info",
        "component": "app.test",
        "command_id": 7,
        "password": "[hidden]",
        "correlation_id": "abc-1",
        "trace_id": "1" * 32,
        "span_id": "2" * 16,
    }


def test_lines_of_other_libraries_look_alike(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream=stream)
    with bound_correlation("abc-2"):
        logging.getLogger("uvicorn.error").warning("took %s from redis://:s3cret@host", "it")
    (line,) = lines(stream)
    assert (line["event"], line["logger"], line["level"], line["correlation_id"]) == (
        "took it from redis://:[hidden]@host",
        "uvicorn.error",
        "warning",
        "abc-2",
    )


def test_a_trace_is_written_and_redacted(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream=stream)
    try:
        raise ValueError("cannot reach postgresql://u:s3cret@db/x")
    except ValueError:
        get_logger("app.test").exception("it.failed")
    (line,) = lines(stream)
    assert "ValueError: cannot reach postgresql://u:[hidden]@db/x" in str(line["exception"])


def test_lines_below_the_level_are_left_out(stream: io.StringIO) -> None:
    configure_logging("warning", "json", stream=stream)
    get_logger("app.test").info("small.talk")
    logging.getLogger("asyncio").info("small talk")
    assert lines(stream) == []


def test_auto_means_json_where_nobody_looks(stream: io.StringIO) -> None:
    configure_logging("info", "auto", stream=stream)
    get_logger("app.test").info("hello")
    assert lines(stream)[0]["event"] == "hello"


def test_lines_for_people_are_plain_text(stream: io.StringIO) -> None:
    configure_logging("info", "console", stream=stream)
    get_logger("app.test").info("command.submitted", command_id=7)
    assert "command.submitted" in stream.getvalue()
    assert "command_id=7" in stream.getvalue()


def test_people_are_not_told_of_every_request_that_went_well_machines_are(stream: io.StringIO) -> None:
    formats: tuple[LogFormat, ...] = ("console", "json")
    for log_format in formats:
        configure_logging("info", log_format, stream=stream)
        get_logger("app.test").info("http.answered", path=f"/fine-{log_format}", status=200)
        get_logger("app.test").info("http.answered", path=f"/refused-{log_format}", status=403)
    configure_logging("debug", "console", stream=stream)
    get_logger("app.test").info("http.answered", path="/fine-debug", status=200)
    shown = stream.getvalue()
    assert "/fine-console" not in shown
    for path in ("/refused-console", "/fine-json", "/refused-json", "/fine-debug"):
        assert path in shown


def test_small_talk_of_libraries_is_left_out(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream=stream)
    logging.getLogger("uvicorn.error").info("connection open")
    logging.getLogger("alembic.runtime.migration").info("Will assume transactional DDL.")
    assert lines(stream) == []
    configure_logging("debug", "json", stream=stream)
    logging.getLogger("uvicorn.error").info("connection open")
    assert [line["event"] for line in lines(stream)] == ["connection open"]
