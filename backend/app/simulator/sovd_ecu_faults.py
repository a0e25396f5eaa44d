"""Faults of virtual ECUs: their trouble codes, with snapshots and counters as environment data."""

from collections.abc import Sequence

from app.domain.json_values import JsonObject
from app.protocols.sovd.fault_status import dtc_from_code, fault_status, status_mask
from app.protocols.sovd.sovd_errors import resource_unknown
from app.protocols.uds.services import Service
from app.simulator.data_formats import ValueOutOfRange, decode_value
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.fault_memory import FaultState, SnapshotRecord
from app.simulator.sovd_access import EcuAccess, refusals_of
from app.simulator.virtual_ecu import VirtualEcu
from app.sovd_server.backend_values import Asking, Fault, FaultDetail, FaultQuery
from app.sovd_server.entity_tree import EntityKey

SCOPE = "Default"
_SEVERITY = {0x80: 1, 0x40: 2, 0x20: 3}
"""ISO 14229-1, Annex D.3 (check immediately, at next halt, maintenance only) as SOVD counts: lower is worse."""


class EcuFaults:
    """Implements `FaultMemory`."""

    def __init__(self, access: EcuAccess) -> None:
        self._access = access

    async def fault_scopes(self, entity: EntityKey, asking: Asking) -> Sequence[str]:
        """One memory."""
        return (SCOPE,)

    async def faults(self, entity: EntityKey, query: FaultQuery, asking: Asking) -> Sequence[Fault]:
        """Trouble codes with any of the bits that are asked for; all that are stored where nothing is."""
        ecu = await self._access.awake(entity)
        mask = status_mask(query.status) or 0xFF
        return [_fault(state) for state in ecu.faults(self._access.now(), mask)]

    async def fault(self, entity: EntityKey, code: str, asking: Asking) -> FaultDetail:
        """One trouble code, also one that is not stored now."""
        ecu = await self._access.awake(entity)
        state = self._state(ecu, code)
        return FaultDetail(fault=_fault(state), environment_data=_environment(ecu, state))

    async def clear_faults(self, entity: EntityKey, scope: str | None, asking: Asking) -> None:
        """Clear all."""
        ecu = await self._access.awake(entity)
        with refusals_of(ecu, Service.CLEAR_DIAGNOSTIC_INFORMATION):
            ecu.clear_faults(None, self._access.now())

    async def clear_fault(self, entity: EntityKey, code: str, asking: Asking) -> None:
        """Clear one."""
        ecu = await self._access.awake(entity)
        state = self._state(ecu, code)
        with refusals_of(ecu, Service.CLEAR_DIAGNOSTIC_INFORMATION):
            ecu.clear_faults(state.code, self._access.now())

    def _state(self, ecu: VirtualEcu, code: str) -> FaultState:
        dtc = dtc_from_code(code)
        try:
            return ecu.fault(dtc if dtc is not None else -1, self._access.now())
        except EcuRefused as error:
            raise resource_unknown(f"fault {code}") from error


def _fault(state: FaultState) -> Fault:
    return Fault(
        code=f"{state.code:06X}",
        name=state.title,
        scope=SCOPE,
        display_code=state.spelling,
        severity=_SEVERITY.get(state.severity, 4),
        status=fault_status(state.status),
    )


def _environment(ecu: VirtualEcu, state: FaultState) -> JsonObject | None:
    if not state.snapshots and not state.extended_data:
        return None
    counters: list[JsonObject] = [
        {"record": item.record, "name": item.name, "value": item.value} for item in state.extended_data
    ]
    return {
        "snapshots": {"data": [_snapshot(ecu, record) for record in state.snapshots]},
        "extended_data_records": {"data": counters},
    }


def _snapshot(ecu: VirtualEcu, record: SnapshotRecord) -> JsonObject:
    values: list[JsonObject] = []
    for data_id, raw in record.values:
        known = ecu.data.description(data_id)
        try:
            value = decode_value(known.form, raw)
        except ValueOutOfRange:
            value = raw.hex().upper()
        values.append({"id": f"{data_id:04X}", "name": known.name, "value": value, "unit": known.unit})
    return {"record": record.record, "data": values}
