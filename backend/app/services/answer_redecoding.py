"""Decodes stored answers again from their raw bytes: same chunks, same order, values as other data reads them."""

import asyncio
from collections.abc import Sequence

from app.diagnostic_data.port import Decoded, DiagnosticData
from app.domain.command import Chunk
from app.domain.json_values import JsonObject, JsonValue

_READ, _ROUTINE = 0x62, 0x71
_SNAPSHOT = b"\x59\x04"
_ROUTINE_HEAD, _SNAPSHOT_HEAD, _DTC_BYTES = 4, 7, 3
"""Bytes before the record: service, sub-function, number; service, report, trouble code, status, record number."""
_DECODED = frozenset({"value", "unit", "values", "source", "problem", "result"})
"""Members of an earlier decoding: none of them stays beside a new one."""


async def redecoded(chunks: Sequence[Chunk], data: DiagnosticData) -> tuple[list[JsonObject], int]:
    """The chunks with every part decoded anew that kept its raw bytes, and how many parts those were.

    Whatever has no raw bytes stays as it was.
    """
    reading = _Reading(data)
    found: list[JsonObject] = []
    for chunk in chunks:
        payload = await reading.part(chunk.response_payload, None)
        part = {"sequence_number": chunk.sequence_number, "response_payload": payload, "is_final": chunk.is_final}
        found.append(part)
        await asyncio.sleep(0)  # an answer may be long, and decoding alone gives nobody else a turn
    return found, reading.count


class _Reading:
    def __init__(self, data: DiagnosticData) -> None:
        self._data = data
        self.count = 0

    async def part(self, value: JsonValue, ecu_address: int | None, dtc: int | None = None) -> JsonValue:
        """A part of a payload; ECU and trouble code are those of the part around it."""
        if isinstance(value, list):
            return [await self.part(member, ecu_address, dtc) for member in value]
        if not isinstance(value, dict):
            return value
        own = _number(value.get("ecuAddress"))
        ecu_address = ecu_address if own is None else own
        raw = _bytes(value.get("raw"))
        if "dtcCode" in value and raw is not None and len(raw) == _DTC_BYTES:
            dtc = int.from_bytes(raw, "big")
        inner = {name: await self.part(member, ecu_address, dtc) for name, member in value.items()}
        decoded = None if raw is None or ecu_address is None else await self._decoded(value, raw, ecu_address, dtc)
        if decoded is None:
            return inner
        self.count += 1
        return {name: member for name, member in inner.items() if name not in _DECODED} | decoded

    async def _decoded(self, value: JsonObject, raw: bytes, ecu_address: int, dtc: int | None) -> JsonObject | None:
        """What takes the place of the earlier decoding; None where this part holds nothing to decode."""
        data_id, routine_id = _number(value.get("dataId")), _number(value.get("routineId"))
        if data_id is not None and (record := _after(raw, bytes((_READ, *data_id.to_bytes(2, "big"))))) is not None:
            found = await self._data.decode_identifier(ecu_address, data_id, record)
            return {"name": found.name, "description": found.description, **_shown(found)}
        if "dtcCode" in value and dtc is not None:
            found = await self._data.describe_dtc(ecu_address, dtc)
            return {"description": found.description, "source": found.source}
        if routine_id is not None and raw[:1] == bytes((_ROUTINE,)) and len(raw) > _ROUTINE_HEAD:
            found = await self._data.decode_routine(ecu_address, routine_id, raw[1], raw[_ROUTINE_HEAD:])
            return {"result": _shown(found)}
        if "recordNumber" in value and dtc is not None and raw[:2] == _SNAPSHOT and len(raw) > _SNAPSHOT_HEAD:
            found = await self._data.decode_snapshot(ecu_address, dtc, raw[_SNAPSHOT_HEAD:])
            return _shown(found) | {"values": _listed(found)}
        return None


def _shown(decoded: Decoded) -> JsonObject:
    """One value as `value` and `unit`, several as `values`: as a fresh answer has them."""
    shown: JsonObject = {"value": None, "unit": None, "source": decoded.source}
    if decoded.problem is not None:
        shown["problem"] = decoded.problem
    if len(decoded.values) == 1:
        shown |= {"value": decoded.values[0].value, "unit": decoded.values[0].unit}
    elif decoded.values:
        shown |= {"value": {part.name: part.value for part in decoded.values}, "values": _listed(decoded)}
    return shown


def _listed(decoded: Decoded) -> list[JsonObject]:
    return [{"name": part.name, "value": part.value, "unit": part.unit} for part in decoded.values]


def _after(raw: bytes, head: bytes) -> bytes | None:
    """What follows the head; None where this is another answer."""
    return raw[len(head) :] if raw.startswith(head) else None


def _number(value: object) -> int | None:
    try:
        return int(value, 16) if isinstance(value, str) else None
    except ValueError:
        return None


def _bytes(value: object) -> bytes | None:
    try:
        return bytes.fromhex(value) if isinstance(value, str) else None
    except ValueError:
        return None
