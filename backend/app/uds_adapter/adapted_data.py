"""Data of classic ECUs: their data identifiers (22, 2E). Ids are the identifiers in four hex digits."""

import asyncio
from collections.abc import Mapping, Sequence

from app.diagnostic_data.built_in import known_identifiers
from app.diagnostic_data.port import Decoded, IdentifierInfo
from app.domain.json_values import JsonObject, JsonValue
from app.links import uds_services
from app.links.uds_errors import NegativeResponse
from app.protocols.sovd.sovd_errors import DataError, ErrorCode, GenericError, resource_unknown
from app.protocols.uds.identifiers import KNOWN_IDENTIFIERS
from app.protocols.uds.negative_responses import Nrc
from app.sovd_server.backend_values import Asking, DataGroup, DataItem, Reading
from app.sovd_server.entity_tree import EntityKey
from app.uds_adapter.adapted_ecu import AdaptedEcu
from app.uds_adapter.adapted_vehicle import AdaptedVehicle
from app.uds_adapter.si_units import unit_schema

_IDENTIFICATION = range(0xF180, 0xF19F)
_HAS_NOT = frozenset({Nrc.REQUEST_OUT_OF_RANGE, Nrc.SUB_FUNCTION_NOT_SUPPORTED, Nrc.SERVICE_NOT_SUPPORTED})


class AdaptedData:
    """Implements `DataSource`.

    The identifiers of the diagnostic data are all listed. Of those that standards fix, only the ones that the ECU has:
    it is asked for each once, when its data is first listed.
    """

    def __init__(self, vehicle: AdaptedVehicle) -> None:
        self._vehicle = vehicle
        self._items: dict[int, tuple[DataItem, ...]] = {}
        self._looking: dict[int, asyncio.Lock] = {}

    async def data_items(self, entity: EntityKey, asking: Asking) -> Sequence[DataItem]:
        """Every identifier that is known of the ECU."""
        ecu = self._vehicle.ecu(entity)
        async with self._looking.setdefault(ecu.address, asyncio.Lock()):
            if ecu.address not in self._items:
                self._items[ecu.address] = await self._find_items(ecu, asking.deadline)
        return self._items[ecu.address]

    async def data_groups(self, entity: EntityKey, asking: Asking) -> Sequence[DataGroup]:
        """None: neither UDS nor the data has any."""
        return ()

    async def read_data(self, entity: EntityKey, data_id: str, asking: Asking) -> Reading:
        """Read an identifier (22) and decode it."""
        ecu, number = self._vehicle.ecu(entity), _number(data_id)
        async with ecu.client(asking.deadline) as client:
            record = (await uds_services.read_data(client, number, asking.deadline)).value
        decoded = await self._vehicle.described.data.decode_identifier(ecu.address, number, record)
        return Reading(data=_value_of(decoded, record), errors=_problems_of(decoded))

    async def write_data(self, entity: EntityKey, data_id: str, value: JsonValue, asking: Asking) -> None:
        """Encode a value and write it (2E). Nothing is sent where it does not fit."""
        ecu, number = self._vehicle.ecu(entity), _number(data_id)
        record = await self._vehicle.described.data.encode_identifier(ecu.address, number, value)
        async with ecu.client(asking.deadline) as client:
            await uds_services.write_data(client, number, record, asking.deadline)

    async def _find_items(self, ecu: AdaptedEcu, deadline: float) -> tuple[DataItem, ...]:
        await self._vehicle.identified(ecu, deadline)
        standard = {info.data_id: info for info in known_identifiers()}
        known = {info.data_id: info for info in await self._vehicle.described.data.identifiers(ecu.address)}
        described = {} if known.keys() == standard.keys() else known
        units = await self._vehicle.described.units(ecu.address, ecu.variant)
        has = [info for number, info in standard.items() if number not in described]
        has = [info for info in has if await _has(ecu, info.data_id, deadline)]
        found = [_item(info, units.get(info.data_id, {})) for info in described.values()]
        found += [_item(info, _standard_unit(info)) for info in has]
        return tuple(sorted(found, key=lambda item: item.data_id))


async def _has(ecu: AdaptedEcu, number: int, deadline: float) -> bool:
    """Whether an ECU has an identifier. One that it will not tell now (wrong session, locked) it has."""
    async with ecu.client(deadline) as client:
        try:
            await uds_services.read_data(client, number, deadline)
        except NegativeResponse as error:
            return error.nrc not in _HAS_NOT
    return True


def _standard_unit(info: IdentifierInfo) -> dict[str, str | None]:
    return {info.name: KNOWN_IDENTIFIERS[info.data_id].unit}


def _item(info: IdentifierInfo, units: Mapping[str, str | None]) -> DataItem:
    return DataItem(
        data_id=f"{info.data_id:04X}",
        name=info.name,
        category="identData" if info.data_id in _IDENTIFICATION else "currentData",
        writable=info.writable,
        schema=_schema(info, units),
    )


def _schema(info: IdentifierInfo, units: Mapping[str, str | None]) -> JsonObject:
    """The schema of the value, with units as ISO 17978-3 has them (`x-sovd-unit`)."""
    schema: JsonObject = {"title": info.description or info.name, **info.schema}
    if len(units) == 1:
        return schema | _unit(next(iter(units.values())))
    members = dict(schema.get("properties") or {})
    for name, unit in units.items():
        members[name] = members.get(name, {}) | _unit(unit)
    return {**schema, "properties": members} if members else schema


def _unit(name: str | None) -> JsonObject:
    return {} if name is None else unit_schema(name)


def _value_of(decoded: Decoded, record: bytes) -> JsonValue:
    """One value as it is, several by name; the bytes in hex where nothing is known of them."""
    match decoded.values:
        case ():
            return record.hex().upper()
        case (single,):
            return single.value
    return {value.name: value.value for value in decoded.values}


def _problems_of(decoded: Decoded) -> tuple[DataError, ...]:
    if decoded.problem is None:
        return ()
    return (
        DataError(
            path="/data", error=GenericError(error_code=ErrorCode.INVALID_RESPONSE_CONTENT, message=decoded.problem)
        ),
    )


def _number(data_id: str) -> int:
    try:
        return int(data_id, 16)
    except ValueError:
        raise resource_unknown(f"data resource {data_id}") from None
