"""ReadDataByID and SubscribeData over DoIP."""

import asyncio
import math
import re
from collections.abc import Sequence

from app.connectors.answer_parts import error_entry, utc_now
from app.connectors.doip_commands.doip_discovery import identify_variant
from app.connectors.doip_job import DoipJob, decoded_values, hex_text
from app.domain.errors import VehicleError, VehicleTimeout
from app.domain.json_values import JsonObject, format_time
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse, ecu_text

_NUMBER = re.compile(r"0x[0-9A-Fa-f]{4}")


async def read_data_by_id(job: DoipJob) -> JsonObject:
    """One part per identifier. One alone that fails raises; among several each has its own error."""
    ecu = await job.one_ecu()
    async with job.client(ecu) as client:
        wanted = await wanted_identifiers(job, client)
        failed = 0
        for name, data_id in wanted:
            try:
                payload = await read_value(job, client, data_id)
            except VehicleError as error:
                if len(wanted) == 1 or job.now() >= job.deadline:
                    raise
                failed += 1
                payload = {"error": error_entry(error)}
            await job.outlet.put({**_shown(name, data_id), **payload, "ecuAddress": ecu_text(ecu)})
    return {"status": "complete", "read": len(wanted) - failed, "failed": failed, "ecuAddress": ecu_text(ecu)}


async def subscribe_data(job: DoipJob) -> JsonObject:
    """One part per sample until the duration is over; the final one counts those that could not be had.

    The ECU is free for others between two samples.
    """
    ecu = await job.one_ecu()
    async with job.client(ecu) as client:
        wanted = await wanted_identifiers(job, client)
    interval_s = float(job.params.get("intervalMs", 1000)) / 1000
    duration_s = float(job.params["durationS"])
    began, moment, samples, missed = job.now(), 0, 0, 0
    moments = math.ceil(round(duration_s / interval_s, 6))
    while moment < moments:
        await _sleep_until(job, began + moment * interval_s)
        elapsed_s = job.now() - began
        values = await _sample(job, ecu, wanted, is_first=moment == 0)
        if values is None:
            missed += 1
        else:
            samples += 1
            await job.outlet.put(_sample_payload(ecu, samples, elapsed_s, values))
        following = max(moment + 1, math.ceil((job.now() - began) / interval_s))
        missed += min(following, moments) - moment - 1
        moment = following
    await _sleep_until(job, began + duration_s)
    return {"status": "complete", "samples": samples, "missed": missed, "ecuAddress": ecu_text(ecu)}


def _sample_payload(ecu: int, sample: int, elapsed_s: float, values: list[JsonObject]) -> JsonObject:
    return {
        "sampledAt": format_time(utc_now()),
        "elapsedS": round(elapsed_s, 3),
        "sample": sample,
        "values": values,
        "ecuAddress": ecu_text(ecu),
    }


async def wanted_identifiers(job: DoipJob, client: UdsClient) -> list[tuple[str, int]]:
    """What was asked for, as it was spelled and as numbers. Raises InvalidRequest for a name that nobody knows.

    The variant is found out for numbers, too: what their values mean may differ from one to the other.
    """
    given = [job.params["dataId"]] if "dataId" in job.params else list(job.params.get("dataIds", ()))
    await identify_variant(job, client)
    return [(str(one), await _number_of(job, client.ecu_address, str(one))) for one in given]


async def read_value(job: DoipJob, client: UdsClient, data_id: int, deadline: float | None = None) -> JsonObject:
    """Read one identifier and say what it means; `deadline`: None for the command's."""
    reading = await uds_services.read_data(client, data_id, job.deadline if deadline is None else deadline)
    decoded = await job.data.decode_identifier(client.ecu_address, data_id, reading.value)
    return {
        "name": decoded.name,
        "description": decoded.description,
        **decoded_values(decoded),
        "raw": hex_text(reading.raw),
    }


async def _number_of(job: DoipJob, ecu: int, text: str) -> int:
    return int(text, 16) if _NUMBER.fullmatch(text) else await job.data.data_id_of(ecu, text)


def _shown(name: str, data_id: int) -> JsonObject:
    return {"dataId": f"0x{data_id:04X}"} if _NUMBER.fullmatch(name) else {"dataId": f"0x{data_id:04X}", "asked": name}


async def _sample(
    job: DoipJob, ecu: int, wanted: Sequence[tuple[str, int]], *, is_first: bool
) -> list[JsonObject] | None:
    """The values of one moment; None: the ECU did not answer. The first sample must have at least one value."""
    values: list[JsonObject] = []
    refusals: list[NegativeResponse] = []
    try:
        async with job.client(ecu) as client:
            for name, data_id in wanted:
                try:
                    values.append({**_shown(name, data_id), **await read_value(job, client, data_id)})
                except NegativeResponse as error:
                    refusals.append(error)
                    values.append({**_shown(name, data_id), "error": error_entry(error)})
    except VehicleError:
        if is_first or job.now() >= job.deadline:
            raise
        return None
    if is_first and len(refusals) == len(wanted):
        raise refusals[0]
    return values


async def _sleep_until(job: DoipJob, moment: float) -> None:
    await asyncio.sleep(max(0.0, min(moment, job.deadline) - job.now()))
    if job.now() >= job.deadline and moment > job.deadline:
        raise VehicleTimeout("The time for this command was over before the duration was.")
