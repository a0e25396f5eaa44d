"""The UDS services of a virtual ECU, each with its checks in the order of ISO 14229-1:2020 and its effect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.responses import (
    SessionTimes,
    data_read,
    data_written,
    key_accepted,
    positive,
    reset_accepted,
    routine_answered,
    seed_given,
    session_started,
    sub_function_done,
)
from app.protocols.uds.services import ALL_DTC_GROUPS, POSITIVE_OFFSET, DtcSetting, ResetType, RoutineAction, Service
from app.simulator.dtc_reports import serve_read_dtc
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.virtual_ecu import VirtualEcu

_RESETS = frozenset({ResetType.HARD, ResetType.KEY_OFF_ON, ResetType.SOFT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRequest:
    """The positive answer to a request that was served, and how long the ECU works on it."""

    payload: bytes
    takes_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UdsService:
    """A service: how it is served, and what is checked before. `shortest`: bytes of the shortest request."""

    serve: Callable[[VirtualEcu, bytes, float], ServedRequest]
    shortest: int
    has_sub_function: bool = False
    in_default_session: bool = True
    """Table 23: whether the default session has it."""


def _check_length(request: bytes, *allowed: int) -> None:
    if len(request) not in allowed:
        raise EcuRefused(Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT, "the request has the wrong length")


def _serve_session(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    session = request[1]
    if session not in ecu.description.sessions:
        raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no session 0x{session:02X}")
    _check_length(request, 2)
    ecu.change_session(session, now)
    times = SessionTimes(p2_s=ecu.description.p2_s, p2_star_s=ecu.description.p2_star_s)
    return ServedRequest(payload=session_started(session, times))


def _serve_reset(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    if request[1] not in _RESETS:
        raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no reset 0x{request[1]:02X}")
    _check_length(request, 2)
    ecu.reset(now)
    return ServedRequest(payload=reset_accepted(request[1]))


def _serve_clear(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    _check_length(request, 4)
    group = int.from_bytes(request[1:4], "big")
    ecu.clear_faults(None if group == ALL_DTC_GROUPS else group, now)
    return ServedRequest(payload=positive(Service.CLEAR_DIAGNOSTIC_INFORMATION))


def _serve_read_dtc(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    return ServedRequest(payload=serve_read_dtc(ecu, request, now))


def _serve_read(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    names = request[1:]
    if len(names) % 2 or len(names) // 2 > ecu.description.max_identifiers:
        raise EcuRefused(Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT, "odd length, or too many identifiers")
    asked = [int.from_bytes(names[at : at + 2], "big") for at in range(0, len(names), 2)]
    # Clause 11.2: identifiers that are not supported (in this session) are left out, unless none is left.
    there = [item for item in asked if ecu.data.has(item) and ecu.is_allowed(ecu.data.description(item).read_access)]
    if not there:
        raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, "no such identifier in this session")
    return ServedRequest(payload=data_read([(data_id, ecu.read_record(data_id, now)) for data_id in there]))


def _serve_security(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    sub_function = request[1]
    level = sub_function if sub_function % 2 else sub_function - 1
    if level not in ecu.security.levels:
        raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no security level {level}")
    if sub_function % 2:
        _check_length(request, 2)
        return ServedRequest(payload=seed_given(level, ecu.request_seed(level, now)))
    ecu.send_key(level, request[2:], now)
    return ServedRequest(payload=key_accepted(sub_function))


def _serve_communication(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    if request[1] > 0x03:
        raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no control type 0x{request[1]:02X}")
    _check_length(request, 3)
    if request[2] & 0x03 == 0:
        raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, "no kind of message is named")
    ecu.communication = request[1]
    return ServedRequest(payload=sub_function_done(Service.COMMUNICATION_CONTROL, request[1]))


def _serve_write(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    data_id = int.from_bytes(request[1:3], "big")
    ecu.write_record(data_id, request[3:], now)
    return ServedRequest(payload=data_written(data_id))


def _serve_io_control(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    data_id, control, state = int.from_bytes(request[1:3], "big"), request[3], request[4:]
    known = ecu.data.description(data_id)
    if not known.controllable or not ecu.is_allowed(known.write_access) or control > 3:
        raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"0x{data_id:04X} cannot be controlled like this")
    if control != 3:
        _check_length(request, 4)
    ecu.check_security(known.write_access)
    match control:
        case 0:
            ecu.data.return_control(data_id)
        case 1:
            ecu.data.control(data_id, ecu.data.default_record(data_id, now))
        case 2:
            ecu.data.control(data_id, ecu.data.record(data_id, now))
        case _:
            ecu.data.control(data_id, state)
    current = request[1:4] + ecu.data.record(data_id, now)
    return ServedRequest(payload=positive(Service.INPUT_OUTPUT_CONTROL_BY_IDENTIFIER, current))


def _serve_routine(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    action, routine_id, parameters = request[1], int.from_bytes(request[2:4], "big"), request[4:]
    takes_s = 0.0
    match action:
        case RoutineAction.START:
            run = ecu.start_routine(routine_id, parameters, now)
            if run.description.blocking:
                takes_s = run.description.duration_s
                run = ecu.routines.last_run(routine_id, now + takes_s)
        case RoutineAction.STOP:
            _check_length(request, 4)
            run = ecu.stop_routine(routine_id, now)
        case RoutineAction.RESULTS:
            _check_length(request, 4)
            run = ecu.routine_results(routine_id, now)
        case _:
            raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no routine action 0x{action:02X}")
    return ServedRequest(payload=routine_answered(action, routine_id, run.status_record()), takes_s=takes_s)


def _serve_tester_present(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    if request[1] != 0:
        raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, "the only sub-function is 0x00")
    _check_length(request, 2)
    ecu.stay_active(now)
    return ServedRequest(payload=sub_function_done(Service.TESTER_PRESENT, 0))


def _serve_dtc_setting(ecu: VirtualEcu, request: bytes, now: float) -> ServedRequest:
    if request[1] not in {DtcSetting.ON, DtcSetting.OFF}:
        raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no setting 0x{request[1]:02X}")
    _check_length(request, 2, 5)
    if request[2:] not in {b"", ALL_DTC_GROUPS.to_bytes(3, "big")}:
        raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, "the setting is for all trouble codes or none")
    ecu.records_faults = request[1] == DtcSetting.ON
    ecu.settle(now)
    return ServedRequest(payload=bytes((Service.CONTROL_DTC_SETTING + POSITIVE_OFFSET, request[1])))


SERVICES: Mapping[int, UdsService] = MappingProxyType(
    {
        Service.DIAGNOSTIC_SESSION_CONTROL: UdsService(serve=_serve_session, shortest=2, has_sub_function=True),
        Service.ECU_RESET: UdsService(serve=_serve_reset, shortest=2, has_sub_function=True),
        Service.CLEAR_DIAGNOSTIC_INFORMATION: UdsService(serve=_serve_clear, shortest=4),
        Service.READ_DTC_INFORMATION: UdsService(serve=_serve_read_dtc, shortest=2, has_sub_function=True),
        Service.READ_DATA_BY_IDENTIFIER: UdsService(serve=_serve_read, shortest=3),
        Service.SECURITY_ACCESS: UdsService(
            serve=_serve_security, shortest=2, has_sub_function=True, in_default_session=False
        ),
        Service.COMMUNICATION_CONTROL: UdsService(
            serve=_serve_communication, shortest=2, has_sub_function=True, in_default_session=False
        ),
        Service.WRITE_DATA_BY_IDENTIFIER: UdsService(serve=_serve_write, shortest=4),
        Service.INPUT_OUTPUT_CONTROL_BY_IDENTIFIER: UdsService(
            serve=_serve_io_control, shortest=4, in_default_session=False
        ),
        Service.ROUTINE_CONTROL: UdsService(serve=_serve_routine, shortest=4, has_sub_function=True),
        Service.TESTER_PRESENT: UdsService(serve=_serve_tester_present, shortest=2, has_sub_function=True),
        Service.CONTROL_DTC_SETTING: UdsService(
            serve=_serve_dtc_setting, shortest=2, has_sub_function=True, in_default_session=False
        ),
    }
)
"""Every other service is answered with serviceNotSupported."""
