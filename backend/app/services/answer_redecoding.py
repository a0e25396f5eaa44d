"""Decodes stored answers again from their raw bytes: same chunks, same order, values as other data reads them."""

from collections.abc import Sequence

from app.diagnostic_data.port import Decoded, DiagnosticData
from app.domain.command import Chunk
from app.domain.json_values import JsonObject, JsonValue

_READ, _ROUTINE = 0x62, 0x71


async def redecoded(chunks: Sequence[Chunk], data: DiagnosticData) -> tuple[list[JsonObject], int]:
    """The chunks with every part decoded anew that kept its raw bytes, and how many parts those were.

    Whatever has no raw bytes stays as it was.
    """
    reading = _Reading(data)
    found = [
        {
            "sequence_number": chunk.sequence_number,
            "response_payload": await reading.part(chunk.response_payload, None),
            "is_final": chunk.is_final,
        }
        for chunk in chunks
    ]
    return found, reading.count


class _Reading:
    def __init__(self, data: DiagnosticData) -> None:
        self._data = data
        self.count = 0

    async def part(self, value: JsonValue, ecu_address: int | None) -> JsonValue:
        """A part of a payload; `ecu_address` is that of the part around it."""
        if isinstance(value, list):
            return [await self.part(member, ecu_address) for member in value]
        if not isinstance(value, dict):
            return value
        own = _number(value.get("ecuAddress"))
        ecu_address = ecu_address if own is None else own
        inner = {name: await self.part(member, ecu_address) for name, member in value.items()}
        raw = _bytes(value.get("raw"))
        if raw is None or ecu_address is None:
            return inner
        return inner | await self._decoded(value, raw, ecu_address)

    async def _decoded(self, value: JsonObject, raw: bytes, ecu_address: int) -> JsonObject:
        data_id = _number(value.get("dataId"))
        if data_id is not None:
            record = _after(raw, bytes((_READ,)) + data_id.to_bytes(2, "big"))
            return (
                {}
                if record is None
                else self._identifier(await self._data.decode_identifier(ecu_address, data_id, record))
            )
        if "dtcCode" in value and len(raw) >= 3:
            decoded = await self._data.describe_dtc(ecu_address, int.from_bytes(raw[:3], "big"))
            self.count += 1
            return _without_none(
                {"dtcCode": decoded.name, "description": decoded.description, "source": decoded.source}
            )
        routine_id = _number(value.get("routineId"))
        if routine_id is not None and len(raw) >= 4 and raw[0] == _ROUTINE:
            decoded = await self._data.decode_routine(ecu_address, routine_id, raw[1], raw[4:])
            self.count += 1
            result = {part.name: part.value for part in decoded.values}
            return _without_none({"result": result, "source": decoded.source, "problem": decoded.problem})
        return {}

    def _identifier(self, decoded: Decoded) -> JsonObject:
        self.count += 1
        values = decoded.values
        shown: JsonObject = {
            "name": decoded.name,
            "description": decoded.description,
            "source": decoded.source,
            "problem": decoded.problem,
        }
        if len(values) == 1:
            shown |= {"value": values[0].value, "unit": values[0].unit}
        elif values:
            shown["values"] = [{"name": part.name, "value": part.value, "unit": part.unit} for part in values]
            shown["value"] = {part.name: part.value for part in values}
        return _without_none(shown)


def _without_none(members: JsonObject) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}


def _after(raw: bytes, head: bytes) -> bytes | None:
    """What follows the head; a payload may also keep the record alone."""
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
