"""The reports of ReadDTCInformation (ISO 14229-1:2020, clause 12.3) of a virtual ECU."""

from collections.abc import Iterable

from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.responses import (
    StoredDtc,
    list_of_dtcs,
    number_of_dtcs,
    records_of_dtc,
    snapshot_identification,
)
from app.protocols.uds.services import DtcReport
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.fault_memory import FaultState
from app.simulator.virtual_ecu import VirtualEcu

AVAILABILITY_MASK = 0xFF
_ALL_RECORDS = 0xFF
_LENGTHS = {
    DtcReport.NUMBER_BY_STATUS_MASK: 3,
    DtcReport.BY_STATUS_MASK: 3,
    DtcReport.SNAPSHOT_IDENTIFICATION: 2,
    DtcReport.SNAPSHOT_RECORD_BY_DTC: 6,
    DtcReport.EXTENDED_DATA_BY_DTC: 6,
    DtcReport.SUPPORTED_DTC: 2,
}


def serve_read_dtc(ecu: VirtualEcu, request: bytes, now: float) -> bytes:
    """The positive answer to a request of this service, given without its suppress bit. Raises EcuRefused."""
    length = _LENGTHS.get(DtcReport(request[1])) if request[1] in _LENGTHS else None
    if length is None:
        raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no report 0x{request[1]:02X}")
    if len(request) != length:
        raise EcuRefused(Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT, f"this report takes {length} bytes")
    report = DtcReport(request[1])
    match report:
        case DtcReport.NUMBER_BY_STATUS_MASK:
            return number_of_dtcs(AVAILABILITY_MASK, len(ecu.faults(now, request[2])))
        case DtcReport.BY_STATUS_MASK:
            return list_of_dtcs(report, AVAILABILITY_MASK, _stored(ecu.faults(now, request[2])))
        case DtcReport.SUPPORTED_DTC:
            return list_of_dtcs(report, AVAILABILITY_MASK, _stored(ecu.supported_faults(now)))
        case DtcReport.SNAPSHOT_IDENTIFICATION:
            found = [(fault.code, item.record) for fault in ecu.faults(now) for item in fault.snapshots]
            return snapshot_identification(found)
    fault = ecu.fault(int.from_bytes(request[2:5], "big"), now)
    records = _snapshots if report is DtcReport.SNAPSHOT_RECORD_BY_DTC else _extended_data
    return records_of_dtc(report, StoredDtc(dtc=fault.code, status=fault.status), records(ecu, fault, request[5]))


def _stored(faults: Iterable[FaultState]) -> list[StoredDtc]:
    return [StoredDtc(dtc=fault.code, status=fault.status) for fault in faults]


def _snapshots(ecu: VirtualEcu, fault: FaultState, record: int) -> bytes:
    known = ecu.fault_memory.description(fault.code)
    _check_record(record, [item.record for item in known.snapshots] if known else [])
    parts = [
        bytes((item.record, len(item.values))) + b"".join(name.to_bytes(2, "big") + raw for name, raw in item.values)
        for item in fault.snapshots
        if record in {item.record, _ALL_RECORDS}
    ]
    return b"".join(parts)


def _extended_data(ecu: VirtualEcu, fault: FaultState, record: int) -> bytes:
    known = ecu.fault_memory.description(fault.code)
    _check_record(record, [item.record for item in known.extended_data] if known else [])
    wanted = [item for item in fault.extended_data if record in {item.record, _ALL_RECORDS}]
    return b"".join(bytes((item.record, item.value)) for item in wanted)


def _check_record(record: int, known: list[int]) -> None:
    if record != _ALL_RECORDS and record not in known:
        raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"this trouble code has no record {record}")
