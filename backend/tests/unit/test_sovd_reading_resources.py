"""Faults, data, executions and events are read in every spelling that servers are met with."""

from typing import Any

import pytest

from app.protocols.sovd.reading_data import find_item, read_data_items, read_value, read_values, units_of
from app.protocols.sovd.reading_events import EventReader, EventTooLarge, read_event
from app.protocols.sovd.reading_executions import (
    ExecutionStatus,
    is_still_running,
    mode_choices,
    possible_values,
    read_entity_status,
    read_execution,
    read_operations,
    read_subscription,
    read_synchronous_start,
)
from app.protocols.sovd.reading_faults import describe_status, read_environment, read_fault, read_faults


@pytest.mark.parametrize(
    ("status", "byte", "word"),
    [
        ({"testFailed": "1", "confirmedDTC": "1", "aggregatedStatus": "active"}, 0x09, "confirmed"),
        ({"test_failed": True, "confirmed_dtc": False, "pending_dtc": True}, 0x05, "pending"),
        ({"testFailed": True, "warningIndicator": 1}, 0x81, "testFailed"),
        ({"mask": "2F"}, 0x2F, "confirmed"),
        ({"mask": "0x04"}, 0x04, "pending"),
        ({"aggregatedStatus": "active"}, None, "confirmed"),
        ({"aggregatedStatus": "passive"}, None, "stored"),
        ("pending", None, "pending"),
        ("healed", None, "notActive"),
        (None, None, "stored"),
    ],
)
def test_fault_status_in_all_spellings(status: object, byte: int | None, word: str) -> None:
    fault = read_fault({"code": "042000", "status": status})
    assert fault is not None
    assert (fault.status_byte, describe_status(fault)["status"]) == (byte, word)


@pytest.mark.parametrize(
    ("code", "spelled", "dtc"),
    [
        ("042000", "P0420", 0x042000),
        ("0x042011", "P0420-11", 0x042011),
        ("P042011", "P0420-11", 0x042011),
        ("C10000", "U0100", 0xC10000),
        ("CpuOverload", "CpuOverload", None),
    ],
)
def test_fault_codes(code: str, spelled: str, dtc: int | None) -> None:
    fault = read_fault({"code": code})
    assert fault is not None
    assert (fault.spelled, fault.dtc, fault.code) == (spelled, dtc, code)


@pytest.mark.parametrize("wrap", [lambda one: {"item": one}, lambda one: {"items": [one]}, lambda one: one])
def test_single_faults_in_all_wrappings(wrap: Any) -> None:
    fault = read_fault(wrap({"code": "042000", "fault_name": "Catalyst"}))
    assert fault is not None
    assert fault.name == "Catalyst"


def test_filters_are_applied_by_ourselves() -> None:
    faults = read_faults(
        [
            {"code": "000001", "status": {"mask": "08"}},
            {"code": "000002", "status": {"mask": "00"}},
            {"code": "App", "status": {"aggregatedStatus": "active"}},
            {"code": "Gone", "status": {"aggregatedStatus": "inactive"}},
            {"code": "Odd", "status": {"x": 1}},
            {"nothing": 1},
        ]
    )
    assert [one.code for one in faults if one.matches(0xFF)] == ["000001", "App", "Odd"]
    assert [one.code for one in faults if one.matches(0x04)] == ["Odd"]


@pytest.mark.parametrize(
    ("environment", "snapshots", "extended"),
    [
        ({"snapshots": {"data": [{"a": 1}]}, "extended_data_records": {"data": [{"b": 2}]}}, [{"a": 1}], [{"b": 2}]),
        ({"snapshots": [{"a": 1}], "extendedData": {"b": 2}}, [{"a": 1}], [{"b": 2}]),
        ({"id": "snapshot", "data": {"a": 1}}, [{"id": "snapshot", "data": {"a": 1}}], []),
        ([{"a": 1}], [{"a": 1}], []),
        ({"snapshots": {"data": []}}, [], []),
        ({}, [], []),
        (None, [], []),
    ],
)
def test_environment_data_in_all_forms(environment: object, snapshots: list[Any], extended: list[Any]) -> None:
    assert read_environment({"environment_data": environment}) == (snapshots, extended)


@pytest.mark.parametrize("wanted", ["0xF190", "0xf190", "VIN", "vin", "Vehicle number"])
@pytest.mark.parametrize("item_id", ["F190", "0xF190", "DID_F190", "vindataidentifier", "vin-F190"])
def test_data_is_found_by_identifier_and_name(wanted: str, item_id: str) -> None:
    name = "VIN" if wanted != "Vehicle number" else wanted
    items = read_data_items({"items": [{"id": "other", "name": "Other"}, {"id": item_id, "name": name}]})
    found = find_item(items, wanted)
    assert found is not None
    assert found.item_id == item_id
    assert found.identifier == 0xF190


def test_an_identifier_in_a_vendor_member_counts() -> None:
    found = find_item(read_data_items([{"id": "speed", "x-acme-did": "0xF40D"}]), "0xF40D")
    assert found is not None


def test_short_words_are_no_identifiers() -> None:
    assert find_item(read_data_items([{"id": "deed", "name": "Deed"}]), "0xDEED") is None


