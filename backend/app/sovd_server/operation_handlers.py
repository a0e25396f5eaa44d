"""Operations and their executions (ISO 17978-3, 7.14). The server names and remembers executions."""

from app.domain.json_values import JsonObject
from app.protocols.sovd import documents
from app.protocols.sovd.sovd_errors import (
    SovdRefusal,
    VendorCode,
    invalid_parameter,
    overloaded,
    resource_unknown,
    vendor_error,
)
from app.sovd_server.backend import Operations
from app.sovd_server.backend_values import Asking, ControlRequest, OperationInfo
from app.sovd_server.call import Answer, Call, filled, listed, optional_seconds, text_member
from app.sovd_server.execution_book import Execution
from app.sovd_server.served_vehicle import new_id

_STOP = "stop"


def _operations(call: Call) -> Operations:
    operations = call.vehicle.backend.operations
    if operations is None:
        raise resource_unknown("operations")
    return operations


async def operation_of(call: Call, operation_id: str) -> OperationInfo:
    """One operation of the entity. Raises SovdRefusal 404."""
    for operation in await _operations(call).operations(call.entity.key, call.asking):
        if operation.operation_id == operation_id:
            return operation
    raise resource_unknown(f"operation {operation_id}")


async def list_operations(call: Call) -> Answer:
    """GET operations."""
    with_proof = call.flag("include-proximity-proof", default=True)
    items = [
        _operation_body(call, operation)
        for operation in await _operations(call).operations(call.entity.key, call.asking)
        if call.wants_tags(operation.tags) and (with_proof or not operation.proximity_proof_required)
    ]
    return call.with_schema({"items": items}, lambda: documents.list_of(documents.OPERATION))


async def show_operation(call: Call) -> Answer:
    """GET of one operation."""
    operation = await operation_of(call, call.params["operation-id"])
    body: JsonObject = {"item": _operation_body(call, operation)}
    if operation.modes is not None:
        body["modes"] = dict(operation.modes)
    return call.with_schema(body, lambda: documents.OPERATION_DETAIL)


def _operation_body(call: Call, operation: OperationInfo) -> JsonObject:
    return filled(
        id=operation.operation_id,
        name=operation.name,
        proximity_proof_required=operation.proximity_proof_required,
        asynchronous_execution=operation.asynchronous,
        translation_id=operation.translation_id,
        tags=listed(operation.tags),
        href=call.link("operations", operation.operation_id),
    )


async def list_executions(call: Call) -> Answer:
    """GET executions: their ids."""
    operation = await operation_of(call, call.params["operation-id"])
    kept = call.vehicle.executions.of((call.entity.key, operation.operation_id))
    return Answer(body={"items": [execution.execution_id for execution in kept]})


async def start_execution(call: Call) -> Answer:
    """POST executions: 200 with the result of a synchronous operation, 202 when an asynchronous one is triggered."""
    operation = await operation_of(call, call.params["operation-id"])
    body = await call.json(optional=True)
    timeout = optional_seconds(body, "timeout", call.vehicle.settings.longest_execution_s)
    await _refuse_second(call, operation)
    if operation.asynchronous:
        return await _start(call, operation, body, timeout)
    return await _run(call, operation, body)


async def _refuse_second(call: Call, operation: OperationInfo) -> None:
    if operation.parallel:
        return
    key = (call.entity.key, operation.operation_id)
    for execution in call.vehicle.executions.of(key):
        if execution.is_running:
            await _look(call, execution)
    # asked for again: another client may have started one while we looked
    running = [kept.execution_id for kept in call.vehicle.executions.of(key) if kept.is_running]
    if running:
        message = "The operation is still executing; wait for its end, or delete the execution."
        raise SovdRefusal(409, vendor_error(VendorCode.STILL_RUNNING, message, executions=running))


async def _run(call: Call, operation: OperationInfo, body: JsonObject) -> Answer:
    execution = _remember(call, operation)
    try:
        result = await _operations(call).run(
            call.entity.key, operation.operation_id, body.get("parameters"), call.asking
        )
    finally:
        call.vehicle.executions.forget(execution)
    answer: JsonObject = {"parameters": result.parameters}
    if result.error is not None:
        answer["error"] = result.error.as_json()
    return Answer(body=answer)


