"""From a path to an operation: which entity, which template of the standard, which ids. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.sovd_server.entity_tree import SERVER, Collection, EntityKey

BASE = "/"
DOCS = "/{any-path}/docs"
ENTITIES = "/{entity-collection}"
ENTITY = "/{e}"
EVENTS = "/{e}/cyclic-subscriptions/{id}/events"

_CHILDREN = {Collection.AREAS: "subareas", Collection.COMPONENTS: "subcomponents"}
RELATIONS = {
    (Collection.AREAS, "subareas"): "/areas/{area-id}/subareas",
    (Collection.COMPONENTS, "subcomponents"): "/components/{component-id}/subcomponents",
    (Collection.AREAS, "related-components"): "/areas/{area-id}/related-components",
    (Collection.COMPONENTS, "related-apps"): "/components/{component-id}/related-apps",
    (Collection.AREAS, "contains"): "/areas/{area-id}/contains",
    (Collection.COMPONENTS, "hosts"): "/components/{component-id}/hosts",
    (Collection.FUNCTIONS, "hosts"): "/functions/{function-id}/hosts",
    (Collection.COMPONENTS, "depends-on"): "/components/{component-id}/depends-on",
    (Collection.APPS, "depends-on"): "/apps/{app-id}/depends-on",
    (Collection.FUNCTIONS, "depends-on"): "/functions/{function-id}/depends-on",
}
"""Relation collections by entity collection and last segment. The first four are the standard's, the others are
those that its links and other implementations name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a path points at. `template` None: nothing of the standard has this path."""

    entity: EntityKey = SERVER
    parent: EntityKey | None = None
    """Where the path goes through the master of the entity: it must be its parent."""
    template: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Node:
    """A place in the tree: what follows by name, what follows under any id, and the template that ends here."""

    named: dict[str, "_Node"] = field(default_factory=dict)
    under_id: "_Node | None" = None
    template: str | None = None

    def grown(self, part: str) -> "_Node":
        """The node behind a part of a template; made if there is none yet."""
        if not part.startswith("{"):
            return self.named.setdefault(part, _Node())
        self.under_id = self.under_id or _Node()
        return self.under_id


class PathTree:
    """Finds the template for the segments of a path; literal segments go before placeholders."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._root = _Node()
        for template in templates:
            node = self._root
            for part in template.strip("/").split("/"):
                node = node.grown(part)
            node.template = template

    def match(self, segments: Sequence[str]) -> tuple[str, dict[str, str]] | None:
        """The template and the ids in it; None: there is none."""
        node = self._root
        found: list[str] = []
        for segment in segments:
            if segment in node.named:
                node = node.named[segment]
            elif node.under_id is not None:
                found.append(segment)
                node = node.under_id
            else:
                return None
        if node.template is None:
            return None
        names = [part[1:-1] for part in node.template.split("/") if part.startswith("{") and part != "{e}"]
        return node.template, dict(zip(names, found, strict=True))


class Router:
    """Reads paths. `templates` are all that have an operation, offered or not."""

    def __init__(self, templates: Iterable[str]) -> None:
        known = tuple(templates)
        prefix = f"{ENTITY}/"
        self._below_entity = PathTree(path.removeprefix(ENTITY) for path in known if path.startswith(prefix))
        self._server_only = PathTree(path for path in known if path.split("/")[1] in {"updates", "authorize", "token"})

    def find(self, segments: Sequence[str]) -> Target:
        """What the segments below the base URI point at."""
        if not segments or segments[-1] == "docs":
            return Target(template=DOCS if segments else BASE)
        if segments[0] not in _COLLECTIONS:
            return self._of_server(segments)
        collection = Collection(segments[0])
        if len(segments) == 1:
            return Target(template=ENTITIES, params={"entity-collection": segments[0]})
        key, parent, rest = EntityKey(collection=collection, entity_id=segments[1]), None, segments[2:]
        while len(rest) > 1 and rest[0] == _CHILDREN.get(collection):
            parent, key, rest = key, EntityKey(collection=collection, entity_id=rest[1]), rest[2:]
        relation = rest[0] if len(rest) == 1 else ""
        if not rest or (collection, relation) in RELATIONS:
            return Target(entity=key, parent=parent, template=RELATIONS.get((collection, relation), ENTITY))
        return self._below(key, parent, rest)

    def _of_server(self, segments: Sequence[str]) -> Target:
        match = self._server_only.match(segments)
        if match is not None:
            return Target(template=match[0], params=match[1])
        return self._below(SERVER, None, segments)

    def _below(self, entity: EntityKey, parent: EntityKey | None, rest: Sequence[str]) -> Target:
        match = self._below_entity.match(rest)
        if match is None:
            return Target(entity=entity, parent=parent)
        template, params = match
        return Target(entity=entity, parent=parent, template=f"{ENTITY}{template}", params=params)


_COLLECTIONS = frozenset(str(collection) for collection in Collection if collection)
