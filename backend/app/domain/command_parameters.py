"""JSON Schemas (draft 2020-12) of command parameters. Each has a title, a description and examples for a form."""

from collections.abc import Sequence

from app.domain.command_definition import Choice
from app.domain.json_values import JsonObject

DEFAULT_STATUS_MASK = "0x2F"
"""Trouble codes that failed, are pending or confirmed (ISO 14229-1, D.2); not those that merely were not tested yet."""

_HEX_RECORD = "^([0-9a-fA-F]{2}){1,2048}$"
_DATA_ID_PATTERN = "0x[0-9a-fA-F]{4}"

ECU_ADDRESS: JsonObject = {
    "type": "string",
    "title": "ECU address",
    "description": "Diagnostic address of the control unit: 0x and one to four hexadecimal digits.",
    "pattern": "^0x[0-9a-fA-F]{1,4}$",
    "examples": ["0x10", "0x1010"],
}

COMPONENT: JsonObject = {
    "type": "string",
    "title": "Component",
    "description": "Id of the component, for a vehicle with its own SOVD server.",
    "pattern": "^[A-Za-z0-9][A-Za-z0-9_.#-]{0,127}$",
    "examples": ["engine"],
}

DATA_ID: JsonObject = {
    "type": "string",
    "title": "Data identifier",
    "description": "Data identifier (DID, ISO 14229-1 Annex C): 0x and four hexadecimal digits.",
    "pattern": f"^{_DATA_ID_PATTERN}$",
    "examples": ["0xF190", "0xF18C"],
}

DATA_IDS: JsonObject = {
    "type": "array",
    "title": "Data identifiers",
    "description": "One or several identifiers: 0x and four hexadecimal digits each, or names from the vehicle's "
    "diagnostic data or SOVD server.",
    "items": {"type": "string", "pattern": f"^({_DATA_ID_PATTERN}|[A-Za-z_][A-Za-z0-9_.#-]{{0,127}})$"},
    "minItems": 1,
    "maxItems": 64,
    "uniqueItems": True,
    "examples": [["0xF190", "0xF40D"]],
}

DTC_CODE: JsonObject = {
    "type": "string",
    "title": "Trouble code",
    "description": "Diagnostic trouble code as SAE J2012 spells it, with the failure type byte after a hyphen where "
    "there is one. Left out: all trouble codes.",
    "pattern": "^[PCBU][0-3][0-9A-F]{3}(-[0-9A-F]{2})?$",
    "examples": ["P0420", "P0420-11"],
}

STATUS_MASK: JsonObject = {
    "type": "string",
    "title": "Status mask",
    "description": "Only trouble codes with one of these status bits (ISO 14229-1, D.2): 0x and two hexadecimal "
    "digits, 0x08 for confirmed, 0xFF for all.",
    "pattern": "^0x[0-9a-fA-F]{2}$",
    "default": DEFAULT_STATUS_MASK,
    "examples": [DEFAULT_STATUS_MASK, "0x08"],
}

SNAPSHOT: JsonObject = {
    "type": "boolean",
    "title": "With snapshots",
    "description": "Also read what was measured when each trouble code was stored.",
    "default": False,
    "examples": [True],
}

EXTENDED_DATA: JsonObject = {
    "type": "boolean",
    "title": "With extended data",
    "description": "Also read the counters and other extended data of each trouble code.",
    "default": False,
    "examples": [True],
}

VALUE: JsonObject = {
    "type": ["string", "number", "boolean", "object", "array"],
    "title": "Value",
    "description": "The value to write, as the vehicle's diagnostic data describes it.",
    "examples": ["WVWZZZAU4RP000101"],
}

RAW: JsonObject = {
    "type": "string",
    "title": "Raw bytes",
    "description": "The bytes to send instead of a value, two hexadecimal digits each.",
    "pattern": _HEX_RECORD,
    "examples": ["0A1B"],
}

SECURITY_LEVEL: JsonObject = {
    "type": "integer",
    "title": "Security level",
    "description": "Level to unlock first by security access (service 0x27): the odd number of its seed request.",
    "minimum": 1,
    "maximum": 125,
    "examples": [1],
}

