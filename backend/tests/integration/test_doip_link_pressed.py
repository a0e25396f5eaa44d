"""The DoIP link under many users that come, go and are cancelled while sockets drop; and a peer that stops reading."""

import asyncio
import contextlib
import random
from contextlib import suppress

import pytest

from app.domain.errors import VehicleConnectionLost, VehicleError, VehicleTimeout, VehicleUnreachable
from app.links.doip_link import DoipLink
from app.links.port import EcuChannel
from support.doip_linked import ENGINE, QUICK, READ_VIN, VIN_ANSWER, ask, linked, soon
from support.doip_peer import DoipPeer
from support.waiting import until

ECUS = range(0x2000, 0x2010)


def own_number(request: bytes) -> list[bytes]:
    """Answers with what was asked, so that everybody knows his own answer."""
    return [b"\x62" + request[1:]]


async def use_once(link: DoipLink, dice: random.Random, number: int) -> str:
    """One request; an answer that belongs to it, or a typed error."""
    request = b"\x22" + number.to_bytes(4, "big")
    try:
        async with link.channel(dice.choice(ECUS), soon(20)) as channel:
            await channel.send(request, soon(20))
            while (await channel.receive(soon(20))).payload[1:] != request[1:]:
                pass  # of someone who was cancelled: the UDS client tells them apart
    except VehicleError as error:
        return type(error).__name__
    return "answered"


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_nothing_is_left_held(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a repeatable mess
    peer = DoipPeer(ecus=dict.fromkeys(ECUS, own_number), delays_s=dict.fromkeys(ECUS, 0.002))
    async with linked(peer) as (link, _):
        users = [asyncio.create_task(use_once(link, dice, number)) for number in range(400)]
        while not all(user.done() for user in users):
            await asyncio.sleep(0.005)
            dice.choice(users).cancel()
            if dice.random() < 0.1:
                peer.close_all()
        outcomes = [user.result() for user in users if not user.cancelled()]
        assert set(outcomes) <= {"answered", VehicleConnectionLost.__name__}
        assert outcomes.count("answered") > 100
        assert not link.is_used
        async with link.channel(ECUS[0], soon()) as channel:
            with suppress(VehicleConnectionLost):  # the last cut may have been made a moment ago
                await ask(channel, b"\x22\xf1\x90")
            channel.discard()
            assert await ask(channel, b"\x22\xf1\x91") == b"\x62\xf1\x91"


async def test_a_gateway_that_stops_reading_holds_nobody() -> None:
    async with linked() as (link, peer), link.channel(ENGINE, soon()) as channel:
        await ask(channel)
        [writer] = peer.writers.values()
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport can
        errors = []
        for _ in range(20):
            try:
                await channel.send(bytes(500_000), soon(QUICK.acknowledge_s))
            except (VehicleTimeout, VehicleConnectionLost, VehicleUnreachable) as error:
                errors.append(error)
                if link.connections > 1 or not link.is_connected:
                    break
        assert errors
        writer.transport.abort()
        await until(lambda: len(peer.writers) <= 1, what="the old socket gone")
        assert await ask(channel, READ_VIN) == VIN_ANSWER


async def test_a_gateway_that_stops_reading_does_not_keep_us_from_closing() -> None:
    async with linked() as (link, peer), link.channel(ENGINE, soon()) as channel:
        await ask(channel)
        [writer] = peer.writers.values()
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport can
        with pytest.raises(VehicleUnreachable, match="does not take any more bytes"):
            await _fill(channel)
        await link.close()
        assert not link.is_connected
        writer.transport.abort()


async def _fill(channel: EcuChannel) -> None:
    for _ in range(50):
        with contextlib.suppress(VehicleTimeout):
            await channel.send(bytes(1_000_000), soon(0.005))
