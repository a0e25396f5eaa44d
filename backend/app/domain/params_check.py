"""Checks the parameters of a command against its definition, and says how to mend what is wrong."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from app.domain.command_definition import CommandDefinition
from app.domain.errors import FieldError, InvalidRequest
from app.domain.json_values import JsonObject

_CHOICE_VALIDATORS = frozenset({"oneOf", "not"})
"""How choices stand in the schema; they are explained from the definition instead."""


def check_params(definition: CommandDefinition, params: Mapping[str, Any]) -> None:
    """Check parameters against the definition, which has to be one of the catalogue.

    Raises InvalidRequest with every wrong parameter at once, each with a pointer under `/command_params` and a
    message that says how to mend it.
    """
    found = sorted(_validator(definition).iter_errors(dict(params)), key=lambda error: list(map(str, error.path)))
    field_errors = [
        field_error
        for error in found
        if error.path or error.validator not in _CHOICE_VALIDATORS
        for field_error in _field_errors(definition, error)
    ]
    field_errors += _wrong_choices(definition, params)
    if not field_errors:
        return
    count = len(field_errors)
    raise InvalidRequest(
        f"The parameters of {definition.name} are not right: {count} {'field' if count == 1 else 'fields'} to mend.",
        field_errors,
        code="invalid_params",
    )


def _wrong_choices(definition: CommandDefinition, params: Mapping[str, Any]) -> Iterator[FieldError]:
    properties: JsonObject = definition.parameters["properties"]
    for choice in definition.choices:
        given = [name for name in choice.names if name in params]
        first, *others = choice.names
        if choice.required and not given:
            instead = " or ".join(others)
            yield FieldError(
                _pointer(first), f"add this parameter, or {instead} instead. {_how_to_write(properties[first])}"
            )
        for name in given[1:]:
            yield FieldError(_pointer(name), f"leave it out, or leave {given[0]} out: only one of them may be given")


def _field_errors(definition: CommandDefinition, error: ValidationError) -> Iterator[FieldError]:
    properties: JsonObject = definition.parameters["properties"]
    if error.validator == "required" and isinstance(error.instance, dict):
        for name in definition.parameters["required"]:
            if name not in error.instance and f"'{name}'" in error.message:
                yield FieldError(_pointer(name), f"add this parameter. {_how_to_write(properties[name])}")
    elif error.validator == "additionalProperties" and isinstance(error.instance, dict) and not error.path:
        for name in sorted(set(error.instance) - set(properties)):
            known = f"only {', '.join(properties)}" if properties else "no parameters"
            yield FieldError(_pointer(name), f"leave it out: {definition.name} takes {known}")
    else:
        schema = properties.get(str(error.path[0]), {}) if error.path else {}
        advice = _how_to_write(schema) if schema else "Give a JSON object."
        yield FieldError(_pointer(*error.path), f"{_shown(error.instance)} does not fit. {advice}")


def _how_to_write(schema: Mapping[str, Any]) -> str:
    allowed = f" One of: {', '.join(schema['enum'])}." if "enum" in schema else ""
    bounds = f" From {schema['minimum']:g} to {schema['maximum']:g}." if "maximum" in schema else ""
    return f"{schema['description']}{allowed}{bounds} Example: {_as_typed(schema['examples'][0])}"


def _pointer(*path: str | int) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in path)  # RFC 6901, section 3
    return "/".join(("/command_params", *escaped))


def _as_typed(value: object) -> str:
    """An example as one writes it: text without quotes, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(value: object) -> str:
    """A foreign value in an error message, as JSON spells it; never longer than a line."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _whole_pattern(validator: object, pattern: str, instance: object, schema: object) -> Iterator[ValidationError]:
    # Python's `$` also matches before a line feed at the end; JSON Schema's (ECMA 262) does not.
    if isinstance(instance, str) and re.fullmatch(pattern, instance) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@functools.cache
def _validator(definition: CommandDefinition) -> Draft202012Validator:
    validator_class: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]  # its stub leaves it untyped
        Draft202012Validator, {"pattern": _whole_pattern}
    )
    validator_class.check_schema(definition.parameters)
    return validator_class(definition.parameters)
