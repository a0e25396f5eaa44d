"""Paths apart and links together: percent-encoded segments, relative or absolute."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.requests import Request

from app.sovd_server.entity_tree import Entity, EntityKey
from app.sovd_server.server_settings import SovdServerSettings


def path_segments(request: Request) -> tuple[str, ...]:
    """The decoded segments of the path below the app. An encoded slash stays inside its segment."""
    raw = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    mounted = [part for part in request.scope.get("root_path", "").split("/") if part]
    parts = [unquote(part) for part in raw.decode("ascii", "replace").split("?")[0].split("/") if part]
    return tuple(parts[len(mounted) :])


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Builds links of one request. `root` is where the server is mounted, `origin` scheme and host."""

    origin: str
    root: str
    base_path: str
    absolute: bool

    def base_uri(self) -> str:
        """The absolute base URI, as version-info gives it."""
        return f"{self.origin}{self.root}{self.base_path}"

    def path(self, segments: Sequence[str]) -> str:
        """The root-relative path of what these segments below the base name."""
        return "/".join([f"{self.root}{self.base_path}", *(quote(segment, safe="") for segment in segments)])

    def location(self, segments: Sequence[str]) -> str:
        """The absolute URI, for Location headers and event sources."""
        return f"{self.origin}{self.path(segments)}"

    def href(self, segments: Sequence[str]) -> str:
        """A link in a body."""
        return self.location(segments) if self.absolute else self.path(segments)

    def entity(self, entity: Entity | EntityKey, *below: str) -> str:
        """A link to an entity, or to something below it."""
        return self.href((*segments_of(entity), *below))


def segments_of(entity: Entity | EntityKey) -> tuple[str, ...]:
    """The path segments of an entity below the base."""
    key = entity.key if isinstance(entity, Entity) else entity
    return (str(key.collection), key.entity_id) if key.collection else ()


def links_of(request: Request, settings: SovdServerSettings) -> Links:
    """The links of a request: under the host that the client used."""
    host = request.headers.get("host") or request.url.netloc
    return Links(
        origin=settings.public_url or f"{request.url.scheme}://{host}",
        root=quote(request.scope.get("root_path", "")).rstrip("/"),
        base_path=settings.base_path,
        absolute=settings.absolute_links,
    )
