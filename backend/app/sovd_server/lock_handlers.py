"""Locks (ISO 17978-3, 7.17). The rules stand in `protocols/sovd/lock_rules.py`; here they meet time and hooks."""

import structlog

from app.domain.json_values import JsonObject
from app.protocols.sovd.lock_rules import Lock
from app.protocols.sovd.sovd_errors import (
    bad_request,
    invalid_parameter,
    overloaded,
    precondition_not_fulfilled,
    resource_unknown,
)
from app.sovd_server.call import Answer, Call, listed, seconds_member
from app.sovd_server.entity_tree import EntityKey
from app.sovd_server.moment_texts import utc_text
from app.sovd_server.served_vehicle import ServedVehicle, new_id

_log = structlog.get_logger(component=__name__)


async def take_lock(call: Call) -> Answer:
    """POST locks. A second lock of the same client is independent of its first."""
    body = await call.json()
    seconds = seconds_member(body, "lock_expiration", call.vehicle.settings.longest_lock_s)
    break_others = body.get("break_lock", False)
    if not isinstance(break_others, bool):
        raise bad_request("`break_lock` is true or false.")
    if break_others and not call.vehicle.settings.locks_can_be_broken:
        raise precondition_not_fulfilled("Locks of this server cannot be broken.")
    scopes = _scopes(call, body)
    await end_expired(call)
    if call.vehicle.locks.is_full:
        raise overloaded("This vehicle has as many locks as it can have.")
    wanted = Lock(
        lock_id=new_id(),
        entity=call.entity.key.path,
        owner=call.asking.caller,
        expires_at=call.now() + seconds,
        scopes=scopes,
    )
    taken = call.vehicle.locks.take(wanted, break_others=break_others)
    _end_when_due(call, wanted)
    for lock in taken.broken:
        await _ended(call.vehicle, lock)
    await _taken(call, wanted)
    return Answer(status=201, body={"id": wanted.lock_id}, headers={"Location": call.location("locks", wanted.lock_id)})


async def list_locks(call: Call) -> Answer:
    """GET locks of the entity."""
    await end_expired(call)
    items = [
        {
            "id": lock.lock_id,
            "owned": lock.owner == call.asking.caller,
            **_scopes_body(lock),
            "href": call.link("locks", lock.lock_id),
        }
        for lock in call.vehicle.locks.of_entity(call.entity.key.path)
    ]
    return Answer(body={"items": items})


async def show_lock(call: Call) -> Answer:
    """GET of one lock."""
    lock = await _lock(call)
    return Answer(
        body={
            "lock_expiration": utc_text(call.wall_time(lock.expires_at)),
            "owned": lock.owner == call.asking.caller,
            **_scopes_body(lock),
        }
    )


async def extend_lock(call: Call) -> Answer:
    """PUT of one lock: a new end, later or sooner, counted from now. Only for its holder."""
    lock = await _lock(call)
    seconds = seconds_member(await call.json(), "lock_expiration", call.vehicle.settings.longest_lock_s)
    _end_when_due(call, call.vehicle.locks.extend(lock, call.asking.caller, call.now() + seconds))
    return Answer(status=204)


async def release_lock(call: Call) -> Answer:
    """DELETE of one lock. Only for its holder."""
    lock = await _lock(call)
    call.vehicle.locks.release(lock, call.asking.caller)
    await _ended(call.vehicle, lock)
    return Answer(status=204)


async def end_expired(call: Call) -> None:
    """End the locks whose time is over, should their timers not have come to it yet."""
    for lock in call.vehicle.locks.expire(call.now()):
        await _ended(call.vehicle, lock)


async def _lock(call: Call) -> Lock:
    await end_expired(call)
    lock_id = call.params["lock-id"]
    lock = call.vehicle.locks.find(call.entity.key.path, lock_id)
    if lock is None:
        raise resource_unknown(f"lock {lock_id}")
    return lock


def _scopes(call: Call, body: JsonObject) -> frozenset[str]:
    scopes = body.get("scopes") or []
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise bad_request("`scopes` is a list of names.")
    known = call.entity.lock_scopes
    unknown = [scope for scope in scopes if scope not in known]
    if unknown:
        raise invalid_parameter(f"There is no lock scope {', '.join(unknown)}.", possiblevalues=list(known))
    return frozenset(scopes)


def _scopes_body(lock: Lock) -> JsonObject:
    scopes = listed(tuple(sorted(lock.scopes)))
    return {"scopes": scopes} if scopes else {}


def _end_when_due(call: Call, lock: Lock) -> None:
    """Let the lock end by itself at its time."""
    vehicle = call.vehicle
    previous = vehicle.lock_ends.pop(lock.lock_id, None)
    if previous is not None:
        previous.cancel()

    async def expire() -> None:
        for over in vehicle.locks.expire(lock.expires_at):
            await _ended(vehicle, over)

    vehicle.lock_ends[lock.lock_id] = vehicle.due.at(lock.expires_at, expire)


async def _taken(call: Call, lock: Lock) -> None:
    hooks = call.vehicle.backend.locks
    if hooks is None:
        return
    try:
        await hooks.lock_taken(call.entity.key, lock.owner)
    except Exception:  # noqa: BLE001 - the lock is valid whatever the hook could do
        _log.warning("sovd_server.lock_hook_failed", entity=lock.entity, exc_info=True)


async def _ended(vehicle: ServedVehicle, lock: Lock) -> None:
    end = vehicle.lock_ends.pop(lock.lock_id, None)
    if end is not None:
        end.cancel()
    hooks = vehicle.backend.locks
    if hooks is None:
        return
    last = not vehicle.locks.of_entity(lock.entity)
    try:
        await hooks.lock_ended(EntityKey.from_path(lock.entity), lock.owner, last=last)
    except Exception:  # noqa: BLE001 - the lock has ended whatever the hook could do
        _log.warning("sovd_server.lock_hook_failed", entity=lock.entity, exc_info=True)
