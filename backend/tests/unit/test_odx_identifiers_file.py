"""The YAML file of identifiers: what it takes, what it compiles to, and that it names what is wrong."""

import re
from pathlib import Path

import pytest

from app.diagnostic_data.conversions import Linear, TextTable
from app.diagnostic_data.identifiers_file import compile_identifiers, dtc_number
from app.diagnostic_data.pdx_archive import DataRefused
from app.diagnostic_data.record_layout import RecordLayout

GOOD = b"""
name: Bench 7
version: 3
identifiers:
  - {id: 0xF40C, name: EngineSpeed, type: uint, length: 2, factor: 0.25, unit: rpm}
  - id: "0x0200"
    name: Gear
    type: uint
    length: 1
    values: {0: neutral, 1: first}
    writable: true
dtcs:
  P0420: Catalyst below threshold
  0x042011: Catalyst, short to ground
ecus:
  - address: 0x1030
    name: brakes
    identifiers:
      - id: 0x0200
        name: Pressures
        fields:
          - {name: front, type: uint, length: 2, unit: bar}
          - {name: rear, type: int, length: 1, minimum: -5, maximum: 5}
"""


def test_it_compiles_to_a_variant_for_all_ecus_and_one_for_each() -> None:
    head, (shared, brakes) = compile_identifiers(GOOD, "bench.yaml")
    assert (head["name"], head["version"]) == ("Bench 7", "3")
    assert [variant["ecu_address"] for variant in head["variants"]] == [None, 0x1030]
    assert set(shared["identifiers"]) == {"f40c", "0200"}
    assert brakes["identifiers"]["0200"]["name"] == "Pressures"
    assert brakes["identifiers"]["f40c"] == shared["identifiers"]["f40c"]
    assert set(brakes["dtcs"]) == {"042000", "042011"}


def test_values_are_decoded_with_factor_texts_and_places() -> None:
    _, (shared, brakes) = compile_identifiers(GOOD, "bench.yaml")
    speed = RecordLayout.of_json(shared["identifiers"]["f40c"]["read"]["layout"])
    gear = RecordLayout.of_json(shared["identifiers"]["0200"]["read"]["layout"])
    pressures = RecordLayout.of_json(brakes["identifiers"]["0200"]["read"]["layout"])
    assert [(part.value, part.unit) for part in speed.decode(b"\x0d\x48")] == [(850.0, "rpm")]
    assert gear.decode(b"\x01")[0].value == "first"
    assert [part.value for part in pressures.decode(b"\x00\x50\xfe")] == [80, -2]
    assert isinstance(speed.fields[0].conversion, Linear)
    assert isinstance(gear.fields[0].conversion, TextTable)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[1, 2", "no YAML"),
        ("- 1", "mapping"),
        ("name: x", "no identifiers"),
        ("identifers: []", "identifers"),
        ("identifiers: [{id: 0x1FFFF, name: x}]", "id of identifier 1"),
        ("identifiers: [{id: 1, type: int}]", "needs a length"),
        ("identifiers: [{id: 1, type: number, length: 1}]", "type of"),
        ("identifiers: [{id: 1, type: float, length: 3}]", "float of 24 bits"),
        ("identifiers: [{id: 1, type: uint, length: 1, values: [a]}]", "values of"),
        ("identifiers: [{id: 1, type: uint, length: 1, factor: 0, minimum: 1, maximum: 2}]", "factor"),
        ("identifiers: [{id: 1, fields: [{name: a, type: text}, {name: b, type: text}]}]", "needs a length"),
        ("dtcs: {X0420: no}", "X0420"),
        ("a: &a [1]\nidentifiers: *a", "alias"),
        ("ecus: [{address: 99999999}]", "address"),
    ],
)
def test_what_is_wrong_is_named(text: str, named: str) -> None:
    with pytest.raises(DataRefused, match=named):
        compile_identifiers(text.encode(), "bench.yaml")


@pytest.mark.parametrize(
    ("code", "number"),
    [("P0420", 0x042000), ("p0420-11", 0x042011), ("U3FFF-FF", 0xFFFFFF), (0x123456, 0x123456), ("0x042000", 0x042000)],
)
def test_trouble_codes_as_people_spell_them(code: object, number: int) -> None:
    assert dtc_number(code) == number


@pytest.mark.parametrize("code", ["", "P042", "P4420", "0x42", -1, 1 << 24, True, None])
def test_what_is_no_trouble_code(code: object) -> None:
    assert dtc_number(code) is None


def test_the_example_of_the_reference_page_is_taken_as_it_stands() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "identifiers-file.md"
    (example,) = re.findall(r"```yaml\n(.*?)```", page.read_text(), flags=re.DOTALL)
    head, (shared, brakes) = compile_identifiers(example.encode(), "bench.yaml")
    assert (head["name"], set(shared["identifiers"])) == ("Bench 7", {"f40c", "0200"})
    assert set(brakes["identifiers"]) == {"f40c", "0200", "0201"}
