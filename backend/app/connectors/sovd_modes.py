"""ECUReset and ControlDTCSetting on a vehicle with its own SOVD server."""

import math
from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.connectors.answer_parts import final, utc_now
from app.connectors.port import Progress
from app.connectors.sovd_calls import SovdAnswer, SovdCall
from app.connectors.sovd_job import Answer, SovdJob
from app.connectors.sovd_knowledge import Entity
from app.connectors.sovd_locks import EntityLock
from app.connectors.sovd_outcomes import ran_and_failed
from app.connectors.sovd_pace import pause, waits
from app.connectors.sovd_routines import (
    executions_uri,
    follow_execution,
    operations_of,
    started_execution,
)
from app.connectors.sovd_sessions import SHORTEST_S, EntitySession, mode_called
from app.domain.errors import CommandNotSupported, VehicleError, VehicleRefused
from app.domain.json_values import JsonObject
from app.protocols.sovd.links import below, follow
from app.protocols.sovd.reading_executions import (
    EntityStatus,
    ExecutionStatus,
    Operation,
    mode_choices,
    possible_values,
    read_entity_status,
    read_synchronous_start,
)

READY_WITHIN_S = 30.0
_RESET_VALUES = {"hard": "hardReset", "keyOffOn": "keyOffOnReset", "soft": "softReset"}
_PROGRESS_EVERY_S = 1.0


async def ecu_reset(job: SovdJob) -> Answer:
    """Restart an entity: by its status resource (1.1), or by an operation named reset; then wait until it is ready."""
    entity = await job.directory.one(job.params)
    reset_type = str(job.params.get("resetType", "hard"))
    done: JsonObject = {"status": "success", "resetType": reset_type, **entity.names()}
    status = await _status_of(job, entity)
    operation = None if status else await _reset_operation(job, entity)
    async with EntityLock(job.calls, entity) as lock:
        if status is not None:
            await _restart(job, entity, lock, status, reset_type)
            done["by"] = "status/restart"
        elif operation is not None:
            async with aclosing(_reset_by_operation(job, entity, lock, operation, reset_type)) as parts:
                async for part in parts:
                    yield part
            done["by"] = f"operations/{operation.operation_id}"
        else:
            raise CommandNotSupported(
                f"{entity.name} offers neither status/restart nor an operation named reset. Nothing was sent."
            )
        if status is not None:
            began = job.now()
            async with aclosing(_until_ready(job, entity)) as waiting:
                async for ready in waiting:
                    if isinstance(ready, Progress):
                        yield ready
                    else:
                        done |= {"ready": ready, "backAfterS": round(job.now() - began, 3) if ready else None}
    job.directory.knowledge.forget()
    yield final(done)


async def control_dtc_setting(job: SovdJob) -> Answer:
    """Set the mode dtcsetting; where that takes a lock, the lock is kept for `holdS`, as the mode ends with it."""
    entity = await job.directory.one(job.params)
    setting = str(job.params["setting"])
    hold_s = float(job.params.get("holdS", 0))
    mode = await mode_called(job, entity, "dtcsetting")
    if mode is None:
        raise CommandNotSupported(f"{entity.name} has no mode dtcsetting. Nothing was sent.")
    expiration = max(SHORTEST_S, math.ceil(hold_s))
    async with EntityLock(job.calls, entity) as lock, EntitySession(job, entity, lock, lasts_s=hold_s) as session:
        uri = below(entity.resource("modes"), mode)
        answer = await _set_mode(job, session, uri=uri, value=setting, expiration=expiration)
        if lock.held:
            since, ends_at = utc_now(), job.now() + hold_s
            while job.now() < ends_at:
                lock.check_held()
                yield Progress(message=f"Fault storage of {entity.name} is {setting}; held", pending_since=since)
                await pause(min(_PROGRESS_EVERY_S, ends_at - job.now()), job.calls.deadline)
            lock.check_held()
    body = answer.json_or_none()
    value = body.get("value", setting) if isinstance(body, dict) else setting
    yield final({"status": "success", "setting": setting, "value": value, "heldS": expiration, **entity.names()})


