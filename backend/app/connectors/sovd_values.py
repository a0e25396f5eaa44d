"""ReadDataByID and WriteDataByID on a vehicle with its own SOVD server."""

from contextlib import aclosing
from functools import partial

from app.connectors.answer_parts import chunk, error_entry, final
from app.connectors.sovd_calls import SovdCall
from app.connectors.sovd_job import SOURCE, Answer, SovdJob, in_order
from app.connectors.sovd_knowledge import Entity
from app.connectors.sovd_locks import EntityLock
from app.connectors.sovd_outcomes import refused_by_answer, without_secret
from app.connectors.sovd_reads import (
    data_items,
    item_called,
    item_uri,
    quietly_read,
    read_item,
    shown_id,
    unknown_data,
)
from app.connectors.sovd_sessions import EntitySession, provider_for
from app.domain.errors import CommandNotSupported, VehicleError, VehicleTimeout
from app.domain.json_values import JsonObject
from app.protocols.sovd.reading_data import DataItem, find_item

READ_IN_PARALLEL = 4


async def read_data_by_id(job: SovdJob) -> Answer:
    """One part per identifier, in the order asked for. One alone that fails raises; of several each has its error."""
    entity = await job.directory.one(job.params)
    single = job.params.get("dataId")
    wanted = [str(single)] if single is not None else [str(one) for one in job.params.get("dataIds", ())]
    read = failed = 0
    works = [partial(_read, job, entity, one) for one in wanted]
    async with aclosing(in_order(works, READ_IN_PARALLEL)) as coming:
        async for payload, error in coming:
            if error is not None and (len(wanted) == 1 or _time_is_over(job, error)):
                raise error
            read, failed = (read + 1, failed) if error is None else (read, failed + 1)
            yield chunk(payload)
    yield final({"status": "complete", "read": read, "failed": failed, **entity.names()})


async def write_data_by_id(job: SovdJob) -> Answer:
    """Write a data resource or a parameter configuration, then read it back."""
    provider = provider_for(job)
    entity = await job.directory.one(job.params)
    wanted = str(job.params["dataId"])
    item, collection = await _writable(job, entity, wanted)
    about = {**shown_id(wanted, item), "resource": collection}
    async with EntityLock(job.calls, entity) as lock, EntitySession(job, entity, lock) as session:
        if provider is not None:
            await session.unlock(int(job.params["securityLevel"]), provider)
        await session.call(_write_call(job, entity, item, collection), about)
        value = await quietly_read(job, entity, item, collection)
    written = job.params.get("value")
    result: JsonObject = {"status": "success", **about, "name": item.name, **entity.names()}
    if "raw" in job.params:
        result["writtenRaw"] = str(job.params["raw"]).upper()
    else:
        result["written"] = written
    if value is not None and value.data is not None:
        result |= {**value.as_json(), "verified": written in (value.value, value.data) if written is not None else None}
    yield final(result)


async def _read(job: SovdJob, entity: Entity, wanted: str) -> tuple[JsonObject, VehicleError | None]:
    about: JsonObject = {"dataId": wanted, **entity.names()}
    try:
        item = await item_called(job, entity, wanted)
        about |= shown_id(wanted, item)
        value = await read_item(job, entity, item)
        if value.failed:
            raise refused_by_answer(value.problems[0], about, job.calls.token)
    except VehicleError as error:
        return {**about, "error": error_entry(error)}, error
    payload = {**about, "name": item.name, "description": item.name, **value.as_json(), "source": SOURCE}
    if value.problems:
        payload["problems"] = [without_secret(problem.said, job.calls.token) for problem in value.problems]
    return payload, None


def _time_is_over(job: SovdJob, error: VehicleError) -> bool:
    return isinstance(error, VehicleTimeout) and job.now() >= job.calls.deadline


async def _writable(job: SovdJob, entity: Entity, wanted: str) -> tuple[DataItem, str]:
    """The data resource, or else the configuration, that a caller means. Raises VehicleRefused."""
    data = await data_items(job, entity)
    found = find_item(data, wanted)
    if found is not None and "raw" not in job.params:
        return found, "data"
    configurations = await data_items(job, entity, "configurations") if entity.may_have("configurations") else ()
    configured = find_item(configurations, wanted)
    if configured is not None and configured.bulk == ("raw" in job.params):
        return configured, "configurations"
    if found is not None or configured is not None:
        form = "bytes: give raw instead of value" if "raw" not in job.params else "a value: give value instead of raw"
        raise CommandNotSupported(f"The vehicle's server takes {wanted} as {form}. Nothing was sent.")
    if data or configurations:
        raise unknown_data(entity, wanted, [*data, *configurations])
    return DataItem(item_id=wanted, name=wanted), "data"


def _write_call(job: SovdJob, entity: Entity, item: DataItem, collection: str) -> SovdCall:
    uri = item_uri(entity, item, collection)
    if "raw" in job.params:
        return SovdCall(method="PUT", uri=uri, content=bytes.fromhex(str(job.params["raw"])), acts=True)
    return SovdCall(method="PUT", uri=uri, body={"data": job.params["value"]}, acts=True)
