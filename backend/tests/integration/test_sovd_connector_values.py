"""The SOVD connector reads, writes and watches data of servers of other dialects."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.domain.errors import (
    VehicleRefused,
    VehicleTimeout,
)
from support.odd_sovd_server import OddSovdServer, Reply, Seen, events, refusal
from support.sovd_runs import ON_ENGINE, error_of, parts_of, payloads_of
from support.waiting import until
from support.wild_vehicle import BRAKES, ENGINE, VIN, capabilities, wild_vehicle


@pytest.fixture
async def server() -> AsyncIterator[OddSovdServer]:
    async with wild_vehicle().running() as running:
        yield running


async def test_identifiers_and_names_are_read_one_part_each(server: OddSovdServer) -> None:
    payloads = await payloads_of(server, "ReadDataByID", {**ON_ENGINE, "dataIds": ["0xF190", "Engine speed", "0xF40D"]})

    by_id = {one["dataId"]: one for one in payloads[:-1]}
    assert by_id["0xF190"]["value"] == "WVWZZZ1JZXW000001"
    assert (by_id["Engine speed"]["value"], by_id["Engine speed"]["unit"]) == (812.5, "1/min")
    assert by_id["0xF40D"]["error"]["code"] == "vehicle_refused"
    assert payloads[-1]["read"] == 2
    assert payloads[-1]["failed"] == 1


async def test_data_that_is_not_there_is_answered_with_what_is(server: OddSovdServer) -> None:
    error = await error_of(server, "ReadDataByID", {**ON_ENGINE, "dataId": "Nope"})
    assert "has no data Nope" in error.message
    assert "(Engine speed)" in error.message


async def test_a_negative_response_is_named_and_explained(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/data/vindataidentifier", refusal(502, "error-response", "NRC", NRC="0x31", SID="0x22"))
    error = await error_of(server, "ReadDataByID", {**ON_ENGINE, "dataId": "0xF190"})
    assert isinstance(error, VehicleRefused)
    assert (error.details["nrc"], error.details["nrcName"]) == ("0x31", "requestOutOfRange")
    assert error.details["advice"]


async def test_servers_that_know_no_schema_are_asked_without(server: OddSovdServer) -> None:
    server.on(
        "GET",
        f"{ENGINE}/data/vindataidentifier",
        lambda seen: (
            refusal(400, "incomplete-request", "what?") if "include-schema" in seen.target else Reply(body=VIN)
        ),
    )
    payloads = await payloads_of(server, "ReadDataByID", {**ON_ENGINE, "dataId": "0xF190"})
    assert payloads[0]["value"] == "WVWZZZ1JZXW000001"


async def test_identification_is_the_category_identdata(server: OddSovdServer) -> None:
    server.on("GET", f"{BRAKES}/data", Reply(body={"items": []}))
    payloads = await payloads_of(server, "ReadIdentification", {})
    assert payloads[0]["identification"] == [
        {"dataId": "0xF190", "name": "VIN", "id": "vindataidentifier", "value": "WVWZZZ1JZXW000001", "unit": None}
    ]
    assert payloads[-1]["totalIdentifiers"] == 1


async def test_writing_reads_back(server: OddSovdServer) -> None:
    kept: list[object] = []

    def write(seen: Seen) -> Reply:
        kept.append(seen.json()["data"])
        return Reply(status=204)

    server.on("PUT", f"{ENGINE}/data/DID_F40C", write)
    server.on("GET", f"{ENGINE}/data/DID_F40C", lambda _: Reply(body={"id": "DID_F40C", "data": kept[-1]}))

    payloads = await payloads_of(server, "WriteDataByID", {**ON_ENGINE, "dataId": "0xF40C", "value": 900})

    assert payloads[0]["status"] == "success"
    assert payloads[0]["verified"] is True


async def test_a_write_that_is_not_taken_says_where_it_is_wrong(server: OddSovdServer) -> None:
    body = {"path": "/data", "error": {"error_code": "vendor-specific", "message": "too large"}}
    server.on("PUT", f"{ENGINE}/data/DID_F40C", Reply(status=400, body=body))
    error = await error_of(server, "WriteDataByID", {**ON_ENGINE, "dataId": "0xF40C", "value": 1e9})
    assert isinstance(error, VehicleRefused)
    assert error.details["path"] == "/data"
    assert not error.may_have_acted


async def test_samples_come_by_asking_where_nothing_else_is_offered(server: OddSovdServer) -> None:
    params = {**ON_ENGINE, "dataIds": ["0xF40C"], "intervalMs": 50, "durationS": 0.3}
    payloads = await payloads_of(server, "SubscribeData", params)
    assert payloads[0]["values"] == [{"dataId": "0xF40C", "name": "Engine speed", "value": 812.5, "unit": "1/min"}]
    assert [one["sample"] for one in payloads[:-1]] == list(range(1, len(payloads)))
    assert payloads[-1]["samples"] == len(payloads) - 1
    assert payloads[-1]["samples"] + payloads[-1]["missed"] <= 6


def _with_subscriptions(server: OddSovdServer, stream: Reply) -> None:
    offered = {**capabilities("Engine", "0x1010", ENGINE), "cyclic-subscriptions": f"{ENGINE}/cyclic-subscriptions"}
    server.on("GET", ENGINE, Reply(body=offered))
    body = {"id": "9", "subscription": f"{ENGINE}/cyclic-subscriptions/9/events", "protocol": "sse"}
    server.on("POST", f"{ENGINE}/cyclic-subscriptions", Reply(status=201, body=body))
    server.on("GET", f"{ENGINE}/cyclic-subscriptions/9/events", stream)
    server.on("DELETE", f"{ENGINE}/cyclic-subscriptions/9", Reply(status=204))


async def test_samples_come_as_events_where_they_are_offered(server: OddSovdServer) -> None:
    envelope = {"timestamp": "2026-01-02T03:04:05.678+00:00", "payload": {"id": "DID_F40C", "data": {"value": 900}}}
    _with_subscriptions(server, events(envelope, {"timestamp": "2026-01-02T03:04:06Z", "error": "silent"}))

    params = {**ON_ENGINE, "dataIds": ["0xF40C"], "intervalMs": 20, "durationS": 0.4}
    payloads = await payloads_of(server, "SubscribeData", params)

    assert payloads[1]["sampledAt"] == "2026-01-02T03:04:05.678Z"
    assert payloads[1]["values"][0]["value"] == 900
    assert payloads[-1] == {
        "status": "complete",
        "samples": 2,
        "missed": 1,
        "ecuAddress": "0x1010",
        "component": "engine",
    }
    sent = server.asked("POST", f"{ENGINE}/cyclic-subscriptions")[0].json()
    assert sent == {"resource": f"{ENGINE}/data/DID_F40C", "interval": "fast", "duration": 1, "protocol": "sse"}
    assert len(server.asked("DELETE", f"{ENGINE}/cyclic-subscriptions/9")) == 1


async def test_a_stream_that_breaks_off_is_continued_by_asking(server: OddSovdServer) -> None:
    envelope = {"payload": {"id": "DID_F40C", "data": {"value": 900}}}
    _with_subscriptions(server, events(envelope, hold=False))
    params = {**ON_ENGINE, "dataIds": ["0xF40C"], "intervalMs": 20, "durationS": 0.4}
    payloads = await payloads_of(server, "SubscribeData", params)
    assert payloads[1]["values"][0]["value"] == 900
    assert payloads[2]["values"][0]["value"] == 812.5
    assert payloads[-1]["missed"] >= 1


async def test_cancelling_deletes_the_subscription(server: OddSovdServer) -> None:
    _with_subscriptions(server, events())
    params = {**ON_ENGINE, "dataIds": ["0xF40C"], "intervalMs": 20, "durationS": 60}
    running = asyncio.create_task(parts_of(server, "SubscribeData", params, within_s=90))
    await until(lambda: bool(server.asked("GET", f"{ENGINE}/cyclic-subscriptions/9/events")))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(server.asked("DELETE", f"{ENGINE}/cyclic-subscriptions/9")) == 1


async def test_several_identifiers_are_watched_as_a_data_list(server: OddSovdServer) -> None:
    both = {"items": [{"id": "DID_F40C", "data": {"value": 901}}, {"id": "vindataidentifier", "data": {"VIN": "W"}}]}
    _with_subscriptions(server, events({"payload": both}))
    server.on("POST", f"{ENGINE}/data-lists", Reply(status=201, body={"id": "3"}))
    server.on("DELETE", f"{ENGINE}/data-lists/3", Reply(status=204))
    params = {**ON_ENGINE, "dataIds": ["0xF190", "0xF40C"], "intervalMs": 20, "durationS": 0.4}
    payloads = await payloads_of(server, "SubscribeData", params)
    assert [one["value"] for one in payloads[1]["values"]] == ["W", 901]
    assert len(server.asked("DELETE", f"{ENGINE}/data-lists/3")) == 1


async def test_a_stream_is_over_at_the_commands_deadline(server: OddSovdServer) -> None:
    _with_subscriptions(server, events())
    params = {**ON_ENGINE, "dataIds": ["0xF40C"], "intervalMs": 20, "durationS": 60}
    assert isinstance(await error_of(server, "SubscribeData", params, within_s=1.0), VehicleTimeout)
