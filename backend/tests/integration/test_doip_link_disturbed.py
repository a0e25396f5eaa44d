"""The DoIP link when something goes wrong: drops, garbage, silence, half-open links, cancellation, closing."""

import asyncio
from dataclasses import replace

import pytest

from app.domain.errors import VehicleConnectionLost, VehicleUnreachable
from app.links.breaker import BreakerSettings
from app.links.doip_link import DoipLink
from app.protocols.doip.entity import DoipEntity, EntitySettings
from support.doip_linked import ENGINE, QUICK, READ_VIN, VIN_ANSWER, ask, linked, settings, soon
from support.doip_peer import DoipPeer
from support.waiting import eventually, until


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
    with pytest.raises(VehicleUnreachable, match="cannot be reached") as nobody:
        async with link.channel(ENGINE, soon()):
            pytest.fail("nobody is there")
    with pytest.raises(VehicleUnreachable, match="nothing listens") as not_tried:
        async with link.channel(ENGINE, soon()):
            pytest.fail("the breaker is open")
    assert not_tried.value.details["nextAttemptInS"] > 0
    assert not_tried.value.message == nobody.value.message  # the same cause of the same absence
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


async def test_a_gateway_that_ignores_alive_checks_is_left_in_peace() -> None:
    async with linked(DoipPeer(ignores_alive_checks=True)) as (link, peer), link.channel(ENGINE, soon()) as channel:
        peer.delays_s[ENGINE] = 0.7
        assert await ask(channel) == VIN_ANSWER
        assert peer.accepted == 1


async def test_such_a_gateway_is_reconnected_once_and_then_trusted() -> None:
    peer = DoipPeer(ignores_alive_checks=True)
    async with linked(peer, replace(QUICK, check_after_idle_s=0.0)) as (link, _):
        for _ in range(4):
            async with link.channel(ENGINE, soon()) as channel:
                assert await ask(channel) == VIN_ANSWER
        assert (peer.accepted, len(peer.seen)) == (2, 4)


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


async def test_closing_ends_an_activation_that_waits() -> None:
    known = EntitySettings(logical_address=0x1000, confirmation_types=frozenset({0x00}))
    async with linked(DoipPeer(DoipEntity(known))) as (link, peer):

        async def use() -> None:
            async with link.channel(ENGINE, soon()):
                pytest.fail("nobody confirmed")

        using = asyncio.create_task(use())
        await until(lambda: any(connection.awaits_confirmation for connection in peer.writers), what="0x11")
        await link.close()
        with pytest.raises(VehicleUnreachable):
            await using


async def test_nothing_is_sent_after_the_deadline() -> None:
    async with linked() as (link, peer), link.channel(ENGINE, soon()) as channel:
        with pytest.raises(VehicleUnreachable):
            await channel.send(READ_VIN, soon(-1))
        assert peer.seen == []
