"""Which operations this server offers, and by which handler. The table in docs/reference counts them from here."""

from collections.abc import Awaitable, Callable, Mapping

from app.protocols.sovd.operations import OPERATIONS, SovdOperation
from app.sovd_server import (
    data_handlers,
    discovery,
)
from app.sovd_server.call import Answer, Call
from app.sovd_server.entity_tree import Resource
from app.sovd_server.routing import BASE, ENTITIES, ENTITY, RELATIONS

Handler = Callable[[Call], Awaitable[Answer]]
Key = tuple[str, str]

_DISCOVERY: Mapping[Key, Handler] = {
    ("GET", BASE): discovery.show_entity,
    ("GET", ENTITY): discovery.show_entity,
    ("GET", ENTITIES): discovery.list_entities,
    **{("GET", template): discovery.list_relation for template in RELATIONS.values()},
}
_DATA: Mapping[Key, Handler] = {
    ("GET", "/{e}/data-categories"): data_handlers.list_categories,
    ("GET", "/{e}/data-groups"): data_handlers.list_groups,
    ("GET", "/{e}/data"): data_handlers.list_data,
    ("GET", "/{e}/data/{data-id}"): data_handlers.read_data,
    ("PUT", "/{e}/data/{data-id}"): data_handlers.write_data,
    ("GET", "/{e}/data-lists"): data_handlers.list_data_lists,
    ("POST", "/{e}/data-lists"): data_handlers.make_data_list,
    ("GET", "/{e}/data-lists/{data-list-id}"): data_handlers.read_data_list,
    ("DELETE", "/{e}/data-lists/{data-list-id}"): data_handlers.delete_data_list,
}

HANDLERS: Mapping[Key, Handler] = {**_DISCOVERY, **_DATA}
"""By method and template. Templates that are none of the standard's are our additions (base URI, relations, events)."""

TEMPLATES = tuple(dict.fromkeys([operation.path for operation in OPERATIONS] + [path for _, path in HANDLERS]))
"""All paths that mean something, whether offered or not."""

_DECLARED_501 = {("POST", "/{e}/data-lists"), ("POST", "/{e}/triggers"), ("POST", "/{e}/cyclic-subscriptions")}
"""Where the standard declares 501 for what is not supported; everywhere else a missing collection is a 404."""

_RESOURCE_OF = {"data-categories": Resource.DATA, "data-groups": Resource.DATA}


def is_offered(operation: SovdOperation) -> bool:
    """Whether the server has this operation (where the entity has the resource)."""
    return (operation.method, operation.path) in HANDLERS


def refusal_status(method: str, template: str) -> int:
    """The status of an operation on a collection that is not offered."""
    return 501 if (method, template) in _DECLARED_501 else 404


def methods_of(template: str) -> tuple[str, ...]:
    """The methods that a path has, for `Allow`."""
    return tuple(method for method, path in HANDLERS if path == template)


def resource_of(template: str) -> Resource | None:
    """The resource collection that a template belongs to; None: to an entity, or to a collection we never offer."""
    if not template.startswith("/{e}/"):
        return None
    name = template.split("/")[2]
    if name in _RESOURCE_OF:
        return _RESOURCE_OF[name]
    return Resource(name) if name in set(Resource) else None
