"""Capability descriptions of the addressed element and its direct children: `/{any-path}/docs`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from urllib.parse import quote

from app.protocols.sovd.capability_description import DescribedOperation, capability_description
from app.protocols.sovd.operation_documents import OPERATION_DOCUMENTS, Key
from app.protocols.sovd.sovd_errors import entity_unknown, resource_unknown
from app.sovd_server.backend_values import ClearableData, StatusAction
from app.sovd_server.call import Answer, Call
from app.sovd_server.discovery import offers, resource_of
from app.sovd_server.entity_tree import Collection, Resource
from app.sovd_server.item_descriptions import ItemDescription, described_items, tuned_documents
from app.sovd_server.routing import BASE, ENTITIES, ENTITY, RELATIONS

_PARTS_OF_ITEM = 4
"""Of a template split at slashes: the empty part, the entity, the collection, the item."""


async def show_docs(call: Call) -> Answer:
    """GET docs of what the path before `/docs` names. Raises SovdRefusal 404 where that is nothing."""
    segments = call.segments[:-1]
    target = call.site.target(segments)
    entity, template = call.tree.find(target.entity), target.template
    if entity is None or (target.parent is not None and entity.parent != target.parent):
        raise entity_unknown(f"/{'/'.join(segments)}")
    here = replace(call, entity=entity, segments=segments, params=target.params)
    operations = [] if template is None else await _operations(here, template)
    if not operations:
        raise resource_unknown(f"resource /{'/'.join(segments)}")
    return Answer(
        body=capability_description(
            title=f"{entity.name}: /{'/'.join(segments)}",
            version=call.vehicle.settings.version,
            server=call.links.base_uri(),
            operations=operations,
        )
    )


async def _operations(call: Call, template: str) -> list[DescribedOperation]:
    resource = resource_of(template)
    if template in {BASE, ENTITIES, ENTITY} or template in RELATIONS.values():
        return list(_of_entities(call, template))
    if resource is None or not offers(call.vehicle, call.entity, resource):
        return []
    items = await described_items(call, resource) if template.split("/")[2] == resource else None
    if items is None:
        return await _of_collection(call, template, resource)
    path = _path(call.segments)
    if template == f"{ENTITY}/{resource}":
        own = _plain(path, template, ("GET",))
        below = (_of_item(f"{path}/{quote(item.item_id, safe='')}", item, template) for item in items)
        return [*own, *chain.from_iterable(below)]
    item_id = next(iter(call.params.values()))
    item_path = _path(call.segments[: len(call.segments) - (len(template.split("/")) - _PARTS_OF_ITEM)])
    found = (item for item in items if item.item_id == item_id)
    return [done for item in found for done in _of_item(item_path, item, template)]


def _of_item(path: str, item: ItemDescription, template: str) -> Iterator[DescribedOperation]:
    """The operations of one item at or below a template; `path` is the item's."""
    for (method, found), document in item.documents.items():
        below = "".join(f"/{part}" for part in found.split("/")[_PARTS_OF_ITEM:])
        if found == template or found.startswith(f"{template}/"):
            yield DescribedOperation(
                method=method,
                path=path + below,
                document=document,
                extras=item.extras.get((method, found), {}),
                path_extras={} if below else item.path_extras,
            )


async def _of_collection(call: Call, template: str, resource: Resource) -> list[DescribedOperation]:
    """A resource without items that are known beforehand: itself, and its children as placeholders."""
    documents = {**OPERATION_DOCUMENTS, **await tuned_documents(call, resource)}
    unsupported = await _unsupported(call, resource)
    path = _path(call.segments)
    return [
        DescribedOperation(method=method, path=path + found[len(template) :], document=document)
        for (method, found), document in documents.items()
        if _is_at_or_below(found, template) and found.rpartition("/")[2] not in unsupported
    ]


async def _unsupported(call: Call, resource: Resource) -> frozenset[str]:
    """Actions of status and clear-data that this entity does not have."""
    key, backend = call.entity.key, call.vehicle.backend
    if resource is Resource.STATUS and backend.status is not None:
        return frozenset(StatusAction) - (await backend.status.status(key, call.asking)).actions
    if resource is Resource.CLEAR_DATA and backend.clearing is not None:
        return frozenset(ClearableData) - frozenset(await backend.clearing.clearable(key, call.asking))
    return frozenset()


def _of_entities(call: Call, template: str) -> Iterator[DescribedOperation]:
    path = _path(call.segments)
    yield from _plain(path or "/", template, ("GET",))
    if template == BASE:
        for collection in Collection:
            if collection:
                yield from _plain(f"/{collection}", ENTITIES, ("GET",))
    if template == ENTITIES:
        yield from _plain(f"{path}/{{entity-id}}", ENTITY, ("GET",))
    if template not in {BASE, ENTITY}:
        return
    for (collection, name), relation in RELATIONS.items():
        if collection is call.entity.key.collection:
            yield from _plain(f"{path}/{name}", relation, ("GET",))
    for resource in Resource:
        if offers(call.vehicle, call.entity, resource):
            yield from _plain(f"{path}/{resource}", f"{ENTITY}/{resource}", ("GET", "POST", "DELETE"))


def _plain(path: str, template: str, methods: Sequence[str]) -> Iterator[DescribedOperation]:
    for method in methods:
        key: Key = (method, template)
        if key in OPERATION_DOCUMENTS:
            yield DescribedOperation(method=method, path=path, document=OPERATION_DOCUMENTS[key])


def _is_at_or_below(found: str, template: str) -> bool:
    """Whether a template is this one or a direct child of it."""
    rest = found.removeprefix(template)
    return found == template or (found.startswith(f"{template}/") and rest.count("/") == 1)


def _path(segments: Sequence[str]) -> str:
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)
