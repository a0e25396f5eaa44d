"""What an ECU still owes: no later request is answered by it, and nothing that has left is said not to have left."""

import asyncio
from dataclasses import replace

import pytest

from app.domain.errors import VehicleConnectionLost, VehicleError, VehicleRefused, VehicleTimeout, VehicleUnreachable
from app.links import uds_services
from app.links.owing_ecus import OwingEcus
from app.links.uds_client import UdsClient
from app.links.uds_session import held_session
from app.protocols.uds.timing import UdsTiming
from support.uds_channel import ScriptedChannel, answers

TIMING = UdsTiming(p2_s=0.05, p2_star_s=0.2, network_s=0.0, busy_pause_s=0.01, busy_repeats=2, s3_s=0.1)
READ = bytes.fromhex("22F190")


def soon(seconds: float = 5.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_an_ecu_that_says_busy_still_works_on_the_earlier_request() -> None:
    owing = {0x1010}
    channel = ScriptedChannel(answers({"3E00": "7F3E21", "22F190": "62F19041"}))
    client = UdsClient(channel, timing=TIMING, owing=owing)
    with pytest.raises(VehicleUnreachable):
        await uds_services.read_data(client, 0xF190, soon())
    assert READ not in channel.sent
    assert owing == {0x1010}


async def test_a_sign_of_life_that_is_refused_as_busy_settles_nothing_either() -> None:
    owing = {0x1010}
    client = UdsClient(ScriptedChannel(answers({"3E00": "7F3E21"})), timing=TIMING, owing=owing)
    with pytest.raises(VehicleRefused):
        await uds_services.tester_present(client, soon())
    assert owing == {0x1010}


async def test_a_connection_lost_before_the_request_says_that_it_was_not_sent() -> None:
    channel = ScriptedChannel(answers({}))
    channel.fails_with = VehicleConnectionLost("gone")
    client = UdsClient(channel, timing=TIMING, owing={0x1010})
    with pytest.raises(VehicleUnreachable) as raised:
        await uds_services.read_data(client, 0xF190, soon())
    assert not raised.value.may_have_acted


@pytest.mark.parametrize("trouble", [VehicleUnreachable("x"), VehicleRefused("x")])
async def test_trouble_with_a_tester_present_is_none_of_the_request(trouble: VehicleError) -> None:
    timing = replace(TIMING, p2_star_s=0.3, keep_alive_during_pending=True)
    table = answers({"1003": "5003003201F4", "1001": "5001003201F4", "14FFFFFF": "7F1478"})

    class Channel(ScriptedChannel):
        async def send(self, payload: bytes, deadline: float) -> float:
            if payload == b"\x3e\x80":
                raise trouble
            return await super().send(payload, deadline)

    client = UdsClient(Channel(table), timing=timing)
    with pytest.raises(VehicleTimeout) as raised:
        async with held_session(client, soon()):
            await uds_services.clear_dtcs(client, soon())
    assert raised.value.may_have_acted


def test_what_is_owed_is_shared_while_a_command_runs_and_kept_after_it() -> None:
    owing = OwingEcus()
    with owing.of("car", 13400, 0x0E00) as first:
        with owing.of("other", 13400, 0x0E00):
            pass
        with owing.of("car", 13400, 0x0E00) as second:
            assert second is first
        first.add(0x1010)
    with owing.of("car", 13400, 0x0E00) as later:
        assert later == {0x1010}
        later.clear()
    assert len(owing) == 0
