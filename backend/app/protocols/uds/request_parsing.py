"""Reads request messages as an ECU does, with the negative response that each fault of form deserves (clause 8.7)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.protocols.uds.errors import UdsRequestError
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.requests import (
    DTC_REPORTS_BY_MASK,
    DTC_REPORTS_OF_RECORDS,
    Authentication,
    ClearDiagnosticInformation,
    CommunicationControl,
    ControlDtcSetting,
    DiagnosticSessionControl,
    EcuReset,
    InputOutputControlByIdentifier,
    ReadDataByIdentifier,
    ReadDtcInformation,
    RoutineControl,
    SecurityAccess,
    TesterPresent,
    UdsRequest,
    WriteDataByIdentifier,
)
from app.protocols.uds.services import (
    SUPPRESS_POSITIVE_RESPONSE,
    WITH_SUB_FUNCTION,
    CommunicationType,
    DtcReport,
    DtcSetting,
    RoutineAction,
    Service,
)

_REPORTS = frozenset(int(report) for report in DtcReport)
_ACTIONS = frozenset(int(action) for action in RoutineAction)
_SETTINGS = frozenset(int(setting) for setting in DtcSetting)


def parse_request(payload: bytes) -> UdsRequest:
    """Read a request. Raises UdsRequestError, whose `nrc` an ECU answers with, and nothing else."""
    parser = _PARSERS.get(payload[0]) if payload else None
    if parser is None:
        raise UdsRequestError("this service is not known", Nrc.SERVICE_NOT_SUPPORTED)
    return parser(payload)


def asks_for_silence(payload: bytes) -> bool:
    """Whether a request wants no positive answer. Holds for any bytes."""
    return len(payload) > 1 and payload[0] in WITH_SUB_FUNCTION and bool(payload[1] & SUPPRESS_POSITIVE_RESPONSE)


def _need(payload: bytes, *lengths: int) -> None:
    if len(payload) not in lengths:
        raise _wrong_length()


def _need_at_least(payload: bytes, length: int) -> None:
    if len(payload) < length:
        raise _wrong_length()


def _wrong_length() -> UdsRequestError:
    return UdsRequestError("the request has the wrong length", Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT)


def _sub_function(payload: bytes) -> int:
    _need_at_least(payload, 2)
    return payload[1] & ~SUPPRESS_POSITIVE_RESPONSE


def _unknown_kind() -> UdsRequestError:
    return UdsRequestError("the service has no such sub-function", Nrc.SUB_FUNCTION_NOT_SUPPORTED)


def _session_control(payload: bytes) -> UdsRequest:
    _need(payload, 2)
    return DiagnosticSessionControl(
        session=_sub_function(payload), suppress_positive_response=asks_for_silence(payload)
    )


def _reset(payload: bytes) -> UdsRequest:
    _need(payload, 2)
    return EcuReset(reset_type=_sub_function(payload), suppress_positive_response=asks_for_silence(payload))


def _clear(payload: bytes) -> UdsRequest:
    _need(payload, 4, 5)
    group = int.from_bytes(payload[1:4], "big")
    return ClearDiagnosticInformation(group=group, memory=payload[4] if len(payload) > 4 else None)


def _read_dtc(payload: bytes) -> UdsRequest:
    kind = _sub_function(payload)
    if kind not in _REPORTS:
        raise _unknown_kind()
    report = DtcReport(kind)
    silent = asks_for_silence(payload)
    if report in DTC_REPORTS_BY_MASK:
        _need(payload, 3)
        return ReadDtcInformation(report=report, status_mask=payload[2], suppress_positive_response=silent)
    if report in DTC_REPORTS_OF_RECORDS:
        _need(payload, 6)
        dtc = int.from_bytes(payload[2:5], "big")
        return ReadDtcInformation(report=report, dtc=dtc, record_number=payload[5], suppress_positive_response=silent)
    _need(payload, 2)
    return ReadDtcInformation(report=report, suppress_positive_response=silent)


def _read_data(payload: bytes) -> UdsRequest:
    if len(payload) < 3 or len(payload) % 2 == 0:
        raise _wrong_length()
    return ReadDataByIdentifier(data_ids=tuple(_number(payload, at) for at in range(1, len(payload), 2)))


def _security_access(payload: bytes) -> UdsRequest:
    level = _sub_function(payload)
    if level in {0x00, 0x7F}:
        raise _unknown_kind()
    return SecurityAccess(level=level, data=payload[2:], suppress_positive_response=asks_for_silence(payload))


def _communication_control(payload: bytes) -> UdsRequest:
    kind = _sub_function(payload)
    with_node = kind in {
        CommunicationType.ENABLE_RX_AND_DISABLE_TX_WITH_ADDRESS,
        CommunicationType.ENABLE_RX_AND_TX_WITH_ADDRESS,
    }
    _need(payload, 5 if with_node else 3)
    return CommunicationControl(
        control_type=kind,
        communication_type=payload[2],
        node=_number(payload, 3) if with_node else None,
        suppress_positive_response=asks_for_silence(payload),
    )


def _authentication(payload: bytes) -> UdsRequest:
    return Authentication(
        task=_sub_function(payload), data=payload[2:], suppress_positive_response=asks_for_silence(payload)
    )


def _write_data(payload: bytes) -> UdsRequest:
    _need_at_least(payload, 4)
    return WriteDataByIdentifier(data_id=_number(payload, 1), record=payload[3:])


def _input_output(payload: bytes) -> UdsRequest:
    _need_at_least(payload, 4)
    return InputOutputControlByIdentifier(data_id=_number(payload, 1), control=payload[3], state=payload[4:])


def _routine(payload: bytes) -> UdsRequest:
    action = _sub_function(payload)
    if action not in _ACTIONS:
        raise _unknown_kind()
    _need_at_least(payload, 4)
    return RoutineControl(
        action=action,
        routine_id=_number(payload, 2),
        option_record=payload[4:],
        suppress_positive_response=asks_for_silence(payload),
    )


def _tester_present(payload: bytes) -> UdsRequest:
    _need(payload, 2)
    if _sub_function(payload) != 0:
        raise _unknown_kind()
    return TesterPresent(suppress_positive_response=asks_for_silence(payload))


def _dtc_setting(payload: bytes) -> UdsRequest:
    setting = _sub_function(payload)
    if setting not in _SETTINGS:
        raise _unknown_kind()
    return ControlDtcSetting(
        setting=setting, option_record=payload[2:], suppress_positive_response=asks_for_silence(payload)
    )


def _number(payload: bytes, at: int) -> int:
    return int.from_bytes(payload[at : at + 2], "big")


_PARSERS: Mapping[int, Callable[[bytes], UdsRequest]] = MappingProxyType(
    {
        Service.DIAGNOSTIC_SESSION_CONTROL: _session_control,
        Service.ECU_RESET: _reset,
        Service.CLEAR_DIAGNOSTIC_INFORMATION: _clear,
        Service.READ_DTC_INFORMATION: _read_dtc,
        Service.READ_DATA_BY_IDENTIFIER: _read_data,
        Service.SECURITY_ACCESS: _security_access,
        Service.COMMUNICATION_CONTROL: _communication_control,
        Service.AUTHENTICATION: _authentication,
        Service.WRITE_DATA_BY_IDENTIFIER: _write_data,
        Service.INPUT_OUTPUT_CONTROL_BY_IDENTIFIER: _input_output,
        Service.ROUTINE_CONTROL: _routine,
        Service.TESTER_PRESENT: _tester_present,
        Service.CONTROL_DTC_SETTING: _dtc_setting,
    }
)
