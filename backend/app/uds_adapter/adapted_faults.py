"""Faults of classic ECUs: their trouble codes (19 02), with snapshots (19 04) and extended data (19 06); 14 clears."""

from collections.abc import Sequence

from app.domain.errors import VehicleError
from app.domain.json_values import JsonObject
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse
from app.protocols.sovd.fault_status import dtc_from_code, fault_status, status_mask
from app.protocols.sovd.sovd_errors import (
    DataError,
    ErrorCode,
    GenericError,
    SovdRefusal,
    not_supported,
    resource_unknown,
)
from app.protocols.uds.dtc import spell_dtc
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.responses import StoredDtc
from app.protocols.uds.services import ALL_DTC_GROUPS, DtcReport
from app.sovd_server.backend_values import Asking, Fault, FaultDetail, FaultQuery
from app.sovd_server.entity_tree import EntityKey
from app.uds_adapter.adapted_ecu import AdaptedEcu
from app.uds_adapter.adapted_vehicle import AdaptedVehicle

SCOPE = "FaultMem"
"""The one memory that every ECU has, named as the Classic Diagnostic Adapter names it."""
_ALL_STATUS, _ALL_RECORDS = 0xFF, 0xFF
_NO_RECORDS = frozenset({Nrc.REQUEST_OUT_OF_RANGE, Nrc.SUB_FUNCTION_NOT_SUPPORTED, Nrc.SERVICE_NOT_SUPPORTED})


class AdaptedFaults:
    """Implements `FaultMemory`."""

    def __init__(self, vehicle: AdaptedVehicle) -> None:
        self._vehicle = vehicle

    async def fault_scopes(self, entity: EntityKey, asking: Asking) -> Sequence[str]:
        """One memory."""
        return (SCOPE,)

    async def faults(self, entity: EntityKey, query: FaultQuery, asking: Asking) -> Sequence[Fault]:
        """Trouble codes with any of the bits that are asked for; where none is, with any bit at all."""
        ecu = self._vehicle.ecu(entity)
        async with ecu.client(asking.deadline) as client:
            stored = await _stored(client, status_mask(query.status) or _ALL_STATUS, asking.deadline)
        if stored:
            await self._vehicle.identified(ecu, asking.deadline)
        return [await self._fault(ecu, one) for one in stored]

    async def fault(self, entity: EntityKey, code: str, asking: Asking) -> FaultDetail:
        """One stored trouble code and what was recorded with it. What cannot be read of that is told as an error."""
        ecu, dtc = self._vehicle.ecu(entity), _dtc_of(code)
        await self._vehicle.identified(ecu, asking.deadline)
        errors: list[DataError] = []
        async with ecu.client(asking.deadline) as client:
            stored = await _stored_one(client, code, dtc, asking.deadline)
            snapshots = await self._snapshots(client, dtc, asking.deadline, errors)
            extended = await _extended_data(client, dtc, asking.deadline, errors)
        environment: JsonObject | None = None
        if snapshots or extended or errors:
            environment = {"snapshots": {"data": snapshots}, "extended_data_records": {"data": extended}}
        return FaultDetail(fault=await self._fault(ecu, stored), environment_data=environment, errors=tuple(errors))

    async def clear_faults(self, entity: EntityKey, scope: str | None, asking: Asking) -> None:
        """Clear all (14 FFFFFF)."""
        async with self._vehicle.ecu(entity).client(asking.deadline) as client:
            await uds_services.clear_dtcs(client, asking.deadline, ALL_DTC_GROUPS)

    async def clear_fault(self, entity: EntityKey, code: str, asking: Asking) -> None:
        """Clear one. 501 where the ECU has it stored and does not take it as a group of its own."""
        dtc = _dtc_of(code)
        async with self._vehicle.ecu(entity).client(asking.deadline) as client:
            await _stored_one(client, code, dtc, asking.deadline)
            try:
                await uds_services.clear_dtcs(client, asking.deadline, dtc)
            except NegativeResponse as error:
                if error.nrc != Nrc.REQUEST_OUT_OF_RANGE:
                    raise
                raise not_supported(f"The ECU cannot clear {spell_dtc(dtc)} alone; clear all of its faults.") from error

    async def _fault(self, ecu: AdaptedEcu, stored: StoredDtc) -> Fault:
        known = await self._vehicle.described.data.describe_dtc(ecu.address, stored.dtc)
        spelled = spell_dtc(stored.dtc)
        return Fault(
            code=f"{stored.dtc:06X}",
            name=known.description or known.name or spelled,
            scope=SCOPE,
            display_code=spelled,
            status=fault_status(stored.status),
        )

    async def _snapshots(
        self, client: UdsClient, dtc: int, deadline: float, errors: list[DataError]
    ) -> list[JsonObject]:
        """Asked for one by one where the ECU tells their numbers, as only that says where each ends."""
        found: list[JsonObject] = []
        try:
            for number in await _snapshot_numbers(client, dtc, deadline):
                records = await _records(client, DtcReport.SNAPSHOT_RECORD_BY_DTC, dtc, deadline, number)
                if records:
                    found.append(await self._snapshot(client.ecu_address, dtc, records))
        except VehicleError as error:
            errors.append(_unread("/environment_data/snapshots", error))
        return found

    async def _snapshot(self, ecu_address: int, dtc: int, records: bytes) -> JsonObject:
        decoded = await self._vehicle.described.data.decode_snapshot(ecu_address, dtc, records[1:])
        values: list[JsonObject] = [
            {"name": value.name, "value": value.value, "unit": value.unit} for value in decoded.values
        ]
        shown: JsonObject = {"record": records[0], "data": values, "raw": records.hex().upper()}
        return shown if decoded.problem is None else {**shown, "problem": decoded.problem}


