"""Which operations this server offers, and by which handler. The table in docs/reference counts them from here."""

from collections.abc import Awaitable, Callable, Mapping

from app.protocols.sovd.operations import OPERATIONS, SovdOperation
from app.sovd_server import (
    bulk_handlers,
    configuration_handlers,
    data_handlers,
    discovery,
    docs_handlers,
    fault_handlers,
    lock_handlers,
    log_handlers,
    mode_handlers,
    operation_handlers,
    status_handlers,
    subscription_handlers,
)
from app.sovd_server.backend_values import ClearableData, StatusAction
from app.sovd_server.call import Answer, Call
from app.sovd_server.routing import BASE, DOCS, ENTITIES, ENTITY, EVENTS, RELATIONS

Handler = Callable[[Call], Awaitable[Answer]]
Key = tuple[str, str]

_DISCOVERY: Mapping[Key, Handler] = {
    ("GET", BASE): discovery.show_entity,
    ("GET", ENTITY): discovery.show_entity,
    ("GET", ENTITIES): discovery.list_entities,
    ("GET", DOCS): docs_handlers.show_docs,
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
_FAULTS: Mapping[Key, Handler] = {
    ("GET", "/{e}/faults"): fault_handlers.list_faults,
    ("DELETE", "/{e}/faults"): fault_handlers.clear_faults,
    ("GET", "/{e}/faults/{fault-code}"): fault_handlers.show_fault,
    ("DELETE", "/{e}/faults/{fault-code}"): fault_handlers.clear_fault,
}
_EXECUTIONS = "/{e}/operations/{operation-id}/executions"
_OPERATIONS: Mapping[Key, Handler] = {
    ("GET", "/{e}/operations"): operation_handlers.list_operations,
    ("GET", "/{e}/operations/{operation-id}"): operation_handlers.show_operation,
    ("GET", _EXECUTIONS): operation_handlers.list_executions,
    ("POST", _EXECUTIONS): operation_handlers.start_execution,
    ("GET", f"{_EXECUTIONS}/{{execution-id}}"): operation_handlers.show_execution,
    ("PUT", f"{_EXECUTIONS}/{{execution-id}}"): operation_handlers.control_execution,
    ("DELETE", f"{_EXECUTIONS}/{{execution-id}}"): operation_handlers.delete_execution,
}
_MODES: Mapping[Key, Handler] = {
    ("GET", "/{e}/modes"): mode_handlers.list_modes,
    ("GET", "/{e}/modes/{mode-id}"): mode_handlers.show_mode,
    ("PUT", "/{e}/modes/{mode-id}"): mode_handlers.set_mode,
}
_CONFIGURATIONS: Mapping[Key, Handler] = {
    ("GET", "/{e}/configurations"): configuration_handlers.list_configurations,
    ("GET", "/{e}/configurations/{configuration-id}"): configuration_handlers.read_configuration,
    ("PUT", "/{e}/configurations/{configuration-id}"): configuration_handlers.write_configuration,
}
_LOCKS: Mapping[Key, Handler] = {
    ("GET", "/{e}/locks"): lock_handlers.list_locks,
    ("POST", "/{e}/locks"): lock_handlers.take_lock,
    ("GET", "/{e}/locks/{lock-id}"): lock_handlers.show_lock,
    ("PUT", "/{e}/locks/{lock-id}"): lock_handlers.extend_lock,
    ("DELETE", "/{e}/locks/{lock-id}"): lock_handlers.release_lock,
}
_LOGS: Mapping[Key, Handler] = {
    ("GET", "/{e}/logs"): log_handlers.show_logs,
    ("GET", "/{e}/logs/entries"): log_handlers.list_entries,
    ("GET", "/{e}/logs/config"): log_handlers.show_config,
    ("PUT", "/{e}/logs/config"): log_handlers.set_config,
    ("DELETE", "/{e}/logs/config"): log_handlers.reset_config,
}
_BULK_DATA: Mapping[Key, Handler] = {
    ("GET", "/{e}/bulk-data"): bulk_handlers.list_categories,
    ("GET", "/{e}/bulk-data/{category}"): bulk_handlers.list_items,
    ("POST", "/{e}/bulk-data/{category}"): bulk_handlers.upload,
    ("DELETE", "/{e}/bulk-data/{category}"): bulk_handlers.delete_items,
    ("GET", "/{e}/bulk-data/{category}/{bulk-data-id}"): bulk_handlers.download,
    ("DELETE", "/{e}/bulk-data/{category}/{bulk-data-id}"): bulk_handlers.delete_item,
}
_SUBSCRIPTIONS: Mapping[Key, Handler] = {
    ("GET", "/{e}/cyclic-subscriptions"): subscription_handlers.list_subscriptions,
    ("POST", "/{e}/cyclic-subscriptions"): subscription_handlers.subscribe,
    ("GET", "/{e}/cyclic-subscriptions/{id}"): subscription_handlers.show_subscription,
    ("PUT", "/{e}/cyclic-subscriptions/{id}"): subscription_handlers.change_subscription,
    ("DELETE", "/{e}/cyclic-subscriptions/{id}"): subscription_handlers.unsubscribe,
    ("GET", EVENTS): subscription_handlers.stream_events,
}
_STATUS: Mapping[Key, Handler] = {
    ("GET", "/{e}/status"): status_handlers.show_status,
    **{("PUT", f"/{{e}}/status/{action}"): status_handlers.change_status for action in StatusAction},
    ("GET", "/{e}/clear-data"): status_handlers.show_clearable,
    ("GET", "/{e}/clear-data/status"): status_handlers.show_clearing,
    **{("PUT", f"/{{e}}/clear-data/{kind}"): status_handlers.clear_data for kind in ClearableData},
}

HANDLERS: Mapping[Key, Handler] = {
    **_DISCOVERY,
    **_DATA,
    **_FAULTS,
    **_OPERATIONS,
    **_MODES,
    **_CONFIGURATIONS,
    **_LOCKS,
    **_LOGS,
    **_BULK_DATA,
    **_SUBSCRIPTIONS,
    **_STATUS,
}
"""By method and template. Templates that are none of the standard's are our additions (base URI, relations, events)."""

TEMPLATES = tuple(dict.fromkeys([operation.path for operation in OPERATIONS] + [path for _, path in HANDLERS]))
"""All paths that mean something, whether offered or not."""

_DECLARED_501 = {("POST", "/{e}/data-lists"), ("POST", "/{e}/triggers"), ("POST", "/{e}/cyclic-subscriptions")}
"""Where the standard declares 501 for what is not supported; everywhere else a missing collection is a 404."""


def is_offered(operation: SovdOperation) -> bool:
    """Whether the server has this operation (where the entity has the resource)."""
    return (operation.method, operation.path) in HANDLERS


def refusal_status(method: str, template: str) -> int:
    """The status of an operation on a collection that is not offered."""
    return 501 if (method, template) in _DECLARED_501 else 404


def methods_of(template: str) -> tuple[str, ...]:
    """The methods that a path has, for `Allow`."""
    return tuple(method for method, path in HANDLERS if path == template)
