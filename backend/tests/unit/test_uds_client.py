"""The UDS client over a scripted channel: errors, late answers, sessions, security access."""

import asyncio
from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from app.domain.errors import (
    VehicleConnectionLost,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.links import security_access, uds_services
from app.links.security_access import (
    SecurityProvider,
    SecurityProviderFailed,
    XorDemonstration,
    authenticate,
    load_security_provider,
    unlock,
    wants_authentication,
)
from app.links.uds_client import PendingNotice, UdsClient
from app.links.uds_errors import NegativeResponse
from app.links.uds_session import held_session
from app.protocols.uds.services import DtcReport
from app.protocols.uds.timing import UdsTiming
from support.uds_channel import Script, ScriptedChannel, answers
from support.waiting import until

TIMING_OF_THE_ROAD = UdsTiming()
TIMING = UdsTiming(p2_s=0.05, p2_star_s=0.2, network_s=0.0, busy_pause_s=0.01, s3_s=0.1)
VIN = {"22F190": "62F190" + b"WVWZZZ1JZXW000001".hex()}
SESSION = {"1003": "5003003201F4", "1001": "5001003201F4"}
ALIVE = {"3E00": "7E00"}


def soon(seconds: float = 5.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def client_of(
    script: Script, *, owing: set[int] | None = None, timing: UdsTiming = TIMING
) -> tuple[UdsClient, ScriptedChannel]:
    channel = ScriptedChannel(script)
    return UdsClient(channel, timing=timing, owing=owing), channel


async def test_a_record_is_read() -> None:
    client, _ = client_of(answers(VIN))
    reading = await uds_services.read_data(client, 0xF190, soon())
    assert reading.value == b"WVWZZZ1JZXW000001"
    assert reading.raw.startswith(b"\x62\xf1\x90")


async def test_a_negative_answer_says_what_to_do() -> None:
    client, _ = client_of(answers({"22F190": "7F2233"}))
    with pytest.raises(NegativeResponse) as raised:
        await uds_services.read_data(client, 0xF190, soon())
    assert isinstance(raised.value, VehicleRefused)
    details = raised.value.details
    assert (details["nrc"], details["nrcName"], details["ecuAddress"]) == ("0x33", "securityAccessDenied", "0x1010")
    assert "security level" in details["advice"]


async def test_what_a_gateway_passed_on_without_an_answer_may_have_acted() -> None:
    client, _ = client_of(answers({"14FFFFFF": "7F1425"}))
    with pytest.raises(VehicleTimeout) as raised:
        await uds_services.clear_dtcs(client, soon())
    assert raised.value.details["nrcName"] == "noResponseFromSubnetComponent"


async def test_writing_that_failed_half_way_may_have_acted() -> None:
    client, _ = client_of(answers({"2E011001": "7F2E72"}))
    with pytest.raises(NegativeResponse) as raised:
        await uds_services.write_data(client, 0x0110, b"\x01", soon())
    assert raised.value.may_have_acted


async def test_silence_after_the_request_left_says_that_the_ecu_may_have_acted() -> None:
    client, _ = client_of(answers({}))
    with pytest.raises(VehicleTimeout) as raised:
        await uds_services.clear_dtcs(client, soon())
    assert raised.value.may_have_acted
    assert raised.value.details["reason"] == "silent"


async def test_what_was_not_sent_cannot_have_acted() -> None:
    client, channel = client_of(answers(VIN))
    with pytest.raises(VehicleUnreachable):
        await uds_services.read_data(client, 0xF190, soon(-1))
    assert channel.sent == []


async def test_an_answer_of_the_wrong_form_is_a_protocol_error() -> None:
    client, _ = client_of(answers({"1902FF": "5902FF0420"}))
    with pytest.raises(VehicleProtocolError):
        await uds_services.read_dtcs(client, 0xFF, soon())


async def test_pending_is_told_and_waited_for() -> None:
    notices: list[PendingNotice] = []
    channel = ScriptedChannel(answers({"22F190": "7F2278|7F2278|62F19041"}))
    client = UdsClient(channel, timing=TIMING, on_pending=notices.append)
    assert (await uds_services.read_data(client, 0xF190, soon())).value == b"A"
    assert [notice.ecu_address for notice in notices] == [0x1010, 0x1010]
    assert notices[0].since == notices[1].since


async def test_a_busy_ecu_is_asked_again() -> None:
    waiting = iter([b"\x7f\x22\x21", b"\x7f\x22\x94", b"\x62\xf1\x90A"])
    client, channel = client_of(lambda _: [next(waiting)])
    assert (await uds_services.read_data(client, 0xF190, soon())).value == b"A"
    assert len(channel.sent) == 3


async def test_strays_are_counted_and_ignored() -> None:
    client, _ = client_of(answers({"22F190": "62F18C00|7F2E31|62F19041"}))
    assert (await uds_services.read_data(client, 0xF190, soon())).value == b"A"
    assert client.strays == 2


async def test_what_came_before_the_request_is_not_its_answer() -> None:
    client, channel = client_of(answers({"22F190": "62F19042"}))
    channel.arrive(bytes.fromhex("62F19041"))
    assert (await uds_services.read_data(client, 0xF190, soon())).value == b"B"


async def test_a_late_answer_never_satisfies_the_next_request() -> None:
    owing: set[int] = set()
    client, _ = client_of(answers({}), owing=owing)
    with pytest.raises(VehicleTimeout):
        await uds_services.read_data(client, 0xF190, soon())
    assert owing == {0x1010}

    # the next client of the same connection: the late answer comes after its first message, as ECUs answer in order
    client, channel = client_of(answers({"3E00": "62F19041|7E00", "22F190": "62F19042"}), owing=owing)
    assert (await uds_services.read_data(client, 0xF190, soon())).value == b"B"
    assert channel.sent == [b"\x3e\x00", bytes.fromhex("22F190")]
    assert owing == set()


async def test_nothing_is_sent_to_an_ecu_that_owes_an_answer_and_stays_silent() -> None:
    client, channel = client_of(answers(VIN), owing={0x1010})
    with pytest.raises(VehicleUnreachable):
        await uds_services.read_data(client, 0xF190, soon())
    assert channel.sent == [b"\x3e\x00"]


async def test_a_cancelled_request_leaves_an_answer_owed() -> None:
    owing: set[int] = set()
    client, channel = client_of(answers({}), owing=owing, timing=replace(TIMING, p2_s=60))
    task = asyncio.create_task(uds_services.read_data(client, 0xF190, soon(100)))
    await until(lambda: bool(channel.sent))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert owing == {0x1010}


@pytest.mark.parametrize(
    ("error", "owes"),
    [(VehicleUnreachable("x"), False), (VehicleRefused("x"), False), (VehicleTimeout("x"), True)],
)
async def test_only_what_may_have_left_can_be_answered(error: VehicleUnreachable, owes: bool) -> None:
    owing: set[int] = set()
    client, channel = client_of(answers(VIN), owing=owing)
    channel.fails_with = error
    with pytest.raises(type(error)):
        await uds_services.read_data(client, 0xF190, soon())
    assert bool(owing) is owes


async def test_a_functional_request_gathers_all_answers() -> None:
    client, _ = client_of(answers({"3E00": "7E00|7E00"}))
    assert len(await client.ask_all(b"\x3e\x00", soon())) == 2


async def test_every_service_reads_its_answer() -> None:
    client, _ = client_of(
        answers(
            {
                "1902FF": "5902FF0420002F",
                "1904042000FF": "59040420002F01",
                "14FFFFFF": "54",
                "2EF19041": "6EF190",
                "31010203FF": "7101020355",
                "1101": "5101",
                "8502": "C502",
                "280101": "6801",
                "2F01110302": "6F01110302",
            }
        )
    )
    assert (await uds_services.read_dtcs(client, 0xFF, soon())).value.dtcs[0].dtc == 0x042000
    records = await uds_services.read_dtc_records(client, DtcReport.SNAPSHOT_RECORD_BY_DTC, 0x042000, soon())
    assert records.value.records == b"\x01"
    assert await uds_services.clear_dtcs(client, soon()) == b"\x54"
    assert await uds_services.write_data(client, 0xF190, b"A", soon()) == b"\x6e\xf1\x90"
    assert (await uds_services.control_routine(client, 1, 0x0203, b"\xff", soon())).value == b"\x55"
    assert await uds_services.reset_ecu(client, 1, soon()) == b"\x51\x01"
    assert await uds_services.control_dtc_setting(client, 2, soon()) == b"\xc5\x02"
    assert await uds_services.control_communication(client, 1, 1, soon()) == b"\x68\x01"
    assert await uds_services.control_input_output(client, 0x0111, 3, b"\x02", soon()) == bytes.fromhex("6F01110302")


# ---- sessions


async def test_a_session_is_kept_alive_and_given_back() -> None:
    client, channel = client_of(answers({**SESSION, **VIN}))
    async with held_session(client, soon()):
        await until(lambda: channel.sent.count(b"\x3e\x80") >= 2)
        await uds_services.read_data(client, 0xF190, soon())
    assert channel.sent[0] == b"\x10\x03"
    assert channel.sent[-1] == b"\x10\x01"
    assert client.timing == TIMING


async def test_a_session_is_kept_although_the_gateway_did_not_acknowledge_once() -> None:
    client, channel = client_of(answers(SESSION))
    async with held_session(client, soon()):
        channel.fails_with = VehicleTimeout("the gateway did not acknowledge it")
        await until(lambda: channel.refused.count(b"\x3e\x80") >= 1)
        channel.fails_with = None
        await until(lambda: channel.sent.count(b"\x3e\x80") >= 2)


async def test_an_ecu_that_fell_silent_is_left_before_the_time_is_over() -> None:
    """What it had confirmed shall still be told in time."""
    silent: list[bytes] = []
    client, _ = client_of(lambda payload: () if silent else answers(SESSION)(payload), timing=TIMING_OF_THE_ROAD)
    deadline = soon(0.5)
    async with held_session(client, deadline):
        silent.append(b"")
    assert asyncio.get_running_loop().time() < deadline


async def test_no_tester_present_while_pending() -> None:
    client, channel = client_of(answers({**SESSION, "22F190": "7F2278"}), timing=replace(TIMING, p2_star_s=0.3))
    with pytest.raises(VehicleTimeout):
        async with held_session(client, soon()):
            await uds_services.read_data(client, 0xF190, soon(0.25))
    assert b"\x3e\x80" not in channel.sent[: channel.sent.index(bytes.fromhex("22F190")) + 2]


async def test_tester_present_while_pending_where_an_ecu_needs_it() -> None:
    timing = replace(TIMING, p2_star_s=0.3, keep_alive_during_pending=True)
    client, channel = client_of(answers({**SESSION, "22F190": "7F2278"}), timing=timing)
    with pytest.raises(VehicleTimeout):
        async with held_session(client, soon()):
            await uds_services.read_data(client, 0xF190, soon(0.25))
    assert channel.sent.count(b"\x3e\x80") >= 2


async def test_a_session_is_given_back_under_cancellation() -> None:
    client, channel = client_of(answers(SESSION))

    async def hold() -> None:
        async with held_session(client, soon()):
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await until(lambda: client.is_session_held)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert channel.sent[-1] == b"\x10\x01"


async def test_a_refused_session_is_not_left() -> None:
    client, channel = client_of(answers({"1003": "7F1022"}))
    with pytest.raises(NegativeResponse):
        async with held_session(client, soon()):
            raise AssertionError("it was refused")
    assert channel.sent == [b"\x10\x03"]


async def test_a_lost_connection_does_not_hide_behind_leaving() -> None:
    client, channel = client_of(answers(SESSION))

    async def lose() -> None:
        async with held_session(client, soon()):
            channel.fails_with = VehicleConnectionLost("gone")
            await uds_services.read_data(client, 0xF190, soon())

    with pytest.raises(VehicleConnectionLost):
        await lose()


# ---- security access


async def test_the_key_opens_the_ecu() -> None:
    client, channel = client_of(answers({"2701": "670112345678", "2702B7F7022C": "6702"}))
    provider = load_security_provider('{"provider": "xor-demo", "masks": {"1": "A5C35454"}}')
    await unlock(client, provider, 1, soon())
    assert channel.sent == [bytes.fromhex("2701"), bytes.fromhex("2702B7F7022C")]


async def test_an_open_ecu_gets_no_key() -> None:
    client, channel = client_of(answers({"2701": "67010000"}))
    await unlock(client, XorDemonstration({0: b"\x01"}), 1, soon())
    assert channel.sent == [bytes.fromhex("2701")]


@pytest.mark.parametrize("nrc", ["36", "37"])
async def test_the_delay_of_an_ecu_is_explained(nrc: str) -> None:
    client, _ = client_of(answers({"2701": f"7F27{nrc}"}))
    with pytest.raises(NegativeResponse) as raised:
        await unlock(client, XorDemonstration({0: b"\x01"}), 1, soon())
    assert "Wait" in raised.value.details["advice"]


@pytest.mark.parametrize(
    "settings",
    [
        None,
        "secret",
        "[]",
        '{"provider": "secret-less"}',
        '{"mask": "secret"}',
        '{"masks": {"x": "00"}}',
        '{"masks": 7}',
    ],
)
def test_wrong_settings_are_refused_without_repeating_them(settings: str | None) -> None:
    with pytest.raises(SecurityProviderFailed) as raised:
        load_security_provider(settings)
    assert '"secret"' not in str(raised.value)


async def test_a_level_without_mask() -> None:
    client, _ = client_of(answers({"2703": "670312"}))
    with pytest.raises(SecurityProviderFailed):
        await unlock(client, XorDemonstration({1: b"\x01"}), 3, soon())


class Certified:
    """A provider of another package, which also fails in its own way."""

    async def key(self, level: int, seed: bytes, ecu_address: int) -> bytes:
        raise RuntimeError("the secret is 42")

    async def certificate(self, ecu_address: int) -> bytes:
        return b"\xce\x47"

    async def proof_of_ownership(self, challenge: bytes, ecu_address: int) -> bytes:
        return challenge[::-1]


def made(settings: dict[str, str]) -> SecurityProvider:
    return Certified()


async def test_a_plug_in_is_loaded_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EntryPoint, "load", lambda _: made)
    found = [EntryPoint("hsm", "package:made", security_access.ENTRY_POINTS)]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: found)
    provider = load_security_provider('{"provider": "hsm"}')
    assert isinstance(provider, Certified)

    client, _ = client_of(answers({"2701": "670112"}))
    with pytest.raises(SecurityProviderFailed) as raised:
        await unlock(client, provider, 1, soon())
    assert "42" not in str(raised.value)


async def test_authentication_proves_ownership_of_the_certificate() -> None:
    client, channel = client_of(answers({"2901000002CE470000": "6901110003AABBCC0000", "29030003CCBBAA0000": "690312"}))
    await authenticate(client, Certified(), soon())
    assert len(channel.sent) == 2


def test_authentication_is_wanted_where_the_settings_say_so() -> None:
    assert wants_authentication('{"authenticate": true}')
    assert not wants_authentication('{"authenticate": "yes"}')
    assert not wants_authentication(None)


async def test_the_demonstration_cannot_authenticate() -> None:
    client, _ = client_of(answers({}))
    with pytest.raises(SecurityProviderFailed):
        await authenticate(client, XorDemonstration({}), soon())
