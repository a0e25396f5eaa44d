"""Discovery (ISO 17978-3, 7.6): entity collections, capabilities, relations, and version-info (7.4)."""

from collections.abc import Iterable

from app.domain.json_values import JsonObject
from app.protocols.sovd import documents
from app.sovd_server.call import Answer, Call, filled, listed
from app.sovd_server.entity_tree import Collection, Entity, Resource
from app.sovd_server.request_links import Links
from app.sovd_server.routing import RELATIONS
from app.sovd_server.served_vehicle import ServedVehicle
from app.sovd_server.server_settings import SovdServerSettings


def version_info(links: Links, settings: SovdServerSettings) -> Answer:
    """The versions that this server speaks, and where."""
    info: JsonObject = {"version": settings.version, "base_uri": links.base_uri()}
    if settings.vendor_info:
        info["vendor_info"] = dict(settings.vendor_info)
    return Answer(body={"sovd_info": [info]})


def offers(vehicle: ServedVehicle, entity: Entity, resource: Resource) -> bool:
    """Whether an entity has a resource collection and the backend the part for it."""
    if resource not in entity.resources:
        return False
    backend = vehicle.backend
    part = {
        Resource.DATA: backend.data,
        Resource.DATA_LISTS: backend.data,
        Resource.FAULTS: backend.faults,
        Resource.OPERATIONS: backend.operations,
        Resource.MODES: backend.modes,
        Resource.CONFIGURATIONS: backend.configurations,
        Resource.LOGS: backend.logs,
        Resource.BULK_DATA: backend.bulk_data,
        Resource.STATUS: backend.status,
        Resource.CLEAR_DATA: backend.clearing,
        Resource.LOCKS: backend,
        Resource.CYCLIC_SUBSCRIPTIONS: backend,
    }[resource]
    return part is not None


_RESOURCE_OF = {"data-categories": Resource.DATA, "data-groups": Resource.DATA}


def resource_of(template: str) -> Resource | None:
    """The resource collection that a template belongs to; None: to an entity, or to a collection we never offer."""
    if not template.startswith("/{e}/"):
        return None
    name = template.split("/")[2]
    if name in _RESOURCE_OF:
        return _RESOURCE_OF[name]
    return Resource(name) if name in set(Resource) else None


async def list_entities(call: Call) -> Answer:
    """GET of an entity collection."""
    collection = Collection(call.params["entity-collection"])
    return call.with_schema(_references(call, call.tree.of(collection)), _references_schema)


async def show_entity(call: Call) -> Answer:
    """GET of an entity, or of the base URI: what it is and what it offers."""
    entity = call.entity
    body = filled(
        id=entity.key.entity_id or "server",
        name=entity.name,
        translation_id=entity.translation_id,
        variant=entity.variant,
        tags=listed(entity.tags),
    )
    for resource in Resource:
        if offers(call.vehicle, entity, resource):
            body[str(resource)] = call.link(resource)
    return Answer(body=body | _relation_links(call))


async def list_relation(call: Call) -> Answer:
    """GET of a relation collection."""
    key, tree = call.entity.key, call.tree
    match call.segments[-1]:
        case "subareas" | "subcomponents":
            found = tree.children(key)
            return call.with_schema(_references(call, found), _references_schema)
        case "related-components" | "contains":
            found = tree.contained(key)
        case "related-apps" | "hosts":
            found = tree.hosted(key)
        case _:
            found = tree.known(call.entity.depends_on)
    return Answer(body=_references(call, found))


def _relation_links(call: Call) -> JsonObject:
    entity, tree, key = call.entity, call.tree, call.entity.key
    if key.collection is Collection.SERVER:
        return {str(name): call.link(name) for name in Collection if name}
    present = {
        "subareas": tree.children(key),
        "subcomponents": tree.children(key),
        "contains": tree.contained(key),
        "hosts": tree.hosted(key),
        "depends-on": tree.known(entity.depends_on),
    }
    links: JsonObject = {
        name: call.link(name) for name, found in present.items() if found and (key.collection, name) in RELATIONS
    }
    if entity.host is not None:
        links["is-located-on"] = call.links.entity(entity.host)
    if entity.area is not None:
        links["belongs-to"] = call.links.entity(entity.area)
    return links


def _references(call: Call, entities: Iterable[Entity]) -> JsonObject:
    return {
        "items": [
            filled(
                id=entity.key.entity_id,
                name=entity.name,
                href=call.links.entity(entity),
                translation_id=entity.translation_id,
                tags=listed(entity.tags),
            )
            for entity in entities
            if call.wants_tags(entity.tags)
        ]
    }


def _references_schema() -> documents.Schema:
    return documents.list_of(documents.ENTITY_REFERENCE)
