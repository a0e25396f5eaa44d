"""RoutineControl on a vehicle with its own SOVD server: operations, and their executions followed to the end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from app.connectors.answer_parts import final, utc_now
from app.connectors.port import Progress, ResponseChunk
from app.connectors.sovd_calls import SovdAnswer, SovdCall
from app.connectors.sovd_job import Answer, SovdJob
from app.connectors.sovd_knowledge import Entity
from app.connectors.sovd_locks import EntityLock
from app.connectors.sovd_outcomes import ran_and_failed, without_secret
from app.connectors.sovd_pace import pause, waits
from app.connectors.sovd_sessions import EntitySession, provider_for
from app.domain.errors import (
    CommandNotSupported,
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.json_values import JsonObject
from app.protocols.sovd.links import below, follow
from app.protocols.sovd.reading import as_object, created_id, ids_of, last_segment
from app.protocols.sovd.reading_executions import (
    Execution,
    ExecutionStatus,
    Operation,
    is_still_running,
    read_execution,
    read_operations,
    read_synchronous_start,
)

_PASSING = (VehicleTimeout, VehicleConnectionLost, VehicleUnreachable)
_FINISHED = frozenset({ExecutionStatus.COMPLETED, ExecutionStatus.FAILED, ExecutionStatus.STOPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Routine:
    """What is controlled, and the way to it."""

    job: SovdJob
    entity: Entity
    operation: Operation
    session: EntitySession

    @property
    def executions(self) -> str:
        """Where its executions are."""
        return executions_uri(self.entity, self.operation)

    def about(self, execution_uri: str | None = None) -> JsonObject:
        """What every payload and error tells."""
        about: JsonObject = {"routineId": self.job.params["routineId"], "action": self.job.params["action"]}
        about |= {"operation": self.operation.operation_id, "name": self.operation.name, **self.entity.names()}
        return about if execution_uri is None else {**about, "executionId": last_segment(execution_uri)}


def _told(state: Execution) -> JsonObject:
    """The state in the server's words, and in those that answers over UDS use too."""
    return {
        "executionStatus": str(state.status),
        "routineState": "ended" if state.status in _FINISHED else "running",
    }


async def routine_control(job: SovdJob) -> Answer:
    """Start an operation and follow it to its end, stop its last execution, or read that one's results."""
    provider = provider_for(job)
    if job.params.get("raw") is not None:
        raise CommandNotSupported(
            "A SOVD server takes the parameters of a routine by name: give parameters instead of raw. Nothing was sent."
        )
    entity = await job.directory.one(job.params)
    operation = await operation_called(job, entity, str(job.params["routineId"]))
    act = {"start": _start, "stop": _stop, "results": _results}[str(job.params["action"])]
    async with EntityLock(job.calls, entity) as lock, EntitySession(job, entity, lock) as session:
        if provider is not None:
            await session.unlock(int(job.params["securityLevel"]), provider)
        async with aclosing(act(_Routine(job=job, entity=entity, operation=operation, session=session))) as parts:
            async for part in parts:
                yield part


async def operations_of(job: SovdJob, entity: Entity) -> list[Operation]:
    """The operations that an entity offers; empty where it has none."""
    try:
        return read_operations(await job.calls.json(entity.resource("operations")))
    except VehicleRefused as error:
        if error.details.get("httpStatus") in {404, 405, 501}:
            return []
        raise


async def operation_called(job: SovdJob, entity: Entity, wanted: str) -> Operation:
    """The operation a caller means. Raises VehicleRefused naming what there is."""
    operations = await operations_of(job, entity)
    exact = [one for one in operations if one.operation_id == wanted]
    found = next(iter(exact or [one for one in operations if one.is_called(wanted)]), None)
    if found is None:
        known = [one.operation_id for one in operations]
        raise VehicleRefused(
            f"{entity.name} has no routine {wanted}. It has: {', '.join(known[:20]) or 'none'}.",
            details={**entity.names(), "routineId": wanted, "known": known[:200]},
        )
    return found


def executions_uri(entity: Entity, operation: Operation) -> str:
    """Where executions of an operation are started and listed."""
    return below(entity.resource("operations"), operation.operation_id, "executions")


async def follow_execution(job: SovdJob, uri: str, what: str) -> AsyncGenerator[Progress | Execution, None]:
    """Ask for an execution until it has ended: Progress meanwhile, its state at last.

    A connection that breaks meanwhile is made again: the execution lives in the vehicle. Raises VehicleTimeout at the
    deadline, VehicleProtocolError where the execution is no longer known.
    """
    since = utc_now()
    for wait in waits():
        state = await _state(job, uri)
        if state is not None and state.status in _FINISHED:
            yield state
            return
        done = f", {state.progress:g} %" if state is not None and state.progress is not None else ""
        yield Progress(message=f"{what} still running{done}", pending_since=since)
        await pause(wait, job.calls.deadline)


