"""The JSON Schema dialect of ISO 17978-3: names of its meta-schemas, and the meta-schema of its keywords.

The ids are names, not downloads: a validator gets the resources from here.
"""

from app.domain.json_values import JsonObject

_ROOT = "https://asam.net/standards/diagnostics/sovd/v1.1"
DIALECT = f"{_ROOT}/dialect"
META_BASE = f"{_ROOT}/meta/base"
VOCABULARY = f"{_ROOT}/vocab/base"
_JSON_SCHEMA = "https://json-schema.org/draft/2020-12"
_OPENAPI_BASE = "https://spec.openapis.org/oas/3.1/meta/base"

_UNIT: JsonObject = {
    "type": "object",
    "required": ["display_name"],
    "properties": {
        "display_name": {"type": "string"},
        "factor_si_to_unit": {"type": "number"},
        "offset_si_to_unit": {"type": "number"},
        "reference": {"type": "string"},
        "is_relative": {"type": "boolean"},
        "physical_dimension": {"type": "object"},
    },
}


def meta_schemas() -> dict[str, JsonObject]:
    """The dialect and its own keywords, by id. `factor_si_to_unit` is not required: the standard's samples omit it."""
    base: JsonObject = {
        "$id": META_BASE,
        "$schema": f"{_JSON_SCHEMA}/schema",
        "$dynamicAnchor": "meta",
        "type": ["object", "boolean"],
        "properties": {
            "x-sovd-unit": _UNIT,
            "x-sovd-translation-id": {"type": "string"},
            "x-sovd-tags": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        },
    }
    vocabularies = {
        f"{_JSON_SCHEMA}/vocab/{name}": True
        for name in ("applicator", "content", "core", "format-annotation", "meta-data", "unevaluated", "validation")
    }
    dialect: JsonObject = {
        "$id": DIALECT,
        "$schema": f"{_JSON_SCHEMA}/schema",
        "$vocabulary": {**vocabularies, "https://spec.openapis.org/oas/3.1/vocab/base": True, VOCABULARY: True},
        "$dynamicAnchor": "meta",
        "allOf": [{"$ref": f"{_JSON_SCHEMA}/schema"}, {"$ref": _OPENAPI_BASE}, {"$ref": META_BASE}],
    }
    openapi_base: JsonObject = {
        "$id": _OPENAPI_BASE,
        "$schema": f"{_JSON_SCHEMA}/schema",
        "$dynamicAnchor": "meta",
        "type": ["object", "boolean"],
        "properties": {
            "example": True,
            "discriminator": {"type": "object", "required": ["propertyName"]},
            "externalDocs": {"type": "object", "required": ["url"]},
            "xml": {"type": "object"},
        },
    }
    return {DIALECT: dialect, META_BASE: base, _OPENAPI_BASE: openapi_base}
