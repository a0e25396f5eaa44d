"""What UDS codes mean: names against an independent implementation, spelling of trouble codes against SAE J2012."""

import re

import pytest
from udsoncan import ResponseCode

from app.protocols.uds.dtc import names_of_status, parse_dtc, spell_dtc, word_of_status
from app.protocols.uds.negative_responses import Nrc, describe_nrc
from app.protocols.uds.services import Service, service_name


def test_names_of_negative_responses_are_those_of_udsoncan() -> None:
    theirs: dict[int, set[str]] = {}
    for name, code in vars(ResponseCode.ResponseCode).items():
        if isinstance(code, int):
            theirs.setdefault(code, set()).add(re.sub(r"[^a-z]", "", name.lower()))
    ours = {nrc.value: describe_nrc(nrc).name.lower() for nrc in Nrc}
    assert {code: name for code, name in ours.items() if name not in theirs[code]} == {}
    # the codes of 2005 that ISO 14229-1 has given up again
    assert theirs.keys() - ours.keys() == {0x00, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x40}


def test_a_code_says_what_it_means_and_what_to_do() -> None:
    info = describe_nrc(0x33)
    assert (info.text, info.name, info.retry_can_help) == ("0x33", "securityAccessDenied", False)
    assert describe_nrc(0x21).retry_can_help
    assert describe_nrc(0x88).name == "vehicleSpeedTooHigh"
    assert describe_nrc(0xF5).name == "vehicleManufacturerSpecificConditionsNotCorrect"
    assert describe_nrc(0xA0).name == "ISOSAEReserved"


@pytest.mark.parametrize(
    ("dtc", "spelling"),
    [(0x042000, "P0420"), (0x042011, "P0420-11"), (0x440123, "C0401-23"), (0x9A1B00, "B1A1B"), (0xC10087, "U0100-87")],
)
def test_trouble_codes_are_spelled_as_sae_j2012_does(dtc: int, spelling: str) -> None:
    assert spell_dtc(dtc) == spelling
    assert parse_dtc(spelling.lower()) == dtc


@pytest.mark.parametrize(
    ("status", "word"),
    [(0x2F, "confirmed"), (0x04, "pending"), (0x01, "testFailed"), (0x20, "stored"), (0x50, "notActive")],
)
def test_one_word_for_a_status(status: int, word: str) -> None:
    assert word_of_status(status) == word


def test_names_of_status_bits() -> None:
    assert names_of_status(0x89) == ["testFailed", "confirmedDTC", "warningIndicatorRequested"]


def test_names_of_services() -> None:
    assert service_name(Service.READ_DTC_INFORMATION) == "ReadDTCInformation"
    assert service_name(Service.ECU_RESET) == "ECUReset"
    assert service_name(0xBA) == "service 0xBA"
