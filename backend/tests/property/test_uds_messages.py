"""UDS messages: what is built is parsed again; random bytes raise the documented error and nothing else."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocols.uds import requests
from app.protocols.uds.dtc import names_of_status, parse_dtc, spell_dtc, word_of_status
from app.protocols.uds.errors import UdsFormatError, UdsRequestError
from app.protocols.uds.negative_responses import Nrc, describe_nrc
from app.protocols.uds.request_parsing import asks_for_silence, parse_request
from app.protocols.uds.requests import (
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
    UdsRequest,
    WriteDataByIdentifier,
)
from app.protocols.uds.responses import (
    NegativeAnswer,
    SessionTimes,
    StoredDtc,
    data_read,
    list_of_dtcs,
    number_of_dtcs,
    parse_data_read,
    parse_list_of_dtcs,
    parse_many_data_read,
    parse_negative,
    parse_number_of_dtcs,
    parse_records_of_dtc,
    parse_routine_answered,
    parse_seed,
    parse_session_started,
    parse_snapshot_identification,
    records_of_dtc,
    routine_answered,
    seed_given,
    session_started,
    snapshot_identification,
)
from app.protocols.uds.services import DtcReport

BYTE = st.integers(0, 0xFF)
WORD = st.integers(0, 0xFFFF)
THREE = st.integers(0, 0xFFFFFF)
DATA = st.binary(max_size=40)
SILENT = st.booleans()
SUB_FUNCTION = st.integers(0, 0x7F)

REQUESTS: st.SearchStrategy[UdsRequest] = st.one_of(
    st.builds(DiagnosticSessionControl, session=SUB_FUNCTION, suppress_positive_response=SILENT),
    st.builds(EcuReset, reset_type=SUB_FUNCTION, suppress_positive_response=SILENT),
    st.builds(ClearDiagnosticInformation, group=THREE, memory=st.none() | BYTE),
    st.builds(
        ReadDtcInformation,
        report=st.sampled_from([DtcReport.NUMBER_BY_STATUS_MASK, DtcReport.BY_STATUS_MASK]),
        status_mask=BYTE,
        suppress_positive_response=SILENT,
    ),
    st.builds(
        ReadDtcInformation,
        report=st.sampled_from([DtcReport.SNAPSHOT_RECORD_BY_DTC, DtcReport.EXTENDED_DATA_BY_DTC]),
        dtc=THREE,
        record_number=BYTE,
        suppress_positive_response=SILENT,
    ),
    st.builds(ReadDtcInformation, report=st.just(DtcReport.SUPPORTED_DTC), suppress_positive_response=SILENT),
    st.builds(ReadDataByIdentifier, data_ids=st.lists(WORD, min_size=1, max_size=5).map(tuple)),
    st.builds(SecurityAccess, level=st.integers(1, 0x7E), data=DATA, suppress_positive_response=SILENT),
    st.builds(CommunicationControl, control_type=st.integers(0, 3), communication_type=BYTE),
    st.builds(CommunicationControl, control_type=st.integers(4, 5), communication_type=BYTE, node=WORD),
    st.builds(Authentication, task=SUB_FUNCTION, data=DATA, suppress_positive_response=SILENT),
    st.builds(WriteDataByIdentifier, data_id=WORD, record=st.binary(min_size=1, max_size=40)),
    st.builds(InputOutputControlByIdentifier, data_id=WORD, control=BYTE, state=DATA),
    st.builds(
        RoutineControl,
        action=st.integers(1, 3),
        routine_id=WORD,
        option_record=DATA,
        suppress_positive_response=SILENT,
    ),
    st.builds(requests.TesterPresent, suppress_positive_response=SILENT),
    st.builds(ControlDtcSetting, setting=st.integers(1, 2), option_record=DATA, suppress_positive_response=SILENT),
)


@given(REQUESTS)
def test_a_request_is_read_as_it_was_built(request: UdsRequest) -> None:
    assert parse_request(request.encode()) == request


@given(REQUESTS)
def test_silence_is_seen_in_the_bytes(request: UdsRequest) -> None:
    assert asks_for_silence(request.encode()) == getattr(request, "suppress_positive_response", False)


@given(st.binary(max_size=60))
def test_random_requests_raise_only_the_documented_error(payload: bytes) -> None:
    try:
        request = parse_request(payload)
    except UdsRequestError as error:
        assert error.nrc in Nrc  # noqa: PT017 - what the error carries is the point; that it is raised is not
    else:
        assert request.encode() == payload


PARSERS: list[Any] = [
    parse_negative,
    parse_session_started,
    parse_number_of_dtcs,
    parse_list_of_dtcs,
    parse_records_of_dtc,
    parse_routine_answered,
    parse_snapshot_identification,
    lambda payload: parse_data_read(payload, 0xF190),
    lambda payload: parse_many_data_read(payload, {0xF190: 3}),
    lambda payload: parse_seed(payload, 1),
]


@pytest.mark.parametrize("parser", PARSERS)
@given(first=st.sampled_from([0x7F, 0x50, 0x59, 0x62, 0x67, 0x71, 0x00]), rest=st.binary(max_size=40))
def test_random_answers_raise_only_the_documented_error(parser: Any, first: int, rest: bytes) -> None:
    with contextlib.suppress(UdsFormatError):
        parser(bytes((first,)) + rest)
    with contextlib.suppress(UdsFormatError):
        parser(rest)


@given(THREE)
def test_a_trouble_code_is_spelled_and_read_back(dtc: int) -> None:
    assert parse_dtc(spell_dtc(dtc)) == dtc


@given(st.text(max_size=10))
def test_random_spellings_raise_only_the_documented_error(text: str) -> None:
    with contextlib.suppress(UdsFormatError):
        assert 0 <= parse_dtc(text) <= 0xFFFFFF


@given(BYTE)
def test_any_status_byte_has_names_and_one_word(status: int) -> None:
    assert len(names_of_status(status)) == status.bit_count()
    assert word_of_status(status) in {"confirmed", "pending", "testFailed", "stored", "notActive"}


@given(BYTE)
def test_any_negative_response_code_is_explained(code: int) -> None:
    info = describe_nrc(code)
    assert info.code == code
    assert info.name
    assert info.explanation.endswith(".")
    assert info.advice


@given(st.lists(st.builds(StoredDtc, dtc=THREE, status=BYTE), max_size=30), BYTE)
def test_lists_of_trouble_codes(dtcs: list[StoredDtc], mask: int) -> None:
    parsed = parse_list_of_dtcs(list_of_dtcs(DtcReport.BY_STATUS_MASK, mask, dtcs))
    assert (parsed.availability_mask, list(parsed.dtcs)) == (mask, dtcs)


@given(THREE, BYTE, DATA)
def test_records_of_a_trouble_code(dtc: int, status: int, records: bytes) -> None:
    stored = StoredDtc(dtc=dtc, status=status)
    parsed = parse_records_of_dtc(records_of_dtc(DtcReport.SNAPSHOT_RECORD_BY_DTC, stored, records))
    assert (parsed.dtc, parsed.status, parsed.records) == (dtc, status, records)


@given(st.dictionaries(WORD, DATA, min_size=1, max_size=5))
def test_many_records_in_one_answer(records: dict[int, bytes]) -> None:
    lengths = {data_id: len(record) for data_id, record in records.items()}
    assert parse_many_data_read(data_read(records.items()), lengths) == records


@given(WORD, DATA)
def test_one_record(data_id: int, record: bytes) -> None:
    assert parse_data_read(data_read([(data_id, record)]), data_id) == record


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_times_of_a_session(p2_ms: int, p2_star_10ms: int) -> None:
    times = SessionTimes(p2_s=p2_ms / 1000, p2_star_s=p2_star_10ms / 100)
    assert parse_session_started(session_started(3, times)) == times


def test_small_answers() -> None:
    assert parse_snapshot_identification(snapshot_identification([(0x042000, 1)])) == [(0x042000, 1)]
    assert parse_number_of_dtcs(number_of_dtcs(0xFF, 300)) == 300
    assert parse_seed(seed_given(1, b"\x12\x34"), 1) == b"\x12\x34"
    assert parse_routine_answered(routine_answered(3, 0x0203, b"\x01")) == b"\x01"
    assert parse_negative(NegativeAnswer(service=0x22, nrc=0x31).encode()) == NegativeAnswer(service=0x22, nrc=0x31)
