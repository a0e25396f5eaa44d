"""Faults (ISO 17978-3, 7.8): list with filters, one with its environment data, clear one or all."""

import re

from app.domain.json_values import JsonObject
from app.protocols.sovd import documents
from app.protocols.sovd.fault_status import matches_status
from app.protocols.sovd.sovd_errors import bad_request, invalid_parameter, resource_unknown
from app.sovd_server.backend import FaultMemory
from app.sovd_server.backend_values import Fault, FaultQuery
from app.sovd_server.call import Answer, Call, filled, listed

_STATUS_KEY = re.compile(r"status\[([^\]]+)\]")


def _memory(call: Call) -> FaultMemory:
    memory = call.vehicle.backend.faults
    if memory is None:
        raise resource_unknown("faults")
    return memory


async def list_faults(call: Call) -> Answer:
    """GET faults. `severity=n` gives faults below n; status keys and values are OR-ed."""
    query = FaultQuery(scope=await _scope(call), status=_status_filters(call))
    below = _severity(call)
    items = [
        _fault_body(call, fault)
        for fault in await _memory(call).faults(call.entity.key, query, call.asking)
        if matches_status(fault.status, query.status)
        and (query.scope is None or fault.scope is None or fault.scope.lower() == query.scope.lower())
        and (below is None or (fault.severity is not None and fault.severity < below))
        and call.wants_tags(fault.tags)
    ]
    return call.with_schema({"items": items}, lambda: documents.list_of(documents.FAULT))


async def show_fault(call: Call) -> Answer:
    """GET of one fault."""
    detail = await _memory(call).fault(call.entity.key, call.params["fault-code"], call.asking)
    body = filled(item=_fault_body(call, detail.fault), environment_data=detail.environment_data)
    if detail.errors:
        body["errors"] = [error.as_json() for error in detail.errors]
    return call.with_schema(body, lambda: documents.FAULT_DETAIL)


async def clear_faults(call: Call) -> Answer:
    """DELETE of all faults, or of a scope."""
    await _memory(call).clear_faults(call.entity.key, await _scope(call), call.asking)
    return Answer(status=204)


async def clear_fault(call: Call) -> Answer:
    """DELETE of one fault. It has no scope: a scope that is given would be ignored, so it is refused."""
    if "scope" in call.query:
        raise bad_request("A single fault is cleared without a scope.")
    await _memory(call).clear_fault(call.entity.key, call.params["fault-code"], call.asking)
    return Answer(status=204)


def _fault_body(call: Call, fault: Fault) -> JsonObject:
    return filled(
        code=fault.code,
        fault_name=fault.name,
        scope=fault.scope,
        display_code=fault.display_code,
        severity=fault.severity,
        status=dict(fault.status) or None,
        symptom=fault.symptom,
        tags=listed(fault.tags),
        href=call.link("faults", fault.code),
    )


async def _scope(call: Call) -> str | None:
    scope = call.query.get("scope")
    if scope is None:
        return None
    known = await _memory(call).fault_scopes(call.entity.key, call.asking)
    for name in known:
        if name.lower() == scope.lower():
            return name
    raise invalid_parameter(f"There is no fault scope {scope}.", possiblevalues=list(known))


def _status_filters(call: Call) -> dict[str, tuple[str, ...]]:
    filters: dict[str, tuple[str, ...]] = {}
    for name in call.query:
        key = _STATUS_KEY.fullmatch(name)
        if key is not None:
            filters[key.group(1)] = tuple(call.query.getlist(name))
    return filters


def _severity(call: Call) -> int | None:
    text = call.query.get("severity")
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise bad_request("The query parameter severity is a whole number.") from error
