"""A library of diagnostic data with files in memory, for tests."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.diagnostic_data.port import DataSetRef
from app.domain.errors import NotFound


@dataclass
class Shelf:
    """Files by checksum, and how often they were asked for."""

    home: Path
    files: dict[str, bytes] = field(default_factory=dict)
    asked: int = 0

    def __post_init__(self) -> None:
        self.library = DiagnosticDataLibrary(self.home, self.content_of)

    def put(self, content: bytes) -> str:
        """Keep a file; gives its checksum."""
        checksum = hashlib.sha256(content).hexdigest()
        self.files[checksum] = content
        return checksum

    def ref(self, content: bytes, **more: object) -> DataSetRef:
        """Keep a file and refer to it, as `brakes 1`."""
        parts: dict[str, object] = {"data_set_id": "a-set", "name": "brakes", "version": "1"}
        return DataSetRef(**{**parts, "checksum": self.put(content), **more})  # type: ignore[arg-type] # names of a test

    async def content_of(self, checksum: str) -> bytes:
        """What the library asks for."""
        self.asked += 1
        if checksum not in self.files:
            raise NotFound("no such diagnostic data")
        return self.files[checksum]


@asynccontextmanager
async def shelf_at(home: Path) -> AsyncIterator[Shelf]:
    """A shelf whose compiled data lies below `home`."""
    shelf = Shelf(home)
    try:
        yield shelf
    finally:
        await shelf.library.close()
