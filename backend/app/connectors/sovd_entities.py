"""The entity tree of a vehicle's SOVD server, and which of its entities a command means."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from app.connectors.sovd_address import SovdAddress
from app.connectors.sovd_calls import SovdCalls
from app.connectors.sovd_knowledge import Entity, VehicleKnowledge
from app.domain.errors import VehicleError, VehicleProtocolError, VehicleRefused, VehicleTimeout
from app.domain.json_values import JsonObject
from app.protocols.sovd.links import below, follow, origin_of
from app.protocols.sovd.reading import (
    EntityReference,
    hex_number,
    hex_number_of_id,
    read_capabilities,
    read_references,
    read_versions,
)

IN_PARALLEL = 8
MOST_ENTITIES = 1000
DEEPEST = 4
"""Levels of the tree that are read: components, and three levels below them."""
_COLLECTIONS = (("components", "component"), ("apps", "app"))
_NESTED = (("subcomponents", "component"), ("apps", "app"))


class EntityDirectory:
    """Finds entities for one command, from what is known or by asking."""

    def __init__(self, calls: SovdCalls, address: SovdAddress, knowledge: VehicleKnowledge) -> None:
        self._calls = calls
        self._address = address
        self.knowledge = knowledge
        knowledge.forget_if_old(asyncio.get_running_loop().time())

    async def base_uri(self) -> str:
        """The base URI, from the address or from version-info. Raises VehicleError."""
        if self._address.base_uri is not None:
            return self._address.base_uri
        if self.knowledge.base_uri is None:
            body = await self._calls.json(self._address.version_info_uri)
            self.knowledge.base_uri = chosen_base_uri(self._address, body)
        return self.knowledge.base_uri

    async def all(self, *, fresh: bool = False) -> Sequence[Entity]:
        """Every component, subcomponent and app. Raises VehicleError where the server does not list them."""
        if fresh:
            self.knowledge.forget()
        if not self.knowledge.complete:
            self.knowledge.entities, self.knowledge.left_out = await self._read_tree()
            # a tree with holes is asked for again next time
            self.knowledge.complete = not any(one.problem or one.hidden for one in self.knowledge.entities)
        return self.knowledge.entities

    @property
    def note(self) -> JsonObject:
        """What the last part of an answer about the whole vehicle says where the tree is not wholly read."""
        if not self.knowledge.left_out:
            return {}
        return {
            "note": f"{self.knowledge.left_out} more entities were not asked: of a tree at most {MOST_ENTITIES} "
            f"entities and {DEEPEST} levels are read. Name the component to ask one of them."
        }

    async def named(self, params: JsonObject) -> Entity | None:
        """The entity that `component` or `ecuAddress` means; None: neither is given. Raises VehicleRefused."""
        component, address = params.get("component"), params.get("ecuAddress")
        if component is None and address is None:
            return None
        if component is not None and not self.knowledge.complete:
            single = await self._single(str(component))
            if single is not None:
                return single
        cached = self.knowledge.complete
        found = find_entity(await self.all(), component, address)
        # what is known may be old, and one that did not answer may do so now: its address was not learnt
        if found is None and (cached or not self.knowledge.complete):
            found = find_entity(await self.all(fresh=True), component, address)
        if found is None:
            raise unknown_entity(str(component if component is not None else address), self.knowledge.entities)
        return found

    async def one(self, params: JsonObject) -> Entity:
        """Like `named`, for commands that are about one entity."""
        found = await self.named(params)
        if found is None:
            raise VehicleRefused("Say which control unit is meant: give component or ecuAddress. Nothing was sent.")
        return found

    async def _single(self, component: str) -> Entity | None:
        """A component asked for by its id, which spares reading the tree; None: only the tree can tell."""
        base = await self.base_uri()
        collection = below(base, "components")
        reference = EntityReference(entity_id=component, name=component, href=None)
        uri = below(collection, component)
        if uri not in self.knowledge.singles:
            entity = await self._entity((collection, "component", base, reference), asyncio.Semaphore(1))
            if entity.problem is not None or not entity.links:
                return None
            self.knowledge.singles[uri] = entity
        return self.knowledge.singles[uri]

    async def _read_tree(self) -> tuple[tuple[Entity, ...], int]:
        """What was read of the tree, and how many listed entities were not."""
        base = await self.base_uri()
        places = asyncio.Semaphore(IN_PARALLEL)
        found: dict[str, Entity] = {}
        waiting: list[tuple[str, str, str, EntityReference]] = []
        for collection, kind in _COLLECTIONS:
            uri = below(base, collection)
            waiting += [(uri, kind, base, reference) for reference in await self._collection(uri)]
        left_out: set[str] = set()
        for level in range(DEEPEST + 1):
            listed = {_uri_of(entry): entry for entry in waiting if _uri_of(entry) not in found}
            room = MOST_ENTITIES - len(found) if level < DEEPEST else 0
            left_out.update(list(listed)[room:])
            new = list(listed.values())[:room]
            async with asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(self._entity(entry, places)) for entry in new]
            waiting = []
            for task in asked:
                entity, nested = await self._with_nested(task.result())
                found[entity.uri] = entity
                waiting += nested
        return tuple(found.values()), len(left_out)

    async def _collection(self, uri: str, *, deadline: float | None = None) -> list[EntityReference]:
        """The references of a collection; a server without it has none."""
        try:
            return read_references(await self._calls.json(uri, deadline=deadline))
        except VehicleRefused as error:
            if error.details.get("httpStatus") in {404, 405, 501}:
                return []
            raise

    async def _with_nested(self, entity: Entity) -> tuple[Entity, list[tuple[str, str, str, EntityReference]]]:
        """The entity, and what it says to be below it; where it cannot be asked, the entity tells so."""
        entries = []
        for collection, kind in _NESTED:
            if entity.offers(collection) and entity.kind == "component":
                uri = entity.resource(collection)
                try:
                    references = await self._collection(uri, deadline=self._calls.share(0.5))
                except VehicleError as error:
                    entity = replace(entity, hidden=error)
                    continue
                entries += [(uri, kind, entity.base_uri, reference) for reference in references]
        return entity, entries

    async def _entity(self, entry: tuple[str, str, str, EntityReference], places: asyncio.Semaphore) -> Entity:
        _, kind, base, reference = entry
        uri = _uri_of(entry)
        plain = Entity(kind=kind, entity_id=reference.entity_id, name=reference.name, uri=uri, base_uri=base)
        async with places:
            try:
                told = read_capabilities(await self._calls.json(uri, deadline=self._calls.share(0.5)))
            except VehicleError as error:
                return Entity(
                    kind=kind,
                    entity_id=reference.entity_id,
                    name=reference.name,
                    uri=uri,
                    base_uri=base,
                    ecu_address=_address_in_id(reference.entity_id),
                    problem=error,
                )
        address = told.ecu_address if told.ecu_address is not None else _address_in_id(plain.entity_id)
        return Entity(
            kind=kind,
            entity_id=plain.entity_id,
            name=told.name or plain.name,
            uri=uri,
            base_uri=base,
            ecu_address=address,
            variant=told.variant,
            links=told.links,
        )


def chosen_base_uri(address: SovdAddress, body: object) -> str:
    """The base URI of the newest version that the server offers on its own origin.

    Raises VehicleProtocolError: nothing readable, or only base URIs on other hosts, which are never called.
    """
    entries = read_versions(body)
    if not entries:
        raise VehicleProtocolError(
            "The version-info of the vehicle's server names no base URI; add it to the address, such as ?base=/sovd/v1."
        )
    for entry in entries:
        uri = follow_base(address, entry.base_uri)
        if uri is not None:
            return uri
    host = origin_of(entries[0].base_uri)
    shown = f"{host.host}:{host.port}" if host else "another host"
    raise VehicleProtocolError(
        f"The version-info of the vehicle's server points to {shown}, which is not the address of this vehicle; that "
        "is not followed. If it is meant, make it the vehicle's address; if not, add the base path, such as "
        "?base=/sovd/v1."
    )


def follow_base(address: SovdAddress, base: str) -> str | None:
    """A base URI from version-info, absolute or a path; None where it is not on the address's origin."""
    from_here = address.version_info_uri
    resolved = follow(from_here, from_here, base) if "://" not in base else _same_origin(from_here, base)
    return resolved.partition("?")[0].rstrip("/") if resolved else None


