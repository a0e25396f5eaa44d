"""The catalogue of commands and the checks of their parameters."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.domain.catalogue import (
    COMMANDS,
    MAX_EXPIRES_IN_S,
    MAX_TIMEOUT_S,
    MIN_EXPIRES_IN_S,
    MIN_TIMEOUT_S,
    CommandDefinition,
    check_params,
    definition_of,
)
from app.domain.errors import InvalidRequest
from app.domain.roles import Role


def test_the_catalogue_says_what_each_command_risks() -> None:
    assert {name: (d.risk, d.may_change_vehicle, d.default_expires_in_s) for name, d in COMMANDS.items()} == {
        "ReadDTC": ("R0", False, 900.0),
        "ClearDTC": ("R2", True, 120.0),
        "ReadDataByID": ("R1", False, 900.0),
    }
    assert {d.minimum_role for d in COMMANDS.values()} == {Role.ENGINEER}
    assert all(d.idempotent for d in COMMANDS.values())


@pytest.mark.parametrize("definition", COMMANDS.values(), ids=lambda d: str(d.name))
def test_a_form_can_be_built_from_each_schema(definition: CommandDefinition) -> None:
    Draft202012Validator.check_schema(definition.parameters)
    assert definition.title
    assert definition.description
    assert definition.parameters["additionalProperties"] is False
    for schema in definition.parameters["properties"].values():
        assert schema["title"]
        assert schema["description"]
        assert schema["examples"]
    examples = {name: schema["examples"][0] for name, schema in definition.parameters["properties"].items()}
    check_params(definition, examples)
    assert MIN_TIMEOUT_S <= definition.default_timeout_s <= MAX_TIMEOUT_S
    assert MIN_EXPIRES_IN_S <= definition.default_expires_in_s <= MAX_EXPIRES_IN_S


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ReadDTC", {}),
        ("ReadDTC", {"ecuAddress": "0xABcd"}),
        ("ClearDTC", {"ecuAddress": "0x1"}),
        ("ClearDTC", {"ecuAddress": "0x10", "dtcCode": "U3FFF-1A"}),
        ("ReadDataByID", {"ecuAddress": "0x10", "dataId": "0xF190"}),
    ],
)
def test_right_parameters_pass(name: str, params: dict[str, Any]) -> None:
    check_params(definition_of(name), params)


@pytest.mark.parametrize(
    ("name", "params", "wrong"),
    [
        ("ReadDTC", {"ecuAddress": "10"}, {"/command_params/ecuAddress": "hexadecimal digits. Example: 0x10"}),
        ("ReadDTC", {"ecuAddress": "0x12345"}, {"/command_params/ecuAddress": "does not fit"}),
        ("ReadDTC", {"ecuAddress": "0x10\n"}, {"/command_params/ecuAddress": "does not fit"}),
        ("ReadDTC", {"ecuAddress": None}, {"/command_params/ecuAddress": "None does not fit"}),
        ("ReadDTC", {"a/b~c": 1}, {"/command_params/a~1b~0c": "leave it out: ReadDTC takes only ecuAddress"}),
        ("ClearDTC", {}, {"/command_params/ecuAddress": "add this parameter"}),
        ("ClearDTC", {"ecuAddress": "0x10", "dtcCode": "p0420"}, {"/command_params/dtcCode": "SAE J2012"}),
        ("ClearDTC", {"ecuAddress": "0x10", "dtcCode": "P4420"}, {"/command_params/dtcCode": "Example: P0420"}),
        (
            "ReadDataByID",
            {"dataId": "0xF19", "x": 1},
            {
                "/command_params/ecuAddress": "add this parameter",
                "/command_params/dataId": "four hexadecimal digits",
                "/command_params/x": "leave it out",
            },
        ),
    ],
)
def test_wrong_parameters_are_all_named_with_the_way_to_mend_them(
    name: str, params: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        check_params(definition_of(name), params)

    found = {error.pointer: error.message for error in raised.value.field_errors}
    assert found.keys() == wrong.keys()
    assert len(raised.value.field_errors) == len(wrong)
    for pointer, part in wrong.items():
        assert part in found[pointer]
    assert raised.value.error_code == "invalid_params"


def test_a_long_value_is_not_thrown_back_whole() -> None:
    with pytest.raises(InvalidRequest) as raised:
        check_params(definition_of("ReadDTC"), {"ecuAddress": "9" * 10_000})

    assert len(raised.value.field_errors[0].message) < 300


def test_an_unknown_command_names_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="ReadDTC, ClearDTC, ReadDataByID") as raised:
        definition_of("FlyToTheMoon")

    assert raised.value.error_code == "unknown_command"
    assert [error.pointer for error in raised.value.field_errors] == ["/command_name"]