@pytest.mark.parametrize(
    ("body", "value", "unit"),
    [
        ({"id": "a", "data": 5}, 5, None),
        ({"id": "a", "data": {"VIN": "W"}}, "W", None),
        ({"id": "a", "data": {"value": 5, "unit": "km/h"}}, 5, "km/h"),
        ({"id": "a", "value": 5, "unit": "V"}, 5, "V"),
        ({"id": "a", "speed": 5}, 5, None),
        ({"data": {"a": 1, "b": 2}}, {"a": 1, "b": 2}, None),
        ({"data": [1, 2]}, [1, 2], None),
        (
            {"data": 5, "schema": {"properties": {"data": {"x-sovd-unit": {"display_name": "rpm"}}}}},
            5,
            "rpm",
        ),
    ],
)
def test_values_in_all_forms(body: object, value: object, unit: str | None) -> None:
    read = read_value(body)
    assert (read.value, read.unit) == (value, unit)


def test_records_of_several_values_name_each() -> None:
    schema = {"properties": {"data": {"properties": {"Left": {"x-sovd-unit": {"display_name": "%"}}}}}}
    read = read_value({"data": {"Left": 5, "Right": {"Front": 6}}}, units_of(schema))
    assert read.as_json()["values"] == [
        {"name": "Left", "value": 5, "unit": "%"},
        {"name": "Right.Front", "value": 6, "unit": None},
    ]


def test_a_value_that_could_not_be_read_says_why() -> None:
    read = read_value({"id": "a", "data": {}, "errors": [{"path": "/data", "error": {"message": "silent"}}]})
    assert read.failed
    assert read.problems[0].message == "silent"


def test_data_lists_give_their_values() -> None:
    assert [one.data for one in read_values({"items": [{"id": "a", "data": 1}, {"id": "b", "data": 2}]})] == [1, 2]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("running", ExecutionStatus.RUNNING),
        ("pending", ExecutionStatus.RUNNING),
        ("completed", ExecutionStatus.COMPLETED),
        ("failed", ExecutionStatus.FAILED),
        ("stopped", ExecutionStatus.STOPPED),
        (None, ExecutionStatus.RUNNING),
    ],
)
def test_states_of_executions(word: str | None, status: ExecutionStatus) -> None:
    assert read_execution({"capability": "execute", "status": word, "progress": 40}).status is status
    assert read_execution({"items": [{"status": word}]}).status is status


@pytest.mark.parametrize(
    "error", [{"error_code": "x", "message": "no"}, [{"path": "/", "error": {"message": "no"}}], "no"]
)
def test_a_synchronous_start_can_fail_in_two_spellings(error: object) -> None:
    state = read_synchronous_start({"error": error})
    assert state.status is ExecutionStatus.FAILED
    assert state.problems[0].message == "no"


def test_an_answer_with_an_id_is_followed() -> None:
    assert is_still_running({"id": "1"})
    assert is_still_running({"id": "1", "status": "running"})
    assert not is_still_running({"id": "1", "status": "completed"})
    assert not is_still_running({"parameters": {"a": 1}})


def test_operations_are_found_by_routine_identifier() -> None:
    operations = read_operations([{"id": "check_0203", "name": "Check", "asynchronous_execution": True}])
    assert operations[0].is_called("0x0203")
    assert operations[0].is_called("check")
    assert not operations[0].is_called("0x0204")


@pytest.mark.parametrize("name", ["event_source", "subscription"])
def test_a_subscription_names_its_events_in_either_way(name: str) -> None:
    read = read_subscription({"id": "1", name: "/events"})
    assert (read.subscription_id, read.event_source) == ("1", "/events")


def test_status_links_may_be_lists() -> None:
    status = read_entity_status({"status": "notReady", "restart": ["/r"], "start": "/s"})
    assert status.ready is False
    assert status.links == {"restart": "/r", "start": "/s"}


def test_choices_of_modes() -> None:
    assert possible_values({"possiblevalues": ["On", "Off"]}) == ["On", "Off"]
    assert possible_values({"possible_values": "On, Off"}) == ["On", "Off"]
    assert mode_choices({"schema": {"properties": {"value": {"enum": ["A", "B"]}}}}) == ["A", "B"]


def test_events_are_cut_out_of_any_pieces() -> None:
    stream = b'\xef\xbb\xbf:keepalive\r\n\r\nid: 1\r\ndata: {"a":\r\ndata: 1}\r\n\r\nevent: x\ndata:2\n\n'
    reader = EventReader()
    assert [data for one in stream for data in reader.feed(bytes([one]))] == ['{"a":\n1}', "2"]
    assert EventReader().feed(stream) == ['{"a":\n1}', "2"]


def test_an_endless_line_is_refused() -> None:
    reader = EventReader()
    with pytest.raises(EventTooLarge):
        reader.feed(b"data: " + b"x" * (2 * 1024 * 1024))


def test_an_event_of_endless_lines_is_refused() -> None:
    line = b"data: " + b"x" * 65536 + b"\n"
    with pytest.raises(EventTooLarge):
        EventReader().feed(line * 40)


def test_envelopes_and_bare_values() -> None:
    full = read_event('{"timestamp": "2026-01-02T03:04:05.678Z", "payload": {"id": "a", "data": 1}}')
    assert full is not None
    assert full.moment is not None
    assert full.payload == {"id": "a", "data": 1}
    bare = read_event('{"id": "a", "data": 1}')
    assert bare is not None
    assert bare.payload == {"id": "a", "data": 1}
    failed = read_event('{"timestamp": "x", "error": "silent"}')
    assert failed is not None
    assert failed.problem is not None
    assert failed.problem.message == "silent"
    assert read_event("not json") is None
