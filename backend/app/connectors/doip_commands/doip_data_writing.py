"""WriteDataByID over DoIP: in the extended session, with security access where it is asked for, then read back."""

from app.connectors.doip_commands.doip_data_reading import read_value
from app.connectors.doip_commands.doip_discovery import identify_variant
from app.connectors.doip_job import DoipJob, hex_text
from app.domain.errors import VehicleError
from app.domain.json_values import JsonObject
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import ecu_text


async def write_data_by_id(job: DoipJob) -> JsonObject:
    """Write a value or raw bytes. `verified`: whether reading it back gave the same bytes; null: it cannot be read."""
    ecu = await job.one_ecu()
    data_id = int(str(job.params["dataId"]), 16)
    async with job.client(ecu) as client:
        record = await _record(job, client, data_id)
        async with job.prepared(client):
            with job.acting():
                raw = await uds_services.write_data(client, data_id, record, job.deadline)
            result = await _read_back(job, client, data_id)
    return {
        "status": "success",
        "dataId": f"0x{data_id:04X}",
        "written": hex_text(record),
        "ecuAddress": ecu_text(ecu),
        "raw": hex_text(raw),
        "verified": None if result is None else result["raw"] == f"62{data_id:04X}{hex_text(record)}",
        "result": result,
    }


async def _record(job: DoipJob, client: UdsClient, data_id: int) -> bytes:
    await identify_variant(job, client)  # for raw bytes, too: what is read back has a meaning
    if "raw" in job.params:
        return bytes.fromhex(str(job.params["raw"]))
    return await job.data.encode_identifier(client.ecu_address, data_id, job.params["value"])


async def _read_back(job: DoipJob, client: UdsClient, data_id: int) -> JsonObject | None:
    """The write was confirmed, so trouble here is no failure."""
    try:
        return await read_value(job, client, data_id, job.before_the_end())
    except VehicleError:
        return None
