"""Logs: one line per event, for people on a terminal or as JSON for machines, secrets redacted.

Our own events go through structlog straight to standard error; those of other libraries (uvicorn, SQLAlchemy, asyncio)
come through `logging` and take the same steps, so that all lines look alike.
"""

import logging
import sys
from collections.abc import Sequence
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from app.observability.correlation import current_correlation_id
from app.observability.redaction import redacted
from app.observability.tracing import current_trace_ids

LogFormat = Literal["auto", "console", "json"]

_QUIET = ("uvicorn.access", "httpx", "httpcore")
"""Libraries that would repeat what our own access log says, with query strings in it."""

_QUIET_UNLESS_DEBUG = ("uvicorn.error", "alembic.runtime.migration")
"""Libraries whose small talk says nothing to who runs the service."""

_WELL_ANSWERED = 400
"""HTTP statuses below this one tell that all went well."""

_OWN_HANDLERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "sqlalchemy", "asyncio", "websockets", "alembic")


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger whose lines carry `component=name`. May be made at import: it is set up at its first line."""
    logger: FilteringBoundLogger = structlog.get_logger(component=name)
    return logger


def configure_logging(level: str = "info", log_format: LogFormat = "auto", *, stream: TextIO | None = None) -> None:
    """Set up structlog and `logging` for this process. `auto` is `console` on a terminal, else `json`."""
    target = stream or sys.stderr
    for_people = log_format == "console" or (log_format == "auto" and target.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared = _shared_processors(for_people)
    if for_people and threshold > logging.DEBUG:
        shared.insert(0, leave_out_routine)
    structlog.configure(
        processors=[*shared, *_last_processors(target, for_people)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    _route_standard_logging(target, threshold, shared, _last_processors(target, for_people))


def _shared_processors(for_people: bool) -> list[Processor]:
    stamp = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False) if for_people else _utc_stamper()
    return [structlog.contextvars.merge_contextvars, add_context, structlog.processors.add_log_level, stamp]


def _utc_stamper() -> Processor:
    return structlog.processors.TimeStamper(fmt="iso", utc=True)


def _last_processors(target: TextIO, for_people: bool) -> list[Processor]:
    steps: list[Processor] = [structlog.processors.StackInfoRenderer(), structlog.processors.format_exc_info, redact]
    if for_people:
        return [*steps, structlog.dev.ConsoleRenderer(colors=target.isatty(), pad_event_to=0, pad_level=False)]
    return [*steps, render_json]


def leave_out_routine(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor for terminals: requests that went well are left out, and who wrote the line is not told.

    People look for what is unusual; machines get every request (format `json`), as people do at level `debug`.
    """
    if event.get("event") == "http.answered" and event.get("status", _WELL_ANSWERED) < _WELL_ANSWERED:
        raise structlog.DropEvent
    event.pop("component", None)
    return event


def add_context(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor: the ids of the request or command at hand."""
    correlation_id = current_correlation_id()
    if correlation_id is not None:
        event.setdefault("correlation_id", correlation_id)
    ids = current_trace_ids()
    if ids is not None:
        event.setdefault("trace_id", ids.trace_id)
        event.setdefault("span_id", ids.span_id)
    return event


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor: see `redaction`."""
    return redacted(event)


def render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """structlog processor: one line of JSON. Values that JSON does not know are shown as text."""
    return orjson.dumps(event, default=_as_text, option=orjson.OPT_NON_STR_KEYS).decode()


def _as_text(value: Any) -> str:
    return str(value)


def _route_standard_logging(
    target: TextIO, threshold: int, shared: Sequence[Processor], last: Sequence[Processor]
) -> None:
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(threshold, logging.INFO))
    for name in _OWN_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _QUIET_UNLESS_DEBUG:
        logging.getLogger(name).setLevel(logging.NOTSET if threshold <= logging.DEBUG else logging.WARNING)
    logging.captureWarnings(capture=True)
