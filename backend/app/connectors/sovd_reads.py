"""Data of entities: what there is, and reading it, with its unit."""

from collections.abc import Sequence

from app.connectors.sovd_calls import SovdCall
from app.connectors.sovd_job import SovdJob
from app.connectors.sovd_knowledge import Entity
from app.domain.errors import VehicleError, VehicleRefused
from app.domain.json_values import JsonObject
from app.protocols.sovd.links import below, follow
from app.protocols.sovd.reading import hex_number
from app.protocols.sovd.reading_data import DataItem, ReadValue, find_item, read_data_items, read_value, units_of

_WITH_SCHEMA = (("include-schema", "true"),)
_NO_SUCH_COLLECTION = frozenset({404, 405, 501})


async def data_items(
    job: SovdJob, entity: Entity, collection: str = "data", *, deadline: float | None = None
) -> Sequence[DataItem]:
    """The data (or configurations) that an entity offers; empty where it has no such collection."""
    uri = entity.resource(collection)
    kept = job.directory.knowledge.data_items
    if uri in kept:
        return kept[uri]
    try:
        items = tuple(read_data_items(await job.calls.json(uri, deadline=deadline)))
    except VehicleRefused as error:
        if error.details.get("httpStatus") not in _NO_SUCH_COLLECTION:
            raise
        items = ()
    kept[uri] = items
    return items


async def item_called(job: SovdJob, entity: Entity, wanted: str) -> DataItem:
    """The data item a caller means. Raises VehicleRefused that names what there is.

    A server that does not list its data is asked for the very id.
    """
    items = await data_items(job, entity)
    found = find_item(items, wanted)
    if found is not None:
        return found
    if not items:
        return DataItem(item_id=wanted, name=wanted)
    raise unknown_data(entity, wanted, items)


def unknown_data(entity: Entity, wanted: str, items: Sequence[DataItem]) -> VehicleRefused:
    """The refusal for an identifier that the entity does not have."""
    known = [item.item_id for item in items]
    shown = [_with_name(item) for item in items[:20]]
    return VehicleRefused(
        f"{entity.name} has no data {wanted}. It has: {', '.join(shown)}{' …' if len(known) > 20 else ''}.",
        details={**entity.names(), "dataId": wanted, "known": known[:200]},
    )


def _with_name(item: DataItem) -> str:
    return item.item_id if item.name == item.item_id else f"{item.item_id} ({item.name[:60]})"


def item_uri(entity: Entity, item: DataItem, collection: str = "data") -> str:
    """Where an item is read and written: its link, or below the collection."""
    holder = entity.resource(collection)
    return follow(holder, entity.base_uri, item.href) or below(holder, item.item_id)


async def read_item(
    job: SovdJob, entity: Entity, item: DataItem, collection: str = "data", *, deadline: float | None = None
) -> ReadValue:
    """Read an item. The first time with its schema, for units; servers that cannot give it are asked without."""
    uri = item_uri(entity, item, collection)
    units = job.directory.knowledge.units
    call = SovdCall(method="GET", uri=uri, query=() if uri in units else _WITH_SCHEMA, deadline=deadline)
    answer = await job.calls.send(call)
    if answer.status in {400, 500, 501} and call.query:
        call = SovdCall(method="GET", uri=uri, deadline=deadline)
        answer = await job.calls.send(call)
    job.calls.check(call, answer, {**entity.names(), "dataId": item.item_id})
    body = answer.json()
    if uri not in units and isinstance(body, dict):
        units[uri] = units_of(body.get("schema"))
    return read_value(body, units.get(uri))


async def quietly_read(job: SovdJob, entity: Entity, item: DataItem, collection: str) -> ReadValue | None:
    """Read an item where a failure must not become the command's: after something was written."""
    try:
        return await read_item(job, entity, item, collection, deadline=job.before_the_end())
    except VehicleError:
        return None


def shown_id(wanted: str, item: DataItem) -> JsonObject:
    """How an answer names a data item: as it was asked for, and by its id where that differs."""
    number = hex_number(wanted) if wanted[:2].lower() == "0x" else None
    shown = wanted if number is None else f"0x{number:04X}"
    return {"dataId": shown} if shown.casefold() == item.item_id.casefold() else {"dataId": shown, "id": item.item_id}
