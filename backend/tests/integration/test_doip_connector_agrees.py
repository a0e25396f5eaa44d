"""Our DoIP connector and another implementation (`doipclient` with `udsoncan`) agree about the same ECU."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import udsoncan
from udsoncan.client import Client
from udsoncan.exceptions import NegativeResponseException

from app.links.uds_errors import NegativeResponse
from support.doip_runs import ENGINE, driven_vehicle

DoIPClient: Any = import_module("doipclient").DoIPClient
DoIPClientUDSConnector: Any = import_module("doipclient.connectors").DoIPClientUDSConnector
"""The library has no types."""

TEXTS = (0xF190, 0xF187, 0xF18C, 0xF195)


class AnyText(udsoncan.DidCodec):
    """The rest of the answer as text."""

    def decode(self, did_payload: bytes) -> str:
        return did_payload.decode("ascii").rstrip()

    def __len__(self) -> int:
        raise self.ReadAllRemainingData


def theirs(port: int) -> dict[str, Any]:
    """What the other implementation reads; blocking."""
    config: Any = {**udsoncan.configs.default_client_config, "data_identifiers": {"default": AnyText()}}
    client = DoIPClient("127.0.0.1", 0x1010, tcp_port=port, client_logical_address=0x0E80, protocol_version=2)
    try:
        with Client(DoIPClientUDSConnector(client), config=config) as uds:
            texts = {data_id: uds.read_data_by_identifier_first(data_id) for data_id in TEXTS}
            dtcs = uds.get_dtc_by_status_mask(0x2F).service_data.dtcs
            try:
                uds.read_data_by_identifier_first(0x9999)
            except NegativeResponseException as error:
                refused = error.response.code
            return {"texts": texts, "dtcs": {dtc.id: dtc.status.get_byte_as_int() for dtc in dtcs}, "refused": refused}
    finally:
        client.close()


async def test_identifiers_trouble_codes_and_refusals_are_the_same(tmp_path: Path) -> None:
    async with driven_vehicle(tmp_path) as car:
        port = urlsplit(car.address).port
        assert port is not None
        other = await asyncio.to_thread(theirs, port)

        wanted = [f"0x{data_id:04X}" for data_id in TEXTS]
        *values, _ = await car.run("ReadDataByID", {**ENGINE, "dataIds": wanted})
        assert {int(value["dataId"], 16): value["value"] for value in values} == other["texts"]

        part, _ = await car.run("ReadDTC", ENGINE)
        assert {int(dtc["raw"], 16): int(dtc["statusByte"], 16) for dtc in part["dtcs"]} == other["dtcs"]

        with pytest.raises(NegativeResponse) as raised:
            await car.run("ReadDataByID", {**ENGINE, "dataId": "0x9999"})
        assert raised.value.nrc == other["refused"]
