"""SOVD answers are read in every spelling that servers are met with, and strange JSON never raises."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocols.sovd.links import below, follow, moved_home, origin_of, path_below_base, resolve_link
from app.protocols.sovd.reading import (
    created_id,
    ids_of,
    read_capabilities,
    read_references,
    read_versions,
)
from app.protocols.sovd.reading_data import read_data_items, read_value, read_values
from app.protocols.sovd.reading_errors import demands_lock, read_problem, read_problems
from app.protocols.sovd.reading_events import EventReader, read_event
from app.protocols.sovd.reading_executions import (
    is_still_running,
    mode_choices,
    read_entity_status,
    read_execution,
    read_operations,
    read_subscription,
    read_synchronous_start,
)
from app.protocols.sovd.reading_faults import read_environment, read_faults

HERE = "http://car:8080/sovd/v1/components"


@pytest.mark.parametrize(
    ("body", "base"),
    [
        ({"sovd_info": [{"version": "1.1", "base_uri": "http://h/sovd/v1"}]}, "http://h/sovd/v1"),
        ({"items": [{"version": "1.0", "base_uri": "/api/v1"}]}, "/api/v1"),
        ({"versions": [{"version_identifier": "v1", "base_path": "/v1", "x-sovd-version": "1.1"}]}, "/v1"),
        ({"sovd_info": {"version": "1.1", "base_uri": "/one"}}, "/one"),
    ],
)
def test_version_info_in_all_spellings(body: object, base: str) -> None:
    assert [entry.base_uri for entry in read_versions(body)] == [base]


def test_the_newest_version_comes_first() -> None:
    body = {"sovd_info": [{"version": one, "base_uri": f"/v{one}"} for one in ("1.0", "1.10", "1.9")]}
    assert [entry.version for entry in read_versions(body)] == ["1.10", "1.9", "1.0"]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("http://car:8080/sovd/v1/x", "http://car:8080/sovd/v1/x"),
        ("/sovd/v1/x", "http://car:8080/sovd/v1/x"),
        ("components/x", "http://car:8080/sovd/v1/components/x"),
        ("../v2/x#part", "http://car:8080/sovd/v2/x"),
        ("x?a=b", "http://car:8080/sovd/v1/x?a=b"),
        ("http://CAR:8080/x", "http://CAR:8080/x"),
        ("http://evil:8080/x", None),
        ("http://car:9090/x", None),
        ("https://car:8080/x", None),
        ("//evil/x", None),
        ("http://user:secret@car:8080/x", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("/x\r\nHost: evil", None),
        ("http://[", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_links_stay_on_their_origin(link: object, expected: str | None) -> None:
    assert resolve_link(HERE, link) == expected


def test_a_published_inner_host_is_called_at_our_own_address() -> None:
    base = "http://car:8080/sovd/v1"
    assert moved_home(base, "http://10.0.0.1/sovd/v1/components/a") == "http://car:8080/sovd/v1/components/a"
    assert follow(HERE, base, "http://10.0.0.1/admin") is None
    assert follow(HERE, base, "http://10.0.0.1/sovd/v1/../../admin") is None
    assert follow(HERE, base, "http://10.0.0.1/sovd/v1/%2e%2e/admin") is None


def test_an_id_is_encoded_as_a_whole() -> None:
    assert below("http://car/v1/data/", "a#b/c d") == "http://car/v1/data/a%23b%2Fc%20d"


@pytest.mark.parametrize("path", ["components/engine", "/components/engine", "components/a%23b/data", "", "a b"])
def test_paths_below_the_base_stay_below_it(path: str) -> None:
    assert path_below_base("http://car/v1", path).startswith("http://car/v1")


@pytest.mark.parametrize(
    "path",
    [
        "../admin",
        "a/../../admin",
        "a/%2e%2e/%2E%2E/admin",
        "a/%252e%252e/b",
        "..%2f..%2fadmin",
        "http://evil/x",
        "//evil/x",
        "a//b",
        "a\\..\\b",
        "a%0d%0aX: y",
        "a?b=c",
        "a#b",
        ".",
        "a/..",
    ],
)
def test_paths_that_could_leave_the_base_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        path_below_base("http://car/v1", path)


@given(st.text(max_size=60))
def test_no_path_leaves_the_base(path: str) -> None:
    try:
        uri = path_below_base("http://car/v1", path)
    except ValueError:
        return
    assert uri == "http://car/v1" or uri.startswith("http://car/v1/")
    assert origin_of(uri) == origin_of("http://car/")


def test_references_without_id_take_their_link() -> None:
    body = {"items": [{"name": "A", "href": "/v1/components/a%23b"}, {"id": "a#b", "name": "twice"}, "c", 7, None]}
    assert [one.entity_id for one in read_references(body)] == ["a#b", "c", "7"]


@pytest.mark.parametrize(
    ("document", "address"),
    [
        ({"variant": {"logical_address": "0x1010"}}, 0x1010),
        ({"variant": {"logical_address": 4112}}, 0x1010),
        ({"variant": {"logical_address": "1010"}}, 0x1010),
        ({"x-acme-logical-address": "0x1010"}, 0x1010),
        ({"x_vendor_ecu_address": ["0x1010"]}, 0x1010),
        ({"variant": {"logical_address": "none"}}, None),
        ({"variant": {"logical_address": True}}, None),
        ({"variant": "EV6"}, None),
    ],
)
def test_the_diagnostic_address_is_found(document: dict[str, Any], address: int | None) -> None:
    assert read_capabilities({"id": "a", **document}).ecu_address == address


def test_capabilities_know_links_and_variant() -> None:
    told = read_capabilities(
        {
            "id": "a",
            "name": "A",
            "variant": {"part": ["12", "34"]},
            "data": "/v1/a/data",
            "Faults": ["/v1/a/faults"],
            "modes": {"href": "/v1/a/modes"},
            "tags": ["x", "y"],
        }
    )
    assert told.links == {"data": "/v1/a/data", "faults": "/v1/a/faults", "modes": "/v1/a/modes"}
    assert told.variant == "part: 12 34"


@pytest.mark.parametrize("body", [["1", "2"], {"items": ["1", "2"]}, {"items": [{"id": "1"}, {"id": 2}]}])
def test_lists_of_ids_and_of_objects(body: object) -> None:
    assert ids_of(body) == ["1", "2"]


@pytest.mark.parametrize("body", [{"id": "7"}, {"items": [{"id": "7"}]}, {"subscription_id": "7"}, {"id": 7}])
def test_the_id_of_something_created(body: object) -> None:
    assert created_id(body) == "7"


@pytest.mark.parametrize(
    ("body", "message", "nrc"),
    [
        ({"error_code": "error-response", "message": "no", "parameters": {"NRC": "0x31", "SID": "0x22"}}, "no", 0x31),
        ({"error_code": "error-response", "message": "no", "parameters": {"nrc": ["0x33"]}}, "no", 0x33),
        ({"error_code": "error-response", "message": "no", "parameters": {"NRC": {"value": 49}}}, "no", 0x31),
        ({"path": "/data", "error": {"error_code": "x", "message": "bad"}}, "bad", None),
        ([{"path": "/data", "error": {"error_code": "x", "message": "bad"}}], "bad", None),
        ({"errors": [{"path": "/data", "error": {"message": "bad"}}]}, "bad", None),
        ({"error": "sorry"}, "sorry", None),
        ({"title": "RFC 9457", "detail": "because"}, "because", None),
        (None, None, None),
        ("plain", None, None),
        ([], None, None),
    ],
)
def test_error_bodies_of_all_kinds(body: object, message: str | None, nrc: int | None) -> None:
    problem = read_problem(body)
    assert (problem.message, problem.nrc) == (message, nrc)
    assert problem.said


def test_a_long_message_is_cut() -> None:
    assert len(read_problem({"message": "x" * 10_000}).said) < 600


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (423, {}, True),
        (409, {"error_code": "precondition-not-fulfilled", "message": "A lock is needed"}, True),
        (403, {"error_code": "insufficient-access-rights", "message": "Required ECU lock is missing"}, True),
        (403, {"error_code": "insufficient-access-rights"}, True),
        (409, {"error_code": "precondition-not-fulfilled", "message": "The vehicle moves"}, False),
        (409, {"error_code": "lock-broken", "message": "lock broken"}, False),
        (403, {"message": "no", "parameters": {"nrc": "0x33"}}, False),
        (400, {"message": "lock"}, False),
    ],
)
def test_which_refusals_ask_for_a_lock(status: int, body: dict[str, Any], expected: bool) -> None:
    assert demands_lock(status, read_problem(body)) is expected


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id", "items", "item", "error", "errors", "status", "data", "value", "schema", "properties", "code",
                    "path", "parameters", "nrc", "variant", "logical_address", "href", "sovd_info", "base_uri", "name",
                    "environment_data", "snapshots", "mask", "payload", "timestamp", "x-y", "x-sovd-unit", "enum",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(_ANY_JSON)
def test_strange_json_never_raises(body: Any) -> None:
    for read in (
        read_versions,
        read_references,
        read_capabilities,
        read_problem,
        read_problems,
        read_faults,
        read_environment,
        read_data_items,
        read_value,
        read_values,
        read_execution,
        read_synchronous_start,
        read_operations,
        read_subscription,
        read_entity_status,
        mode_choices,
        created_id,
        ids_of,
        is_still_running,
    ):
        read(body)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_a_stream_of_anything_never_raises(pieces: list[bytes]) -> None:
    reader = EventReader()
    for piece in pieces:
        for data in reader.feed(piece):
            read_event(data)
