"""What is known of a vehicle's SOVD server: its entities, and what was read about them a short time ago."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.errors import VehicleError
from app.domain.json_values import JsonObject
from app.protocols.sovd.links import below, follow
from app.protocols.sovd.reading_data import DataItem

KEPT_FOR_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A component or an app. `links` as it published them; empty where it could not be asked."""

    kind: str
    entity_id: str
    name: str
    uri: str
    base_uri: str
    ecu_address: int | None = None
    variant: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    problem: VehicleError | None = None
    hidden: VehicleError | None = None
    """Why it is not known, or not wholly, what lies below it."""

    @property
    def label(self) -> str:
        """How lists name it: its address where it has one."""
        return f"0x{self.ecu_address:04X}" if self.ecu_address is not None else self.entity_id

    def names(self) -> JsonObject:
        """The members that every payload about it carries."""
        address = {} if self.ecu_address is None else {"ecuAddress": self.label}
        return {**address, "component": self.entity_id}

    def offers(self, collection: str) -> bool:
        """Whether it publishes a link to the collection."""
        return collection in self.links

    def may_have(self, collection: str) -> bool:
        """Whether asking makes sense: it publishes the link, or it does not say what it has."""
        return collection in self.links or not self.links

    def resource(self, collection: str) -> str:
        """The URI of a collection: the published link, or where ISO 17978-3 puts it.

        A relative link that leads out of the entity was written as if the entity's URI ended with a slash (Wild).
        """
        link = self.links.get(collection, "")
        found = follow(self.uri, self.base_uri, link)
        is_relative = not link.startswith(("/", "../")) and "://" not in link
        if found is None or (is_relative and not found.startswith(self.uri + "/")):
            return below(self.uri, collection)
        return found


@dataclass(slots=True, kw_only=True)
class VehicleKnowledge:
    """What was learnt about a vehicle's server, kept for a short time between commands.

    `read_at`: loop time at which the oldest of it was read; `complete`: `entities` is the whole tree.
    """

    base_uri: str | None = None
    entities: tuple[Entity, ...] = ()
    left_out: int = 0
    """Entities that the server lists and that were not read: there are too many, or they lie too deep."""
    singles: dict[str, Entity] = field(default_factory=dict)
    """Entities that were asked for by id, before the tree was read; by URI."""
    complete: bool = False
    read_at: float | None = None
    data_items: dict[str, tuple[DataItem, ...]] = field(default_factory=dict)
    units: dict[str, JsonObject] = field(default_factory=dict)

    def forget_if_old(self, now: float) -> None:
        """Drop what is older than `KEPT_FOR_S`."""
        if self.read_at is None:
            self.read_at = now
        if now - self.read_at > KEPT_FOR_S:
            self.forget()

    def forget(self) -> None:
        """Drop everything: the tree may have changed (a reset, a swapped ECU)."""
        self.base_uri, self.entities, self.complete, self.read_at = None, (), False, None
        self.left_out = 0
        self.singles.clear()
        self.data_items.clear()
        self.units.clear()
