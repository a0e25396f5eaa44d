"""Status (ISO 17978-3, 7.19: start, restart, shutdown) and clear-data (7.13)."""

from app.domain.json_values import JsonObject
from app.protocols.sovd import documents
from app.protocols.sovd.sovd_errors import (
    SovdRefusal,
    VendorCode,
    precondition_not_fulfilled,
    resource_unknown,
    vendor_error,
)
from app.sovd_server.backend import DataClearing, Status
from app.sovd_server.backend_values import Asking, ClearableData, StatusAction
from app.sovd_server.call import Answer, Call
from app.sovd_server.entity_tree import EntityKey
from app.sovd_server.error_answers import refusal_of
from app.sovd_server.moment_texts import utc_text
from app.sovd_server.served_vehicle import ServedVehicle


def _status(call: Call) -> Status:
    status = call.vehicle.backend.status
    if status is None:
        raise resource_unknown("status")
    return status


async def show_status(call: Call) -> Answer:
    """GET status, with links to what can be asked for."""
    found = await _status(call).status(call.entity.key, call.asking)
    body: JsonObject = {"status": "ready" if found.ready else "notReady"}
    return Answer(
        body=body | {str(action): call.link("status", action) for action in StatusAction if action in found.actions}
    )


async def change_status(call: Call) -> Answer:
    """PUT of an action: 202 says that it has begun. A body is accepted and may be missing."""
    action = StatusAction(call.segments[-1])
    found = await _status(call).status(call.entity.key, call.asking)
    if action not in found.actions:
        raise resource_unknown(f"action {action}")
    if action is StatusAction.START and found.ready:
        raise precondition_not_fulfilled("The entity has already started.")
    body = await call.json(optional=True)
    await _status(call).change_status(call.entity.key, action, body.get("parameters"), call.asking)
    return Answer(status=202, headers={"Location": call.location("status")})


def _clearing(call: Call) -> DataClearing:
    clearing = call.vehicle.backend.clearing
    if clearing is None:
        raise resource_unknown("clear-data")
    return clearing


async def show_clearable(call: Call) -> Answer:
    """GET clear-data: links."""
    kinds = await _clearing(call).clearable(call.entity.key, call.asking)
    body: JsonObject = {"status": call.link("clear-data", "status")}
    return Answer(body=body | {str(kind): call.link("clear-data", kind) for kind in kinds})


async def show_clearing(call: Call) -> Answer:
    """GET of how the last clearing went."""
    body = dict(call.vehicle.clearing.get(call.entity.key, {"status": "notRequested"}))
    return call.with_schema(body, lambda: documents.CLEARING)


async def clear_data(call: Call) -> Answer:
    """PUT of a kind of data: clears it behind the scenes, one task at a time per entity."""
    kind, vehicle, key = ClearableData(call.segments[-1]), call.vehicle, call.entity.key
    clearing = _clearing(call)
    if kind not in await clearing.clearable(key, call.asking):
        raise resource_unknown(f"{kind} to clear")
    await call.json(optional=True)
    if vehicle.clearing.get(key, {}).get("status") == "running":
        raise SovdRefusal(409, vendor_error(VendorCode.STILL_RUNNING, "A clearing task is still running."))
    started: JsonObject = {"type": str(kind), "last_started": utc_text(vehicle.settings.now())}
    vehicle.clearing[key] = started | {"status": "running", "progress": 0}
    asking = Asking(caller=call.asking.caller, deadline=call.now() + vehicle.settings.answer_within_s)

    async def clear() -> None:
        try:
            await clearing.clear_data(key, kind, asking)
        except Exception as error:  # noqa: BLE001 - nobody waits for it: the failure is what its status shows
            vehicle.clearing[key] = started | {"status": "failed", "error": [refusal_of(error).generic.as_json()]}
            return
        if kind is ClearableData.CLIENT_DEFINED_RESOURCES:
            _drop_client_defined(vehicle, key)
        vehicle.clearing[key] = started | {"status": "completed", "progress": 100}

    vehicle.due.at(call.now(), clear)
    return Answer(status=202, headers={"Location": call.location("clear-data", "status")})


def _drop_client_defined(vehicle: ServedVehicle, key: EntityKey) -> None:
    """Data lists and subscriptions that clients made on an entity."""
    for list_id in [list_id for list_id, (entity, _) in vehicle.data_lists.items() if entity == key]:
        del vehicle.data_lists[list_id]
    vehicle.subscriptions.clear(key)
