"""What each operation takes and gives, for capability descriptions: query, request body, answers by status."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.domain.json_values import JsonValue
from app.protocols.sovd import documents as doc
from app.protocols.sovd.documents import Schema

BYTES: Schema = {"contentMediaType": "application/octet-stream"}
"""Marks a body that is not JSON."""

_NOTHING: Schema | None = None
_SCHEMA_FLAG: Mapping[str, Schema] = MappingProxyType({"include-schema": {"type": "boolean", "default": False}})
_TAGS: Mapping[str, Schema] = MappingProxyType({"tags": doc.STRINGS})
_BOTH: Mapping[str, Schema] = MappingProxyType({**_TAGS, **_SCHEMA_FLAG})
_VALUE = doc.record({"data": doc.ANY}, {"signature": doc.STRING})
_SECONDS: Schema = {"type": "integer", "minimum": 1}
_MOMENTS: Mapping[str, Schema] = MappingProxyType({"created-after": doc.DATE_TIME, "created-before": doc.DATE_TIME})
_RUN = doc.record({}, {"timeout": _SECONDS, "parameters": doc.ANY, "proximity_response": doc.STRING})
_CONTROL = doc.record({"capability": doc.STRING}, {"timeout": _SECONDS, "parameters": doc.ANY})


def _no_query() -> Mapping[str, Schema]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDocument:
    """One operation. An answer of None has no body; `body_is_optional`: it may be left out."""

    summary: str
    answers: Mapping[int, Schema | None]
    query: Mapping[str, Schema] = field(default_factory=_no_query)
    body: Schema | None = None
    body_is_optional: bool = False
    headers: tuple[str, ...] = ()
    """Request headers that must be there."""


Key = tuple[str, str]
_UPLOAD_HEADERS = ("Content-Disposition",)


def _get(summary: str, body: Schema, query: Mapping[str, Schema] = MappingProxyType({})) -> OperationDocument:
    return OperationDocument(summary=summary, answers={200: body}, query=query)


def _put(summary: str, body: Schema, *errors: int, optional: bool = False) -> OperationDocument:
    answers: dict[int, Schema | None] = {204: _NOTHING}
    return OperationDocument(
        summary=summary,
        answers=answers | dict.fromkeys(errors, doc.GENERIC_ERROR),
        body=body,
        body_is_optional=optional,
    )


def _delete(summary: str, *errors: int, query: Mapping[str, Schema] = MappingProxyType({})) -> OperationDocument:
    answers: dict[int, Schema | None] = {204: _NOTHING}
    return OperationDocument(summary=summary, answers=answers | dict.fromkeys(errors, doc.GENERIC_ERROR), query=query)


def _post(summary: str, body: Schema, made: Schema, *errors: int) -> OperationDocument:
    answers: dict[int, Schema | None] = {201: made}
    return OperationDocument(summary=summary, answers=answers | dict.fromkeys(errors, doc.GENERIC_ERROR), body=body)


def _begin(summary: str, body: Schema | None = None) -> OperationDocument:
    answers: dict[int, Schema | None] = {202: _NOTHING, 409: doc.GENERIC_ERROR}
    return OperationDocument(summary=summary, answers=answers, body=body, body_is_optional=True)


_REFERENCES = doc.list_of(doc.ENTITY_REFERENCE)
_DISCOVERY: Mapping[Key, OperationDocument] = {
    ("GET", "/"): _get("The vehicle and what it offers", doc.ENTITY_CAPABILITIES),
    ("GET", "/{entity-collection}"): _get("The entities of a collection", _REFERENCES, _BOTH),
    ("GET", "/{e}"): _get("The entity and what it offers", doc.ENTITY_CAPABILITIES),
    ("GET", "/areas/{area-id}/subareas"): _get("Areas inside the area", _REFERENCES, _SCHEMA_FLAG),
    ("GET", "/components/{component-id}/subcomponents"): _get("Parts of the component", _REFERENCES, _SCHEMA_FLAG),
    ("GET", "/areas/{area-id}/related-components"): _get("Components of the area", _REFERENCES),
    ("GET", "/areas/{area-id}/contains"): _get("Components of the area", _REFERENCES),
    ("GET", "/components/{component-id}/related-apps"): _get("Apps on the component", _REFERENCES),
    ("GET", "/components/{component-id}/hosts"): _get("Apps on the component", _REFERENCES),
    ("GET", "/components/{component-id}/depends-on"): _get("What the component needs", _REFERENCES),
    ("GET", "/apps/{app-id}/depends-on"): _get("What the app needs", _REFERENCES),
    ("GET", "/functions/{function-id}/hosts"): _get("What the function is made of", _REFERENCES),
    ("GET", "/functions/{function-id}/depends-on"): _get("What the function needs", _REFERENCES),
}
_FILTERS = {"category": doc.STRINGS, "groups": doc.STRINGS, **_BOTH}
_DATA: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/data-categories"): _get("Categories of data", doc.list_of(doc.DATA_CATEGORY, with_schema=False)),
    ("GET", "/{e}/data-groups"): _get("Groups of data", doc.list_of(doc.DATA_GROUP, with_schema=False), _TAGS),
    ("GET", "/{e}/data"): _get("Data resources", doc.list_of(doc.VALUE_METADATA), _FILTERS),
    ("GET", "/{e}/data/{data-id}"): _get("Read a value", doc.read_value(doc.ANY), _SCHEMA_FLAG),
    ("PUT", "/{e}/data/{data-id}"): OperationDocument(
        summary="Write a value", answers={204: _NOTHING, 400: doc.DATA_ERROR}, body=_VALUE
    ),
    ("GET", "/{e}/data-lists"): _get("Lists of data", doc.list_of(doc.DATA_LIST, with_schema=False), _TAGS),
    ("POST", "/{e}/data-lists"): _post("Make a list of data", doc.record({"ids": doc.STRINGS}), doc.ID_ONLY, 400, 501),
    ("GET", "/{e}/data-lists/{data-list-id}"): _get(
        "Read a list of data", doc.list_of(doc.read_value(doc.ANY)), _SCHEMA_FLAG
    ),
    ("DELETE", "/{e}/data-lists/{data-list-id}"): _delete("Delete a list of data"),
}
_FAULTS: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/faults"): _get(
        "Faults", doc.list_of(doc.FAULT), {"severity": doc.INTEGER, "scope": doc.STRING, **_BOTH}
    ),
    ("DELETE", "/{e}/faults"): _delete("Clear all faults", query={"scope": doc.STRING}),
    ("GET", "/{e}/faults/{fault-code}"): _get("A fault with its environment data", doc.FAULT_DETAIL, _SCHEMA_FLAG),
    ("DELETE", "/{e}/faults/{fault-code}"): _delete("Clear a fault", 404, 409, 501),
}
_EXECUTIONS = "/{e}/operations/{operation-id}/executions"
_EXECUTION = f"{_EXECUTIONS}/{{execution-id}}"
_OPERATIONS: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/operations"): _get(
        "Operations", doc.list_of(doc.OPERATION), {"include-proximity-proof": doc.BOOLEAN, **_BOTH}
    ),
    ("GET", "/{e}/operations/{operation-id}"): _get("An operation", doc.OPERATION_DETAIL, _SCHEMA_FLAG),
    ("GET", _EXECUTIONS): _get("Executions", doc.list_of(doc.STRING, with_schema=False)),
    ("POST", _EXECUTIONS): OperationDocument(
        summary="Start the operation",
        answers={200: doc.operation_result(doc.ANY), 202: doc.EXECUTION_STARTED, 409: doc.GENERIC_ERROR},
        body=_RUN,
        body_is_optional=True,
    ),
    ("GET", _EXECUTION): _get("How an execution stands", doc.execution_state(doc.ANY), _SCHEMA_FLAG),
    ("PUT", _EXECUTION): OperationDocument(
        summary="Control an execution", answers={202: doc.EXECUTION_STARTED}, body=_CONTROL
    ),
    ("DELETE", _EXECUTION): OperationDocument(
        summary="Stop and forget an execution",
        answers={204: _NOTHING},
        body=doc.record({}, {"proximity_response": doc.STRING}),
        body_is_optional=True,
    ),
}
_MODES: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/modes"): _get("Modes", doc.list_of(doc.MODE), _BOTH),
    ("GET", "/{e}/modes/{mode-id}"): _get("A mode", doc.mode_detail(), _SCHEMA_FLAG),
    ("PUT", "/{e}/modes/{mode-id}"): OperationDocument(
        summary="Set a mode for a while",
        answers={200: doc.MODE_SET, 500: doc.GENERIC_ERROR},
        body=doc.record({"value": doc.ANY, "mode_expiration": _SECONDS}),
    ),
}
_CONFIGURATIONS: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/configurations"): _get("Configurations", doc.list_of(doc.CONFIGURATION), _BOTH),
    ("GET", "/{e}/configurations/{configuration-id}"): OperationDocument(
        summary="Read a configuration",
        answers={200: doc.read_value(doc.ANY), 406: doc.GENERIC_ERROR},
        query=_SCHEMA_FLAG,
    ),
    ("PUT", "/{e}/configurations/{configuration-id}"): OperationDocument(
        summary="Write a configuration",
        answers={204: _NOTHING, 400: doc.DATA_ERROR, 409: doc.GENERIC_ERROR},
        body=_VALUE,
    ),
}
_LOCK_BODY = {"lock_expiration": _SECONDS}
_LOCKS: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/locks"): _get("Locks", doc.list_of(doc.LOCK, with_schema=False)),
    ("POST", "/{e}/locks"): _post(
        "Take a lock",
        doc.record(_LOCK_BODY, {"break_lock": doc.BOOLEAN, "scopes": doc.STRINGS}),
        doc.ID_ONLY,
        400,
        409,
    ),
    ("GET", "/{e}/locks/{lock-id}"): _get("A lock", doc.LOCK_DETAIL),
    ("PUT", "/{e}/locks/{lock-id}"): _put("Extend a lock", doc.record(_LOCK_BODY), 409),
    ("DELETE", "/{e}/locks/{lock-id}"): _delete("Release a lock", 409),
}
_LOGS: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/logs"): _get("Logs", doc.record({"entries": doc.URI, "config": doc.URI})),
    ("GET", "/{e}/logs/entries"): _get(
        "Log entries", doc.list_of(doc.LOG_ENTRY), {"severity": doc.LOG_SEVERITY, **_SCHEMA_FLAG}
    ),
    ("GET", "/{e}/logs/config"): _get("What is logged", doc.record({"contexts": doc.LOG_SETTINGS})),
    ("PUT", "/{e}/logs/config"): _put("Set what is logged", doc.record({"items": doc.LOG_SETTINGS}), 400),
    ("DELETE", "/{e}/logs/config"): _delete("Log as by default", 404),
}
_FILE = "/{e}/bulk-data/{category}/{bulk-data-id}"
_BULK_DATA: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/bulk-data"): _get("Categories of files", doc.list_of(doc.STRING), _SCHEMA_FLAG),
    ("GET", "/{e}/bulk-data/{category}"): _get("Files", doc.list_of(doc.BULK_ITEM), {**_MOMENTS, **_BOTH}),
    ("POST", "/{e}/bulk-data/{category}"): OperationDocument(
        summary="Upload a file", answers={201: doc.ID_ONLY}, body=BYTES, headers=_UPLOAD_HEADERS
    ),
    ("DELETE", "/{e}/bulk-data/{category}"): OperationDocument(
        summary="Delete all files", answers={200: doc.BULK_DELETED, 409: doc.GENERIC_ERROR}
    ),
    ("GET", _FILE): OperationDocument(summary="Download a file", answers={200: BYTES, 202: _NOTHING, 307: _NOTHING}),
    ("DELETE", _FILE): _delete("Delete a file", 409),
}
_SUBSCRIBE = doc.record(
    {"resource": doc.URI, "interval": doc.STRING, "duration": _SECONDS}, {"protocol": doc.one_of("sse")}
)
_SUBSCRIPTIONS: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/cyclic-subscriptions"): _get(
        "Cyclic subscriptions", doc.list_of(doc.SUBSCRIPTION_LISTED, with_schema=False)
    ),
    ("POST", "/{e}/cyclic-subscriptions"): OperationDocument(
        summary="Subscribe",
        answers={201: doc.SUBSCRIPTION, **dict.fromkeys((400, 501, 503), doc.GENERIC_ERROR)},
        query=_SCHEMA_FLAG,
        body=_SUBSCRIBE,
    ),
    ("GET", "/{e}/cyclic-subscriptions/{id}"): _get("A subscription", doc.SUBSCRIPTION, _SCHEMA_FLAG),
    ("PUT", "/{e}/cyclic-subscriptions/{id}"): OperationDocument(
        summary="Change a subscription",
        answers={200: doc.SUBSCRIPTION},
        body=doc.record({}, {"interval": doc.STRING, "duration": _SECONDS}),
    ),
    ("DELETE", "/{e}/cyclic-subscriptions/{id}"): _delete("Unsubscribe"),
}
_PARAMETERS = doc.record({}, {"parameters": doc.ANY})
_STATUS: Mapping[Key, OperationDocument] = {
    ("GET", "/{e}/status"): _get("Whether the entity is ready", doc.STATUS),
    ("PUT", "/{e}/status/start"): _begin("Start", _PARAMETERS),
    ("PUT", "/{e}/status/restart"): _begin("Restart", _PARAMETERS),
    ("PUT", "/{e}/status/force-restart"): _begin("Restart in any case", _PARAMETERS),
    ("PUT", "/{e}/status/shutdown"): _begin("Shut down"),
    ("PUT", "/{e}/status/force-shutdown"): _begin("Shut down in any case"),
    ("GET", "/{e}/clear-data"): _get("What can be cleared", doc.CLEARABLE),
    ("PUT", "/{e}/clear-data/cached-data"): _begin("Clear cached data"),
    ("PUT", "/{e}/clear-data/learned-data"): _begin("Clear learned data"),
    ("PUT", "/{e}/clear-data/client-defined-resources"): _begin("Clear what clients defined"),
    ("GET", "/{e}/clear-data/status"): _get("How clearing goes", doc.CLEARING, _SCHEMA_FLAG),
}

OPERATION_DOCUMENTS: Mapping[Key, OperationDocument] = {
    **_DISCOVERY,
    **_DATA,
    **_FAULTS,
    **_OPERATIONS,
    **_MODES,
    **_CONFIGURATIONS,
    **_LOCKS,
    **_LOGS,
    **_BULK_DATA,
    **_SUBSCRIPTIONS,
    **_STATUS,
}
"""By method and path template. Streams and capability descriptions have none."""


def described_answer(schema: JsonValue) -> JsonValue:
    """The `content` of an answer or a body."""
    if schema is BYTES:
        return {"*/*": {}}
    return {"application/json": {"schema": schema}}
