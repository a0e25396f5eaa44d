"""DiscoverECUs and ReadIdentification over DoIP, and who is asked where a command names no ECU."""

from dataclasses import dataclass, replace

from app.connectors.answer_parts import raise_if_none_answered
from app.connectors.doip_job import DoipJob, component_of, decoded_values, ecus_not_answered, hex_text
from app.domain.errors import VehicleError, VehicleRefused, VehicleTimeout
from app.domain.json_values import JsonObject, JsonValue
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse, ecu_text
from app.protocols.uds.identifiers import IDENTIFICATION, VIN
from app.protocols.uds.requests import ReadDataByIdentifier, TesterPresent

FUNCTIONAL_WAIT_S = 1.0
"""For the way there and back, beside P2: everybody waits this long for those who do not exist."""
_SYSTEM_NAME = 0xF197


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEcu:
    """An ECU that answered, and what it is called. `component`: by which name commands may call it."""

    ecu_address: int
    component: str | None
    name: str | None
    variant: str | None

    def as_json(self) -> JsonObject:
        """For the answer."""
        address = ecu_text(self.ecu_address)
        return {
            "ecuAddress": address,
            "component": self.component,
            "name": self.name or f"ECU {address}",
            "variant": self.variant,
        }


async def discover_ecus(job: DoipJob) -> JsonObject:
    """One part per ECU that answers; the final one names those that should be there and did not."""
    names = {ecu.ecu_address: ecu.name for ecu in await job.data.ecus()}
    found = await _functional(job)
    missing = (set(job.address.ecus) | set(names) | set(_to_scan(job, found))) - found

    async def look(ecu: int) -> FoundEcu:
        async with job.client(ecu, job.before_the_end()) as client:
            if ecu in missing:
                await _is_there(client, job.before_the_end())
            known = await _describe(job, client, names.get(ecu))
        await job.outlet.put({"ecu": known.as_json(), "ecuAddress": ecu_text(ecu)})
        return known

    results = await job.side_by_side(sorted(found | missing), look)
    raise_if_none_answered(results.values())
    expected = {ecu: result for ecu, result in results.items() if ecu in names or ecu in (*job.address.ecus, *found)}
    total = sum(isinstance(result, FoundEcu) for result in results.values())
    if not results:
        raise _nobody(job)
    return {"status": "complete", "totalEcus": total, "ecusNotAnswered": ecus_not_answered(expected)}


async def read_identification(job: DoipJob) -> JsonObject:
    """One part per ECU with what it has of the identification of ISO 14229-1, and a final one with totals."""
    named = await job.named_ecu()
    ecus = (named,) if named is not None else await ecus_of(job)
    until = job.deadline if named is not None else job.before_the_end()

    async def read(ecu: int) -> int:
        items: list[JsonObject] = []
        async with job.client(ecu, until) as client:
            for data_id in IDENTIFICATION:
                try:
                    reading = await uds_services.read_data(client, data_id, until)
                except NegativeResponse:
                    continue  # no ECU has them all
                decoded = await job.data.decode_identifier(ecu, data_id, reading.value)
                items.append(
                    {
                        "dataId": f"0x{data_id:04X}",
                        "name": decoded.name,
                        "description": decoded.description,
                        **decoded_values(decoded),
                        "raw": hex_text(reading.raw),
                    }
                )
        await job.outlet.put({"identification": items, "ecuAddress": ecu_text(ecu)})
        return len(items)

    results = await job.side_by_side(ecus, read)
    raise_if_none_answered(results.values())
    counts: list[JsonValue] = [count for count in results.values() if isinstance(count, int)]
    return {
        "status": "complete",
        "totalEcus": len(counts),
        "ecusAnswered": [ecu_text(ecu) for ecu, count in sorted(results.items()) if isinstance(count, int)],
        "ecusNotAnswered": ecus_not_answered(results),
    }


async def ecus_of(job: DoipJob) -> tuple[int, ...]:
    """The ECUs of a command that names none: those of the address, else of the diagnostic data, else who answers.

    Raises VehicleTimeout where nobody does.
    """
    if job.address.ecus:
        return job.address.ecus
    described = tuple(ecu.ecu_address for ecu in await job.data.ecus())
    if described:
        return described
    found = await _functional(job)
    scanned = await job.side_by_side(_to_scan(job, found), lambda ecu: _answers(job, ecu))
    found |= {ecu for ecu, answered in scanned.items() if answered is True}
    if not found:
        raise _nobody(job)
    return tuple(sorted(found))


async def identify_variant(job: DoipJob, client: UdsClient, deadline: float | None = None) -> str | None:
    """Have the diagnostic data find out which variant an ECU is, where there is something to tell apart."""
    until = job.deadline if deadline is None else deadline
    answers: dict[bytes, bytes] = {}
    for request in await job.data.identification_requests(client.ecu_address):
        try:
            answers[request] = (await client.ask(request, until)).raw
        except NegativeResponse as error:
            answers[request] = error.raw
    return await job.data.identify_variant(client.ecu_address, answers) if answers else None


async def _functional(job: DoipJob) -> set[int]:
    """Who answers the functional address: to TesterPresent, or where nobody does, to the question for the VIN."""
    timing = replace(job.timing, network_s=min(job.timing.network_s, FUNCTIONAL_WAIT_S))
    until, found = job.before_the_end(), set[int]()
    try:
        async with job.link.channel(job.address.functional, until) as channel:
            client = UdsClient(channel, timing=timing, on_pending=job.outlet.pending)
            for request in (TesterPresent().encode(), ReadDataByIdentifier(data_ids=(VIN,)).encode()):
                if not found:
                    found |= {response.source for response in await client.ask_all(request, until)}
    except (VehicleRefused, VehicleTimeout):
        return found  # a gateway without functional addressing: the ECUs are asked one by one
    return found


def _to_scan(job: DoipJob, found: set[int]) -> tuple[int, ...]:
    return () if found else job.address.scan


async def _answers(job: DoipJob, ecu: int) -> bool:
    async with job.client(ecu, job.before_the_end()) as client:
        await _is_there(client, job.before_the_end())
    return True


async def _is_there(client: UdsClient, deadline: float) -> None:
    try:
        await uds_services.tester_present(client, deadline)
    except NegativeResponse:
        return  # who refuses is there


async def _describe(job: DoipJob, client: UdsClient, name: str | None) -> FoundEcu:
    variant = await identify_variant(job, client, job.before_the_end())
    shown = name if name is not None else await _system_name(job, client)
    component = None if name is None else component_of(name)
    return FoundEcu(ecu_address=client.ecu_address, component=component, name=shown, variant=variant)


async def _system_name(job: DoipJob, client: UdsClient) -> str | None:
    try:
        record = (await uds_services.read_data(client, _SYSTEM_NAME, job.before_the_end())).value
    except VehicleError:
        return None
    text = record.rstrip(b" \x00\xff")
    return text.decode("ascii") if text and all(0x20 <= byte < 0x7F for byte in text) else None


def _nobody(job: DoipJob) -> VehicleTimeout:
    return VehicleTimeout(
        f"No ECU behind {job.address.host}:{job.address.port} answered. Name the ECUs in the vehicle's address "
        "(ecus=0x1010,0x1020), or a range to try (scan=0x1000-0x10FF)."
    )
