"""The catalogue of commands and the checks of their parameters."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.domain.catalogue import COMMANDS, definition_of, definition_of_stored
from app.domain.command_definition import (
    MAX_EXPIRES_IN_S,
    MAX_TIMEOUT_S,
    MIN_EXPIRES_IN_S,
    MIN_TIMEOUT_S,
    CommandDefinition,
)
from app.domain.errors import InvalidRequest
from app.domain.params_check import check_params
from app.domain.roles import Role


def test_the_catalogue_says_what_each_command_risks() -> None:
    assert {name: (d.risk, d.may_change_vehicle, d.default_expires_in_s) for name, d in COMMANDS.items()} == {
        "ReadDTC": ("R0", False, 900.0),
        "ClearDTC": ("R2", True, 120.0),
        "ReadDataByID": ("R1", False, 900.0),
        "DiscoverECUs": ("R0", False, 900.0),
        "ReadIdentification": ("R0", False, 900.0),
        "WriteDataByID": ("R4", True, 120.0),
        "SubscribeData": ("R1", False, 900.0),
        "RoutineControl": ("R4", True, 120.0),
        "ECUReset": ("R3", True, 120.0),
        "ControlDTCSetting": ("R2", True, 120.0),
        "SOVDRequest": ("R4", True, 120.0),
    }
    assert {d.minimum_role for d in COMMANDS.values()} == {Role.ENGINEER}


@pytest.mark.parametrize(
    ("name", "params", "risk"),
    [
        ("RoutineControl", {"action": "results"}, "R1"),
        ("RoutineControl", {"action": "start"}, "R3"),
        ("RoutineControl", {"action": "results", "securityLevel": 1}, "R4"),
        ("WriteDataByID", {"dataId": "0xF199"}, "R2"),
        ("WriteDataByID", {"dataId": "0xF199", "securityLevel": 3}, "R4"),
        ("SOVDRequest", {"method": "GET"}, "R1"),
        ("SOVDRequest", {"method": "DELETE"}, "R3"),
        ("ECUReset", {}, "R3"),
    ],
)
def test_the_risk_follows_from_the_parameters(name: str, params: dict[str, Any], risk: str) -> None:
    effective = definition_of(name).with_params(params)
    assert effective.risk == risk
    assert effective.may_change_vehicle is (risk not in {"R0", "R1"})
    assert definition_of_stored(name, params).risk == risk


def test_what_lasts_longer_has_a_longer_timeout() -> None:
    watching = definition_of("SubscribeData")
    assert watching.with_params({"durationS": 90}).default_timeout_s == watching.default_timeout_s + 90
    assert watching.with_params({"durationS": 9999}).default_timeout_s == MAX_TIMEOUT_S


def test_an_unknown_stored_command_counts_as_the_worst() -> None:
    assert definition_of_stored("FromTheFuture", {}).risk == "R4"
    assert definition_of_stored("FromTheFuture", {}).may_change_vehicle


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
    check_params(definition, definition.example)
    for name, schema in definition.parameters["properties"].items():
        for example in schema["examples"]:
            Draft202012Validator(definition.parameters["properties"][name]).validate(example)
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
        ("ReadDataByID", {"component": "engine", "dataIds": ["Speed", "0xF40C"]}),
        ("ReadDTC", {"component": "engine", "statusMask": "0x08", "snapshot": True}),
        ("WriteDataByID", {"ecuAddress": "0x1010", "dataId": "0xF199", "value": 3}),
        ("SOVDRequest", {"method": "GET", "path": ""}),
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
        ("ReadDTC", {"ecuAddress": None}, {"/command_params/ecuAddress": "null does not fit"}),
        ("ReadDTC", {"snapshot": "yes"}, {"/command_params/snapshot": '"yes" does not fit'}),
        ("ReadDTC", {"snapshot": None}, {"/command_params/snapshot": "Example: true"}),
        ("ReadDTC", {"extendedData": [True, None]}, {"/command_params/extendedData": "[true, null] does not fit"}),
        ("SubscribeData", {"ecuAddress": "0x10", "durationS": 5}, {"/command_params/dataIds": '["0xF190", "0xF40D"]'}),
        ("ReadDTC", {"a/b~c": 1}, {"/command_params/a~1b~0c": "leave it out: ReadDTC takes only ecuAddress"}),
        ("ClearDTC", {}, {"/command_params/ecuAddress": "add this parameter, or component instead"}),
        (
            "ClearDTC",
            {"ecuAddress": "0x10", "component": "engine"},
            {"/command_params/component": "leave it out, or leave ecuAddress out"},
        ),
        ("ReadDTC", {"ecuAddress": "0x10", "component": "x"}, {"/command_params/component": "only one of them"}),
        (
            "RoutineControl",
            {"ecuAddress": "0x10", "routineId": "0x0203", "action": "jump"},
            {"/command_params/action": "One of: start, stop, results"},
        ),
        (
            "SubscribeData",
            {"ecuAddress": "0x10", "dataIds": ["0xF40C", "12"], "durationS": 0},
            {"/command_params/dataIds/1": "does not fit", "/command_params/durationS": "From 0.1 to 3000"},
        ),
        ("DiscoverECUs", {"x": 1}, {"/command_params/x": "leave it out: DiscoverECUs takes no parameters"}),
        ("WriteDataByID", {"ecuAddress": "0x10", "dataId": "0xF199"}, {"/command_params/value": "or raw instead"}),
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
