"""JSON Schemas of the bodies of ISO 17978-3, self-contained: for `schema` members and capability descriptions.

Objects stay open, as the standard's are: a receiver ignores members it does not know.
"""

from collections.abc import Mapping

from app.domain.json_values import JsonObject, JsonValue

Schema = JsonObject

STRING: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
INTEGER: Schema = {"type": "integer"}
ANY: Schema = {}
DATE_TIME: Schema = {"type": "string", "format": "date-time"}
URI: Schema = {"type": "string", "format": "uri-reference"}
STRINGS: Schema = {"type": "array", "items": STRING}


def one_of(*values: str) -> Schema:
    """A string out of some."""
    return {"type": "string", "enum": list(values)}


def record(required: Mapping[str, JsonValue], optional: Mapping[str, JsonValue] | None = None) -> Schema:
    """An object with mandatory and optional members."""
    members = {**required, **(optional or {})}
    schema: Schema = {"type": "object", "properties": members}
    return schema | {"required": list(required)} if required else schema


def list_of(item: JsonValue, *, with_schema: bool = True) -> Schema:
    """`{"items": [...]}`, with the `schema` member that include-schema adds."""
    return record({"items": {"type": "array", "items": item}}, {"schema": SCHEMA} if with_schema else {})


SCHEMA: Schema = {"type": "object", "description": "An OpenAPI 3.1 Schema Object for this answer."}
GENERIC_ERROR = record(
    {"error_code": STRING, "message": STRING},
    {"vendor_code": STRING, "translation_id": STRING, "parameters": {"type": "object"}},
)
DATA_ERROR = record({"path": STRING}, {"error": GENERIC_ERROR})
DATA_ERRORS: Schema = {"type": "array", "items": DATA_ERROR}

ENTITY_REFERENCE = record({"id": STRING, "name": STRING, "href": URI}, {"translation_id": STRING, "tags": STRINGS})
ENTITY_CAPABILITIES = record({"id": STRING, "name": STRING}, {"translation_id": STRING, "tags": STRINGS})

VALUE_METADATA = record(
    {"id": STRING, "name": STRING, "category": STRING},
    {"translation_id": STRING, "groups": STRINGS, "tags": STRINGS, "href": URI},
)
DATA_CATEGORY = record({"item": STRING}, {"category_translation_id": STRING})
DATA_GROUP = record(
    {"id": STRING, "category": STRING},
    {"category_translation_id": STRING, "group": STRING, "group_translation_id": STRING, "tags": STRINGS},
)


def read_value(value: JsonValue) -> Schema:
    """A ReadValue around the schema of its value."""
    return record({"id": STRING, "data": value}, {"errors": DATA_ERRORS, "schema": SCHEMA})


DATA_LIST = record({"id": STRING, "items": {"type": "array", "items": VALUE_METADATA}}, {"tags": STRINGS, "href": URI})

FAULT = record(
    {"code": STRING, "fault_name": STRING},
    {
        "scope": STRING,
        "display_code": STRING,
        "severity": INTEGER,
        "status": {"type": "object"},
        "symptom": STRING,
        "fault_translation_id": STRING,
        "symptom_translation_id": STRING,
        "tags": STRINGS,
        "href": URI,
    },
)
FAULT_DETAIL = record({"item": FAULT}, {"environment_data": ANY, "errors": DATA_ERRORS, "schema": SCHEMA})

OPERATION = record(
    {"id": STRING, "proximity_proof_required": BOOLEAN, "asynchronous_execution": BOOLEAN},
    {"name": STRING, "translation_id": STRING, "tags": STRINGS, "href": URI},
)
OPERATION_DETAIL = record(
    {"item": OPERATION},
    {
        "proximity_challenge": record({"challenge": STRING, "valid_until": DATE_TIME}),
        "modes": {"type": "object", "additionalProperties": STRING},
        "schema": SCHEMA,
    },
)
EXECUTION_STATUS = one_of("running", "completed", "failed")
EXECUTION_STARTED = record({"id": STRING}, {"status": EXECUTION_STATUS})


def execution_state(parameters: JsonValue) -> Schema:
    """The state of an execution around the schema of its result."""
    return record(
        {"capability": STRING},
        {"status": EXECUTION_STATUS, "parameters": parameters, "error": DATA_ERRORS, "schema": SCHEMA},
    )


