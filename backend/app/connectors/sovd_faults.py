"""ReadDTC and ClearDTC on a vehicle with its own SOVD server."""

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial

from app.connectors.answer_parts import chunk, error_entry, final, raise_if_none_answered
from app.connectors.sovd_calls import SovdCall
from app.connectors.sovd_job import SOURCE, Answer, Asked, SovdJob, entities_not_answered, in_parallel
from app.connectors.sovd_knowledge import Entity
from app.connectors.sovd_locks import EntityLock
from app.connectors.trouble_codes import UNKNOWN_CODE, describe
from app.domain.command_parameters import DEFAULT_STATUS_MASK
from app.domain.errors import CommandNotSupported, VehicleError, VehicleRefused
from app.domain.json_values import JsonObject
from app.protocols.sovd.fault_status import STATUS_KEYS
from app.protocols.sovd.links import below
from app.protocols.sovd.reading_faults import Fault, describe_status, read_environment, read_faults

ALL_STATUS = 0xFF
MOST_ENVIRONMENTS = 200


async def read_dtc(job: SovdJob) -> Answer:
    """One part per entity as it answers; the final one has totals and names those that did not answer."""
    named = await job.directory.named(job.params)
    known = () if named else await job.directory.all()
    entities = [named] if named else [one for one in known if one.may_have("faults")]
    asked: list[Asked] = []
    async with aclosing(in_parallel([partial(_faults_of, job, entity) for entity in entities])) as coming:
        async for one in coming:
            asked.append(one)
            if one.error is None:
                yield chunk(one.payload)
            elif named:
                raise one.error
    raise_if_none_answered(one.error for one in asked)
    yield final(
        {
            "status": "complete",
            "totalDtcs": sum(len(one.payload.get("dtcs", ())) for one in asked),
            "ecusAnswered": [one.entity.label for one in asked if one.error is None],
            "ecusNotAnswered": entities_not_answered(asked, known),
            **({} if named else job.directory.note),
        }
    )


async def clear_dtc(job: SovdJob) -> Answer:
    """Clear all faults of an entity or one; counted by reading before and after."""
    entity = await job.directory.one(job.params)
    before = await _listed(job, entity, ALL_STATUS)
    wanted = job.params.get("dtcCode")
    uri = entity.resource("faults")
    done: JsonObject = {"status": "success", **entity.names()}
    if wanted is not None:
        fault = _fault_called(entity, str(wanted), before)
        if fault is None:
            yield final({**done, "clearedCount": 0, "dtcCode": wanted, "note": f"{wanted} was not stored."})
            return
        uri = below(uri, fault.code)
        done["dtcCode"] = fault.spelled
    call = SovdCall(method="DELETE", uri=uri, acts=True)
    async with EntityLock(job.calls, entity) as lock:
        await _clear(lock, call, single=wanted is not None)
        cleared = await _cleared(job, entity, before)
    yield final({**done, "clearedCount": cleared})


async def _clear(lock: EntityLock, call: SovdCall, *, single: bool) -> None:
    try:
        await lock.call(call)
    except VehicleRefused as error:
        if single and error.details.get("httpStatus") == 501:
            raise CommandNotSupported(
                "The vehicle's server cannot clear a single trouble code of this control unit; clear all of them "
                "instead (leave dtcCode out)."
            ) from error
        raise


async def _cleared(job: SovdJob, entity: Entity, before: Sequence[Fault]) -> int | None:
    """How many are gone; None where that cannot be read: the clearing itself was confirmed."""
    try:
        after = {fault.code for fault in await _listed(job, entity, ALL_STATUS)}
    except VehicleError:
        return None
    return sum(fault.code not in after for fault in before)


def _fault_called(entity: Entity, wanted: str, faults: Sequence[Fault]) -> Fault | None:
    exact = [fault for fault in faults if fault.is_called(wanted)]
    like = exact or [fault for fault in faults if fault.shares_base(wanted)]
    if len(like) > 1:
        codes = ", ".join(fault.spelled for fault in like)
        raise VehicleRefused(
            f"{entity.name} has several trouble codes {wanted}: {codes}. Name one of them. Nothing was cleared.",
            details={**entity.names(), "known": [fault.spelled for fault in like]},
        )
    return like[0] if like else None


async def _faults_of(job: SovdJob, entity: Entity) -> Asked:
    mask = int(str(job.params.get("statusMask", DEFAULT_STATUS_MASK)), 16)
    try:
        faults = await _listed(job, entity, mask)
        dtcs = await _described(job, entity, faults)
    except VehicleError as error:
        return Asked(entity=entity, payload={}, error=error)
    return Asked(entity=entity, payload={"dtcs": dtcs, **entity.names()})


async def _listed(job: SovdJob, entity: Entity, mask: int) -> list[Fault]:
    """The faults that the mask selects. Servers filter by it in different ways, so it is done here once more."""
    wanted = [key for bit, key in enumerate(STATUS_KEYS) if mask >> bit & 1]
    query = tuple((f"status[{key}]", "1") for key in wanted) if mask != ALL_STATUS else ()
    deadline = job.before_the_end()
    call = SovdCall(method="GET", uri=entity.resource("faults"), query=query, deadline=deadline)
    answer = await job.calls.send(call)
    if answer.status == 400 and query:  # it does not know these keys
        call = SovdCall(method="GET", uri=call.uri, deadline=deadline)
        answer = await job.calls.send(call)
    job.calls.check(call, answer, entity.names())
    return [fault for fault in read_faults(answer.json()) if fault.matches(mask)]


async def _described(job: SovdJob, entity: Entity, faults: Sequence[Fault]) -> list[JsonObject]:
    wants = bool(job.params.get("snapshot")) or bool(job.params.get("extendedData"))
    items = [_as_item(entity, fault) for fault in faults]
    if wants:
        works = [
            partial(_add_environment, job, entity, fault, item)
            for fault, item in list(zip(faults, items, strict=True))[:MOST_ENVIRONMENTS]
        ]
        async for _ in in_parallel(works, most=4):
            pass
    return items


def _as_item(entity: Entity, fault: Fault) -> JsonObject:
    known = describe(fault.spelled)
    name = fault.name if fault.name and fault.name not in {fault.code, fault.spelled} else None
    item: JsonObject = {
        "dtcCode": fault.spelled,
        "description": name or (known if known != UNKNOWN_CODE else fault.name or known),
        **describe_status(fault),
        **entity.names(),
        "source": SOURCE,
    }
    if fault.dtc is not None:
        item["raw"] = f"{fault.dtc:06X}"
    if fault.code != fault.spelled:
        item["faultCode"] = fault.code
    return item


async def _add_environment(job: SovdJob, entity: Entity, fault: Fault, item: JsonObject) -> None:
    uri = below(entity.resource("faults"), fault.code)
    try:
        body = await job.calls.json(uri, deadline=job.before_the_end())
    except VehicleError as error:
        item["environmentError"] = error_entry(error)
        return
    snapshots, extended = read_environment(body)
    if job.params.get("snapshot"):
        item["snapshots"] = snapshots
    if job.params.get("extendedData"):
        item["extendedData"] = extended