def _dtc_of(code: str) -> int:
    dtc = dtc_from_code(code)
    if dtc is None:
        raise resource_unknown(f"fault {code}")
    return dtc


async def _stored(client: UdsClient, mask: int, deadline: float) -> tuple[StoredDtc, ...]:
    return (await uds_services.read_dtcs(client, mask, deadline)).value.dtcs


async def _stored_one(client: UdsClient, code: str, dtc: int, deadline: float) -> StoredDtc:
    for stored in await _stored(client, _ALL_STATUS, deadline):
        if stored.dtc == dtc:
            return stored
    raise _unknown(code)


def _unknown(code: str) -> SovdRefusal:
    return resource_unknown(f"fault {code}")


async def _snapshot_numbers(client: UdsClient, dtc: int, deadline: float) -> list[int]:
    try:
        every = (await uds_services.read_snapshot_numbers(client, deadline)).value
    except NegativeResponse:
        return [_ALL_RECORDS]
    return [number for known, number in every if known == dtc]


async def _extended_data(client: UdsClient, dtc: int, deadline: float, errors: list[DataError]) -> list[JsonObject]:
    """As bytes: where one record ends and the next begins, only the manufacturer's description tells."""
    try:
        records = await _records(client, DtcReport.EXTENDED_DATA_BY_DTC, dtc, deadline, _ALL_RECORDS)
    except VehicleError as error:
        errors.append(_unread("/environment_data/extended_data_records", error))
        return []
    return [{"record": records[0], "data": records[1:].hex().upper()}] if records else []


async def _records(client: UdsClient, report: DtcReport, dtc: int, deadline: float, number: int) -> bytes:
    """Record number and data of what was recorded; empty where the ECU has none."""
    try:
        reading = await uds_services.read_dtc_records(client, report, dtc, deadline, record_number=number)
    except NegativeResponse as error:
        if error.nrc in _NO_RECORDS:
            return b""
        raise
    return reading.value.records


def _unread(path: str, error: VehicleError) -> DataError:
    code = ErrorCode.ERROR_RESPONSE if isinstance(error, NegativeResponse) else ErrorCode.NOT_RESPONDING
    return DataError(path=path, error=GenericError(error_code=code, message=error.message))
