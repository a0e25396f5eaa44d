"""One request on its way through a handler, and the answer it gives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import Request

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.documents import Schema
from app.protocols.sovd.sovd_errors import (
    SovdRefusal,
    VendorCode,
    bad_request,
    invalid_parameter,
    vendor_error,
)
from app.sovd_server.backend_values import Asking
from app.sovd_server.entity_tree import Entity, EntityTree
from app.sovd_server.request_links import Links
from app.sovd_server.routing import Target
from app.sovd_server.served_vehicle import ServedVehicle

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status and body. `body` is a JSON value, `content` anything else; neither: no body."""

    status: int = 200
    body: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    content: bytes | AsyncIterator[bytes] | None = None
    media_type: str = "application/json"


class Site(Protocol):
    """The whole server, for handlers that look at other resources."""

    async def follow(self, call: "Call", segments: tuple[str, ...], query: str = "") -> Answer:
        """GET another resource of the same vehicle for the same caller."""
        ...

    def target(self, segments: tuple[str, ...]) -> Target:
        """What a path below the base URI points at."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, taken apart. `segments` are the path below the base URI, `params` the ids in it.

    A resource that is looked at by another handler has the request of that one, and a method and query of its own.
    """

    request: Request
    method: str
    query: QueryParams
    site: Site
    vehicle: ServedVehicle
    tree: EntityTree
    entity: Entity
    segments: tuple[str, ...]
    params: Mapping[str, str]
    asking: Asking
    links: Links

    def now(self) -> float:
        """Loop time."""
        return asyncio.get_running_loop().time()

    def wall_time(self, loop_time: float) -> datetime:
        """The wall-clock time that a loop time will be, for people."""
        return self.vehicle.settings.now() + timedelta(seconds=loop_time - self.now())

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean query parameter. Raises SovdRefusal 400."""
        text = self.query.get(name)
        if text is None:
            return default
        value = _BOOLEANS.get(text.lower())
        if value is None:
            raise bad_request(f"The query parameter {name} is either true or false.")
        return value

    def values(self, *names: str) -> tuple[str, ...]:
        """All values of a query parameter that has several spellings."""
        return tuple(value for name in names for value in self.query.getlist(name))

    def with_schema(self, body: JsonObject, schema: Callable[[], Schema]) -> Answer:
        """200 with a body, and its schema if the client asked for it."""
        return Answer(body=body | {"schema": schema()} if self.flag("include-schema") else body)

    def wants_tags(self, tags: tuple[str, ...]) -> bool:
        """Whether something with these tags is in the list that the client asked for."""
        wanted = self.query.getlist("tags")
        return not wanted or bool(set(wanted) & set(tags))

    def link(self, *below: str) -> str:
        """A link to something below the entity."""
        return self.links.entity(self.entity, *below)

    def location(self, *below: str) -> str:
        """An absolute URI of something below the entity."""
        return self.links.location((*self.entity_segments, *below))

    @property
    def entity_segments(self) -> tuple[str, ...]:
        """The canonical path of the entity."""
        key = self.entity.key
        return (str(key.collection), key.entity_id) if key.collection else ()

    @property
    def requested_entity_segments(self) -> tuple[str, ...]:
        """The path of the entity as this request has it: it may go through the master of the entity."""
        below = len(self.segments)
        template = self.site.target(self.segments).template or ""
        return self.segments[: below - max(0, len(template.strip("/").split("/")) - 1)]

    async def body(self) -> bytes:
        """The whole body. Raises SovdRefusal 413."""
        most = self.vehicle.settings.largest_json
        parts, size = [], 0
        async for part in self.request.stream():
            size += len(part)
            if size > most:
                raise too_large(most)
            parts.append(part)
        return b"".join(parts)

    async def json(self, *, optional: bool = False) -> JsonObject:
        """The body as a JSON object; `optional`: none counts as empty. Raises SovdRefusal 400, 413, 415."""
        content = await self.body()
        if not content.strip():
            if optional:
                return {}
            raise bad_request("The request needs a JSON body.")
        media_type = media_type_of(self.request)
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise SovdRefusal(
                415, vendor_error(VendorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")
            )
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise bad_request(f"The body is not JSON: {error}.") from error
        if not isinstance(value, dict):
            raise bad_request("The body is a JSON object.")
        return value


def media_type_of(request: Request) -> str:
    """The media type of the body without its parameters, in lower case; empty if the header is missing."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def too_large(most: int) -> SovdRefusal:
    """413."""
    return SovdRefusal(413, vendor_error(VendorCode.TOO_LARGE, f"The body is larger than {most} bytes."))


def text_member(body: JsonObject, name: str) -> str:
    """A mandatory string of a body. Raises SovdRefusal 400."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise bad_request(f"The body needs a string `{name}`.")
    return value


def seconds_member(body: JsonObject, name: str, most: int) -> int:
    """A mandatory whole number of seconds, at least 1. Raises SovdRefusal 400."""
    value = body.get(name)
    if value is None:
        raise bad_request(f"The body needs `{name}` in seconds.")
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise invalid_parameter(f"`{name}` is a whole number of seconds from 1 to {most}.", maximum=most)
    return value


def optional_seconds(body: JsonObject, name: str, most: int) -> int | None:
    """Like `seconds_member` for a member that may be missing."""
    return seconds_member(body, name, most) if body.get(name) is not None else None


def filled(**members: JsonValue) -> JsonObject:
    """An object of those members that are set: optional ones are left out, not null."""
    return {name: value for name, value in members.items() if value is not None}


def listed(values: tuple[str, ...]) -> list[JsonValue] | None:
    """A list for an optional member: None if it is empty."""
    return list(values) or None
