"""The entities of a vehicle (ISO 17978-3, 7.6) and their relations, as a backend tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.domain.json_values import JsonValue


class Collection(StrEnum):
    """Entity collections. SERVER is the vehicle root itself."""

    SERVER = ""
    AREAS = "areas"
    COMPONENTS = "components"
    APPS = "apps"
    FUNCTIONS = "functions"


class Resource(StrEnum):
    """Resource collections that an entity may offer, as their paths and links spell them."""

    DATA = "data"
    DATA_LISTS = "data-lists"
    FAULTS = "faults"
    OPERATIONS = "operations"
    MODES = "modes"
    LOCKS = "locks"
    CONFIGURATIONS = "configurations"
    LOGS = "logs"
    BULK_DATA = "bulk-data"
    CYCLIC_SUBSCRIPTIONS = "cyclic-subscriptions"
    STATUS = "status"
    CLEAR_DATA = "clear-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKey:
    """Names an entity; ids are unique in their collection. The server itself has an empty id."""

    collection: Collection
    entity_id: str

    @property
    def path(self) -> str:
        """`components/engine`; empty for the server itself. Not percent-encoded."""
        return f"{self.collection}/{self.entity_id}" if self.collection else ""

    @classmethod
    def from_path(cls, path: str) -> "EntityKey":
        """The key that has this `path`."""
        collection, _, entity_id = path.partition("/")
        return cls(collection=Collection(collection), entity_id=entity_id)


SERVER = EntityKey(collection=Collection.SERVER, entity_id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """An entity. Each relation is stated once, on the side that has at most one; the server derives the other side."""

    key: EntityKey
    name: str
    resources: frozenset[Resource] = frozenset()
    translation_id: str | None = None
    tags: tuple[str, ...] = ()
    variant: JsonValue = None
    parent: EntityKey | None = None
    """The area of a subarea, the component of a subcomponent."""
    area: EntityKey | None = None
    """Of a component: the area that contains it."""
    host: EntityKey | None = None
    """Of an app: the component it is located on."""
    depends_on: tuple[EntityKey, ...] = ()
    hosted_by: tuple[EntityKey, ...] = ()
    """Of a function: the components and apps it is made of."""
    lock_scopes: Mapping[str, frozenset[Resource]] = field(default_factory=lambda: MappingProxyType({}))
    """Lock scopes and the collections each covers; without any, a lock is on the whole entity."""
    lock_needed: frozenset[Resource] = frozenset()
    """Collections whose controlling requests need a lock even while nobody else holds one."""


class EntityTree:
    """The entities of one vehicle at one moment, with the relations seen from both sides. Immutable."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._by_key = {entity.key: entity for entity in entities}
        if SERVER not in self._by_key:
            raise ValueError("an entity tree needs the server itself")

    @property
    def server(self) -> Entity:
        """The vehicle root."""
        return self._by_key[SERVER]

    def find(self, key: EntityKey) -> Entity | None:
        """An entity, or None."""
        return self._by_key.get(key)

    def of(self, collection: Collection) -> tuple[Entity, ...]:
        """All of a collection, children too, in the order of the backend."""
        return tuple(entity for key, entity in self._by_key.items() if key.collection is collection)

    def children(self, key: EntityKey) -> tuple[Entity, ...]:
        """Subareas of an area, subcomponents of a component."""
        return tuple(entity for entity in self._by_key.values() if entity.parent == key)

    def contained(self, key: EntityKey) -> tuple[Entity, ...]:
        """The components of an area."""
        return tuple(entity for entity in self._by_key.values() if entity.area == key)

    def hosted(self, key: EntityKey) -> tuple[Entity, ...]:
        """The apps of a component; of a function, what it is made of."""
        function = self._by_key.get(key)
        made_of = self.known(function.hosted_by) if function else ()
        return made_of or tuple(entity for entity in self._by_key.values() if entity.host == key)

    def known(self, keys: Sequence[EntityKey]) -> tuple[Entity, ...]:
        """Those of some keys that exist."""
        return tuple(self._by_key[key] for key in keys if key in self._by_key)