def operation_result(parameters: JsonValue) -> Schema:
    """The answer of a synchronous operation around the schema of its result."""
    return record({}, {"parameters": parameters, "error": GENERIC_ERROR})


MODE = record({"id": STRING}, {"name": STRING, "translation_id": STRING, "tags": STRINGS, "href": URI})


def mode_detail(values: tuple[str, ...] = ()) -> Schema:
    """A mode; `values` are those it can have."""
    return record(
        {"value": one_of(*values) if values else STRING},
        {"id": STRING, "name": STRING, "translation_id": STRING, "schema": SCHEMA},
    )


MODE_SET = record({"id": STRING}, {"value": ANY})

CONFIGURATION = record(
    {"id": STRING, "name": STRING, "type": one_of("bulk", "parameter")},
    {"translation_id": STRING, "version": STRING, "content_type": STRING, "tags": STRINGS, "href": URI},
)

LOCK = record({"id": STRING, "owned": BOOLEAN}, {"scopes": STRINGS, "href": URI})
LOCK_DETAIL = record({"lock_expiration": DATE_TIME, "owned": BOOLEAN}, {"scopes": STRINGS})

LOG_CONTEXT = record(
    {"type": one_of("RFC5424", "AUTOSAR_DLT")},
    {
        "host": STRING,
        "process": STRING,
        "pid": INTEGER,
        "session": STRING,
        "session_id": STRING,
        "application_id": STRING,
        "context_id": STRING,
        "message_id": STRING,
    },
)
LOG_SEVERITY = one_of("fatal", "error", "warn", "info", "debug")
LOG_ENTRY = record(
    {"timestamp": DATE_TIME, "context": LOG_CONTEXT, "severity": LOG_SEVERITY, "msg": STRING}, {"href": URI}
)
LOG_SETTING = record({"context": LOG_CONTEXT, "severity": LOG_SEVERITY})
LOG_SETTINGS: Schema = {"type": "array", "items": LOG_SETTING}

BULK_ITEM = record(
    {"id": STRING, "mimetype": STRING},
    {
        "name": STRING,
        "translation_id": STRING,
        "size": INTEGER,
        "creation_date": DATE_TIME,
        "last_modified": DATE_TIME,
        "hash": STRING,
        "hash_algorithm": STRING,
        "tags": STRINGS,
        "href": URI,
    },
)
BULK_DELETED = record(
    {
        "deleted_ids": STRINGS,
        "errors": {"type": "array", "items": record({"id": STRING, "error": GENERIC_ERROR})},
    }
)

SUBSCRIPTION_LISTED = record(
    {"id": STRING, "resource": URI, "subscription": URI, "protocol": STRING},
    {"observed_resource": URI, "event_source": URI, "href": URI},
)
SUBSCRIPTION = record(
    {
        "id": STRING,
        "protocol": STRING,
        "interval": STRING,
        "expires": DATE_TIME,
        "resource": URI,
        "subscription": URI,
        "observed_resource": URI,
        "event_source": URI,
    },
    {"event_schema": SCHEMA, "schema": SCHEMA},
)


def event_envelope(payload: JsonValue) -> Schema:
    """An event of a stream around the schema of its payload."""
    return record({"timestamp": DATE_TIME}, {"payload": payload, "error": GENERIC_ERROR})


ID_ONLY = record({"id": STRING})
STATUS = record(
    {"status": one_of("ready", "notReady")},
    {"start": URI, "restart": URI, "force-restart": URI, "shutdown": URI, "force-shutdown": URI},
)
CLEARABLE = record({"status": URI}, {"cached-data": URI, "learned-data": URI, "client-defined-resources": URI})
CLEARING = record(
    {"status": one_of("running", "completed", "failed", "notRequested")},
    {
        "type": one_of("cached-data", "learned-data", "client-defined-resources"),
        "last_started": DATE_TIME,
        "progress": INTEGER,
        "error": {"type": "array", "items": GENERIC_ERROR},
        "schema": SCHEMA,
    },
)
VERSION_INFO = record(
    {
        "sovd_info": {
            "type": "array",
            "items": record({"version": STRING, "base_uri": URI}, {"vendor_info": {"type": "object"}}),
        }
    }
)
