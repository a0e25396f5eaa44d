"""The reference pages say what the program does: names, defaults and real answers are compared with it."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from app.connectors.simulated_address import SimulatedSettings
from app.connectors.simulated_data import IDENTIFIERS
from app.connectors.vehicle_connector import _generate_streaming_chunks
from app.domain.catalogue import COMMANDS
from app.settings import Settings

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
SETTINGS_PAGE = (REFERENCE / "settings.md").read_text()
COMMANDS_PAGE = (REFERENCE / "commands.md").read_text()
_ALL_EXAMPLES = re.findall(
    r"^```json (?:(doip|sovd) )?(\w+) (\{[^\n]*\})\n(.*?)^```$", COMMANDS_PAGE, flags=re.MULTILINE | re.DOTALL
)
EXAMPLES = [example[1:] for example in _ALL_EXAMPLES if not example[0]]
REAL_EXAMPLES = [example for example in _ALL_EXAMPLES if example[0]]


def rows(page: str, heading: str | None = None) -> dict[str, list[str]]:
    """Table rows by the name in their first cell, of a page or of the part under one heading."""
    part = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0] if heading else page
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_settings_page_names_every_setting_and_no_other() -> None:
    assert rows(SETTINGS_PAGE).keys() == {f"SOVD_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_the_settings_page_tells_the_true_default(name: str) -> None:
    default = Settings.model_fields[name].default
    assert default is not PydanticUndefined
    shown = rows(SETTINGS_PAGE)[f"SOVD_{name.upper()}"][0]
    if default is None:
        assert not shown.startswith("`")
    else:
        expected = json.dumps(default) if isinstance(default, bool | tuple) else str(default)
        assert shown == f"`{expected}`"


def test_the_commands_page_tells_the_true_facts_of_each_command() -> None:
    table = COMMANDS_PAGE.split("\n## ", 1)[0]
    assert {name: cells[1:] for name, cells in rows(table).items()} == {
        definition.name: [
            definition.risk,
            "yes" if definition.may_change_vehicle else "no",
            f"{definition.default_timeout_s:g} s",
            f"{definition.default_expires_in_s:g} s",
        ]
        for definition in COMMANDS.values()
    }


def test_the_commands_page_names_every_parameter() -> None:
    known = {name for definition in COMMANDS.values() for name in definition.parameters["properties"]}
    assert rows(COMMANDS_PAGE, "Parameters").keys() == known


def test_every_command_has_an_example() -> None:
    assert {name for _, name, _, _ in _ALL_EXAMPLES} == set(COMMANDS)


@pytest.mark.parametrize(("name", "params", "answer"), EXAMPLES)
def test_examples_are_what_the_mock_vehicle_answers(name: str, params: str, answer: str) -> None:
    chunks = [payload for payload, _ in _generate_streaming_chunks(name, json.loads(params))]

    assert [json.loads(line) for line in answer.splitlines()] == chunks


def test_every_setting_of_simulated_vehicles_is_explained() -> None:
    assert rows(COMMANDS_PAGE, "The mock vehicle").keys() == {field.name for field in fields(SimulatedSettings)}


def test_every_identifier_of_the_simulated_unit_is_listed() -> None:
    listed = COMMANDS_PAGE.split("The mock vehicle's control unit has these:")[1].split("\n##", 1)[0]

    assert {int(text, 16) for text in re.findall(r"`(0x[0-9A-F]{4})`", listed)} == set(IDENTIFIERS)
