"""The DoIP link on real sockets: sharing, lanes, refusals, reconnecting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from app.domain.errors import VehicleConnectionLost, VehicleRefused, VehicleTimeout, VehicleUnreachable
from app.links.breaker import BreakerSettings
from app.links.doip_link import DoipLink
from app.links.doip_settings import DoipSettings, DoipTiming
from app.links.port import EcuChannel
from app.protocols.doip.codes import DiagnosticNackCode
from app.protocols.doip.entity import DoipEntity, EntitySettings
from support.doip_peer import DoipPeer
from support.waiting import eventually, until

ENGINE, GEARBOX, EVERYBODY = 0x1010, 0x1020, 0xE400
READ_VIN = b"\x22\xf1\x90"
VIN_ANSWER = b"\x62\xf1\x90\xf1\x90"
QUICK = DoipTiming(
    connect_s=2.0, activation_s=0.5, acknowledge_s=0.6, quiet_s=0.1, alive_answer_s=0.2, check_after_idle_s=60.0
)


def soon(seconds: float = 5.0) -> float:
    """A deadline."""
    return asyncio.get_running_loop().time() + seconds


def settings(peer: DoipPeer, timing: DoipTiming = QUICK) -> DoipSettings:
    """How to reach the peer."""
    return DoipSettings(
        host="127.0.0.1",
        port=peer.port,
        timing=timing,
        breaker=BreakerSettings(opens_after=3, first_pause_s=0.01, first_open_s=30.0),
    )


@asynccontextmanager
async def linked(peer: DoipPeer | None = None, timing: DoipTiming = QUICK) -> AsyncIterator[tuple[DoipLink, DoipPeer]]:
    """A running peer and a link to it; afterwards nothing of the link is left."""
    async with (peer or DoipPeer()).running() as gateway:
        before = asyncio.all_tasks()
        link = DoipLink(settings(gateway, timing))
        try:
            yield link, gateway
        finally:
            await link.close()
        assert not link.is_used
        await until(lambda: not gateway.writers, what="all sockets closed")
        assert asyncio.all_tasks() <= before


async def ask(channel: EcuChannel, request: bytes = READ_VIN) -> bytes:
    """One request and its answer."""
    await channel.send(request, soon())
    return (await channel.receive(soon())).payload


async def test_an_ecu_answers() -> None:
    async with linked() as (link, _), link.channel(ENGINE, soon()) as channel:
        confirmed_at = await channel.send(READ_VIN, soon())
        answer = await channel.receive(soon())
        assert (answer.source, answer.payload) == (ENGINE, VIN_ANSWER)
        assert answer.received_at >= confirmed_at


async def test_many_ecus_share_one_socket() -> None:
    peer = DoipPeer()
    peer.ecus = dict.fromkeys(range(0x2000, 0x2040), lambda request: [b"\x62" + request[1:]])
    async with linked(peer) as (link, _):

        async def read(address: int) -> bytes:
            async with link.channel(address, soon()) as channel:
                return await ask(channel, b"\x22" + address.to_bytes(2, "big"))

        answers = await asyncio.gather(*(read(address) for address in peer.ecus))
        assert answers == [b"\x62" + address.to_bytes(2, "big") for address in peer.ecus]
        assert peer.accepted == 1


async def test_a_slow_ecu_delays_no_other_on_the_same_socket() -> None:
    released = asyncio.Event()
    async with linked() as (link, peer):
        peer.acknowledges = True
        peer.ecus[GEARBOX] = lambda _: []

        async def slow() -> bytes:
            async with link.channel(GEARBOX, soon()) as channel:
                await channel.send(READ_VIN, soon())
                released.set()
                return (await channel.receive(soon())).payload

        waiting = asyncio.create_task(slow())
        await released.wait()
        async with link.channel(ENGINE, soon()) as channel:
            assert [await ask(channel) for _ in range(20)] == [VIN_ANSWER] * 20
        assert not waiting.done()
        [connection] = peer.writers
        connection.send_diagnostic(source=GEARBOX, user_data=VIN_ANSWER)
        peer._flush(connection)
        assert await waiting == VIN_ANSWER


async def test_one_user_per_ecu_in_the_order_they_came() -> None:
    order: list[int] = []
    async with linked() as (link, _):

        async def use(number: int) -> None:
            async with link.channel(ENGINE, soon()) as channel:
                order.append(number)
                await ask(channel)
                order.append(number)

        await asyncio.gather(*(use(number) for number in range(5)))
    assert order == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


async def test_waiting_for_the_turn_ends_at_the_deadline() -> None:
    async with linked() as (link, _), link.channel(ENGINE, soon()):
        with pytest.raises(VehicleUnreachable, match=r"0x1010.*was busy"):
            async with link.channel(ENGINE, soon(0.05)):
                pytest.fail("two at a time")


async def test_a_functional_channel_collects_the_answers_of_all() -> None:
    async with linked() as (link, _), link.channel(EVERYBODY, soon()) as channel:
        await channel.send(READ_VIN, soon())
        sources = {(await channel.receive(soon())).source for _ in range(3)}
        assert sources == {0x1000, ENGINE, GEARBOX}
        with pytest.raises(TimeoutError):
            await channel.receive(soon(0.05))


async def test_answers_that_nobody_waits_for_are_counted_and_given_to_nobody() -> None:
    async with linked() as (link, peer):
        async with link.channel(ENGINE, soon()) as channel:
            await ask(channel)
        [connection] = peer.writers
        connection.send_diagnostic(source=ENGINE, user_data=b"\x62late")
        peer._flush(connection)
        await until(lambda: link.counters.unclaimed == 1, what="the late answer")
        async with link.channel(ENGINE, soon()) as channel:
            assert await ask(channel) == VIN_ANSWER


async def test_what_nobody_fetches_is_dropped_oldest_first() -> None:
    async with linked() as (link, peer), link.channel(ENGINE, soon()) as channel:
        peer.ecus[ENGINE] = lambda _: [bytes((0x62, number)) for number in range(70)]
        await channel.send(READ_VIN, soon())
        await until(lambda: link.counters.overflowed == 6, what="a full queue")
        assert (await channel.receive(soon())).payload == bytes((0x62, 6))
        assert channel.discard() == 63


@pytest.mark.parametrize(
    ("code", "name", "retry_can_help"),
    [
        (DiagnosticNackCode.UNKNOWN_TARGET_ADDRESS, "unknownTargetAddress", False),
        (DiagnosticNackCode.TARGET_UNREACHABLE, "targetUnreachable", True),
        (DiagnosticNackCode.OUT_OF_MEMORY, "outOfMemory", True),
    ],
)
async def test_a_nack_is_a_refusal_with_advice(code: DiagnosticNackCode, name: str, retry_can_help: bool) -> None:
    peer = DoipPeer(refuses={ENGINE: code})
    async with linked(peer) as (link, _), link.channel(ENGINE, soon()) as channel:
        with pytest.raises(VehicleRefused, match=name) as caught:
            await channel.send(READ_VIN, soon())
        assert caught.value.details["doipNackName"] == name
        assert caught.value.details["ecuAddress"] == "0x1010"
        assert caught.value.details["retryCanHelp"] is retry_can_help
        assert caught.value.details["advice"]
        peer.refuses.clear()
        assert await ask(channel) == VIN_ANSWER


async def test_a_gateway_that_never_acknowledges_can_be_used() -> None:
    async with linked(DoipPeer(acknowledges=False)) as (link, _), link.channel(ENGINE, soon()) as channel:
        assert [await ask(channel) for _ in range(3)] == [VIN_ANSWER] * 3


async def test_a_missing_acknowledgement_may_have_acted() -> None:
    peer = DoipPeer(acknowledges=False)
    peer.ecus[ENGINE] = lambda _: []
    async with linked(peer) as (link, _), link.channel(ENGINE, soon()) as channel:
        with pytest.raises(VehicleTimeout) as caught:
            await channel.send(READ_VIN, soon())
        assert caught.value.may_have_acted


async def test_denied_activation_is_unreachable_with_advice() -> None:
    entity = DoipEntity(EntitySettings(logical_address=0x1000, testers=frozenset({0x0E80})))
    async with linked(DoipPeer(entity)) as (link, peer):
        with pytest.raises(VehicleUnreachable, match=r"deniedUnknownSourceAddress.*Set `tester`") as caught:
            async with link.channel(ENGINE, soon()):
                pytest.fail("denied")
        assert caught.value.details["activationCode"] == "0x00"
        assert peer.accepted == 1  # trying again cannot help


async def test_activation_waits_for_the_confirmation_in_the_vehicle() -> None:
    known = EntitySettings(logical_address=0x1000, confirmation_types=frozenset({0x00}))
    async with linked(DoipPeer(DoipEntity(known))) as (link, peer):

        async def use() -> bytes:
            async with link.channel(ENGINE, soon()) as channel:
                return await ask(channel)

        using = asyncio.create_task(use())
        await until(lambda: any(connection.awaits_confirmation for connection in peer.writers), what="0x11")
        [connection] = peer.writers
        connection.confirm(soon(0))
        peer._flush(connection)
        assert await using == VIN_ANSWER


async def test_an_idle_close_is_healed_at_the_next_use() -> None:
    async with linked() as (link, peer):
        async with link.channel(ENGINE, soon()) as channel:
            await ask(channel)
            peer.close_all()
            await until(lambda: not link.is_connected, what="the end noticed while idle")
            assert await ask(channel) == VIN_ANSWER
        assert (peer.accepted, len(peer.seen)) == (2, 2)


async def test_a_drop_in_mid_request_is_told_and_never_repeated() -> None:
    async with linked(DoipPeer(drops_on_request=True)) as (link, peer), link.channel(ENGINE, soon()) as channel:
        with pytest.raises(VehicleConnectionLost) as caught:
            await ask(channel)
        assert caught.value.may_have_acted
        assert len(peer.seen) == 1


async def test_a_drop_after_the_acknowledgement_is_told_to_whoever_waits() -> None:
    async with linked() as (link, peer), link.channel(ENGINE, soon()) as channel:
        peer.ecus[ENGINE] = lambda _: []
        await channel.send(READ_VIN, soon())
        peer.close_all()
        with pytest.raises(VehicleConnectionLost):
            await channel.receive(soon())


async def test_garbage_ends_the_connection_and_the_next_use_gets_a_new_one() -> None:
    peer = DoipPeer(garbage_on_request=b"\x00garbage!")
    async with linked(peer) as (link, _), link.channel(ENGINE, soon()) as channel:
        with pytest.raises(VehicleConnectionLost, match="no DoIP"):
            await ask(channel)
        peer.garbage_on_request = b""
        assert await ask(channel) == VIN_ANSWER


async def test_unknown_messages_do_no_harm() -> None:
    peer = DoipPeer(
        garbage_on_request=bytes.fromhex("02FDF00100000003AABBCC") + bytes.fromhex("02FD000800000003AABBCC")
    )
    async with linked(peer) as (link, _), link.channel(ENGINE, soon()) as channel:
        assert await ask(channel) == VIN_ANSWER


async def test_nobody_there_opens_the_breaker() -> None:
    async with DoipPeer().running() as peer:
        known = settings(peer)
    link = DoipLink(known)
    with pytest.raises(VehicleUnreachable, match="cannot be reached"):
        async with link.channel(ENGINE, soon()):
            pytest.fail("nobody is there")
    with pytest.raises(VehicleUnreachable, match="several attempts failed"):
        async with link.channel(ENGINE, soon()):
            pytest.fail("the breaker is open")
    await link.close()


async def test_a_gateway_that_comes_back_is_found_by_the_probe() -> None:
    peer = DoipPeer()
    async with peer.running():
        known = settings(peer)
    link = DoipLink(replace(known, breaker=BreakerSettings(opens_after=1, first_open_s=0.05)))
    with pytest.raises(VehicleUnreachable):
        async with link.channel(ENGINE, soon()):
            pytest.fail("nobody is there")
    async with peer.running():

        async def works() -> bool:
            try:
                async with link.channel(ENGINE, soon()) as channel:
                    return await ask(channel) == VIN_ANSWER
            except VehicleUnreachable:
                return False

        await eventually(works, what="the probe")
        await link.close()


async def test_a_gateway_that_accepts_and_says_nothing_is_unreachable() -> None:
    async with linked(DoipPeer(is_deaf=True)) as (link, _):
        with pytest.raises(VehicleUnreachable, match="did not answer to the routing activation"):
            async with link.channel(ENGINE, soon()):
                pytest.fail("no activation")


async def test_a_half_open_link_is_noticed_while_a_request_waits() -> None:
    slow_acknowledgement = replace(QUICK, acknowledge_s=30.0)
    async with linked(timing=slow_acknowledgement) as (link, peer), link.channel(ENGINE, soon(60)) as channel:
        await ask(channel)
        peer.is_deaf = True
        with pytest.raises(VehicleConnectionLost, match="no sign of life"):
            await channel.send(READ_VIN, soon(60))
        peer.is_deaf = False
        assert await ask(channel) == VIN_ANSWER


async def test_a_quiet_ecu_behind_a_living_gateway_is_waited_for() -> None:
    async with linked() as (link, peer), link.channel(ENGINE, soon()) as channel:
        peer.delays_s[ENGINE] = 0.7  # several times what a silent gateway is given
        assert await ask(channel) == VIN_ANSWER
        assert peer.accepted == 1


async def test_a_connection_is_checked_after_a_pause_before_it_is_used() -> None:
    async with linked(timing=replace(QUICK, check_after_idle_s=0.0)) as (link, peer):
        async with link.channel(ENGINE, soon()) as channel:
            await ask(channel)
        peer.is_deaf = True
        half_open = next(iter(peer.writers))
        peer.entity.connections.remove(half_open)  # for the gateway it is gone
        peer.is_deaf = False
        half_open.receive_data = lambda data, now: []  # type: ignore[method-assign]  # nothing gets through any more
        async with link.channel(ENGINE, soon()) as channel:
            assert await ask(channel) == VIN_ANSWER
        assert (peer.accepted, len(peer.seen)) == (2, 2)


async def test_check_alive_says_whether_the_gateway_answers() -> None:
    async with linked() as (link, peer):
        await link.check_alive(soon())
        peer.is_deaf = True
        with pytest.raises(VehicleUnreachable):
            await link.check_alive(soon())


async def test_cancelling_frees_the_lane_and_leaves_nothing() -> None:
    async with linked() as (link, peer):
        peer.ecus[ENGINE] = lambda _: []

        async def use() -> None:
            async with link.channel(ENGINE, soon()) as channel:
                await ask(channel)

        users = [asyncio.create_task(use()) for _ in range(3)]
        await until(lambda: len(peer.seen) == 1, what="the first request")
        for user in users:
            user.cancel()
        await asyncio.wait(users)
        assert not link.is_used
        peer.ecus[ENGINE] = lambda _: [VIN_ANSWER]
        async with link.channel(ENGINE, soon()) as channel:
            assert await ask(channel) == VIN_ANSWER


async def test_cancelling_while_connecting_leaves_no_socket() -> None:
    async with linked(DoipPeer(is_deaf=True)) as (link, peer):

        async def use() -> None:
            async with link.channel(ENGINE, soon()):
                pytest.fail("no activation")

        user = asyncio.create_task(use())
        await until(lambda: peer.accepted == 1, what="the socket")
        user.cancel()
        await asyncio.wait([user])
        await until(lambda: not peer.writers, what="the socket closed again")


async def test_closing_tells_those_who_wait() -> None:
    async with linked() as (link, peer), link.channel(ENGINE, soon()) as channel:
        peer.ecus[ENGINE] = lambda _: []
        await channel.send(READ_VIN, soon())
        waiting = asyncio.create_task(channel.receive(soon()))
        await asyncio.sleep(0)
        await link.close()
        with pytest.raises(VehicleConnectionLost):
            await waiting
        with pytest.raises(VehicleUnreachable):
            await channel.send(READ_VIN, soon())


async def test_nothing_is_sent_after_the_deadline() -> None:
    async with linked() as (link, peer), link.channel(ENGINE, soon()) as channel:
        with pytest.raises(VehicleUnreachable):
            await channel.send(READ_VIN, soon(-1))
        assert peer.seen == []
