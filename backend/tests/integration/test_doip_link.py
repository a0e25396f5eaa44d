"""The DoIP link on real sockets: sharing, lanes, refusals, activation."""

import asyncio

import pytest

from app.domain.errors import VehicleRefused, VehicleTimeout, VehicleUnreachable
from app.links.doip_link import DoipLink
from app.protocols.doip.codes import DiagnosticNackCode
from app.protocols.doip.entity import DoipEntity, EntitySettings
from support.doip_linked import ENGINE, EVERYBODY, GEARBOX, READ_VIN, VIN_ANSWER, ask, linked, settings, soon
from support.doip_peer import DoipPeer
from support.waiting import until


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


async def test_a_failure_behind_the_gateway_leaves_open_whether_the_ecu_got_it() -> None:
    peer = DoipPeer(refuses={ENGINE: DiagnosticNackCode.TRANSPORT_PROTOCOL_ERROR})
    async with linked(peer) as (link, _), link.channel(ENGINE, soon()) as channel:
        with pytest.raises(VehicleTimeout, match="transportProtocolError"):
            await channel.send(READ_VIN, soon())


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


async def test_an_unused_link_leaves_its_place_to_another_process() -> None:
    async with linked() as (mine, peer):
        async with mine.channel(ENGINE, soon()) as channel:
            await ask(channel)
        theirs = DoipLink(settings(peer))  # with the same tester address
        async with theirs.channel(ENGINE, soon()) as channel:
            assert await ask(channel) == VIN_ANSWER
        assert not mine.is_connected
        await theirs.close()


async def test_a_used_link_keeps_its_place_and_the_other_process_waits_for_it() -> None:
    async with linked() as (mine, peer):
        theirs = DoipLink(settings(peer))
        async with mine.channel(ENGINE, soon()) as channel:
            await ask(channel)
            with pytest.raises(VehicleUnreachable, match="active on another socket"):
                async with theirs.channel(ENGINE, soon(0.3)):
                    pytest.fail("the address is in use")
            waiting = asyncio.create_task(theirs.check_alive(soon()))
            await until(lambda: peer.accepted >= 3, what="another attempt")
            assert await ask(channel) == VIN_ANSWER
        await waiting
        await theirs.close()


async def test_a_request_that_is_too_large_is_refused() -> None:
    entity = DoipEntity(EntitySettings(logical_address=0x1000, max_data_size=100))
    async with linked(DoipPeer(entity)) as (link, _), link.channel(ENGINE, soon()) as channel:
        with pytest.raises(VehicleRefused, match="larger than what the other side takes"):
            await channel.send(bytes(200), soon())
        assert await ask(channel) == VIN_ANSWER


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_the_version_that_a_gateway_speaks_is_found(version: int) -> None:
    async with linked(DoipPeer(only_version=version)) as (link, _), link.channel(ENGINE, soon()) as channel:
        assert await ask(channel) == VIN_ANSWER


async def test_a_gateway_that_speaks_no_version_of_ours_is_told() -> None:
    async with linked(DoipPeer(only_version=4)) as (link, _):
        with pytest.raises(VehicleUnreachable, match="does not take our protocol version"):
            async with link.channel(ENGINE, soon()):
                pytest.fail("no version fits")
