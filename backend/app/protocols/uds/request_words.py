"""A UDS request in words, for people who are about to send it: service, number, and what it is about. Pure."""

from app.protocols.uds import requests
from app.protocols.uds.dtc import spell_dtc
from app.protocols.uds.errors import UdsRequestError
from app.protocols.uds.request_parsing import parse_request
from app.protocols.uds.requests import UdsRequest
from app.protocols.uds.services import ALL_DTC_GROUPS, DtcReport, DtcSetting, ResetType, RoutineAction, Session
from app.protocols.uds.services import service_name as name_of

_REPORTS = {
    DtcReport.BY_STATUS_MASK: "reportDTCByStatusMask",
    DtcReport.SNAPSHOT_IDENTIFICATION: "reportDTCSnapshotIdentification",
    DtcReport.SNAPSHOT_RECORD_BY_DTC: "reportDTCSnapshotRecordByDTCNumber",
    DtcReport.EXTENDED_DATA_BY_DTC: "reportDTCExtDataRecordByDTCNumber",
}


def words_of_request(payload: bytes) -> str:
    """`WriteDataByIdentifier (0x2E) 0x0110`; for any bytes that are not empty, also those of a service not known."""
    service = payload[0]
    name = name_of(service)
    shown = f"{name} (0x{service:02X})" if f"0x{service:02X}" not in name else name
    try:
        about = _about(parse_request(payload))
    except UdsRequestError:
        about = ""
    return f"{shown} {about}".rstrip()


def _about(request: UdsRequest) -> str:
    match request:
        case requests.ReadDataByIdentifier(data_ids=data_ids):
            return ", ".join(f"0x{data_id:04X}" for data_id in data_ids)
        case requests.WriteDataByIdentifier(data_id=data_id):
            return f"0x{data_id:04X}"
        case requests.ClearDiagnosticInformation(group=group):
            return "all trouble codes" if group == ALL_DTC_GROUPS else spell_dtc(group)
        case requests.ReadDtcInformation():
            return _about_report(request)
        case requests.RoutineControl(action=action, routine_id=routine_id):
            return f"0x{routine_id:04X}, {RoutineAction(action).name.lower()}"
        case _:
            return _about_mode(request)


def _about_report(request: requests.ReadDtcInformation) -> str:
    name = _REPORTS.get(request.report, f"report 0x{request.report:02X}")
    if request.report in requests.DTC_REPORTS_BY_MASK:
        return f"{name}, mask 0x{request.status_mask:02X}"
    return f"{name} {spell_dtc(request.dtc)}" if request.report in requests.DTC_REPORTS_OF_RECORDS else name


def _about_mode(request: UdsRequest) -> str:
    match request:
        case requests.DiagnosticSessionControl(session=session):
            return f"{_known(Session, session)} session"
        case requests.EcuReset(reset_type=reset_type):
            return _known(ResetType, reset_type)
        case requests.ControlDtcSetting(setting=setting):
            return _known(DtcSetting, setting)
        case requests.SecurityAccess(level=level):
            return f"level {level}: asks for the seed" if request.asks_for_seed else f"level {level - 1}: sends the key"
        case _:
            return ""


def _known(numbers: type[Session | ResetType | DtcSetting], number: int) -> str:
    return numbers(number).name.lower().replace("_", " ") if number in {*numbers} else f"0x{number:02X}"
