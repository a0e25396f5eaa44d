"""Cyclic subscriptions (ISO 17978-3, 7.10): a resource read again and again, sent as server-sent events.

Each stream reads for itself, so a slow reader gets fewer values and holds up nobody; nothing is queued for it.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

import orjson

from app.domain.json_values import JsonObject
from app.protocols.sovd import documents
from app.protocols.sovd.sovd_errors import (
    SovdRefusal,
    bad_request,
    invalid_parameter,
    not_supported,
    overloaded,
    resource_unknown,
)
from app.sovd_server.backend_values import Asking
from app.sovd_server.call import Answer, Call, optional_seconds, seconds_member, text_member
from app.sovd_server.error_answers import refusal_of
from app.sovd_server.moment_texts import utc_text
from app.sovd_server.served_vehicle import new_id
from app.sovd_server.subscription_book import Subscription

_SSE = "text/event-stream"
_COLLECTION = "cyclic-subscriptions"
_OBSERVABLE = frozenset(
    {
        "/{e}/data/{data-id}",
        "/{e}/data-lists/{data-list-id}",
        "/{e}/faults",
        "/{e}/faults/{fault-code}",
        "/{e}/modes/{mode-id}",
        "/{e}/operations/{operation-id}/executions/{execution-id}",
        "/{e}/status",
    }
)


async def list_subscriptions(call: Call) -> Answer:
    """GET cyclic-subscriptions of the entity."""
    items = [
        {**_links(call, kept), "id": kept.subscription_id, "protocol": "sse", "href": _href(call, kept)}
        for kept in call.vehicle.subscriptions.of(call.entity.key, call.now())
    ]
    return Answer(body={"items": items})


async def subscribe(call: Call) -> Answer:
    """POST cyclic-subscriptions. 501 for what cannot be observed, 503 when there are too many."""
    body, settings = await call.json(), call.vehicle.settings
    resource = _resource(call, text_member(body, "resource"))
    interval = _interval(call, text_member(body, "interval"))
    duration = seconds_member(body, "duration", settings.longest_subscription_s)
    if body.get("protocol", "sse") != "sse":
        raise invalid_parameter("Events are sent by one protocol only.", possiblevalues=["sse"])
    await _check_readable(call, resource)
    now = call.now()
    subscription = Subscription(
        subscription_id=new_id(),
        entity=call.entity.key,
        resource=resource,
        interval=interval,
        expires_at=now + duration,
    )
    if not call.vehicle.subscriptions.add(subscription, now):
        raise overloaded("This vehicle has as many subscriptions as it can have.")
    location = call.location(_COLLECTION, subscription.subscription_id)
    return replace(await _described(call, subscription), status=201, headers={"Location": location})


async def show_subscription(call: Call) -> Answer:
    """GET of one subscription; with `Accept: text/event-stream` its events."""
    if _SSE in call.request.headers.get("accept", ""):
        return await stream_events(call)
    return await _described(call, _subscription(call))


async def change_subscription(call: Call) -> Answer:
    """PUT of one subscription: a new interval, a new duration that counts from now."""
    subscription, body = _subscription(call), await call.json()
    interval = _interval(call, text_member(body, "interval")) if "interval" in body else None
    duration = optional_seconds(body, "duration", call.vehicle.settings.longest_subscription_s)
    subscription.change(interval=interval, expires_at=None if duration is None else call.now() + duration)
    return await _described(call, subscription)


async def unsubscribe(call: Call) -> Answer:
    """DELETE of one subscription: its streams end."""
    call.vehicle.subscriptions.delete(_subscription(call))
    return Answer(status=204)


async def stream_events(call: Call) -> Answer:
    """The events of a subscription, until it expires or is deleted."""
    subscription = _subscription(call)
    if call.vehicle.streams_are_full:
        raise overloaded("Too many event streams of this vehicle are open.")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Answer(content=_events(call, subscription), media_type=_SSE, headers=headers)


def _subscription(call: Call) -> Subscription:
    found = call.vehicle.subscriptions.find(call.entity.key, call.params["id"], call.now())
    if found is None:
        raise resource_unknown(f"cyclic subscription {call.params['id']}")
    return found


def _resource(call: Call, text: str) -> tuple[str, ...]:
    """The segments below the entity that a resource URI means. Raises SovdRefusal 400 or 501."""
    below = _below_entity(call, urljoin(call.location(_COLLECTION) + "/", text))
    if below is not None and below[0] == _COLLECTION and not text.startswith("/") and "://" not in text:
        below = _below_entity(call, urljoin(call.location() + "/", text))
    template = call.site.target((*call.entity_segments, *below)).template if below else None
    if not below or template is None:
        raise invalid_parameter("`resource` is no resource of this entity.")
    if template not in _OBSERVABLE:
        raise not_supported("This resource cannot be observed.")
    return below


def _below_entity(call: Call, uri: str) -> tuple[str, ...] | None:
    path = urlsplit(uri).path
    for start in (call.links.path(call.entity_segments), call.links.path(call.requested_entity_segments)):
        if path.startswith(f"{start}/"):
            return tuple(unquote(part) for part in path[len(start) + 1 :].split("/"))
    return None


def _interval(call: Call, name: str) -> str:
    known = call.vehicle.settings.intervals_s
    if name not in known:
        raise invalid_parameter(f"There is no interval {name}.", possiblevalues=list(known))
    return name


async def _check_readable(call: Call, resource: tuple[str, ...]) -> None:
    try:
        await call.site.follow(call, (*call.entity_segments, *resource))
    except SovdRefusal as refusal:
        if refusal.status == 404:
            raise bad_request("`resource` does not exist.") from refusal
        raise


def _href(call: Call, subscription: Subscription) -> str:
    return call.link(_COLLECTION, subscription.subscription_id)


def _links(call: Call, subscription: Subscription) -> JsonObject:
    """All four names: the standard's list and detail name different ones."""
    observed = call.location(*subscription.resource)
    source = call.location(_COLLECTION, subscription.subscription_id, "events")
    return {"resource": observed, "observed_resource": observed, "subscription": source, "event_source": source}