def find_entity(entities: Sequence[Entity], component: object, address: object) -> Entity | None:
    """The entity with this id (case matters only between equals) or diagnostic address."""
    if component is not None:
        wanted = str(component)
        exact = [entity for entity in entities if entity.entity_id == wanted]
        like = [entity for entity in entities if entity.entity_id.casefold() == wanted.casefold()]
        return next(iter(exact or like), None)
    number = hex_number(address)
    return next((entity for entity in entities if number is not None and entity.ecu_address == number), None)


def unknown_entity(wanted: str, entities: Sequence[Entity]) -> VehicleError:
    """The refusal that names what there is."""
    silent = [entity.entity_id for entity in entities if entity.problem]
    known = ", ".join(f"{entity.entity_id} ({entity.label})" for entity in entities[:20]) or "none"
    message = f"The vehicle's server has no component {wanted}; it has: {known}."
    details: JsonObject = {"known": [entity.names() for entity in entities[:100]]}
    if silent:
        details["notAnswering"] = silent
        message += f" Of these, {', '.join(silent[:20])} did not answer, so their addresses are not known."
        return VehicleTimeout(message, details=details)
    return VehicleRefused(message, details=details)


def _same_origin(here: str, uri: str) -> str | None:
    return uri if origin_of(uri) is not None and origin_of(uri) == origin_of(here) else None


def _uri_of(entry: tuple[str, str, str, EntityReference]) -> str:
    collection, _, base, reference = entry
    followed = follow(collection, base, reference.href)
    return (followed or below(collection, reference.entity_id)).rstrip("/")


def _address_in_id(entity_id: str) -> int | None:
    """Servers that publish no address name some ECUs after it: `0x1010`, `ecu-1010`."""
    return hex_number_of_id(entity_id)
