"""The pure tables behind the SOVD server: NRC to error, DTC status, fault ids, paths, headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocols.sovd.fault_status import (
    STATUS_KEYS,
    dtc_from_code,
    fault_status,
    matches_status,
    status_mask,
)
from app.protocols.sovd.nrc_errors import not_responding, refusal_of_nrc, status_of_nrc
from app.protocols.sovd.operations import OPERATIONS
from app.protocols.uds.dtc import spell_dtc
from app.sovd_server.bulk_handlers import disposition_parameters
from app.sovd_server.configuration_handlers import accepts
from app.sovd_server.entity_tree import Collection
from app.sovd_server.offered import TEMPLATES
from app.sovd_server.routing import Router


@pytest.mark.parametrize(
    ("nrc", "status"),
    [
        *[(nrc, 502) for nrc in (0x10, 0x11, 0x12, 0x14, 0x26, 0x72)],
        *[(nrc, 400) for nrc in (0x13, 0x31)],
        *[(nrc, 403) for nrc in (0x33, 0x35, 0x36)],
        (0x21, 503),
        *[(nrc, 409) for nrc in (0x22, 0x24, 0x37, 0x70, 0x71, 0x73, 0x7E, 0x7F, 0x81, 0xF0)],
    ],
)
def test_status_of_negative_responses(nrc: int, status: int) -> None:
    refusal = refusal_of_nrc(0x22, nrc, "no")
    assert refusal.status == status_of_nrc(nrc) == status
    assert refusal.generic.as_json() == {
        "error_code": "error-response",
        "message": "no",
        "parameters": {"service": "0x22", "nrc": f"0x{nrc:02X}"},
    }


def test_a_silent_ecu_and_a_rejected_mode_have_statuses_of_their_own() -> None:
    assert not_responding("silent").status == 504
    assert refusal_of_nrc(0x10, 0x22, "no", status=500).status == 500
    assert refusal_of_nrc(0x22, 0x21, "busy").headers["Retry-After"] == "1"


@given(st.integers(0, 255))
def test_every_bit_of_the_status_byte_is_a_key(status: int) -> None:
    shown = fault_status(status)
    assert sum(int(shown[key]) << bit for bit, key in enumerate(STATUS_KEYS)) == status
    assert int(shown["mask"], 16) == status


@given(st.integers(0, 255), st.integers(0, 7))
def test_filters_find_their_bit_in_any_spelling(status: int, bit: int) -> None:
    key, has = STATUS_KEYS[bit], bool(status >> bit & 1)
    snake = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in key)
    for name in (key, key.lower(), snake):
        assert matches_status(fault_status(status), {name: ("1",)}) is has
        assert matches_status(fault_status(status), {name: ("false",)}) is not has
        assert matches_status(fault_status(status), {name: ("true", "0")})
        assert status_mask({name: ("1",)}) == 1 << bit


def test_filters_that_no_mask_can_say() -> None:
    assert status_mask({}) is None
    assert status_mask({"testFailed": ("0",)}) is None
    assert status_mask({"aggregatedStatus": ("active",)}) is None
    assert status_mask({"testFailed": ("1",), "pendingDTC": ("true",)}) == 0x05


@given(st.integers(0, 0xFFFFFF))
def test_fault_ids_in_every_spelling(dtc: int) -> None:
    spelled = spell_dtc(dtc)
    for text in (f"{dtc:06X}", f"0x{dtc:06x}", spelled, f"{spelled[:5]}{dtc & 0xFF:02X}"):
        assert dtc_from_code(text) == dtc


@given(st.text(max_size=9))
def test_other_fault_ids_are_none(text: str) -> None:
    found = dtc_from_code(text)
    assert found is None or 0 <= found <= 0xFFFFFF


@given(
    st.lists(st.sampled_from([*Collection, "data", "docs", "engine", "x", "subcomponents", "locks", ""]), max_size=7)
)
def test_any_path_points_somewhere_or_nowhere(segments: list[str]) -> None:
    target = Router(TEMPLATES).find([segment for segment in segments if segment])
    assert target.template is None or target.template in TEMPLATES


def test_every_operation_is_found_by_its_own_path() -> None:
    router = Router(TEMPLATES)
    for operation in OPERATIONS:
        path = operation.path.replace("{e}", "components/engine").replace("{entity-collection}", "apps")
        target = router.find([part.strip("{}") for part in path.split("/") if part])
        assert target.template == operation.path


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('attachment; name="m"; filename="a b.bin"', {"name": "m", "filename": "a b.bin"}),
        ("form-data; name=m; filename=a.bin", {"name": "m", "filename": "a.bin"}),
        ("attachment; filename=\"x\"; filename*=UTF-8''%C3%A4.bin", {"filename": "ä.bin"}),
        ('attachment; file-name="old"', {"filename": "old"}),
        (r'attachment; name="a\"b;c"', {"name": 'a"b;c'}),
        ("attachment", {}),
        ("", {}),
    ],
)
def test_names_in_content_disposition(header: str, expected: dict[str, str]) -> None:
    assert disposition_parameters(header) == expected


@pytest.mark.parametrize(
    ("header", "media_type", "expected"),
    [
        (None, "a/b", True),
        ("*/*", "a/b", True),
        ("a/*;q=0.5", "a/b", True),
        ("text/html, A/B", "a/b", True),
        ("text/html", "a/b", False),
        ("a/b;q=0", "a/b", False),
    ],
)
def test_accept(header: str | None, media_type: str, expected: bool) -> None:
    assert accepts(header, media_type) is expected
