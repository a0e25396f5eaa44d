"""Opens compiled data sets, compiles those that are not yet, and keeps the ones in use in memory."""

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from app.diagnostic_data.compiled_folder import folder_of, read_head, read_services, read_variant
from app.diagnostic_data.process_pool import LoaderCrashed, LoaderPool
from app.diagnostic_data.record_layout import RecordLayout
from app.domain.errors import FieldError, InvalidRequest, ServiceError
from app.domain.json_values import JsonObject, decode_json_object

T = TypeVar("T")

ContentOf = Callable[[str], Awaitable[bytes]]
"""Gives the file of a checksum. Raises NotFound."""

LOAD_WITHIN_S = 180.0
ANSWER_WITHIN_S = 15.0
_MOST_OPEN = 32


class DataSetRefused(InvalidRequest):
    """A file that is no diagnostic data, or cannot be used as such."""

    code = "invalid_diagnostic_data"


class Entries(Mapping[str, JsonObject]):
    """Parts of a variant by number in hex, each read when it is first asked for."""

    def __init__(self, sealed: Mapping[str, str]) -> None:
        self._sealed = sealed
        self._open: dict[str, JsonObject] = {}

    def __getitem__(self, number: str) -> JsonObject:
        """Raises KeyError where there is none."""
        if number not in self._open:
            self._open[number] = decode_json_object(self._sealed[number])
        return self._open[number]

    def __iter__(self) -> Iterator[str]:
        """The numbers."""
        return iter(self._sealed)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._sealed)

    def __contains__(self, number: object) -> bool:
        """Without reading the entry."""
        return number in self._sealed


class CompiledVariant:
    """One variant of a set, with the layouts used so far."""

    def __init__(self, content: JsonObject) -> None:
        self.name: str = content["name"]
        self.names: dict[str, list[str | None]] = content["names"]
        self.identifiers = Entries(content["identifiers"])
        self.routines = Entries(content["routines"])
        self.dtcs = Entries(content["dtcs"])
        self.environment: JsonObject = content["environment"]
        self._layouts: dict[int, RecordLayout] = {}

    def layout(self, kept: JsonObject | None) -> RecordLayout | None:
        """The layout of a part of this variant; made once."""
        if kept is None:
            return None
        found = self._layouts.get(id(kept))
        if found is None:
            found = self._layouts[id(kept)] = RecordLayout.of_json(kept)
        return found


class CompiledSet:
    """A data set that has been compiled. Variants are read when they are first asked for."""

    def __init__(self, sets: "CompiledSets", checksum: str, folder: Path, head: JsonObject) -> None:
        self.head = head
        self.variants: list[JsonObject] = head["variants"]
        self._sets = sets
        self._checksum = checksum
        self._folder = folder
        self._open: dict[int, CompiledVariant] = {}
        self._services: dict[int, list[JsonObject]] = {}

    async def variant(self, name: str) -> CompiledVariant | None:
        """The variant of this name; None where the set has none."""
        number = self._number(name)
        if number is None:
            return None
        if number not in self._open:
            self._open[number] = CompiledVariant(await self._read(read_variant, number))
        return self._open[number]

    async def services(self, variant: str) -> list[JsonObject]:
        """All services of a variant; kept once read. Empty where the set has no such variant."""
        number = self._number(variant)
        if number is None:
            return []
        if number not in self._services:
            self._services[number] = await self._read(read_services, number)
        return self._services[number]

    def _number(self, name: str) -> int | None:
        return next((place for place, head in enumerate(self.variants) if head["name"] == name), None)

    async def _read(self, reader: Callable[[Path, int], T], number: int) -> T:
        try:
            return await asyncio.to_thread(reader, self._folder, number)
        except (OSError, ValueError):  # somebody cleared the cache
            await self._sets.recompile(self._checksum, self._folder)
            return await asyncio.to_thread(reader, self._folder, number)

    async def ask(self, questions: Sequence[JsonObject]) -> list[JsonObject]:
        """Answers of odxtools: each `{"ok": …}` or `{"problem": text}`. Raises ServiceError."""
        header: JsonObject = {"question": "ask", "folder": str(self._folder), "questions": list(questions)}
        answer = await self._sets.pool.ask(header, within_s=ANSWER_WITHIN_S)
        if answer.get("reload"):
            await self._sets.recompile(self._checksum, self._folder)
            answer = await self._sets.pool.ask(header, within_s=ANSWER_WITHIN_S)
        if "ok" not in answer:
            raise ServiceError(f"the diagnostic data could not be asked: {answer.get('failed', 'it is not there')}")
        found: list[JsonObject] = answer["ok"]
        return found


class CompiledSets:
    """The sets of a process. `cache` is a folder of this program; it is made when needed and may be cleared."""

    def __init__(self, pool: LoaderPool, cache: Path, content_of: ContentOf) -> None:
        self.pool = pool
        self._cache = cache
        self._content_of = content_of
        self._open: OrderedDict[str, CompiledSet] = OrderedDict()
        self._opening: dict[str, asyncio.Lock] = {}

    async def opened(self, checksum: str) -> CompiledSet:
        """The set of a checksum, compiled if need be, by one caller while others wait.

        Raises NotFound, DataSetRefused, ServiceError.
        """
        if checksum in self._open:
            self._open.move_to_end(checksum)
            return self._open[checksum]
        async with self._opening.setdefault(checksum, asyncio.Lock()):
            if checksum not in self._open:
                folder = folder_of(self._cache, checksum)
                head = await asyncio.to_thread(read_head, folder)
                if head is None:
                    head = await self._compile(folder, await self._content_of(checksum), f"{checksum[:12]}.odx")
                self._open[checksum] = CompiledSet(self, checksum, folder, head)
                while len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
        self._opening.pop(checksum, None)
        return self._open[checksum]

    async def compile(self, checksum: str, content: bytes, file_name: str) -> JsonObject:
        """Compile a file that is new here and give its head. Raises DataSetRefused, ServiceError."""
        folder = folder_of(self._cache, checksum)
        head = await asyncio.to_thread(read_head, folder)
        return head if head is not None else await self._compile(folder, content, file_name)

    async def recompile(self, checksum: str, folder: Path) -> None:
        """Compile a set again whose folder was lost."""
        await self._compile(folder, await self._content_of(checksum), f"{checksum[:12]}.odx")

    async def forget(self, checksum: str) -> None:
        """Drop a set from memory and from the cache; who has it open goes on with what is in memory."""
        self._open.pop(checksum, None)
        await asyncio.to_thread(shutil.rmtree, folder_of(self._cache, checksum), ignore_errors=True)

    async def _compile(self, folder: Path, content: bytes, file_name: str) -> JsonObject:
        header: JsonObject = {"question": "compile", "folder": str(folder), "file_name": file_name}
        try:
            answer = await self.pool.ask(header, content, within_s=LOAD_WITHIN_S, loading=True)
        except LoaderCrashed as error:
            raise _refused(f"{error.message}; the file may be damaged or far too large") from error
        if "refused" in answer:
            raise _refused(answer["refused"])
        if "ok" not in answer:
            raise ServiceError(f"the diagnostic data could not be loaded: {answer.get('failed')}")
        head: JsonObject = answer["ok"]
        return head


def _refused(message: str) -> DataSetRefused:
    return DataSetRefused(f"The file cannot be used as diagnostic data: {message}.", [FieldError("/file", message)])
