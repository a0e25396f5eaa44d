"""Errors as answers: each of our types has its status, each answer its form, and none repeats what was sent."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from app.api import text_forms
from app.api.error_mapping import answer_crash, answer_validation_error, problem_of
from app.api.problem_types import PROBLEM_TYPES
from app.api.v1.vehicle_models import Vin
from app.api.validation_messages import explain, json_pointer
from app.domain import errors
from app.domain.errors import (
    Conflict,
    FieldError,
    Forbidden,
    InvalidRequest,
    LeaseLost,
    NotAuthenticated,
    NotFound,
    Overloaded,
    RequestError,
    SovdError,
    StorageUnavailable,
    TooManyRequests,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.observability.correlation import bound_correlation


def body_of(response: Response) -> dict[str, Any]:
    """The problem in an answer."""
    assert response.headers["content-type"] == "application/problem+json"
    decoded: dict[str, Any] = json.loads(bytes(response.body))
    return decoded


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RequestError("x"), 400),
        (NotAuthenticated("x"), 401),
        (Forbidden("x"), 403),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (InvalidRequest("x"), 422),
        (TooManyRequests("x", retry_after_s=3), 429),
        (SovdError("x"), 500),
        (LeaseLost("x"), 500),
        (VehicleUnreachable("x"), 502),
        (StorageUnavailable("x"), 503),
        (Overloaded("x"), 503),
        (VehicleTimeout("x"), 504),
    ],
)
def test_each_type_has_its_status(error: SovdError, status: int) -> None:
    response = problem_of(error)
    assert response.status_code == status
    assert body_of(response)["status"] == status


def test_a_problem_has_all_its_members() -> None:
    with bound_correlation("abc"):
        response = problem_of(InvalidRequest("the VIN is wrong", [FieldError("/vin", "must have 17 characters")]))
    assert body_of(response) == {
        "type": "/problems/invalid_request",
        "title": "Invalid request",
        "status": 422,
        "detail": "the VIN is wrong",
        "code": "invalid_request",
        "correlation_id": "abc",
        "errors": [{"pointer": "/vin", "message": "must have 17 characters"}],
    }


def test_a_code_of_its_own_keeps_the_status_of_its_type() -> None:
    body = body_of(problem_of(Conflict("x", code="something_new")))
    assert (body["status"], body["code"], body["title"]) == (409, "something_new", "Conflict")


@pytest.mark.parametrize(("seconds", "shown"), [(0.2, "1"), (3, "3"), (3.2, "4")])
def test_retry_after_is_in_whole_seconds_and_never_too_early(seconds: float, shown: str) -> None:
    assert problem_of(TooManyRequests("x", retry_after_s=seconds)).headers["retry-after"] == shown


def test_a_missing_token_names_the_scheme_and_an_outage_says_when_to_come_back() -> None:
    assert problem_of(NotAuthenticated("x")).headers["www-authenticate"] == "Bearer"
    assert int(problem_of(StorageUnavailable("x")).headers["retry-after"]) >= 1


def test_every_error_type_is_in_the_table() -> None:
    types = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SovdError)]
    assert {kind.code for kind in types} <= PROBLEM_TYPES.keys()


def test_a_crash_shows_nothing_of_itself() -> None:
    body = body_of(answer_crash(RuntimeError("postgresql://u:s3cret@db")))
    assert body["status"] == 500
    assert "s3cret" not in json.dumps(body)


@pytest.mark.parametrize(("steps", "pointer"), [((), ""), (("a", 0, "b"), "/a/0/b"), (("a/b", "m~n"), "/a~1b/m~0n")])
def test_pointers_are_escaped(steps: tuple[object, ...], pointer: str) -> None:
    assert json_pointer(steps) == pointer


async def test_wrong_fields_are_named_and_not_repeated() -> None:
    found = [
        {"type": "missing", "loc": ("body", "name"), "msg": "Field required", "input": {"password": "s3cret"}},
        {"type": "less_than_equal", "loc": ("query", "limit"), "msg": "…", "input": "s3cret", "ctx": {"le": 200}},
        {"type": "never_heard_of", "loc": ("body", "x"), "msg": "s3cret", "input": "s3cret"},
    ]
    request = Request({"type": "http", "app": FastAPI()})
    body = body_of(await answer_validation_error(request, RequestValidationError(found)))
    assert body["errors"] == [
        {"pointer": "/name", "in": "body", "message": "is required"},
        {"pointer": "/limit", "in": "query", "message": "must be at most 200"},
        {"pointer": "/x", "in": "body", "message": "does not fit the schema; see /docs"},
    ]
    assert "s3cret" not in json.dumps(body)


def patterns_of(value: object) -> set[str]:
    """Every `pattern` of a schema, however deep."""
    if isinstance(value, list):
        return set().union(*map(patterns_of, value))
    if not isinstance(value, dict):
        return set()
    own = {value["pattern"]} if isinstance(value.get("pattern"), str) else set()
    return own.union(*map(patterns_of, value.values()))


def test_every_form_that_a_request_must_have_is_told_in_words() -> None:
    described = json.loads((Path(__file__).parents[3] / "contracts" / "openapi.json").read_text())
    assert patterns_of(described) == set(text_forms.IN_WORDS)


def test_a_text_of_another_form_is_answered_with_words_instead_of_the_expression() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Vin).validate_python("WVWZZZ1JZXW00000O")
    [found] = raised.value.errors()
    assert explain(found)["message"] == "must be letters and digits, without the letters I, O and Q (ISO 3779)"
