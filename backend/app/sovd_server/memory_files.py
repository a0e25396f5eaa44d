"""Bulk data kept in memory, bounded: for backends that have no files of their own."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.protocols.sovd.sovd_errors import (
    SovdRefusal,
    VendorCode,
    resource_unknown,
    vendor_error,
)
from app.sovd_server.backend_values import (
    Asking,
    BulkContent,
    BulkElsewhere,
    BulkItem,
    BulkNotReady,
    NewBulkItem,
)
from app.sovd_server.entity_tree import EntityKey

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    item: BulkItem
    content: bytes


class MemoryFiles:
    """Files by entity and category. What exceeds `most_bytes` over all files is refused with 413."""

    def __init__(
        self, *, now: Callable[[], datetime], categories: Iterable[str] = (), most_bytes: int = 16 * 1024 * 1024
    ) -> None:
        self._now = now
        self._categories = tuple(categories)
        self._most = most_bytes
        self._used = 0
        self._files: OrderedDict[tuple[EntityKey, str, str], _File] = OrderedDict()

    async def bulk_categories(self, entity: EntityKey, asking: Asking) -> Sequence[str]:
        """The given categories, and those that files were put into."""
        kept = (category for owner, category, _ in self._files if owner == entity)
        return tuple(dict.fromkeys((*self._categories, *kept)))

    async def bulk_items(self, entity: EntityKey, category: str, asking: Asking) -> Sequence[BulkItem]:
        """The files of a category, oldest first."""
        if category not in await self.bulk_categories(entity, asking):
            raise resource_unknown(f"category {category}")
        return [file.item for (owner, name, _), file in self._files.items() if (owner, name) == (entity, category)]

    async def read_bulk(
        self, entity: EntityKey, category: str, item_id: str, asking: Asking
    ) -> BulkContent | BulkNotReady | BulkElsewhere:
        """The bytes of a file."""
        file = self._file(entity, category, item_id)
        return BulkContent(mimetype=file.item.mimetype, size=len(file.content), chunks=_chunks(file.content))

    async def add_bulk(self, entity: EntityKey, category: str, item: NewBulkItem, asking: Asking) -> str:
        """Keep a file; nothing is kept when there is no room for all of it."""
        content = bytearray()
        async for chunk in item.chunks:
            content += chunk
            if self._used + len(content) > self._most:
                raise SovdRefusal(413, vendor_error(VendorCode.TOO_LARGE, "There is no room for this file."))
        return self.keep(entity, category, bytes(content), mimetype=item.mimetype, name=item.filename or item.name)

    def keep(
        self, entity: EntityKey, category: str, content: bytes, *, mimetype: str, name: str, tags: tuple[str, ...] = ()
    ) -> str:
        """Put a file there; gives its id."""
        item_id, moment = secrets.token_hex(8), self._now()
        item = BulkItem(
            item_id=item_id,
            mimetype=mimetype,
            name=name,
            size=len(content),
            creation_date=moment,
            last_modified=moment,
            hash_value=hashlib.sha256(content).hexdigest(),
            hash_algorithm="SHA-256",
            tags=tags,
        )
        self._files[entity, category, item_id] = _File(item=item, content=content)
        self._used += len(content)
        return item_id

    async def delete_bulk(self, entity: EntityKey, category: str, item_id: str, asking: Asking) -> None:
        """Delete a file."""
        self._used -= len(self._file(entity, category, item_id).content)
        del self._files[entity, category, item_id]

    def _file(self, entity: EntityKey, category: str, item_id: str) -> _File:
        file = self._files.get((entity, category, item_id))
        if file is None:
            raise resource_unknown(f"file {item_id} in category {category}")
        return file


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]
