"""Data resources (ISO 17978-3, 7.9): categories, groups, values and lists of values."""

from app.domain.json_values import JsonObject
from app.protocols.sovd import documents
from app.protocols.sovd.documents import Schema
from app.protocols.sovd.sovd_errors import (
    DataError,
    SovdRefusal,
    bad_request,
    invalid_data,
    read_only,
    resource_unknown,
)
from app.sovd_server.backend import DataSource
from app.sovd_server.backend_values import DataItem, Reading
from app.sovd_server.call import Answer, Call, filled, listed
from app.sovd_server.error_answers import refusal_of
from app.sovd_server.served_vehicle import new_id


def _source(call: Call) -> DataSource:
    source = call.vehicle.backend.data
    if source is None:
        raise resource_unknown("data")
    return source


async def data_item(call: Call, data_id: str) -> DataItem:
    """One data resource of the entity. Raises SovdRefusal 404."""
    for item in await _source(call).data_items(call.entity.key, call.asking):
        if item.data_id == data_id:
            return item
    raise resource_unknown(f"data resource {data_id}")


async def list_categories(call: Call) -> Answer:
    """GET data-categories: those that the data resources have."""
    items = await _source(call).data_items(call.entity.key, call.asking)
    return Answer(body={"items": [{"item": name} for name in dict.fromkeys(item.category for item in items)]})


async def list_groups(call: Call) -> Answer:
    """GET data-groups."""
    groups = await _source(call).data_groups(call.entity.key, call.asking)
    return Answer(
        body={
            "items": [
                filled(id=group.group_id, category=group.category, group=group.name, tags=listed(group.tags))
                for group in groups
                if call.wants_tags(group.tags)
            ]
        }
    )


async def list_data(call: Call) -> Answer:
    """GET data: `groups` goes before `category`, `tags` narrows down both."""
    groups, categories = set(call.values("groups", "group")), set(call.values("category", "categories"))
    items = [
        _metadata(call, item)
        for item in await _source(call).data_items(call.entity.key, call.asking)
        if call.wants_tags(item.tags) and _is_wanted(item, groups, categories)
    ]
    return call.with_schema({"items": items}, lambda: documents.list_of(documents.VALUE_METADATA))


def _is_wanted(item: DataItem, groups: set[str], categories: set[str]) -> bool:
    if groups:
        return bool(groups & set(item.groups))
    return not categories or item.category in categories


def _metadata(call: Call, item: DataItem) -> JsonObject:
    return filled(
        id=item.data_id,
        name=item.name,
        category=item.category,
        translation_id=item.translation_id,
        groups=listed(item.groups),
        tags=listed(item.tags),
        href=call.link("data", item.data_id),
    )


async def read_data(call: Call) -> Answer:
    """GET of one data resource."""
    item = await data_item(call, call.params["data-id"])
    reading = await _source(call).read_data(call.entity.key, item.data_id, call.asking)
    return call.with_schema(reading_body(item.data_id, reading), lambda: value_schema(item))


def value_schema(item: DataItem) -> Schema:
    """The schema of a reading of this item."""
    return documents.read_value(dict(item.schema))


def reading_body(data_id: str, reading: Reading) -> JsonObject:
    """A ReadValue."""
    body: JsonObject = {"id": data_id, "data": reading.data}
    if reading.errors:
        body["errors"] = [error.as_json() for error in reading.errors]
    return body


async def write_data(call: Call) -> Answer:
    """PUT of one data resource."""
    item = await data_item(call, call.params["data-id"])
    if not item.writable:
        raise read_only(item.name)
    body = await call.json()
    if "data" not in body:
        raise invalid_data("The body needs a member `data` with the value.")
    await _source(call).write_data(call.entity.key, item.data_id, body["data"], call.asking)
    return Answer(status=204)


async def list_data_lists(call: Call) -> Answer:
    """GET data-lists: those of this entity. They carry no tags, so asking for some finds none."""
    known = {item.data_id: item for item in await _source(call).data_items(call.entity.key, call.asking)}
    items = [
        {
            "id": list_id,
            "items": [_metadata(call, known[data_id]) for data_id in ids if data_id in known],
            "href": call.link("data-lists", list_id),
        }
        for list_id, (entity, ids) in call.vehicle.data_lists.items()
        if entity == call.entity.key and call.wants_tags(())
    ]
    return Answer(body={"items": items})


async def make_data_list(call: Call) -> Answer:
    """POST data-lists. The list that nobody has used for longest makes room for a new one."""
    ids = (await call.json()).get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(name, str) for name in ids):
        raise bad_request("The body needs `ids`: a list of data ids.")
    known = {item.data_id for item in await _source(call).data_items(call.entity.key, call.asking)}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise bad_request(f"There is no data resource {', '.join(unknown)} here.", ids=unknown)
    lists = call.vehicle.data_lists
    while len(lists) >= call.vehicle.settings.most_data_lists:
        lists.popitem(last=False)
    list_id = new_id()
    lists[list_id] = (call.entity.key, tuple(ids))
    return Answer(status=201, body={"id": list_id}, headers={"Location": call.location("data-lists", list_id)})


def _data_list(call: Call) -> tuple[str, ...]:
    list_id = call.params["data-list-id"]
    entity, ids = call.vehicle.data_lists.get(list_id, (None, ()))
    if entity != call.entity.key:
        raise resource_unknown(f"data list {list_id}")
    call.vehicle.data_lists.move_to_end(list_id)
    return ids


async def read_data_list(call: Call) -> Answer:
    """GET of a data list: every value is read; one that cannot be read has null and says why in `errors`."""
    ids = _data_list(call)
    items = [await _read_or_error(call, data_id) for data_id in ids]
    return call.with_schema({"items": items}, lambda: documents.list_of(documents.read_value(documents.ANY)))


async def _read_or_error(call: Call, data_id: str) -> JsonObject:
    try:
        reading = await _source(call).read_data(call.entity.key, data_id, call.asking)
    except Exception as error:  # noqa: BLE001 - one value that cannot be read must not hide the others
        refusal: SovdRefusal = refusal_of(error)
        reading = Reading(data=None, errors=(DataError(path="/data", error=refusal.generic),))
    return reading_body(data_id, reading)


async def delete_data_list(call: Call) -> Answer:
    """DELETE of a data list."""
    _data_list(call)
    del call.vehicle.data_lists[call.params["data-list-id"]]
    return Answer(status=204)
