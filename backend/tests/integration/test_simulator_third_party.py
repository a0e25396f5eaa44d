"""Other people's testers drive the simulator: `doipclient` with `udsoncan`, and `gallia`."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import pytest
import udsoncan
from gallia.services.uds.core.client import UDSClient
from gallia.services.uds.core.service import NegativeResponse
from gallia.transports.base import TargetURI
from gallia.transports.doip import DoIPTransport
from udsoncan.client import Client
from udsoncan.exceptions import NegativeResponseException

from app.simulator.fleet import SimulatedFleet
from support.simulated_fleet import quick_fleet
from support.waiting import until

DoIPClient: Any = import_module("doipclient").DoIPClient
DoIPClientUDSConnector: Any = import_module("doipclient.connectors").DoIPClientUDSConnector
"""The library has no types."""

ENGINE = 0x1010
MASK = bytes.fromhex("A5C35A3C")


def unlock(level: int, seed: bytes, params: object = None) -> bytes:
    return bytes(left ^ right for left, right in zip(seed, MASK, strict=True))


def udsoncan_config() -> Any:  # the library's type of its configuration is not exported
    return {
        **udsoncan.configs.default_client_config,
        "data_identifiers": {
            0xF190: udsoncan.AsciiCodec(17),
            0xF40D: udsoncan.DidCodec("B"),
            0xF405: udsoncan.DidCodec("B"),
            0xF40C: udsoncan.DidCodec(">H"),
            0xF442: udsoncan.DidCodec(">H"),
            0x0110: udsoncan.DidCodec(">H"),
        },
        "security_algo": unlock,
        "extended_data_size": {0x042000: 1},
        "request_timeout": 10,
        "p2_timeout": 5,
    }


@contextmanager
def doipclient_of(fleet: SimulatedFleet) -> Iterator[Any]:
    port = urlsplit(fleet.vehicles[0].doip_address).port
    client = DoIPClient(
        "127.0.0.1", ENGINE, tcp_port=port, udp_port=fleet.udp_port, client_logical_address=0x0E00, protocol_version=2
    )
    try:
        yield client
    finally:
        client.close()


async def drive(session: Callable[[Any, Client], None]) -> SimulatedFleet:
    """Run a blocking session in a thread; then nothing of it is left in the fleet."""
    async with quick_fleet() as fleet:

        def run() -> None:
            with doipclient_of(fleet) as doip:
                connector = DoIPClientUDSConnector(doip)
                with Client(connector, config=udsoncan_config()) as uds:
                    session(doip, uds)

        await asyncio.to_thread(run)
        await until(lambda: fleet.open_sockets == 0, what="all connections closed")
    return fleet


async def test_doipclient_identifies_the_vehicle_and_asks_for_its_status() -> None:
    async with quick_fleet(3) as fleet:
        wanted = fleet.vehicles[1].vehicle

        def ask() -> None:
            with doipclient_of(fleet) as client:
                by_vin = client.request_vehicle_identification(vin=wanted.vin)
                by_eid = client.request_vehicle_identification(eid=wanted.eid)
                assert (by_vin.vin, by_vin.eid) == (by_eid.vin, by_eid.eid) == (wanted.vin, wanted.eid)
                assert by_vin.logical_address == 0x1000
                assert client.request_entity_status().max_concurrent_sockets == 16
                assert client.request_diagnostic_power_mode().diagnostic_power_mode == 1
                assert client.request_alive_check().source_address == 0x1000

        await asyncio.to_thread(ask)


async def test_udsoncan_changes_sessions_reads_and_writes() -> None:
    vins = []

    def session(_: Any, uds: Client) -> None:
        vins.append(uds.read_data_by_identifier_first(0xF190))
        assert uds.read_data_by_identifier([0xF190, 0xF40D]).service_data.values[0xF40D] == (0,)
        with pytest.raises(NegativeResponseException):
            uds.write_data_by_identifier(0x0110, 900)
        uds.change_session(3)
        uds.write_data_by_identifier(0x0110, 900)
        assert uds.read_data_by_identifier_first(0x0110) == (900,)
        uds.tester_present()

    fleet = await drive(session)
    assert vins == [fleet.vehicles[0].vin]


async def test_udsoncan_unlocks_starts_routines_and_resets() -> None:
    def session(_: Any, uds: Client) -> None:
        uds.change_session(3)
        with pytest.raises(NegativeResponseException) as refused:
            uds.start_routine(0x0204, b"\x01\x90")
        assert refused.value.response.code_name == "SecurityAccessDenied"
        uds.unlock_security_access(1)
        uds.start_routine(0x0204, b"\x01\x90")
        results = uds.get_routine_result(0x0204)
        assert results is not None
        assert results.service_data.routine_status_record in {b"\x01", b"\x02\x01\x92"}
        blocking = uds.start_routine(0x0205)
        assert blocking is not None
        assert blocking.service_data.routine_status_record == b"\x02"
        uds.ecu_reset(1)

    fleet = await drive(session)
    engine = fleet.vehicles[0].vehicle.component("engine")
    assert engine is not None
    assert engine.resets == 1


async def test_udsoncan_reads_and_clears_trouble_codes() -> None:
    def session(_: Any, uds: Client) -> None:
        codes = uds.get_dtc_by_status_mask(0xFF)
        assert codes is not None
        assert [(dtc.id, dtc.status.confirmed) for dtc in codes.service_data.dtcs] == [
            (0x042000, True),
            (0x017100, False),
        ]
        snapshot = uds.get_dtc_snapshot_by_dtc_number(0x042000, 1)
        assert snapshot is not None
        values = {item.did: item.data for item in snapshot.service_data.dtcs[0].snapshots}
        assert values[0xF40D] == (0,)
        extended = uds.get_dtc_extended_data_by_dtc_number(0x042000, record_number=1)
        assert extended is not None
        assert extended.service_data.dtcs[0].extended_data[0].raw_data == b"\x01"
        supported = uds.get_supported_dtc()
        assert supported is not None
        assert len(supported.service_data.dtcs) == 4
        uds.clear_dtc(0x042000)
        uds.clear_dtc()
        number = uds.get_number_of_dtc_by_status_mask(0xFF)
        assert number is not None
        assert number.service_data.dtc_count == 0
        uds.change_session(3)
        uds.control_dtc_setting(2)
        uds.communication_control(
            3,
            udsoncan.CommunicationType(0, normal_msg=True),
        )

    await drive(session)


@pytest.fixture
def _quiet_gallia() -> Iterator[None]:
    logger = logging.getLogger("gallia")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


@pytest.mark.usefixtures("_quiet_gallia")
async def test_gallia_drives_the_engine() -> None:
    async with quick_fleet() as fleet:
        port = urlsplit(fleet.vehicles[0].doip_address).port
        uri = f"doip://127.0.0.1:{port}?src_addr=0x0e00&target_addr=0x1010&activation_type=0x00&protocol_version=2"
        transport = DoIPTransport(TargetURI(uri))
        await transport.connect()
        try:
            await _gallia_session(UDSClient(transport, timeout=10), fleet.vehicles[0].vin)
        finally:
            await transport.close()
        await until(lambda: fleet.open_sockets == 0, what="the connection closed")


async def _gallia_session(client: UDSClient, vin: str) -> None:
    assert bytes.fromhex((await client.read_data_by_identifier(0xF190)).pdu.hex())[3:].decode() == vin
    refused = await client.write_data_by_identifier(0x0120, bytes(8))
    assert isinstance(refused, NegativeResponse)
    assert (await client.diagnostic_session_control(3)).pdu[0] == 0x50
    seed = await client.security_access_request_seed(1)
    key = unlock(1, bytes(seed.pdu[2:]))
    assert (await client.security_access_send_key(2, key)).pdu == b"\x67\x02"
    assert (await client.write_data_by_identifier(0x0120, bytes(range(8)))).pdu == b"\x6e\x01\x20"
    dtcs = await client.read_dtc_information_report_dtc_by_status_mask(0xFF)
    assert dtcs.pdu[3:] == bytes.fromhex("0420002F01710027")
    assert (await client.routine_control_start_routine(0x0203)).pdu[:4] == b"\x71\x01\x02\x03"
    blocking = await client.routine_control_start_routine(0x0205)
    assert blocking.pdu == b"\x71\x01\x02\x05\x02"
    assert (await client.clear_diagnostic_information(0xFFFFFF)).pdu == b"\x54"
    assert (await client.tester_present()).pdu == b"\x7e\x00"
    assert (await client.ecu_reset(1)).pdu == b"\x51\x01"
