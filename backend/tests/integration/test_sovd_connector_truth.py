"""What the SOVD connector says when things go wrong: may the vehicle have acted? And bodies that are none."""

import asyncio
import gzip
import json
import random
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

import pytest

from app.connectors.port import ResponseChunk
from app.connectors.sovd_calls import decoded
from app.connectors.sovd_outcomes import RanAndFailed, VehicleBusy
from app.domain.errors import (
    CommandNotSupported,
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.json_values import JsonObject
from support.odd_sovd_server import OddSovdServer, Reply, events, refusal
from support.sovd_runs import ON_ENGINE, connector, error_of, loop_time, parts_of, payloads_of, request_for
from support.wild_vehicle import BASE, ENGINE, wild_vehicle


@pytest.fixture
async def server() -> AsyncIterator[OddSovdServer]:
    async with wild_vehicle().running() as running:
        yield running


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(silent=True), VehicleTimeout),
        (Reply(cut=True), VehicleConnectionLost),
        (Reply(garbage=b"\x00\xff not http\r\n\r\n"), VehicleProtocolError),
        (Reply(status=500, body={"error_code": "sovd-server-failure", "message": "crash"}), VehicleProtocolError),
        (Reply(status=504), VehicleTimeout),
        (Reply(status=503), VehicleProtocolError),  # a proxy's, whose connection to the server broke
        (Reply(status=507), VehicleProtocolError),
        (Reply(status=101, headers={"Upgrade": "websocket", "Connection": "Upgrade"}), VehicleProtocolError),
        (Reply(status=500, body={"error_code": "error-response", "parameters": {"nrc": "0x72"}}), RanAndFailed),
    ],
)
async def test_a_change_that_left_may_have_acted(server: OddSovdServer, reply: Reply, kind: type[VehicleError]) -> None:
    server.on("DELETE", f"{ENGINE}/faults", reply)
    error = await error_of(server, "ClearDTC", ON_ENGINE, within_s=3.0)
    assert type(error) is kind
    assert error.may_have_acted


@pytest.mark.parametrize(
    "reply", [Reply(silent=True), Reply(cut=True), Reply(garbage=b"boo\r\n\r\n"), Reply(status=504)]
)
async def test_trouble_before_the_change_left_changed_nothing(server: OddSovdServer, reply: Reply) -> None:
    server.on("GET", f"{ENGINE}/faults", reply)
    error = await error_of(server, "ClearDTC", ON_ENGINE, within_s=1.0)
    assert not error.may_have_acted
    assert server.asked("DELETE", f"{ENGINE}/faults") == []


async def test_a_confirmed_change_stays_confirmed_when_reading_afterwards_fails(server: OddSovdServer) -> None:
    listed = server.routes["GET", f"{ENGINE}/faults"]
    assert isinstance(listed, Reply)
    server.on("GET", f"{ENGINE}/faults", [listed, Reply(cut=True)])
    server.on("DELETE", f"{ENGINE}/faults", Reply(status=204))
    payloads = await payloads_of(server, "ClearDTC", ON_ENGINE)
    assert (payloads[0]["status"], payloads[0]["clearedCount"]) == ("success", None)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_may_be_asked_again(server: OddSovdServer, status: int) -> None:
    server.on("DELETE", f"{ENGINE}/faults", Reply(status=status, headers={"Retry-After": "3"}))
    error = await error_of(server, "ClearDTC", ON_ENGINE)
    assert isinstance(error, VehicleBusy)
    assert error.retry_can_help
    assert not error.may_have_acted
    assert error.details["retryAfterS"] == 3


async def test_nobody_at_home_is_unreachable() -> None:
    async with OddSovdServer().running() as gone:
        pass
    error = await error_of(gone, "ClearDTC", ON_ENGINE)
    assert isinstance(error, VehicleUnreachable)
    async with connector() as made:
        with pytest.raises(VehicleUnreachable):
            await made.probe(gone.address, loop_time() + 2)


