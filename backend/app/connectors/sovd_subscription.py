"""SubscribeData on a vehicle with its own SOVD server: a cyclic subscription where it offers one, else reading again.

Several identifiers become a temporary data list, as a subscription watches one resource. What was made in the vehicle
is deleted at the end, also at a bad one.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from app.connectors.answer_parts import chunk, error_entry, final, utc_now
from app.connectors.sovd_calls import SovdAnswer, SovdCall
from app.connectors.sovd_job import Answer, SovdJob, in_parallel
from app.connectors.sovd_knowledge import Entity
from app.connectors.sovd_locks import RELEASE_WITHIN_S
from app.connectors.sovd_outcomes import refused_by_answer, without_secret
from app.connectors.sovd_pace import pause
from app.connectors.sovd_reads import item_called, item_uri, read_item
from app.domain.errors import (
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.json_values import JsonObject, JsonValue, format_time
from app.protocols.sovd.links import below, follow
from app.protocols.sovd.reading import as_object, created_id
from app.protocols.sovd.reading_data import DataItem, ReadValue, read_value, read_values
from app.protocols.sovd.reading_events import Event, EventReader, EventTooLarge, read_event
from app.protocols.sovd.reading_executions import read_subscription

_EVENT_STREAM = "text/event-stream"
_FAST_MS, _NORMAL_MS = 50, 200  # what fast and normal mean at those who say; slow is 500 ms
_AT_THE_END_S = 0.001
_EARLY = 0.5
"""An event this share of the interval before its time is still taken: servers' clocks and ours are not one."""


@dataclass(slots=True, kw_only=True)
class Watch:
    """What is watched, and how much of it came."""

    entity: Entity
    items: list[tuple[str, DataItem]]
    interval_s: float
    begun_at: float
    ends_at: float
    units: dict[str, JsonObject] = field(default_factory=dict)
    samples: int = 0
    missed: int = 0
    streamed: int = 0
    streaming_since: float = 0.0

    def sample(self, moment: datetime | None, now: float, values: Sequence[JsonObject]) -> JsonObject:
        """The payload of one sample."""
        self.samples += 1
        return {
            "sampledAt": format_time(moment or utc_now()),
            "elapsedS": round(now - self.begun_at, 3),
            "sample": self.samples,
            "values": list(values),
            **self.entity.names(),
        }


async def subscribe_data(job: SovdJob) -> Answer:
    """One part per sample until the duration is over; the final one says how many came and how many did not."""
    entity = await job.directory.one(job.params)
    items = [(str(one), await item_called(job, entity, str(one))) for one in job.params["dataIds"]]
    first = await _read_all(job, entity, items)  # tells units, and refuses at once what cannot be read at all
    failures = [error for _, error in first if error is not None]
    if len(failures) == len(first):
        raise failures[0]
    now = job.now()
    watch = Watch(
        entity=entity,
        items=items,
        interval_s=float(job.params.get("intervalMs", 1000)) / 1000,
        begun_at=now,
        ends_at=now + float(job.params["durationS"]),
    )
    yield chunk(watch.sample(None, now, [payload for payload, _ in first]))
    async with aclosing(_stream(job, watch)) as streamed:
        async for payload in streamed:
            yield chunk(payload)
    # not offered, refused or broken off: the rest is read by asking
    async with aclosing(_poll(job, watch)) as polled:
        async for payload in polled:
            yield chunk(payload)
    yield final({"status": "complete", "samples": watch.samples, "missed": watch.missed, **entity.names()})


