"""ReadDTC over DoIP: one ECU, or all of them side by side."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.connectors.answer_parts import error_entry, raise_if_none_answered
from app.connectors.doip_commands.doip_discovery import ecus_of, identify_variant
from app.connectors.doip_job import DoipJob, decoded_values, ecus_not_answered, hex_text
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
        "ecusNotAnswered": ecus_not_answered(results),
    }


async def _read_one(job: DoipJob, client: UdsClient, until: float) -> JsonObject:
    mask = int(str(job.params.get("statusMask", DEFAULT_STATUS_MASK)), 16)
    reading = await uds_services.read_dtcs(client, mask, until)
    dtcs: list[JsonObject] = []
    details = _Details(job, client, min(until, job.before_the_end()))
    if reading.value.dtcs:
        await details.prepare()
    for stored in reading.value.dtcs:
        item = await _item(job, client.ecu_address, stored)
        if job.params.get("snapshot"):
            item["snapshots"] = await details.snapshots(stored.dtc)
        if job.params.get("extendedData"):
            item["extendedData"] = await details.extended_data(stored.dtc)
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
        **({} if known.problem is None else {"problem": known.problem}),
    }


class _Details:
    """Snapshots and extended data of one ECU's trouble codes. Never raises for want of them: the codes stand.

    After trouble with the ECU (a refusal is none) it is asked for nothing more; what is left has that trouble instead.
    """

    def __init__(self, job: DoipJob, client: UdsClient, until: float) -> None:
        self._job = job
        self._client = client
        self._until = until
        self._numbers: dict[int, list[int]] = {}
        self._trouble: VehicleError | None = None

    async def prepare(self) -> None:
        """Find out which variant the ECU is, and which snapshots it has."""
        with self._noted():
            await identify_variant(self._job, self._client, self._until)
            if self._job.params.get("snapshot"):
                await self._list_snapshots()

    async def _list_snapshots(self) -> None:
        """By trouble code; asked for one by one, as only that tells where each ends."""
        try:
            records = await uds_services.read_snapshot_numbers(self._client, self._until)
        except NegativeResponse:
            return
        for dtc, number in records.value:
            self._numbers.setdefault(dtc, []).append(number)

    async def snapshots(self, dtc: int) -> list[JsonObject]:
        """All of one trouble code."""
        numbers = self._numbers.get(dtc, [])
        found = [await self._snapshot(dtc, number) for number in numbers or [ALL_RECORDS]]
        return [one for one in found if one is not None]

    async def _snapshot(self, dtc: int, number: int) -> JsonObject | None:
        about: JsonObject = {"recordNumber": number}
        reading = None
        if self._trouble is None:
            with self._noted():
                try:
                    reading = await uds_services.read_dtc_records(
                        self._client, DtcReport.SNAPSHOT_RECORD_BY_DTC, dtc, self._until, record_number=number
                    )
                except NegativeResponse as error:
                    return None if number == ALL_RECORDS else {**about, "error": error_entry(error)}
        if reading is None:
            return {**about, **self._failed()}
        record = reading.value.records
        if not record:
            return None
        decoded = await self._job.data.decode_snapshot(self._client.ecu_address, dtc, record[1:])
        values = decoded_values(decoded)
        values.setdefault("values", [{"name": v.name, "value": v.value, "unit": v.unit} for v in decoded.values])
        return {"recordNumber": record[0], **values, "raw": hex_text(reading.raw)}

    async def extended_data(self, dtc: int) -> list[JsonObject]:
        """As bytes: where one record ends and the next begins, only the manufacturer's description tells."""
        reading = None
        if self._trouble is None:
            with self._noted():
                try:
                    reading = await uds_services.read_dtc_records(
                        self._client, DtcReport.EXTENDED_DATA_BY_DTC, dtc, self._until
                    )
                except NegativeResponse:
                    return []  # it has none
        if reading is None:
            return [self._failed()]
        record = reading.value.records
        if not record:
            return []
        return [{"recordNumber": record[0], "data": hex_text(record[1:]), "raw": hex_text(reading.raw)}]

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except VehicleError as error:
            self._trouble = error

    def _failed(self) -> JsonObject:
        return {} if self._trouble is None else {"error": error_entry(self._trouble)}