async def _set_mode(job: SovdJob, session: EntitySession, *, uri: str, value: str, expiration: int) -> SovdAnswer:
    """Set a mode; where the server names other values in its refusal, the one that means the same."""

    def call(chosen: str) -> SovdCall:
        return SovdCall(method="PUT", uri=uri, body={"value": chosen, "mode_expiration": expiration}, acts=True)

    try:
        return await session.call(call(value))
    except VehicleRefused as error:
        chosen = None if error.may_have_acted else _like(value, await _choices(job, uri, error))
        if chosen is None or chosen == value:
            raise
    return await session.call(call(chosen))


async def _choices(job: SovdJob, uri: str, error: VehicleRefused) -> list[str]:
    named = possible_values(error.details.get("parameters") or {})
    if named or error.details.get("httpStatus") != 400:
        return named
    try:
        return mode_choices(await job.calls.json(uri, query=(("include-schema", "true"),)))
    except VehicleError:
        return []


def _like(value: str, choices: list[str]) -> str | None:
    """The server's spelling of a value: `ON`, or `DTCSettingOn`, for `on`."""
    plain = {"".join(filter(str.isalnum, choice)).lower(): choice for choice in choices}
    return next((plain[known] for known in (value, f"dtcsetting{value}") if known in plain), None)


async def _status_of(job: SovdJob, entity: Entity) -> EntityStatus | None:
    """The status resource, where it offers a restart."""
    if not entity.may_have("status"):
        return None
    status = read_entity_status(await _or_none(job, entity.resource("status")))
    return status if "restart" in status.links else None


async def _or_none(job: SovdJob, uri: str) -> object:
    try:
        document: object = await job.calls.json(uri)
    except VehicleRefused as error:
        if error.details.get("httpStatus") not in {404, 405, 501}:
            raise
        return None
    return document


async def _restart(job: SovdJob, entity: Entity, lock: EntityLock, status: EntityStatus, reset_type: str) -> None:
    here = entity.resource("status")
    uri = follow(here, entity.base_uri, status.links["restart"]) or below(here, "restart")
    body: JsonObject = {"parameters": {"resetType": reset_type}}
    await lock.call(SovdCall(method="PUT", uri=uri, body=body, acts=True), {"resetType": reset_type})


async def _reset_operation(job: SovdJob, entity: Entity) -> Operation | None:
    if not entity.may_have("operations"):
        return None
    known = {
        one.operation_id.lower().replace("-", "").replace("_", ""): one for one in await operations_of(job, entity)
    }
    return known.get("reset") or known.get("ecureset")


async def _reset_by_operation(
    job: SovdJob, entity: Entity, lock: EntityLock, operation: Operation, reset_type: str
) -> AsyncGenerator[Progress, None]:
    uri = executions_uri(entity, operation)
    body: JsonObject = {"parameters": {"value": _RESET_VALUES[reset_type]}}
    answer = await lock.call(SovdCall(method="POST", uri=uri, body=body, acts=True), {"resetType": reset_type})
    execution_uri = started_execution(answer, uri, entity) if answer.content else None
    state = None if execution_uri or not answer.content else read_synchronous_start(answer.json())
    if execution_uri is not None:
        async with aclosing(follow_execution(job, execution_uri, f"Reset of {entity.name}")) as states:
            async for one in states:
                if isinstance(one, Progress):
                    yield one
                else:
                    state = one
    if state is not None and state.status is ExecutionStatus.FAILED:
        raise ran_and_failed(next(iter(state.problems), None), entity.names(), job.calls.token)


async def _until_ready(job: SovdJob, entity: Entity) -> AsyncGenerator[Progress | bool, None]:
    """Ask until the entity says ready, and give True; False where it does not in time: the restart was accepted."""
    since, ends_at = utc_now(), min(job.now() + READY_WITHIN_S, job.before_the_end())
    for wait in waits():
        if job.now() + wait >= ends_at:
            yield False
            return
        await pause(wait, job.calls.deadline)  # it was told to restart, and may say ready until it does
        try:
            status = read_entity_status(await job.calls.json(entity.resource("status"), deadline=ends_at))
        except VehicleError:
            status = EntityStatus(ready=None, links={})  # a restarting control unit, or its server, is silent
        if status.ready:
            yield True
            return
        yield Progress(message=f"{entity.name} is restarting", pending_since=since)
