"""ClearDTC over DoIP: all trouble codes of an ECU, or one; counted by reading before and after."""

from collections.abc import Sequence

from app.connectors.doip_job import DoipJob, hex_text
from app.domain.command_parameters import DEFAULT_STATUS_MASK
from app.domain.errors import VehicleError, VehicleProtocolError, VehicleRefused
from app.domain.json_values import JsonObject
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import ecu_text
from app.protocols.uds.dtc import parse_dtc, spell_dtc
from app.protocols.uds.services import ALL_DTC_GROUPS

_MASK = int(DEFAULT_STATUS_MASK, 16)


async def clear_dtc(job: DoipJob) -> JsonObject:
    """Clear, and say how many codes are gone; null where the ECU does not let them be counted.

    A code without failure type byte means all of its failure types that are stored.
    """
    ecu = await job.one_ecu()
    code = job.params.get("dtcCode")
    async with job.client(ecu) as client:
        before = await _stored(client, job.deadline)
        groups = [ALL_DTC_GROUPS] if code is None else _groups(str(code), before or ())
        raw = b""
        for number, group in enumerate(groups):
            try:
                with job.acting():
                    raw = await uds_services.clear_dtcs(client, job.deadline, group)
            except VehicleRefused as error:
                raise _partly_cleared(error, groups[:number]) from error
        cleared = await _count(client, groups, before, job.before_the_end())
    payload: JsonObject = {"status": "success", "clearedCount": cleared, "ecuAddress": ecu_text(ecu)}
    if code is not None:
        payload["dtcCode"] = str(code)
        payload["clearedCodes"] = [spell_dtc(group) for group in groups]
    return {**payload, "raw": hex_text(raw)}


def _partly_cleared(error: VehicleRefused, cleared: Sequence[int]) -> VehicleError:
    """A refusal says that nothing was done; that is not so where codes before the refused one are gone."""
    if not cleared:
        return error
    gone = ", ".join(spell_dtc(dtc) for dtc in cleared)
    return VehicleProtocolError(
        f"Cleared {gone}, then the ECU refused to clear the rest. {error.message} Read the trouble codes.",
        details=error.details,
    )


async def _stored(client: UdsClient, deadline: float) -> list[int] | None:
    """The codes that failed, are pending or confirmed; None where the ECU does not tell."""
    try:
        reading = await uds_services.read_dtcs(client, _MASK, deadline)
    except VehicleRefused:
        return None
    return [stored.dtc for stored in reading.value.dtcs]


def _groups(code: str, stored: Sequence[int]) -> list[int]:
    dtc = parse_dtc(code)
    if dtc in stored or "-" in code:
        return [dtc]
    return [one for one in stored if one >> 8 == dtc >> 8] or [dtc]


async def _count(client: UdsClient, groups: Sequence[int], before: Sequence[int] | None, deadline: float) -> int | None:
    """How many are gone. The clearing itself was confirmed, so trouble here is no failure."""
    if before is None:
        return None
    try:
        after = await _stored(client, deadline)
    except VehicleError:
        return None
    if after is None:
        return None
    meant = [dtc for dtc in before if groups == [ALL_DTC_GROUPS] or dtc in groups]
    return sum(dtc not in after for dtc in meant)