async def _poll(job: SovdJob, watch: Watch) -> AsyncGenerator[JsonObject, None]:
    due = job.now() + watch.interval_s
    if watch.samples == 1:
        due = watch.begun_at + watch.interval_s
    while due < watch.ends_at - _AT_THE_END_S:
        await pause(due - job.now(), job.calls.deadline)
        read = await _read_all(job, watch.entity, watch.items)
        now = job.now()
        failures = [error for _, error in read if error is not None]
        if len(failures) == len(read):
            watch.missed += 1
            if now >= job.calls.deadline:
                raise failures[0]
        else:
            yield watch.sample(None, now, [payload for payload, _ in read])
        until = min(job.now(), watch.ends_at - _AT_THE_END_S)  # what would come after the end is not missed
        late = max(0, int((until - due) // watch.interval_s))
        watch.missed += late
        due += watch.interval_s * (late + 1)
    await pause(watch.ends_at - job.now(), job.calls.deadline)


async def _read_all(
    job: SovdJob, entity: Entity, items: Sequence[tuple[str, DataItem]]
) -> list[tuple[JsonObject, VehicleError | None]]:
    works = [partial(_read_one, job, entity, wanted, item) for wanted, item in items]
    read = {wanted: (payload, error) async for wanted, payload, error in in_parallel(works, most=4)}
    return [read[wanted] for wanted, _ in items]


async def _read_one(
    job: SovdJob, entity: Entity, wanted: str, item: DataItem
) -> tuple[str, JsonObject, VehicleError | None]:
    try:
        value = await read_item(job, entity, item)
        if value.failed:
            raise refused_by_answer(value.problems[0], {"dataId": wanted}, job.calls.token)
    except VehicleError as error:
        return wanted, {"dataId": wanted, "name": item.name, "error": error_entry(error)}, error
    return wanted, {"dataId": wanted, "name": item.name, **value.as_json()}, None


async def _stream(job: SovdJob, watch: Watch) -> AsyncGenerator[JsonObject, None]:
    """Samples from a cyclic subscription until the duration is over or the stream ends; none where it is refused."""
    if not watch.entity.offers("cyclic-subscriptions"):
        return
    made: list[str] = []
    try:
        try:
            sources = await _subscribe(job, watch, made)
        except VehicleRefused:
            return
        for source in sources:
            async with aclosing(_events(job, watch, source)) as events:
                async for payload in events:
                    yield payload
            if job.now() >= watch.ends_at:
                return
            if watch.streamed:  # it streamed and broke off
                watch.missed += 1
                return
    finally:
        await _delete(job, made)


async def _subscribe(job: SovdJob, watch: Watch, made: list[str]) -> list[str]:
    """Make the subscription; the places where its events may be, likeliest first. `made` collects what to delete."""
    entity = watch.entity
    resource = item_uri(entity, watch.items[0][1])
    if len(watch.items) > 1:
        lists = entity.resource("data-lists")
        ids: list[JsonValue] = [item.item_id for _, item in watch.items]
        answer = await job.calls.call(SovdCall(method="POST", uri=lists, body={"ids": ids}))
        resource = _created(answer, lists, entity)
        made.append(resource)
    subscriptions = entity.resource("cyclic-subscriptions")
    body: JsonObject = {
        "resource": _path_of(resource),
        "interval": _interval_name(watch.interval_s),
        "duration": max(1, int(watch.ends_at - job.now()) + 1),
        "protocol": "sse",
    }
    answer = await job.calls.call(SovdCall(method="POST", uri=subscriptions, body=body))
    subscription = _created(answer, subscriptions, entity)
    made.append(subscription)
    told = follow(answer.uri, entity.base_uri, read_subscription(answer.json_or_none()).event_source)
    places = [told, below(subscription, "events"), subscription]
    return list(dict.fromkeys(place for place in places if place))


async def _events(job: SovdJob, watch: Watch, source: str) -> AsyncGenerator[JsonObject, None]:
    call = SovdCall(method="GET", uri=source, accept=_EVENT_STREAM, deadline=watch.ends_at)
    reader = EventReader()
    try:
        async with aclosing(job.calls.stream(call, _EVENT_STREAM)) as arriving:
            async for arrived in arriving:
                for data in reader.feed(arrived):
                    payload = _sample_of(job, watch, read_event(data))
                    if payload is not None:
                        yield payload
    except EventTooLarge as error:
        raise VehicleProtocolError(f"The vehicle's server streams without measure: {error}.") from error
    except (VehicleTimeout, VehicleConnectionLost, VehicleUnreachable):
        pass  # broken off: what is missing is read by asking
    if job.now() >= job.calls.deadline:
        raise VehicleTimeout("The time for this command was over before the duration was.")


def _sample_of(job: SovdJob, watch: Watch, event: Event | None) -> JsonObject | None:
    """A sample from an event; None: not readable (counted), or sooner than asked for."""
    now = job.now()
    if event is None or event.problem is not None or event.payload is None:
        watch.missed += 1
        return None
    if not watch.streamed:
        watch.streaming_since = now
    if now < watch.streaming_since + (watch.streamed - _EARLY) * watch.interval_s:
        return None
    watch.streamed += 1
    return watch.sample(event.moment, now, _values_of(job, watch, event.payload))


def _values_of(job: SovdJob, watch: Watch, payload: JsonValue) -> list[JsonObject]:
    kept = job.directory.knowledge.units
    several = "items" in as_object(payload) or isinstance(payload, list)
    by_id: dict[str | None, ReadValue] = {}
    bodies = as_object(payload).get("items", payload) if several else [payload]
    for body in bodies if isinstance(bodies, list) else []:
        data_id = read_value(body).data_id
        item = next((item for _, item in watch.items if item.item_id == data_id), None)
        units = kept.get(item_uri(watch.entity, item)) if item else None
        by_id[data_id] = read_value(body, units) if item else read_values(body)[0]
    values: list[JsonObject] = []
    for wanted, item in watch.items:
        found = by_id.get(item.item_id)
        if found is None and len(watch.items) == 1:
            found = read_value(payload, kept.get(item_uri(watch.entity, item)))
        shown: JsonObject = {"dataId": wanted, "name": item.name}
        if found is None or found.failed:
            said = without_secret(found.problems[0].said, job.calls.token) if found else "the sample does not hold it"
            values.append({**shown, "error": {"code": "vehicle_refused", "message": said}})
        else:
            values.append({**shown, **found.as_json()})
    return values


async def _delete(job: SovdJob, made: Sequence[str]) -> None:
    """Delete what was made, newest first; servers drop it by themselves in the end, so trouble here is nobody's."""
    if not made:
        return
    with job.calls.tidying(RELEASE_WITHIN_S):
        for uri in reversed(made):
            with suppress(VehicleError):
                await job.calls.call(SovdCall(method="DELETE", uri=uri))


def _created(answer: SovdAnswer, collection: str, entity: Entity) -> str:
    created = created_id(answer.json_or_none())
    uri = below(collection, created) if created else follow(answer.uri, entity.base_uri, answer.location)
    if uri is None:
        raise VehicleRefused("The vehicle's server made something to watch and does not say where it is.")
    return uri


def _interval_name(interval_s: float) -> str:
    interval_ms = interval_s * 1000
    if interval_ms <= _FAST_MS * 2:
        return "fast"
    return "normal" if interval_ms <= _NORMAL_MS * 2 else "slow"


def _path_of(uri: str) -> str:
    """Without the origin: a server behind another name would not know itself by ours."""
    return "/" + uri.partition("://")[2].partition("/")[2]