async def _described(call: Call, subscription: Subscription) -> Answer:
    body: JsonObject = {
        "id": subscription.subscription_id,
        "protocol": "sse",
        "interval": subscription.interval,
        "expires": utc_text(call.wall_time(subscription.expires_at)),
        **_links(call, subscription),
    }
    if call.flag("include-schema"):
        segments = (*call.entity_segments, *subscription.resource)
        observed = await call.site.follow(call, segments, "include-schema=true")
        schema = observed.body.get("schema") if isinstance(observed.body, dict) else None
        body["event_schema"] = documents.event_envelope(schema or {})
    return call.with_schema(body, lambda: documents.SUBSCRIPTION)


async def _events(call: Call, subscription: Subscription) -> AsyncIterator[bytes]:
    """Events at the times that the interval sets; times that were missed are left out, not made up for."""
    last, number = call.now(), 0
    with call.vehicle.open_stream():
        while not subscription.is_deleted and call.now() < subscription.expires_at:
            envelope = await _envelope(call, subscription)
            if envelope is None:
                return
            number += 1
            yield b"id: %d\ndata: %s\n\n" % (number, orjson.dumps(envelope))
            last = await _next_time(call, subscription, last)


async def _next_time(call: Call, subscription: Subscription, last: float) -> float:
    """Wait until the next value is due, counted from the last one; the interval may change meanwhile."""
    intervals = call.vehicle.settings.intervals_s
    while not subscription.is_deleted:
        due = min(last + intervals[subscription.interval], subscription.expires_at)
        if due <= call.now():
            break
        await subscription.pause(due)
    # where reading took longer than the interval, the next turn begins now
    return max(last + intervals[subscription.interval], call.now() - intervals[subscription.interval])


async def _envelope(call: Call, subscription: Subscription) -> JsonObject | None:
    """The value now, or why there is none; None: the time was over before an answer came."""
    now = call.now()
    deadline = min(now + call.vehicle.settings.answer_within_s, subscription.expires_at)
    asking = Asking(caller=call.asking.caller, deadline=deadline)
    try:
        async with asyncio.timeout_at(deadline):
            answer = await call.site.follow(
                replace(call, asking=asking), (*call.entity_segments, *subscription.resource)
            )
    except Exception as error:  # noqa: BLE001 - one value that cannot be read is an event too; the next may be well
        if call.now() >= subscription.expires_at:
            return None
        result: JsonObject = {"error": refusal_of(error).generic.as_json()}
    else:
        result = {"payload": answer.body}
    return {"timestamp": utc_text(call.vehicle.settings.now()), **result}
