"""Requests in words, for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocols.uds.request_words import words_of_request


@pytest.mark.parametrize(
    ("request_hex", "words"),
    [
        ("2E01100320", "WriteDataByIdentifier (0x2E) 0x0110"),
        ("22F190F18C", "ReadDataByIdentifier (0x22) 0xF190, 0xF18C"),
        ("1003", "DiagnosticSessionControl (0x10) extended session"),
        ("1060", "DiagnosticSessionControl (0x10) 0x60 session"),
        ("1102", "ECUReset (0x11) key off on"),
        ("14FFFFFF", "ClearDiagnosticInformation (0x14) all trouble codes"),
        ("14042011", "ClearDiagnosticInformation (0x14) P0420-11"),
        ("19022F", "ReadDTCInformation (0x19) reportDTCByStatusMask, mask 0x2F"),
        ("1903", "ReadDTCInformation (0x19) reportDTCSnapshotIdentification"),
        ("190404201101", "ReadDTCInformation (0x19) reportDTCSnapshotRecordByDTCNumber P0420-11"),
        ("2701", "SecurityAccess (0x27) level 1: asks for the seed"),
        ("2702AABB", "SecurityAccess (0x27) level 1: sends the key"),
        ("31010203AA", "RoutineControl (0x31) 0x0203, start"),
        ("3E00", "TesterPresent (0x3E)"),
        ("8502", "ControlDTCSetting (0x85) off"),
        ("BA00", "service 0xBA"),
        ("2E01", "WriteDataByIdentifier (0x2E)"),
    ],
)
def test_a_request_has_its_name_its_number_and_what_it_is_about(request_hex: str, words: str) -> None:
    assert words_of_request(bytes.fromhex(request_hex)) == words


@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_have_words(payload: bytes) -> None:
    assert f"0x{payload[0]:02X}" in words_of_request(payload)
