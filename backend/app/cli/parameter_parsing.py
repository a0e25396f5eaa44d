"""Command parameters given as `-p name=value`. Pure."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.cli.usage_errors import UsageRefused
from app.domain.json_values import JsonObject

NO_TYPES: Mapping[str, object] = MappingProxyType({})
_JSON_STARTS = frozenset('{["-0123456789')
_JSON_WORDS = frozenset({"true", "false", "null"})


def parse_parameters(given: Sequence[str], types: Mapping[str, object] = NO_TYPES) -> JsonObject:
    """The parameters as a JSON object. Raises UsageRefused for one without `=`, or one given twice.

    `types` are the JSON Schema types that are known: text stays text even where it looks like JSON (`raw=0102`), and a
    list may be written with commas (`dataIds=0xF190,0xF40D`).
    """
    found: JsonObject = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise UsageRefused(f"{text!r} is no parameter", "Write it as name=value, for example -p ecuAddress=0x10.")
        if name in found:
            raise UsageRefused(f"the parameter {name!r} is given twice", "Give each parameter once.")
        found[name] = _typed_value(value, types.get(name))
    return found


def _typed_value(text: str, json_type: object) -> object:
    if json_type == "string" and not text.startswith('"'):
        return text
    parsed = parse_value(text)
    return parsed.split(",") if json_type == "array" and isinstance(parsed, str) else parsed


def parse_value(text: str) -> object:
    """JSON where the text looks like JSON (`12`, `true`, `["a"]`, `"0x10"`), else the text itself (`0x10`, `P0420`).

    Text that looks like JSON and is none stays text: `0x10` is an address, and `1.2.3` a version.
    """
    if text in _JSON_WORDS or (text and text[0] in _JSON_STARTS):
        try:
            return json.loads(text, parse_constant=_refuse_constant)
        except ValueError:
            return text
    return text


def _refuse_constant(text: str) -> object:
    # Python reads NaN and Infinity, which JSON has not.
    raise ValueError(text)