async def _start(call: Call, operation: OperationInfo, body: JsonObject, timeout: int | None) -> Answer:
    execution = _remember(call, operation)
    try:
        state = await _operations(call).start(
            call.entity.key, operation.operation_id, execution.execution_id, body.get("parameters"), call.asking
        )
    except BaseException:
        call.vehicle.executions.forget(execution)
        raise
    execution.saw(state)
    _stop_after(call, execution, timeout)
    return _accepted(call, execution)


def _remember(call: Call, operation: OperationInfo) -> Execution:
    execution = Execution(
        execution_id=new_id(), operation=(call.entity.key, operation.operation_id), capability="execute"
    )
    if not call.vehicle.executions.add(execution):
        raise overloaded("Too many operations of this vehicle are executing.")
    return execution


def _accepted(call: Call, execution: Execution) -> Answer:
    below = ("operations", execution.operation[1], "executions", execution.execution_id)
    body: JsonObject = {"id": execution.execution_id}
    if execution.state is not None:
        body["status"] = str(execution.state.status)
    return Answer(status=202, body=body, headers={"Location": call.location(*below)})


def _stop_after(call: Call, execution: Execution, timeout: int | None) -> None:
    """Run capability stop when the time is over; a new control request replaces the time that was set before."""
    if execution.timeout is not None:
        execution.timeout.cancel()
        execution.timeout = None
    if timeout is None or not execution.is_running:
        return
    operations, settings = _operations(call), call.vehicle.settings
    entity, operation_id = execution.operation
    due_at = call.now() + timeout
    asking = Asking(caller=call.asking.caller, deadline=due_at + settings.answer_within_s)

    async def stop() -> None:
        execution.capability = _STOP
        execution.saw(await operations.stop(entity, operation_id, execution.execution_id, asking))

    execution.timeout = call.vehicle.due.at(due_at, stop)


def _execution(call: Call) -> Execution:
    execution_id = call.params["execution-id"]
    found = call.vehicle.executions.find((call.entity.key, call.params["operation-id"]), execution_id)
    if found is None:
        raise resource_unknown(f"execution {execution_id}")
    return found


async def _look(call: Call, execution: Execution) -> None:
    """Ask how a running execution stands."""
    if execution.state is not None:
        _, operation_id = execution.operation
        execution.saw(
            await _operations(call).execution(call.entity.key, operation_id, execution.execution_id, call.asking)
        )


async def show_execution(call: Call) -> Answer:
    """GET of an execution."""
    execution = _execution(call)
    if execution.is_running:
        await _look(call, execution)
    body: JsonObject = {"capability": execution.capability, "status": "running"}
    state = execution.state
    if state is not None:
        body["status"] = str(state.status)
        body |= filled(parameters=state.parameters)
        if state.errors:
            body["error"] = [error.as_json() for error in state.errors]
    operation = await operation_of(call, call.params["operation-id"])
    return call.with_schema(body, lambda: documents.execution_state(dict(operation.result_schema)))


async def control_execution(call: Call) -> Answer:
    """PUT of an execution: a capability that the operation has, or `stop`."""
    execution = _execution(call)
    operation = await operation_of(call, call.params["operation-id"])
    body = await call.json()
    capability = text_member(body, "capability")
    known = (*operation.capabilities, _STOP)
    if capability not in known:
        raise invalid_parameter(f"The operation has no capability {capability}.", possiblevalues=list(known))
    timeout = optional_seconds(body, "timeout", call.vehicle.settings.longest_execution_s)
    if capability == _STOP:
        await _stop(call, execution)
    else:
        request = ControlRequest(capability=capability, parameters=body.get("parameters"))
        execution.saw(
            await _operations(call).control(
                call.entity.key, operation.operation_id, execution.execution_id, request, call.asking
            )
        )
    execution.capability = capability
    _stop_after(call, execution, timeout)
    return _accepted(call, execution)


async def delete_execution(call: Call) -> Answer:
    """DELETE of an execution: stop it and forget it. A body is accepted and may be missing."""
    execution = _execution(call)
    await call.json(optional=True)
    if execution.is_running:
        await _stop(call, execution)
    call.vehicle.executions.forget(execution)
    return Answer(status=204)


async def _stop(call: Call, execution: Execution) -> None:
    execution.saw(
        await _operations(call).stop(call.entity.key, execution.operation[1], execution.execution_id, call.asking)
    )
