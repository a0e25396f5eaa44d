"""DiscoverECUs and ReadIdentification on a vehicle with its own SOVD server."""

from contextlib import aclosing
from functools import partial

from app.connectors.answer_parts import chunk, error_entry, final, raise_if_none_answered
from app.connectors.sovd_job import SOURCE, Answer, Asked, SovdJob, entities_not_answered, in_parallel
from app.connectors.sovd_knowledge import Entity
from app.connectors.sovd_outcomes import refused_by_answer
from app.connectors.sovd_reads import data_items, read_item
from app.domain.errors import VehicleError
from app.domain.json_values import JsonObject
from app.protocols.sovd.reading_data import DataItem

IDENTIFICATION = "identData"
_NOTHING = (
    "The server lists no components. It may hide what these credentials may not see, or its gateway may not reach the "
    "control units."
)


async def discover_ecus(job: SovdJob) -> Answer:
    """One part per component, subcomponent and app; the final one has totals and names those that did not answer."""
    entities = await job.directory.all(fresh=True)
    for entity in entities:
        if entity.problem is None:
            yield chunk({"ecu": _described(entity), **entity.names()})
    answered = [entity for entity in entities if entity.problem is None]
    silent = [Asked(entity=entity, payload={}, error=entity.problem) for entity in entities if entity.problem]
    totals: JsonObject = {
        "status": "complete",
        "totalEcus": sum(entity.kind == "component" for entity in answered),
        "totalApps": sum(entity.kind == "app" for entity in answered),
        "ecusNotAnswered": entities_not_answered(silent, entities),
    }
    yield final({**totals, **job.directory.note} if entities else {**totals, "note": _NOTHING})


async def read_identification(job: SovdJob) -> Answer:
    """One part per entity with all its data of category identData."""
    named = await job.directory.named(job.params)
    known = () if named else await job.directory.all()
    entities = [named] if named else [one for one in known if one.may_have("data")]
    asked: list[Asked] = []
    count = 0
    async with aclosing(in_parallel([partial(_identify, job, entity) for entity in entities])) as coming:
        async for one in coming:
            asked.append(one)
            if one.error is not None and named:
                raise one.error
            if one.error is None and (one.payload["identification"] or named):
                count += len(one.payload["identification"])
                yield chunk(one.payload)
    raise_if_none_answered(one.error for one in asked)
    yield final(
        {
            "status": "complete",
            "totalEcus": sum(one.error is None for one in asked),
            "totalIdentifiers": count,
            "ecusAnswered": [one.entity.label for one in asked if one.error is None],
            "ecusNotAnswered": entities_not_answered(asked, known),
            **({} if named else job.directory.note),
        }
    )


async def _identify(job: SovdJob, entity: Entity) -> Asked:
    try:
        if entity.problem is not None and not entity.links:
            raise entity.problem
        items = await data_items(job, entity, deadline=job.before_the_end())
        wanted = [item for item in items if item.is_in(IDENTIFICATION)]
        works = [partial(_read_entry, job, entity, item) for item in wanted]
        read = [one async for one in in_parallel(works, most=4)]
    except VehicleError as error:
        return Asked(entity=entity, payload={}, error=error)
    order = {item.item_id: number for number, item in enumerate(wanted)}
    entries = [entry for _, entry in sorted(read, key=lambda one: order[one[0]])]
    return Asked(entity=entity, payload={**entity.names(), "identification": entries, "source": SOURCE})


async def _read_entry(job: SovdJob, entity: Entity, item: DataItem) -> tuple[str, JsonObject]:
    number = item.identifier
    about: JsonObject = {"dataId": item.item_id if number is None else f"0x{number:04X}", "name": item.name}
    if number is not None:
        about["id"] = item.item_id
    try:
        value = await read_item(job, entity, item, deadline=job.before_the_end())
    except VehicleError as error:
        return item.item_id, {**about, "error": error_entry(error)}
    if value.failed:
        refused = refused_by_answer(value.problems[0], {}, job.calls.token)
        return item.item_id, {**about, "error": error_entry(refused)}
    return item.item_id, {**about, **value.as_json()}


def _described(entity: Entity) -> JsonObject:
    described: JsonObject = {
        **entity.names(),
        "name": entity.name,
        "variant": entity.variant,
        "href": entity.uri,
        "resources": sorted(entity.links),
    }
    return {**described, "entityType": "app"} if entity.kind == "app" else described
