"""ReadDTC over DoIP: one ECU, or all of them side by side."""

from app.connectors.doip_commands.doip_discovery import ecus_of, identify_variant
from app.connectors.doip_job import DoipJob, decoded_values, error_entry, hex_text, not_answered, raise_if_none_answered
from app.connectors.trouble_codes import describe
from app.domain.command_parameters import DEFAULT_STATUS_MASK
from app.domain.errors import VehicleError
from app.domain.json_values import JsonObject
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse, ecu_text
from app.protocols.uds.dtc import names_of_status, spell_dtc, word_of_status
from app.protocols.uds.responses import StoredDtc
from app.protocols.uds.services import DtcReport

ALL_RECORDS = 0xFF


async def read_dtc(job: DoipJob) -> JsonObject:
    """One part per ECU as it answers; the final one has totals and names those that did not.

    One ECU that was named and fails raises; where all are asked, only if none answered.
    """
    named = await job.named_ecu()
    ecus = (named,) if named is not None else await ecus_of(job)
    until = job.deadline if named is not None else job.before_the_end()

    async def read(ecu: int) -> int:
        async with job.client(ecu, until) as client:
            payload = await _read_one(job, client, until)
        await job.outlet.put(payload)
        return len(payload["dtcs"])

    results = await job.side_by_side(ecus, read)
    raise_if_none_answered(results.values())
    counts = {ecu: count for ecu, count in sorted(results.items()) if isinstance(count, int)}
    return {
        "status": "complete",
        "totalDtcs": sum(counts.values()),
        "ecusAnswered": [ecu_text(ecu) for ecu in counts],
        "ecusNotAnswered": not_answered(results),
    }


async def _read_one(job: DoipJob, client: UdsClient, until: float) -> JsonObject:
    mask = int(str(job.params.get("statusMask", DEFAULT_STATUS_MASK)), 16)
    reading = await uds_services.read_dtcs(client, mask, until)
    dtcs: list[JsonObject] = []
    if reading.value.dtcs:
        await identify_variant(job, client)
    numbers = await _snapshot_numbers(client, until) if job.params.get("snapshot") and reading.value.dtcs else {}
    for stored in reading.value.dtcs:
        item = await _item(job, client.ecu_address, stored)
        if job.params.get("snapshot"):
            item["snapshots"] = await _snapshots(job, client, stored.dtc, numbers.get(stored.dtc, []), until)
        if job.params.get("extendedData"):
            item["extendedData"] = await _extended_data(job, client, stored.dtc, until)
        dtcs.append(item)
    return {"dtcs": dtcs, "ecuAddress": ecu_text(client.ecu_address), "raw": hex_text(reading.raw)}


async def _item(job: DoipJob, ecu: int, stored: StoredDtc) -> JsonObject:
    known = await job.data.describe_dtc(ecu, stored.dtc)
    spelled = spell_dtc(stored.dtc)
    return {
        "dtcCode": spelled,
        "description": known.description or describe(spelled),
        "status": word_of_status(stored.status),
        "statusByte": f"0x{stored.status:02X}",
        "statusBits": names_of_status(stored.status),
        "ecuAddress": ecu_text(ecu),
        "raw": f"{stored.dtc:06X}",
        "source": known.source,
    }


async def _snapshot_numbers(client: UdsClient, until: float) -> dict[int, list[int]]:
    """Which snapshots there are, by trouble code; asked for one by one, as only that tells where each ends."""
    try:
        records = await uds_services.read_snapshot_numbers(client, until)
    except NegativeResponse:
        return {}
    numbers: dict[int, list[int]] = {}
    for dtc, number in records.value:
        numbers.setdefault(dtc, []).append(number)
    return numbers


async def _snapshots(job: DoipJob, client: UdsClient, dtc: int, numbers: list[int], until: float) -> list[JsonObject]:
    found: list[JsonObject] = []
    for number in numbers or [ALL_RECORDS]:
        try:
            reading = await uds_services.read_dtc_records(
                client, DtcReport.SNAPSHOT_RECORD_BY_DTC, dtc, until, record_number=number
            )
        except VehicleError as error:
            if number == ALL_RECORDS and isinstance(error, NegativeResponse):
                continue  # it has none
            found.append({"recordNumber": number, "error": error_entry(error)})
            continue
        record = reading.value.records
        if record:
            decoded = await job.data.decode_snapshot(client.ecu_address, dtc, record[1:])
            values = decoded_values(decoded)
            values.setdefault("values", [{"name": v.name, "value": v.value, "unit": v.unit} for v in decoded.values])
            found.append({"recordNumber": record[0], **values, "raw": hex_text(reading.raw)})
    return found


async def _extended_data(job: DoipJob, client: UdsClient, dtc: int, until: float) -> list[JsonObject]:
    """Extended data as bytes: where one record ends and the next begins, only the manufacturer's description tells."""
    try:
        reading = await uds_services.read_dtc_records(client, DtcReport.EXTENDED_DATA_BY_DTC, dtc, until)
    except NegativeResponse:
        return []  # it has none
    except VehicleError as error:
        return [{"error": error_entry(error)}]
    record = reading.value.records
    if not record:
        return []
    return [{"recordNumber": record[0], "data": hex_text(record[1:]), "raw": hex_text(reading.raw)}]