INTERVAL_MS: JsonObject = {
    "type": "integer",
    "title": "Interval (ms)",
    "description": "Milliseconds between two samples. A slower vehicle gives fewer; the last part counts them.",
    "minimum": 20,
    "maximum": 60_000,
    "default": 1000,
    "examples": [500],
}

DURATION_S: JsonObject = {
    "type": "number",
    "title": "Duration (s)",
    "description": "Seconds after which the subscription ends by itself.",
    "minimum": 0.1,
    "maximum": 3000,
    "examples": [10],
}

ROUTINE_ID: JsonObject = {
    "type": "string",
    "title": "Routine",
    "description": "Routine identifier (RID, ISO 14229-1 Annex F): 0x and four hexadecimal digits; or the id of a SOVD "
    "operation.",
    "pattern": f"^({_DATA_ID_PATTERN}|[A-Za-z_][A-Za-z0-9_.#-]{{0,127}})$",
    "examples": ["0x0203", "SelfTest"],
}

ROUTINE_ACTION: JsonObject = {
    "type": "string",
    "title": "Action",
    "description": "Start the routine, stop it, or read its results.",
    "enum": ["start", "stop", "results"],
    "examples": ["start"],
}

ROUTINE_PARAMETERS: JsonObject = {
    "type": "object",
    "title": "Routine parameters",
    "description": "Parameters of the routine by name, as the vehicle's diagnostic data or SOVD server describes them.",
    "examples": [{"Cylinder": 2}],
}

RESET_TYPE: JsonObject = {
    "type": "string",
    "title": "Reset type",
    "description": "Kind of reset (service 0x11): hard, like cutting power; key off and on; soft, a restart.",
    "enum": ["hard", "keyOffOn", "soft"],
    "default": "hard",
    "examples": ["soft"],
}

DTC_SETTING: JsonObject = {
    "type": "string",
    "title": "Setting",
    "description": "Whether the control unit stores new trouble codes (service 0x85).",
    "enum": ["on", "off"],
    "examples": ["off"],
}

HOLD_S: JsonObject = {
    "type": "number",
    "title": "Hold (s)",
    "description": "Seconds to keep the session open in which the setting holds. With 0 the control unit falls back to "
    "its default by itself, some five seconds later.",
    "minimum": 0,
    "maximum": 3000,
    "default": 0,
    "examples": [5],
}

SOVD_METHOD: JsonObject = {
    "type": "string",
    "title": "Method",
    "description": "HTTP method. GET reads; the others may change the vehicle.",
    "enum": ["GET", "POST", "PUT", "DELETE"],
    "examples": ["GET"],
}

SOVD_PATH: JsonObject = {
    "type": "string",
    "title": "Resource",
    "description": "Path of the resource below the server's base URI, such as components/engine/data/Speed. "
    "What follows a ? belongs into the query.",
    "pattern": "^[^\\s?\\\\]{0,1000}$",
    "examples": ["components/engine/faults"],
}

SOVD_QUERY: JsonObject = {
    "type": "object",
    "title": "Query",
    "description": "Query parameters by name.",
    "additionalProperties": {"type": ["string", "array"], "items": {"type": "string"}},
    "examples": [{"include-schema": "true"}],
}

SOVD_BODY: JsonObject = {
    "type": ["object", "array", "string", "number", "boolean"],
    "title": "Body",
    "description": "JSON body of the request, where it has one.",
    "examples": [{"value": "EXTENDED", "mode_expiration": 30}],
}

ONE_ECU = Choice(title="Control unit", names=("ecuAddress", "component"), required=True)
ANY_ECU = Choice(title="Control unit", names=("ecuAddress", "component"), required=False)


def object_schema(
    command_name: str, properties: JsonObject, *, required: Sequence[str] = (), choices: Sequence[Choice] = ()
) -> JsonObject:
    """The schema of all parameters of a command."""
    schema: JsonObject = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "title": f"Parameters of {command_name}",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    if choices:
        schema["allOf"] = [_choice_schema(choice) for choice in choices]
    return schema


def _choice_schema(choice: Choice) -> JsonObject:
    if choice.required:
        return {"title": choice.title, "oneOf": [{"required": [name]} for name in choice.names]}
    return {"title": choice.title, "not": {"required": list(choice.names)}}
