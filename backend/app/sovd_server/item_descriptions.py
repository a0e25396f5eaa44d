"""What a capability description says of this very vehicle: schemas of values, limits, choices, defaults."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd import documents as doc
from app.protocols.sovd.capability_description import with_answer
from app.protocols.sovd.fault_status import STATUS_KEYS
from app.protocols.sovd.operation_documents import BYTES, OPERATION_DOCUMENTS, Key, OperationDocument
from app.sovd_server.backend_values import Configuration, DataItem, Mode, OperationInfo
from app.sovd_server.call import Call
from app.sovd_server.entity_tree import Resource

_DATA, _MODE = "/{e}/data/{data-id}", "/{e}/modes/{mode-id}"
_CONFIGURATION, _OPERATION = "/{e}/configurations/{configuration-id}", "/{e}/operations/{operation-id}"
_EXECUTIONS = f"{_OPERATION}/executions"
_EXECUTION = f"{_EXECUTIONS}/{{execution-id}}"

Documents = Mapping[Key, OperationDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDescription:
    """One item of a collection: its id, the operations it has, and what stands beside them."""

    item_id: str
    documents: Documents
    extras: Mapping[Key, Mapping[str, JsonValue]] = field(default_factory=lambda: MappingProxyType({}))
    path_extras: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))


async def described_items(call: Call, resource: Resource | None) -> tuple[ItemDescription, ...] | None:
    """The items of a collection; None for collections whose items come and go."""
    describe = _DESCRIBE.get(resource) if resource is not None else None
    return None if describe is None else await describe(call)


async def _data(call: Call) -> tuple[ItemDescription, ...]:
    source = call.vehicle.backend.data
    items = await source.data_items(call.entity.key, call.asking) if source is not None else ()
    return tuple(_data_item(item) for item in items)


def _data_item(item: DataItem) -> ItemDescription:
    documents = _readable(_DATA, doc.read_value(dict(item.schema)))
    if item.writable:
        documents |= _writable(_DATA, dict(item.schema))
    return ItemDescription(
        item_id=item.data_id,
        documents=documents,
        path_extras={"x-sovd-name": item.name, "x-sovd-data-category": item.category},
    )


async def _configurations(call: Call) -> tuple[ItemDescription, ...]:
    source = call.vehicle.backend.configurations
    items = await source.configurations(call.entity.key, call.asking) if source is not None else ()
    return tuple(_configuration(item) for item in items)


def _configuration(item: Configuration) -> ItemDescription:
    schema = dict(item.schema)
    documents = _readable(_CONFIGURATION, BYTES if item.is_bulk else doc.read_value(schema))
    if item.writable and item.is_bulk:
        key = ("PUT", _CONFIGURATION)
        documents[key] = replace(OPERATION_DOCUMENTS[key], body=BYTES)
    elif item.writable:
        documents |= _writable(_CONFIGURATION, schema)
    return ItemDescription(item_id=item.configuration_id, documents=documents, path_extras={"x-sovd-name": item.name})


async def _modes(call: Call) -> tuple[ItemDescription, ...]:
    source = call.vehicle.backend.modes
    items = await source.modes(call.entity.key, call.asking) if source is not None else ()
    return tuple(_mode(item) for item in items)


def _mode(mode: Mode) -> ItemDescription:
    value: JsonObject = {**(doc.one_of(*mode.values) if mode.values else {}), "default": mode.default}
    seconds: JsonObject = {"type": "integer", "minimum": 1, "maximum": mode.longest_s}
    key = ("PUT", _MODE)
    body = doc.record({"value": value, "mode_expiration": seconds})
    documents = _readable(_MODE, doc.mode_detail()) | {key: replace(OPERATION_DOCUMENTS[key], body=body)}
    return ItemDescription(item_id=mode.mode_id, documents=documents, path_extras={"x-sovd-name": mode.name})


async def _operations(call: Call) -> tuple[ItemDescription, ...]:
    source = call.vehicle.backend.operations
    items = await source.operations(call.entity.key, call.asking) if source is not None else ()
    return tuple(_operation(item) for item in items)


def _operation(item: OperationInfo) -> ItemDescription:
    get, start = ("GET", _OPERATION), ("POST", _EXECUTIONS)
    result, parameters = dict(item.result_schema), dict(item.parameters_schema)
    seconds: JsonObject = {"type": "integer", "minimum": 1}
    body = doc.record({}, {"timeout": seconds, "parameters": parameters, "proximity_response": doc.STRING})
    dropped = 200 if item.asynchronous else 202
    answers = {status: schema for status, schema in OPERATION_DOCUMENTS[start].answers.items() if status != dropped}
    if not item.asynchronous:
        answers[200] = doc.operation_result(result)
    documents: dict[Key, OperationDocument] = {
        get: OPERATION_DOCUMENTS[get],
        ("GET", _EXECUTIONS): OPERATION_DOCUMENTS["GET", _EXECUTIONS],
        start: replace(OPERATION_DOCUMENTS[start], body=body, answers=answers),
    }
    extras: dict[Key, Mapping[str, JsonValue]] = {get: {"x-sovd-asynchronous-execution": item.asynchronous}}
    if item.asynchronous:
        documents |= {(method, _EXECUTION): OPERATION_DOCUMENTS[method, _EXECUTION] for method in ("PUT", "DELETE")}
        documents |= _readable(_EXECUTION, doc.execution_state(result))
        extras["PUT", _EXECUTION] = {"x-sovd-capabilities": [*item.capabilities, "stop"]}
    path_extras: dict[str, JsonValue] = {"x-sovd-name": item.name}
    if item.proximity_proof_required:
        path_extras["x-sovd-proximity-proof-required"] = True
    return ItemDescription(item_id=item.operation_id, documents=documents, extras=extras, path_extras=path_extras)


_DESCRIBE: Mapping[Resource, Callable[[Call], Awaitable[tuple[ItemDescription, ...]]]] = {
    Resource.DATA: _data,
    Resource.CONFIGURATIONS: _configurations,
    Resource.MODES: _modes,
    Resource.OPERATIONS: _operations,
}


def _readable(template: str, schema: doc.Schema) -> dict[Key, OperationDocument]:
    key = ("GET", template)
    return {key: with_answer(OPERATION_DOCUMENTS[key], 200, schema)}


def _writable(template: str, schema: doc.Schema) -> dict[Key, OperationDocument]:
    key = ("PUT", template)
    body = doc.record({"data": schema}, {"signature": doc.STRING})
    return {key: replace(OPERATION_DOCUMENTS[key], body=body)}


async def tuned_documents(call: Call, resource: Resource | None) -> Documents:
    """Documents that state limits and choices of this server and entity, instead of the general ones."""
    match resource:
        case Resource.FAULTS:
            return await _fault_documents(call)
        case Resource.LOCKS:
            return _lock_documents(call)
        case Resource.CYCLIC_SUBSCRIPTIONS:
            return _subscription_documents(call)
        case Resource.BULK_DATA:
            return await _bulk_documents(call)
    return {}


async def _fault_documents(call: Call) -> Documents:
    memory = call.vehicle.backend.faults
    scopes = await memory.fault_scopes(call.entity.key, call.asking) if memory is not None else ()
    scope = {"scope": doc.one_of(*scopes)} if scopes else {}
    filters = {f"status[{key}]": doc.one_of("0", "1") for key in STATUS_KEYS}
    listing, clearing = OPERATION_DOCUMENTS["GET", "/{e}/faults"], OPERATION_DOCUMENTS["DELETE", "/{e}/faults"]
    return {
        ("GET", "/{e}/faults"): replace(listing, query={**listing.query, **scope, **filters}),
        ("DELETE", "/{e}/faults"): replace(clearing, query=scope),
    }


def _lock_documents(call: Call) -> Documents:
    seconds: JsonObject = {"type": "integer", "minimum": 1, "maximum": call.vehicle.settings.longest_lock_s}
    names = tuple(call.entity.lock_scopes)
    scopes: JsonObject = {"type": "array", "items": doc.one_of(*names) if names else doc.STRING}
    take, extend = ("POST", "/{e}/locks"), ("PUT", "/{e}/locks/{lock-id}")
    body = doc.record({"lock_expiration": seconds}, {"break_lock": doc.BOOLEAN, "scopes": scopes})
    return {
        take: replace(OPERATION_DOCUMENTS[take], body=body),
        extend: replace(OPERATION_DOCUMENTS[extend], body=doc.record({"lock_expiration": seconds})),
    }


def _subscription_documents(call: Call) -> Documents:
    settings = call.vehicle.settings
    interval = doc.one_of(*settings.intervals_s)
    seconds: JsonObject = {"type": "integer", "minimum": 1, "maximum": settings.longest_subscription_s}
    key = ("POST", "/{e}/cyclic-subscriptions")
    body = doc.record({"resource": doc.URI, "interval": interval, "duration": seconds}, {"protocol": doc.one_of("sse")})
    return {key: replace(OPERATION_DOCUMENTS[key], body=body)}


async def _bulk_documents(call: Call) -> Documents:
    bulk = call.vehicle.backend.bulk_data
    names = await bulk.bulk_categories(call.entity.key, call.asking) if bulk is not None else ()
    key = ("GET", "/{e}/bulk-data")
    schema = doc.list_of({"type": "string", "examples": list(names)})
    return {key: with_answer(OPERATION_DOCUMENTS[key], 200, schema)}