async def _state(job: SovdJob, uri: str) -> Execution | None:
    try:
        return read_execution(await job.calls.json(uri))
    except _PASSING:
        if job.now() >= job.calls.deadline:
            raise
        return None
    except VehicleRefused as error:
        if error.details.get("httpStatus") == 404:
            raise VehicleProtocolError(
                "The routine was started, and the server has forgotten it: it cannot be told how it ended.",
                details=error.details,
            ) from error
        if error.retry_can_help:
            return None
        raise VehicleProtocolError(
            f"The routine was started, and the server does not tell how it goes on. {error.message}",
            details=error.details,
        ) from error


async def _start(routine: _Routine) -> Answer:
    job, operation = routine.job, routine.operation
    if operation.proximity_proof_required:
        raise VehicleRefused(
            f"{operation.name} asks for a proof that somebody stands at the vehicle (proximity proof); that cannot be "
            "given from afar. Nothing was sent.",
            details=routine.about(),
        )
    parameters = job.params.get("parameters")
    body: JsonObject = {} if parameters is None else {"parameters": parameters}
    call = SovdCall(method="POST", uri=routine.executions, body=body, acts=True)
    answer = await routine.session.call(call, routine.about())
    execution_uri = started_execution(answer, routine.executions, routine.entity)
    if execution_uri is None:
        yield _ended(job, read_synchronous_start(answer.json()), routine.about())
        return
    async with aclosing(follow_execution(job, execution_uri, f"Routine {operation.name}")) as states:
        async for state in states:
            yield state if isinstance(state, Progress) else _ended(job, state, routine.about(execution_uri))


def started_execution(answer: SovdAnswer, executions: str, entity: Entity) -> str | None:
    """Where the execution that an answer tells of can be asked for; None: it has ended already."""
    body = answer.json_or_none() if answer.status in {201, 202} else answer.json()
    if answer.status not in {201, 202} and not is_still_running(body):
        return None
    location = follow(answer.uri, entity.base_uri, answer.location)
    execution_id = created_id(body)
    if location is not None:
        return location
    if execution_id is None:
        raise VehicleProtocolError("The routine was started, and the server does not say how to ask for it.")
    return below(executions, execution_id)


def _failed(state: Execution) -> bool:
    return state.status is ExecutionStatus.FAILED or bool(state.problems and state.parameters is None)


def _ended(job: SovdJob, state: Execution, about: JsonObject) -> ResponseChunk:
    if _failed(state):
        raise ran_and_failed(next(iter(state.problems), None), about, job.calls.token)
    result: JsonObject = {**about, "status": "success", **_told(state)}
    if state.parameters is not None:
        result["result"] = state.parameters
    if state.problems:
        result["problems"] = [without_secret(problem.said, job.calls.token) for problem in state.problems]
    return final(result)


async def _stop(routine: _Routine) -> Answer:
    uri = await _last_execution(routine)
    # ISO 17978-3 wants a body here, and nothing has to be in it
    answer = await routine.session.call(SovdCall(method="DELETE", uri=uri, body={}, acts=True), routine.about(uri))
    parameters = as_object(answer.json_or_none()).get("parameters")
    result = {} if parameters is None else {"result": parameters}
    yield final({**routine.about(uri), "status": "success", "routineState": "ended", **result})


async def _results(routine: _Routine) -> Answer:
    uri = await _last_execution(routine)
    answer = await routine.session.call(SovdCall(method="GET", uri=uri), routine.about(uri))
    state = read_execution(answer.json())
    result = {**routine.about(uri), "status": "success", **_told(state), "result": state.parameters}
    if state.problems:
        token = routine.job.calls.token
        result["problems"] = [without_secret(problem.said, token) for problem in state.problems]
    yield final(result)


async def _last_execution(routine: _Routine) -> str:
    try:
        listed = ids_of(await routine.job.calls.json(routine.executions))
    except VehicleError as error:
        if error.details.get("httpStatus") != 404:
            raise
        listed = []
    if not listed:
        raise VehicleRefused(
            f"{routine.operation.name} has no execution: it was not started, or the server has forgotten it. "
            "Nothing was sent.",
            details=routine.about(),
        )
    return below(routine.executions, listed[-1])
