"""From a request to an answer: the vehicle, the caller, the entity, the operation, the locks, the deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.requests import Request

from app.protocols.sovd.operations import OPERATIONS_BY_KEY
from app.protocols.sovd.sovd_errors import (
    SovdRefusal,
    VendorCode,
    entity_unknown,
    not_supported,
    resource_unknown,
    vendor_error,
)
from app.sovd_server.backend_values import Asking
from app.sovd_server.call import Answer, Call
from app.sovd_server.discovery import offers, resource_of, version_info
from app.sovd_server.entity_tree import Entity, EntityTree, Resource
from app.sovd_server.offered import HANDLERS, TEMPLATES, Handler, methods_of, refusal_status
from app.sovd_server.request_links import links_of, path_segments
from app.sovd_server.routing import Router, Target
from app.sovd_server.served_vehicle import ServedVehicle
from app.sovd_server.server_settings import SovdServerSettings

VehicleFinder = Callable[[Request], Awaitable[ServedVehicle | None]]
"""Gives the vehicle that a request is for; None: there is no such one, or not for this caller."""


class Dispatcher:
    """Made once; serves the requests of all vehicles."""

    def __init__(self, find: VehicleFinder, settings: SovdServerSettings) -> None:
        self._find = find
        self._settings = settings
        self._router = Router(TEMPLATES)
        self._base = tuple(part for part in settings.base_path.split("/") if part)

    async def answer(self, request: Request) -> Answer:
        """The answer to a request. Raises what `error_answers.refusal_of` turns into one."""
        segments = path_segments(request)
        deadline = asyncio.get_running_loop().time() + self._settings.answer_within_s
        async with asyncio.timeout_at(deadline):
            if segments == ("version-info",):
                return await self._version_info(request)
            depth = len(self._base)
            if segments[:depth] != self._base:
                raise resource_unknown(f"path {request.url.path}")
            caller = await self._settings.identify(request)
            vehicle = await self._vehicle(request)
            visit = _Visit(
                request=request,
                method=request.method,
                query=request.query_params,
                vehicle=vehicle,
                asking=Asking(caller=caller, deadline=deadline),
            )
            return await self._serve(visit, segments[depth:])

    async def _version_info(self, request: Request) -> Answer:
        if request.method != "GET":
            raise _method_not_allowed(("GET",))
        if not self._settings.version_info_is_open:
            await self._settings.identify(request)
        await self._vehicle(request)
        return version_info(links_of(request, self._settings), self._settings)

    async def _vehicle(self, request: Request) -> ServedVehicle:
        vehicle = await self._find(request)
        if vehicle is None:
            raise entity_unknown("of this vehicle")
        return vehicle

    async def follow(self, call: Call, segments: tuple[str, ...], query: str = "") -> Answer:
        """GET another resource of the same vehicle for the same caller."""
        visit = _Visit(
            request=call.request, method="GET", query=QueryParams(query), vehicle=call.vehicle, asking=call.asking
        )
        return await self._serve(visit, segments)

    def target(self, segments: tuple[str, ...]) -> Target:
        """What a path below the base URI points at."""
        return self._router.find(segments)

    async def _serve(self, visit: "_Visit", segments: tuple[str, ...]) -> Answer:
        """The answer, after all that the server itself can refuse."""
        target = self._router.find(segments)
        vehicle = visit.vehicle
        tree = await vehicle.backend.entities.tree()
        entity = entity_of(tree, target)
        if target.template is None:
            raise resource_unknown(f"path /{'/'.join(segments)}")
        handler = _handler(vehicle, entity, visit.method, target.template)
        call = Call(
            request=visit.request,
            method=visit.method,
            query=visit.query,
            site=self,
            vehicle=vehicle,
            tree=tree,
            entity=entity,
            segments=segments,
            params=target.params,
            asking=visit.asking,
            links=links_of(visit.request, vehicle.settings),
        )
        _check_locks(call, target.template)
        return await handler(call)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """What a request asks with, before it is known what it asks for."""

    request: Request
    method: str
    query: QueryParams
    vehicle: ServedVehicle
    asking: Asking


def entity_of(tree: EntityTree, target: Target) -> Entity:
    """The entity of a path. Raises SovdRefusal 404."""
    entity = tree.find(target.entity)
    if entity is None or (target.parent is not None and entity.parent != target.parent):
        raise entity_unknown(f"/{target.entity.path}")
    return entity


def _handler(vehicle: ServedVehicle, entity: Entity, method: str, template: str) -> Handler:
    resource = resource_of(template)
    missing = template.startswith("/{e}/") and (resource is None or not offers(vehicle, entity, resource))
    methods = methods_of(template)
    if missing or not methods:
        what = resource or template.removeprefix("/{e}").strip("/").split("/")[0]
        if refusal_status(method, template) == 501:
            raise not_supported(f"This server does not support {what} here.")
        raise resource_unknown(f"resource {what}")
    handler = HANDLERS.get((method, template))
    if handler is None:
        raise _method_not_allowed(methods)
    return handler


def _check_locks(call: Call, template: str) -> None:
    """Refuse a controlling request that a lock stands against, or that needs one."""
    operation = OPERATIONS_BY_KEY.get((call.method, template))
    resource = resource_of(template)
    if operation is None or not operation.controls or resource is None:
        return
    call.vehicle.locks.check(
        call.entity.key.path,
        call.asking.caller,
        scopes_of(call.entity, resource),
        required=resource in call.entity.lock_needed,
        now=call.now(),
    )


def scopes_of(entity: Entity, resource: Resource) -> tuple[str, ...]:
    """The lock scopes of an entity that cover a collection."""
    return tuple(scope for scope, covered in entity.lock_scopes.items() if resource in covered)


def _method_not_allowed(methods: tuple[str, ...]) -> SovdRefusal:
    error = vendor_error(VendorCode.METHOD_NOT_ALLOWED, f"Only {', '.join(methods)} can be asked for here.")
    return SovdRefusal(405, error, headers={"Allow": ", ".join(methods)})