async def test_a_body_without_end_is_refused(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/faults", Reply(endless=True))
    assert "larger than" in (await error_of(server, "ReadDTC", ON_ENGINE)).message


async def test_a_compressed_bomb_is_refused(server: OddSovdServer) -> None:
    bomb = gzip.compress(b"0" * (20 * 1024 * 1024))
    server.on("GET", f"{ENGINE}/faults", Reply(raw=bomb, headers={"Content-Encoding": "gzip"}))
    assert "larger than" in (await error_of(server, "ReadDTC", ON_ENGINE)).message


def test_a_compressed_bomb_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(b"0" * (64 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(VehicleProtocolError):
            decoded(bomb, "gzip", 1024)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1024 * 1024


async def test_compression_nobody_asked_for_is_read_all_the_same(server: OddSovdServer) -> None:
    body = gzip.compress(json.dumps({"items": []}).encode())
    server.on("GET", f"{ENGINE}/faults", Reply(raw=body, headers={"Content-Encoding": "gzip"}))
    assert (await payloads_of(server, "ReadDTC", ON_ENGINE))[-1]["totalDtcs"] == 0


@pytest.mark.parametrize(
    "damaged",
    [gzip.compress(b"log line 1\n" * 900)[:-30], gzip.compress(b"one") + gzip.compress(b"two")],
    ids=["broken off", "followed by another"],
)
async def test_a_compressed_answer_that_is_not_all_of_it_is_none(server: OddSovdServer, damaged: bytes) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
    server.on("GET", f"{BASE}/logs", Reply(raw=damaged, headers=headers))
    error = await error_of(server, "SOVDRequest", {"method": "GET", "path": "logs"})
    assert isinstance(error, VehicleProtocolError)


async def test_a_length_beyond_all_measure(server: OddSovdServer) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}"
    server.on("DELETE", f"{ENGINE}/faults", Reply(garbage=raw))
    error = await error_of(server, "ClearDTC", ON_ENGINE)
    assert isinstance(error, VehicleProtocolError)


@pytest.mark.parametrize(
    ("raw", "media_type", "is_done"),
    [
        (b"\x8f\x01\x02", "application/json", False),
        (b"<html>Please log in</html>", "text/html", False),
        (b"<html>Please log in</html>", "", False),
        (b"OK", "text/plain", True),
        (b"", "", True),
    ],
)
async def test_a_success_that_nobody_can_read_is_none(
    server: OddSovdServer, raw: bytes, media_type: str, *, is_done: bool
) -> None:
    server.on("DELETE", f"{ENGINE}/faults", Reply(raw=raw, headers={"Content-Type": media_type}))
    if is_done:
        assert (await payloads_of(server, "ClearDTC", ON_ENGINE))[0]["status"] == "success"
    else:
        assert isinstance(await error_of(server, "ClearDTC", ON_ENGINE), VehicleProtocolError)


async def test_a_confirmed_change_is_told_in_time(server: OddSovdServer) -> None:
    listed = server.routes["GET", f"{ENGINE}/faults"]
    assert isinstance(listed, Reply)
    server.on("GET", f"{ENGINE}/faults", [listed, Reply(silent=True)])
    server.on("DELETE", f"{ENGINE}/faults", [refusal(423, "lock-required", "take a lock"), Reply(status=204)])
    server.on("POST", f"{ENGINE}/locks", Reply(status=201, body={"id": "l1"}))
    server.on("DELETE", f"{ENGINE}/locks/l1", Reply(silent=True))
    deadline = loop_time() + 3.0
    payloads = await payloads_of(server, "ClearDTC", ON_ENGINE, within_s=3.0)
    assert loop_time() < deadline  # nobody listens any longer
    assert (payloads[0]["status"], payloads[0]["clearedCount"]) == ("success", None)


@pytest.mark.parametrize("raw", [b"<html>not JSON</html>", b"{", b'{"items": NaN}', b"[" * 5000])
async def test_a_body_that_is_not_json_is_a_protocol_error(server: OddSovdServer, raw: bytes) -> None:
    server.on("GET", f"{ENGINE}/faults", Reply(raw=raw))
    assert isinstance(await error_of(server, "ReadDTC", ON_ENGINE), VehicleProtocolError)


async def test_a_body_cut_in_half_is_a_lost_connection(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/faults", Reply(body={"items": []}, half=True))
    assert isinstance(await error_of(server, "ReadDTC", ON_ENGINE), VehicleConnectionLost)


async def test_an_answer_without_body_is_an_empty_one(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/faults", Reply(status=204))
    assert (await payloads_of(server, "ReadDTC", ON_ENGINE))[-1]["totalDtcs"] == 0


# --- nonsense

WORDS = (
    "id", "items", "item", "error", "errors", "status", "data", "value", "schema", "code", "path", "parameters", "nrc",
    "href", "name", "variant", "logical_address", "environment_data", "restart", "event_source", "seed", "engine",
    "0x1010", "F190", "0203", "dtcsetting", "running", "completed", "/vehicle/v15/x", "http://evil/",
)  # fmt: skip
EVERY_COMMAND: tuple[tuple[str, JsonObject], ...] = (
    ("DiscoverECUs", {}),
    ("ReadIdentification", {}),
    ("ReadDTC", {"snapshot": True}),
    ("ClearDTC", ON_ENGINE),
    ("ReadDataByID", {**ON_ENGINE, "dataIds": ["0xF190", "speed"]}),
    ("WriteDataByID", {**ON_ENGINE, "dataId": "0xF190", "value": 1}),
    ("SubscribeData", {**ON_ENGINE, "dataIds": ["0xF190"], "intervalMs": 20, "durationS": 0.1}),
    ("RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "start"}),
    ("RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "stop"}),
    ("ECUReset", ON_ENGINE),
    ("ControlDTCSetting", {**ON_ENGINE, "setting": "off"}),
    ("SOVDRequest", {"method": "GET", "path": "components"}),
)


def _nonsense(chance: random.Random, depth: int = 0) -> object:
    kind = chance.randrange(8 if depth < 4 else 5)
    if kind < 5:
        return (None, True, chance.randrange(-5, 70000), chance.choice(WORDS), "")[kind]
    if kind == 5:
        return [_nonsense(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(WORDS): _nonsense(chance, depth + 1) for _ in range(chance.randrange(6))}


def _any_reply(chance: random.Random) -> Reply:
    kind = chance.randrange(20)
    if kind == 0:
        return Reply(garbage=chance.randbytes(40))
    if kind == 1:
        return Reply(cut=True)
    if kind == 2:
        return Reply(raw=chance.randbytes(40))
    status = chance.choice((200, 200, 200, 200, 201, 202, 204, 302, 400, 403, 404, 409, 500, 501))
    return Reply(status=status, body=None if status == 204 else _nonsense(chance))


@pytest.mark.parametrize("seed", range(12))
async def test_nonsense_gives_only_errors_of_the_port(server: OddSovdServer, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for security: the same nonsense every time
    keep = {("GET", "/version-info"), ("GET", f"{BASE}/components"), ("GET", ENGINE)}
    server.routes = {key: reply for key, reply in server.routes.items() if key in keep}
    server.otherwise = lambda _: _any_reply(chance)

    async def run(name: str, params: JsonObject) -> None:
        with suppress(VehicleError):
            parts = await parts_of(server, name, params, within_s=1.0)
            chunks = [part for part in parts if isinstance(part, ResponseChunk)]
            assert [one.is_final for one in chunks] == [False] * (len(chunks) - 1) + [True]

    await asyncio.gather(*(run(name, params) for name, params in EVERY_COMMAND))


# --- the port


async def test_a_command_whose_time_is_over_never_leaves(server: OddSovdServer) -> None:
    error = await error_of(server, "ClearDTC", ON_ENGINE, within_s=-1)
    assert isinstance(error, VehicleUnreachable)
    assert server.seen == []


async def test_a_command_that_is_none_is_not_supported(server: OddSovdServer) -> None:
    assert isinstance(await error_of(server, "MakeCoffee", {}), CommandNotSupported)
    assert server.seen == []


async def test_many_commands_side_by_side(server: OddSovdServer) -> None:
    async with connector() as made:

        async def run() -> bool:
            async with aclosing(made.execute(request_for(server.address, "ReadDTC", ON_ENGINE))) as answer:
                return [part async for part in answer][-1].is_final  # type: ignore[union-attr]  # the last is a chunk

        assert all(await asyncio.gather(*(run() for _ in range(30))))


async def test_a_stream_where_a_document_belongs_is_refused(server: OddSovdServer) -> None:
    server.on("GET", f"{BASE}/live", events(hold=True))
    error = await error_of(server, "SOVDRequest", {"method": "GET", "path": "live"})
    assert "SubscribeData" in error.message
