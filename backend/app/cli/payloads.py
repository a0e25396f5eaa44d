"""A chunk's payload in words: one line per finding. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.cli.plain_text import one_line
from app.domain.json_values import JsonObject, encode_json


def describe_payload(payload: JsonObject) -> list[str]:
    """Lines for a person. The shapes are those of design 4.4; anything else is shown as it is, so nothing is hidden."""
    for describe in (_trouble_codes, _ecu, _identification, _sample, _value, _totals, _state):
        lines = describe(payload)
        if lines:
            return [one_line(line) for line in lines]
    return [one_line(encode_json(payload))]


def _trouble_codes(payload: JsonObject) -> list[str]:
    codes = _objects(payload, "dtcs", "dtcCode")
    if codes is None:
        return []
    if not codes:
        return [f"no trouble codes{_where(payload)}"]
    return [_trouble_code(code, payload) for code in codes]


def _trouble_code(code: Mapping[str, Any], payload: JsonObject) -> str:
    status = f" ({code['status']})" if code.get("status") else ""
    with_more = [
        f"{len(code[name])} {word}{'s' if len(code[name]) > 1 else ''}"
        for name, word in (("snapshots", "snapshot"), ("extendedData", "extended data record"))
        if isinstance(code.get(name), list)
    ]
    more = f" + {', '.join(with_more)}" if with_more else ""
    return f"{code['dtcCode']} {code.get('description') or ''}{status}{_where({**payload, **code})}{more}"


def _ecu(payload: JsonObject) -> list[str]:
    ecu = payload.get("ecu")
    if not isinstance(ecu, dict):
        return []
    address = ecu.get("ecuAddress") or ecu.get("component") or ""
    rest = [
        f"{name} {_plain(value)}"
        for name, value in ecu.items()
        if name not in {"ecuAddress", "name", "href"} and value is not None and value != address
    ]
    return [" ".join([f"{address} {ecu.get('name') or ''}".rstrip(), *([f"({', '.join(rest)})"] if rest else [])])]


def _identification(payload: JsonObject) -> list[str]:
    items = _objects(payload, "identification", "value")
    if items is None:
        return []
    return [f"{_name(item)}: {_with_unit(item)}{_where(payload)}" for item in items] or [f"nothing{_where(payload)}"]


def _sample(payload: JsonObject) -> list[str]:
    values = _objects(payload, "values", "dataId")
    if values is None or "sampledAt" not in payload:
        return []
    shown = ", ".join(f"{_name(item)} {_with_unit(item) if 'value' in item else '?'}" for item in values)
    return [f"{payload.get('elapsedS', 0):.2f} s: {shown}"]


def _value(payload: JsonObject) -> list[str]:
    error = payload.get("error")
    if isinstance(error, dict) and "dataId" in payload:
        return [f"{payload['dataId']}: {error.get('message', 'not read')}"]
    if "value" not in payload:
        return []
    raw = f" (raw {payload['raw']})" if payload.get("raw") else ""
    return [f"{_name(payload)}: {_with_unit(payload)}{raw}"]


def _totals(payload: JsonObject) -> list[str]:
    missing = payload.get("ecusNotAnswered")
    if not isinstance(missing, list):
        return []
    lines = _state({name: value for name, value in payload.items() if not name.startswith("ecus")})
    for item in missing:
        unit = item.get("ecuAddress") or item.get("component") if isinstance(item, dict) else item
        reason = item.get("reason") if isinstance(item, dict) else None
        lines.append(f"no answer from {unit}{f': {reason}' if reason else ''}")
    return lines


def _state(payload: JsonObject) -> list[str]:
    status = payload.get("status")
    if not isinstance(status, str):
        return []
    result = payload.get("result")
    decoded = _value(result) if isinstance(result, dict) else []
    shown = {name: value for name, value in payload.items() if name != "status" and not (decoded and name == "result")}
    rest = ", ".join(f"{name} {_plain(value)}" for name, value in shown.items())
    note = f" ({result['problem']})" if decoded and isinstance(result, dict) and result.get("problem") else ""
    return [f"{status}: {rest}" if rest else status, *(f"{line}{note}" for line in decoded)]


def _objects(payload: JsonObject, name: str, member: str) -> list[dict[str, Any]] | None:
    """The objects under a name, all of which have a member; None where it is anything else."""
    items = payload.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) and member in item for item in items):
        return None
    return items


def _name(item: Mapping[str, Any]) -> str:
    return str(_first(item.get(key) for key in ("description", "name", "dataId")) or "value")


def _first(values: Iterable[object]) -> object:
    return next((value for value in values if value), None)


def _with_unit(item: Mapping[str, Any]) -> str:
    return f"{_plain(item['value'])} {item.get('unit') or ''}".rstrip()


def _where(payload: Mapping[str, Any]) -> str:
    unit = payload.get("ecuAddress") or payload.get("component")
    return f" [ECU {unit}]" if unit else ""


def _plain(value: object) -> str:
    return value if isinstance(value, str) else encode_json({"": value})[4:-1]
