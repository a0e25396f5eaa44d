"""Answers (ISO 14229-1:2020): builders for an ECU, values and parsers for a tester.

Parsers take the whole answer. They raise UdsFormatError for an answer of another service or of the wrong form.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.protocols.uds.errors import UdsFormatError
from app.protocols.uds.requests import encode_identifier_number, in_range
from app.protocols.uds.services import NEGATIVE_RESPONSE, POSITIVE_OFFSET, DtcReport, Service, service_name

DTC_FORMAT_J2012_DA_00 = 0x00
"""How the three bytes of a code are meant (table 338): two bytes of SAE J2012-DA, the last one is 0."""
DTC_FORMAT_ISO_14229_1 = 0x01
"""As ISO 14229-1 says: the last byte is the failure type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativeAnswer:
    """`7F`, the service that was asked for, and why not."""

    service: int
    nrc: int

    def encode(self) -> bytes:
        """The bytes to send."""
        return bytes((NEGATIVE_RESPONSE, in_range(self.service, 0xFF), in_range(self.nrc, 0xFF)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTimes:
    """What an ECU says of its speed in a session, in seconds: answer, and answer after `78`."""

    p2_s: float
    p2_star_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDtc:
    """A trouble code with its status byte."""

    dtc: int
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DtcList:
    """Trouble codes an ECU reported, and which status bits it supports at all."""

    availability_mask: int
    dtcs: tuple[StoredDtc, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DtcRecords:
    """Snapshot or extended data of one code. `records` is everything behind the status byte, record numbers included:
    where one ends and the next begins, only the ECU's description tells.
    """

    dtc: int
    status: int
    records: bytes


def parse_negative(payload: bytes) -> NegativeAnswer | None:
    """The refusal, or None where the answer is none. Raises UdsFormatError for a crippled one."""
    if not payload or payload[0] != NEGATIVE_RESPONSE:
        return None
    if len(payload) != 3:
        raise UdsFormatError("a negative answer has three bytes")
    return NegativeAnswer(service=payload[1], nrc=payload[2])


def positive(service: int, *parts: bytes) -> bytes:
    """A positive answer: the service's number and what follows it."""
    return bytes((in_range(service, 0x7F) + POSITIVE_OFFSET,)) + b"".join(parts)


def session_started(session: int, times: SessionTimes) -> bytes:
    """Positive answer to DiagnosticSessionControl: P2 in steps of 1 ms, P2* in steps of 10 ms."""
    p2, p2_star = in_range(round(times.p2_s * 1000), 0xFFFF), in_range(round(times.p2_star_s * 100), 0xFFFF)
    parameters = p2.to_bytes(2, "big") + p2_star.to_bytes(2, "big")
    return positive(Service.DIAGNOSTIC_SESSION_CONTROL, bytes((session,)), parameters)


def parse_session_started(payload: bytes) -> SessionTimes | None:
    """The timing of the new session; None where an old ECU (before 2006) does not say."""
    body = body_of(payload, Service.DIAGNOSTIC_SESSION_CONTROL, 1)
    if len(body) == 1:
        return None
    if len(body) != 5:
        raise UdsFormatError("the session's parameters have the wrong length")
    return SessionTimes(p2_s=int.from_bytes(body[1:3], "big") / 1000, p2_star_s=int.from_bytes(body[3:5], "big") / 100)


def reset_accepted(reset_type: int, power_down_s: int | None = None) -> bytes:
    """Positive answer to ECUReset; `power_down_s` belongs to the rapid power shut-down only."""
    tail = b"" if power_down_s is None else bytes((in_range(power_down_s, 0xFF),))
    return positive(Service.ECU_RESET, bytes((reset_type,)), tail)


def number_of_dtcs(availability_mask: int, count: int, dtc_format: int = DTC_FORMAT_ISO_14229_1) -> bytes:
    """Positive answer to the report NUMBER_BY_STATUS_MASK."""
    head = bytes((DtcReport.NUMBER_BY_STATUS_MASK, availability_mask, dtc_format))
    return positive(Service.READ_DTC_INFORMATION, head, in_range(count, 0xFFFF).to_bytes(2, "big"))


def parse_number_of_dtcs(payload: bytes) -> int:
    """How many trouble codes fit the mask."""
    body = body_of(payload, Service.READ_DTC_INFORMATION, 5)
    if body[0] != DtcReport.NUMBER_BY_STATUS_MASK or len(body) != 5:
        raise UdsFormatError("this is no report of a number of trouble codes")
    return int.from_bytes(body[3:5], "big")


def list_of_dtcs(report: DtcReport, availability_mask: int, dtcs: Iterable[StoredDtc]) -> bytes:
    """Positive answer to the reports BY_STATUS_MASK and SUPPORTED_DTC."""
    items = b"".join(item.dtc.to_bytes(3, "big") + bytes((item.status,)) for item in dtcs)
    return positive(Service.READ_DTC_INFORMATION, bytes((report, availability_mask)), items)


def parse_list_of_dtcs(payload: bytes) -> DtcList:
    """Trouble codes in the ECU's order. A list of nothing may lack even the availability mask."""
    body = body_of(payload, Service.READ_DTC_INFORMATION, 1)
    if body[0] not in {DtcReport.BY_STATUS_MASK, DtcReport.SUPPORTED_DTC}:
        raise UdsFormatError("this is no list of trouble codes")
    if len(body) == 1:
        return DtcList(availability_mask=0, dtcs=())
    items = body[2:]
    if len(items) % 4:
        raise UdsFormatError("the list of trouble codes breaks off within a code")
    return DtcList(
        availability_mask=body[1],
        dtcs=tuple(
            StoredDtc(dtc=int.from_bytes(items[at : at + 3], "big"), status=items[at + 3])
            for at in range(0, len(items), 4)
        ),
    )


def snapshot_identification(records: Iterable[tuple[int, int]]) -> bytes:
    """Positive answer to the report SNAPSHOT_IDENTIFICATION: trouble codes and numbers of their records."""
    items = b"".join(dtc.to_bytes(3, "big") + bytes((number,)) for dtc, number in records)
    return positive(Service.READ_DTC_INFORMATION, bytes((DtcReport.SNAPSHOT_IDENTIFICATION,)), items)


def parse_snapshot_identification(payload: bytes) -> list[tuple[int, int]]:
    """Trouble codes and numbers of their snapshot records."""
    body = body_of(payload, Service.READ_DTC_INFORMATION, 1)
    if body[0] != DtcReport.SNAPSHOT_IDENTIFICATION or len(body) % 4 != 1:
        raise UdsFormatError("this is no list of snapshots")
    return [(int.from_bytes(body[at : at + 3], "big"), body[at + 3]) for at in range(1, len(body), 4)]


def records_of_dtc(report: DtcReport, stored: StoredDtc, records: bytes) -> bytes:
    """Positive answer to the reports SNAPSHOT_RECORD_BY_DTC and EXTENDED_DATA_BY_DTC."""
    head = bytes((report,)) + stored.dtc.to_bytes(3, "big") + bytes((stored.status,))
    return positive(Service.READ_DTC_INFORMATION, head, records)


def parse_records_of_dtc(payload: bytes) -> DtcRecords:
    """The records of one code; `records` is empty where the ECU has stored none."""
    body = body_of(payload, Service.READ_DTC_INFORMATION, 5)
    if body[0] not in {DtcReport.SNAPSHOT_RECORD_BY_DTC, DtcReport.EXTENDED_DATA_BY_DTC}:
        raise UdsFormatError("these are no records of a trouble code")
    return DtcRecords(dtc=int.from_bytes(body[1:4], "big"), status=body[4], records=body[5:])


def data_read(records: Iterable[tuple[int, bytes]]) -> bytes:
    """Positive answer to ReadDataByIdentifier: identifiers with their records, in the order of the request."""
    parts = (encode_identifier_number(data_id) + record for data_id, record in records)
    return positive(Service.READ_DATA_BY_IDENTIFIER, *parts)


def parse_data_read(payload: bytes, data_id: int) -> bytes:
    """The record of an answer to a request for one identifier."""
    body = body_of(payload, Service.READ_DATA_BY_IDENTIFIER, 2)
    if int.from_bytes(body[:2], "big") != data_id:
        raise UdsFormatError("the answer is for another identifier")
    return body[2:]


def parse_many_data_read(payload: bytes, lengths: Mapping[int, int]) -> dict[int, bytes]:
    """The records of an answer for many identifiers, whose lengths must be known: nothing else separates them."""
    body = body_of(payload, Service.READ_DATA_BY_IDENTIFIER, 2)
    records: dict[int, bytes] = {}
    while body:
        data_id = int.from_bytes(body[:2], "big")
        end = 2 + lengths.get(data_id, len(body))
        if len(body) < end:
            raise UdsFormatError(f"the answer has an identifier 0x{data_id:04X} of unknown length, or breaks off")
        records[data_id], body = body[2:end], body[end:]
    return records


def seed_given(level: int, seed: bytes) -> bytes:
    """Positive answer to the first step of SecurityAccess; a seed of zeros says that the level is open already."""
    return positive(Service.SECURITY_ACCESS, bytes((level,)), seed)


def key_accepted(level: int) -> bytes:
    """Positive answer to the second step of SecurityAccess."""
    return positive(Service.SECURITY_ACCESS, bytes((level,)))


def parse_seed(payload: bytes, level: int) -> bytes:
    """The seed that an ECU gave."""
    body = body_of(payload, Service.SECURITY_ACCESS, 2)
    if body[0] != level:
        raise UdsFormatError("the seed is for another level")
    return body[1:]


def data_written(data_id: int) -> bytes:
    """Positive answer to WriteDataByIdentifier."""
    return positive(Service.WRITE_DATA_BY_IDENTIFIER, encode_identifier_number(data_id))


def routine_answered(action: int, routine_id: int, status_record: bytes = b"") -> bytes:
    """Positive answer to RoutineControl."""
    return positive(Service.ROUTINE_CONTROL, bytes((action,)), encode_identifier_number(routine_id), status_record)


def parse_routine_answered(payload: bytes) -> bytes:
    """The status record: routine info where there is one, and results."""
    return body_of(payload, Service.ROUTINE_CONTROL, 3)[3:]


def sub_function_done(service: Service, sub_function: int, parameters: bytes = b"") -> bytes:
    """Positive answer of services that echo their sub-function: 0x28, 0x29, 0x3E, 0x85."""
    return positive(service, bytes((sub_function,)), parameters)


def body_of(payload: bytes, service: Service, shortest: int) -> bytes:
    """What follows the first byte of a positive answer. Raises UdsFormatError where it is not one of this service."""
    if not payload or payload[0] != service + POSITIVE_OFFSET:
        raise UdsFormatError(f"this is no positive answer of {service_name(service)}")
    if len(payload) - 1 < shortest:
        raise UdsFormatError(f"the answer of {service_name(service)} is too short")
    return payload[1:]
