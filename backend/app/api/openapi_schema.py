"""Completes the generated OpenAPI document: every answer a call can give, as problem+json, documented in one place."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.problem_types import PROBLEM_TYPES, ProblemType
from app.domain.json_values import JsonObject

DESCRIPTION = """
Send diagnostic commands to vehicles that are somewhere else and watch the answers arrive piece by piece.

**Log in** with `POST /api/v1/auth/login` and send the `access_token` as `Authorization: Bearer …`.

**Send** a command with `POST /api/v1/commands`; repeat it safely with the same `Idempotency-Key`.

**Watch** it over WebSocket at `/ws/responses/{command_id}?after=N` (`Authorization` header, or the sub-protocols
`sovd.v1` and `bearer.<access token>`), or as server-sent events at `GET /api/v1/commands/{command_id}/events`.
Both carry the events of `contracts/stream-events.schema.json`: first what is stored, then live, each chunk exactly
once and in order.

**Errors** are `application/problem+json` (RFC 9457) with a stable `code`; `/problems` explains every one.
Each answer carries `X-Correlation-ID`; send your own to find your requests in the logs.
"""

TAGS = [
    {"name": "auth", "description": "Log in, refresh, log out, sessions"},
    {"name": "vehicles", "description": "The registry, and who is connected"},
    {"name": "command-definitions", "description": "What can be sent, with the schema of its parameters"},
    {"name": "commands", "description": "Send, follow, look back, cancel"},
    {"name": "diagnostic-data", "description": "ODX, PDX and identifier files: add, look, assign, try out"},
    {"name": "audit", "description": "Who did what; admins only"},
    {"name": "users", "description": "Accounts; admins only"},
    {"name": "health", "description": "Probes and figures"},
]

_MUTATING = frozenset({"post", "put", "patch", "delete"})
_VERBS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_CODE_OF_STATUS = {
    400: "malformed_json",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "request_too_large",
    422: "invalid_request",
    429: "too_many_requests",
    503: "storage_unavailable",
}
_HEADERS_OF_STATUS = {
    401: ("WWW-Authenticate", "always `Bearer`", {"type": "string"}),
    429: ("Retry-After", "seconds until trying again makes sense", {"type": "integer", "minimum": 1}),
    503: ("Retry-After", "seconds until trying again makes sense", {"type": "integer", "minimum": 1}),
}
_CORRELATION: JsonObject = {
    "X-Correlation-ID": {"description": "yours where you sent one, else a fresh one", "schema": {"type": "string"}}
}
_HEADERS_OF_SUCCESS: dict[str, JsonObject] = {
    "200": _CORRELATION,
    "201": {**_CORRELATION, "Location": {"description": "path of the new object", "schema": {"type": "string"}}},
    "202": _CORRELATION,
    "204": _CORRELATION,
}


def install_openapi(app: FastAPI) -> None:
    """Make `app.openapi()` give the completed document, built once."""

    def openapi() -> JsonObject:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents this way to replace its schema


def _build(app: FastAPI) -> JsonObject:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        license_info=app.license_info,
    )
    components: JsonObject = document.setdefault("components", {})
    schemas: JsonObject = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM_SCHEMA
    components["responses"] = {f"Problem{status}": _response(status) for status in _CODE_OF_STATUS}
    for path, verb, operation in _operations(document):
        _complete(path, verb, operation)
    return document


def _operations(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            if verb in _VERBS:
                yield path, verb, operation


def _complete(path: str, verb: str, operation: JsonObject) -> None:
    responses: JsonObject = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
    for status in _statuses(path, verb, operation):
        reference = {"$ref": f"#/components/responses/Problem{status}"}
        responses[str(status)] = reference
    for answered, response in responses.items():
        if answered in _HEADERS_OF_SUCCESS:
            response["headers"] = _HEADERS_OF_SUCCESS[answered]
    operation["responses"] = dict(sorted(responses.items()))


_OF_PAGE = "/api/v1/auth/browser-session"
"""Calls that ask for no token and still refuse what comes from elsewhere."""


def _statuses(path: str, verb: str, operation: JsonObject) -> list[int]:
    """Which problems a call can end in, told from its shape, so that no route can forget one."""
    if not path.startswith("/api/"):
        return [503] if path == "/health/ready" else []
    found = [503]
    if operation.get("security"):
        found += [401, 403]
    if path.startswith(_OF_PAGE):
        found.append(403)
    if "requestBody" in operation:
        found += [400, 413, 422]
    if operation.get("parameters"):
        found.append(422)
    if "{" in path or verb == "post":
        found.append(404)
    if verb in _MUTATING:
        found += [400, 401, 409, 413, 429]
    return found


def _response(status: int) -> JsonObject:
    code = _CODE_OF_STATUS[status]
    kind = PROBLEM_TYPES[code]
    response: JsonObject = {
        "description": f"{kind.title}. {kind.meaning}",
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": _example(code, kind),
            }
        },
    }
    if status in _HEADERS_OF_STATUS:
        name, description, schema = _HEADERS_OF_STATUS[status]
        response["headers"] = {name: {"description": description, "schema": schema}}
    return response


def _example(code: str, kind: ProblemType) -> JsonObject:
    errors: list[dict[str, str]] = []
    if code == "invalid_request":
        errors = [{"pointer": "/vin", "message": "must have 17 characters"}]
    return {
        "type": ProblemType.uri(code),
        "title": kind.title,
        "status": kind.status,
        "detail": "what happened in this case, in words",
        "code": code,
        "correlation_id": "8f2e1c7a90b34d5e8f7a1b2c3d4e5f60",
        "errors": errors,
    }


_PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "An error as RFC 9457 describes it. Further members may follow.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "correlation_id", "errors"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "leads to a page about this kind of problem",
        },
        "title": {"type": "string", "description": "the same for every problem of this kind"},
        "status": {"type": "integer", "description": "the HTTP status again"},
        "detail": {"type": "string", "description": "what happened in this case"},
        "code": {"type": "string", "description": "stable; programs decide by this"},
        "correlation_id": {"type": ["string", "null"], "description": "finds this request in the logs"},
        "errors": {
            "type": "array",
            "description": "for bad input: each wrong field",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) to the field"},
                    "message": {"type": "string", "description": "what to do about it"},
                    "in": {"type": "string", "enum": ["body", "query", "path", "header", "cookie"]},
                },
            },
        },
    },
}
