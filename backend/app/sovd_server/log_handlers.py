"""Logs (ISO 17978-3, 7.21): entries and what is logged."""

from collections.abc import Mapping

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd import documents
from app.protocols.sovd.sovd_errors import bad_request, invalid_parameter, resource_unknown
from app.sovd_server.backend import Logs
from app.sovd_server.backend_values import LogEntry, LogSetting, Severity
from app.sovd_server.call import Answer, Call, filled
from app.sovd_server.moment_texts import utc_text

_CONTEXT_TYPES = ("RFC5424", "AUTOSAR_DLT")


def _logs(call: Call) -> Logs:
    logs = call.vehicle.backend.logs
    if logs is None:
        raise resource_unknown("logs")
    return logs


async def show_logs(call: Call) -> Answer:
    """GET logs: links."""
    return Answer(body={"entries": call.link("logs", "entries"), "config": call.link("logs", "config")})


async def list_entries(call: Call) -> Answer:
    """GET of entries of at least the asked-for severity."""
    at_least = _severity(call.query["severity"]) if "severity" in call.query else None
    entries = await _logs(call).log_entries(call.entity.key, at_least, call.asking)
    body: JsonObject = {"items": [_entry(entry) for entry in entries]}
    return call.with_schema(body, lambda: documents.list_of(documents.LOG_ENTRY))


def _entry(entry: LogEntry) -> JsonObject:
    return filled(
        timestamp=utc_text(entry.timestamp),
        context=dict(entry.context),
        severity=str(entry.severity),
        msg=entry.msg,
        href=entry.href,
    )


async def show_config(call: Call) -> Answer:
    """GET of what is logged: the member is `contexts` here, and `items` where it is written."""
    settings = await _logs(call).log_settings(call.entity.key, call.asking)
    return Answer(
        body={
            "contexts": [{"context": dict(setting.context), "severity": str(setting.severity)} for setting in settings]
        }
    )


async def set_config(call: Call) -> Answer:
    """PUT of what is logged; `contexts` is accepted for `items`."""
    body = await call.json()
    items = body.get("items", body.get("contexts"))
    if not isinstance(items, list):
        raise bad_request("The body needs `items`: a list of log configurations.")
    await _logs(call).set_log_settings(call.entity.key, [_setting(item) for item in items], call.asking)
    return Answer(status=204)


async def reset_config(call: Call) -> Answer:
    """DELETE of what is logged: back to the default."""
    if not await _logs(call).reset_log_settings(call.entity.key, call.asking):
        raise resource_unknown("log configuration to reset")
    return Answer(status=204)


def _setting(item: JsonValue) -> LogSetting:
    if not isinstance(item, dict) or not isinstance(item.get("context"), dict):
        raise bad_request("A log configuration needs a `context` and a `severity`.")
    context: Mapping[str, JsonValue] = item["context"]
    if context.get("type") not in _CONTEXT_TYPES:
        raise invalid_parameter("The context has no known type.", possiblevalues=list(_CONTEXT_TYPES))
    return LogSetting(context=context, severity=_severity(item.get("severity")))


def _severity(text: object) -> Severity:
    try:
        return Severity(str(text).lower())
    except ValueError as error:
        raise invalid_parameter(
            f"There is no severity {text}.", possiblevalues=[str(severity) for severity in Severity]
        ) from error
