"""The catalogue of commands: what each is called, takes, risks and needs (design, sections 4.1 and 4.4).

Everything else asks here: the API lists it, the services check parameters with it, the worker asks whether a command
may have changed a vehicle.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from app.domain.errors import FieldError, InvalidRequest
from app.domain.json_values import JsonObject
from app.domain.roles import Role

MIN_TIMEOUT_S = 0.1
MAX_TIMEOUT_S = 3600.0
MIN_EXPIRES_IN_S = 1.0
MAX_EXPIRES_IN_S = 7 * 86_400.0

DEFAULT_ECU_ADDRESS = "0x10"
"""The ECU that answers where a command names none."""


class RiskClass(StrEnum):
    """How much harm a command sent to the wrong vehicle, or at the wrong moment, could do."""

    R0 = "R0"
    """Reads fault memory: no effect on the vehicle."""
    R1 = "R1"
    """Reads data that may identify the vehicle or its owner."""
    R2 = "R2"
    """Changes what a control unit has stored; evidence may be lost."""
    R3 = "R3"
    """Changes behaviour: configuration, actuators, resets."""
    R4 = "R4"
    """Replaces software or touches safety functions."""


# eq=False: a definition is one of the catalogue's objects; that also makes it usable as a cache key.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommandDefinition:
    """One command of the catalogue.

    `parameters` is a JSON Schema (draft 2020-12) complete enough to build a form from. `idempotent`: sending it twice
    leaves the vehicle as sending it once. `may_change_vehicle`: an unanswered one leaves its outcome unknown.
    `default_timeout_s` counts from the start of the run, `default_expires_in_s` from the submission.
    """

    name: str
    title: str
    description: str
    parameters: JsonObject
    idempotent: bool
    may_change_vehicle: bool
    risk: RiskClass
    minimum_role: Role
    default_timeout_s: float
    default_expires_in_s: float


_ECU_ADDRESS: JsonObject = {
    "type": "string",
    "title": "ECU address",
    "description": "Diagnostic address of the control unit: 0x and one to four hexadecimal digits.",
    "pattern": "^0x[0-9a-fA-F]{1,4}$",
    "examples": [DEFAULT_ECU_ADDRESS, "0x7E0"],
}

_DATA_ID: JsonObject = {
    "type": "string",
    "title": "Data identifier",
    "description": "Data identifier (DID, ISO 14229-1 Annex C): 0x and four hexadecimal digits.",
    "pattern": "^0x[0-9a-fA-F]{4}$",
    "examples": ["0xF190", "0xF18C"],
}

_DTC_CODE: JsonObject = {
    "type": "string",
    "title": "Trouble code",
    "description": "Diagnostic trouble code as SAE J2012 spells it, with the failure type byte after a hyphen where "
    "there is one. Left out: all trouble codes.",
    "pattern": "^[PCBU][0-3][0-9A-F]{3}(-[0-9A-F]{2})?$",
    "examples": ["P0420", "P0420-11"],
}


def _object_schema(title: str, properties: JsonObject, required: Sequence[str]) -> JsonObject:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "title": title,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


READ_DTC = CommandDefinition(
    name="ReadDTC",
    title="Read trouble codes",
    description="Reads the diagnostic trouble codes a control unit has stored. They arrive one after the other.",
    parameters=_object_schema(
        "Parameters of ReadDTC", {"ecuAddress": {**_ECU_ADDRESS, "default": DEFAULT_ECU_ADDRESS}}, required=()
    ),
    idempotent=True,
    may_change_vehicle=False,
    risk=RiskClass.R0,
    minimum_role=Role.ENGINEER,
    default_timeout_s=30.0,
    default_expires_in_s=900.0,
)

CLEAR_DTC = CommandDefinition(
    name="ClearDTC",
    title="Clear trouble codes",
    description="Deletes stored trouble codes, all of them or one. What they tell about a fault is lost.",
    parameters=_object_schema(
        "Parameters of ClearDTC", {"ecuAddress": _ECU_ADDRESS, "dtcCode": _DTC_CODE}, required=("ecuAddress",)
    ),
    idempotent=True,
    may_change_vehicle=True,
    risk=RiskClass.R2,
    minimum_role=Role.ENGINEER,
    default_timeout_s=30.0,
    default_expires_in_s=120.0,
)

READ_DATA_BY_ID = CommandDefinition(
    name="ReadDataByID",
    title="Read a data identifier",
    description="Reads one value of a control unit, such as its serial number or the engine speed.",
    parameters=_object_schema(
        "Parameters of ReadDataByID",
        {"ecuAddress": _ECU_ADDRESS, "dataId": _DATA_ID},
        required=("ecuAddress", "dataId"),
    ),
    idempotent=True,
    may_change_vehicle=False,
    risk=RiskClass.R1,
    minimum_role=Role.ENGINEER,
    default_timeout_s=30.0,
    default_expires_in_s=900.0,
)

COMMANDS: Mapping[str, CommandDefinition] = MappingProxyType(
    {definition.name: definition for definition in (READ_DTC, CLEAR_DTC, READ_DATA_BY_ID)}
)


def definition_of(command_name: str) -> CommandDefinition:
    """The definition of a command. Raises InvalidRequest (`unknown_command`) naming the known ones."""
    definition = COMMANDS.get(command_name)
    if definition is None:
        known = ", ".join(COMMANDS)
        raise InvalidRequest(
            f"There is no command {_shown(command_name)}. Use one of: {known}.",
            [FieldError("/command_name", f"use one of: {known}")],
            code="unknown_command",
        )
    return definition


def definition_of_stored(command_name: str) -> CommandDefinition:
    """The definition of a command that was accepted once, for deciding about its end; never raises.

    One that this release does not know (a newer one accepted it) counts as the worst: it may have changed the vehicle.
    """
    return COMMANDS.get(command_name) or replace(
        CLEAR_DTC,
        name=command_name,
        title=command_name,
        description="A command that this release does not know.",
        idempotent=False,
        risk=RiskClass.R4,
        minimum_role=Role.ADMIN,
    )


def check_params(definition: CommandDefinition, params: Mapping[str, Any]) -> None:
    """Check parameters against the definition's schema.

    Raises InvalidRequest with every wrong parameter at once, each with a pointer under `/command_params` and a
    message that says how to mend it.
    """
    found = sorted(_validator(definition).iter_errors(dict(params)), key=lambda error: list(map(str, error.path)))
    if not found:
        return
    field_errors = [field_error for error in found for field_error in _field_errors(definition, error)]
    count = len(field_errors)
    raise InvalidRequest(
        f"The parameters of {definition.name} are not right: {count} {'field' if count == 1 else 'fields'} to mend.",
        field_errors,
        code="invalid_params",
    )


def _field_errors(definition: CommandDefinition, error: ValidationError) -> Iterator[FieldError]:
    properties: JsonObject = definition.parameters["properties"]
    if error.validator == "required" and isinstance(error.instance, dict):
        for name in definition.parameters["required"]:
            if name not in error.instance and f"'{name}'" in error.message:
                yield FieldError(_pointer(name), f"add this parameter. {_how_to_write(properties[name])}")
    elif error.validator == "additionalProperties" and isinstance(error.instance, dict):
        for name in sorted(set(error.instance) - set(properties)):
            known = ", ".join(properties)
            yield FieldError(_pointer(name), f"leave it out: {definition.name} takes only {known}")
    else:
        schema = properties.get(str(error.path[0]), {}) if error.path else {}
        advice = _how_to_write(schema) if schema else "Give a JSON object."
        yield FieldError(_pointer(*error.path), f"{_shown(error.instance)} does not fit. {advice}")


def _how_to_write(schema: Mapping[str, Any]) -> str:
    return f"{schema['description']} Example: {schema['examples'][0]}"


def _pointer(*path: str | int) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in path)  # RFC 6901, section 3
    return "/".join(("/command_params", *escaped))


def _shown(value: object) -> str:
    """A foreign value in an error message: never longer than a line."""
    text = repr(value)
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
