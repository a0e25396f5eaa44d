"""What the SOVD connector says when things go wrong: may the vehicle have acted? And bodies that are none."""

import gzip
import json
from collections.abc import AsyncIterator

import pytest

from app.connectors.sovd_outcomes import VehicleBusy
from app.domain.errors import (
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleTimeout,
    VehicleUnreachable,
)
from support.odd_sovd_server import OddSovdServer, Reply
from support.sovd_runs import ON_ENGINE, connector, error_of, loop_time, payloads_of
from support.wild_vehicle import ENGINE, wild_vehicle


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
    ],
)
async def test_a_change_that_left_may_have_acted(server: OddSovdServer, reply: Reply, kind: type[VehicleError]) -> None:
    server.on("DELETE", f"{ENGINE}/faults", reply)
    error = await error_of(server, "ClearDTC", ON_ENGINE, within_s=1.0)
    assert type(error) is kind
    assert error.may_have_acted


@pytest.mark.parametrize(
    "reply", [Reply(silent=True), Reply(cut=True), Reply(garbage=b"boo\r\n\r\n"), Reply(status=504)]
)
async def test_trouble_before_the_change_left_changed_nothing(server: OddSovdServer, reply: Reply) -> None:
    server.on("GET", f"{ENGINE}/faults", reply)
    error = await error_of(server, "ClearDTC", ON_ENGINE, within_s=0.6)
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


async def test_compression_nobody_asked_for_is_read_all_the_same(server: OddSovdServer) -> None:
    body = gzip.compress(json.dumps({"items": []}).encode())
    server.on("GET", f"{ENGINE}/faults", Reply(raw=body, headers={"Content-Encoding": "gzip"}))
    assert (await payloads_of(server, "ReadDTC", ON_ENGINE))[-1]["totalDtcs"] == 0


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
