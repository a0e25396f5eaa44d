"""Builds capability descriptions (ISO 17978-3, 7.5): OpenAPI 3.1 documents of one element and what is below it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.dialect import DIALECT
from app.protocols.sovd.documents import DATA_ERROR, GENERIC_ERROR, Schema
from app.protocols.sovd.operation_documents import OperationDocument, described_answer

_PLACEHOLDER = re.compile(r"\{([^}]+)\}")
_NAMES_OF_CODES = {
    200: "Done",
    201: "Made",
    202: "Begun",
    204: "Done; there is no body",
    307: "The bytes are elsewhere",
    400: "The request is not right",
    404: "There is no such resource",
    406: "Not available in this form",
    409: "Something else has to be so first",
    500: "The entity refused",
    501: "Not supported here",
    503: "Too much at once; try later",
}
_WITH_LOCATION = frozenset({201, 202, 307})


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedOperation:
    """An operation at a path. Placeholders in the path become parameters. `extras`: `x-sovd-…` beside it."""

    method: str
    path: str
    document: OperationDocument
    extras: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))
    path_extras: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))


def with_answer(document: OperationDocument, status: int, schema: Schema) -> OperationDocument:
    """The same operation with a more exact answer."""
    return replace(document, answers={**document.answers, status: schema})


def capability_description(
    *, title: str, version: str, server: str, operations: Iterable[DescribedOperation]
) -> JsonObject:
    """One self-contained document."""
    paths: JsonObject = {}
    for operation in operations:
        item = paths.setdefault(operation.path, _path_item(operation))
        item[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": title,
            "version": version,
            "x-sovd-version": version,
            "x-sovd-applicability": {"online": True, "offline": False},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": {"GenericError": GENERIC_ERROR, "DataError": DATA_ERROR}},
    }


def _path_item(operation: DescribedOperation) -> JsonObject:
    names = _PLACEHOLDER.findall(operation.path)
    item: JsonObject = dict(operation.path_extras)
    if names:
        item["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    return item


def _operation(operation: DescribedOperation) -> JsonObject:
    document = operation.document
    described: JsonObject = {"summary": document.summary, **operation.extras}
    parameters: list[JsonObject] = [
        {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in document.query.items()
    ]
    parameters += [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in document.headers
    ]
    if parameters:
        described["parameters"] = parameters
    if document.body is not None:
        content = described_answer(document.body)
        described["requestBody"] = {"required": not document.body_is_optional, "content": content}
    responses: JsonObject = {str(status): _response(status, body) for status, body in document.answers.items()}
    responses["default"] = {"description": "Any other error", "content": _schema_ref("GenericError")}
    return described | {"responses": responses}


def _response(status: int, schema: Schema | None) -> JsonObject:
    response: JsonObject = {"description": _NAMES_OF_CODES.get(status, "Answer")}
    if status in _WITH_LOCATION:
        response["headers"] = {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}
    if schema is GENERIC_ERROR or schema is DATA_ERROR:
        response["content"] = _schema_ref("GenericError" if schema is GENERIC_ERROR else "DataError")
    elif schema is not None:
        response["content"] = described_answer(schema)
    return response


def _schema_ref(name: str) -> JsonObject:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
