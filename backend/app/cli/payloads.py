"""A chunk's payload in words: one line per finding. Pure."""

from app.cli.plain_text import one_line
from app.domain.json_values import JsonObject, encode_json


def describe_payload(payload: JsonObject) -> list[str]:
    """Lines for a person. The shapes are those of design 4.4; anything else is shown as it is, so nothing is hidden."""
    lines = _trouble_codes(payload) or _value(payload) or _state(payload) or [encode_json(payload)]
    return [one_line(line) for line in lines]


def _trouble_codes(payload: JsonObject) -> list[str]:
    codes = payload.get("dtcs")
    if not isinstance(codes, list) or not all(isinstance(code, dict) and "dtcCode" in code for code in codes):
        return []
    if not codes:
        return ["no trouble codes"]
    return [_trouble_code(code) for code in codes]


def _trouble_code(code: JsonObject) -> str:
    status = f" ({code['status']})" if code.get("status") else ""
    where = f" [ECU {code['ecuAddress']}]" if code.get("ecuAddress") else ""
    return f"{code['dtcCode']} {code.get('description', '')}{status}{where}"


def _value(payload: JsonObject) -> list[str]:
    if "value" not in payload:
        return []
    name = payload.get("description") or payload.get("dataId") or "value"
    return [f"{name}: {payload['value']} {payload.get('unit') or ''}{_raw(payload)}"]


def _raw(payload: JsonObject) -> str:
    return f" (raw {payload['raw']})" if payload.get("raw") else ""


def _state(payload: JsonObject) -> list[str]:
    status = payload.get("status")
    if not isinstance(status, str):
        return []
    rest = ", ".join(f"{name} {_plain(value)}" for name, value in payload.items() if name != "status")
    return [f"{status}: {rest}" if rest else status]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else encode_json({"": value})[4:-1]
