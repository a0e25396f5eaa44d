"""The one `DiagnosticDataSource` of a process: loading processes, cache on disk, sets in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.diagnostic_data.compiled_sets import CompiledSet, CompiledSets, ContentOf, DataSetRefused
from app.diagnostic_data.port import DataSetRef
from app.diagnostic_data.process_pool import LoaderPool
from app.diagnostic_data.set_reading import SetReading
from app.diagnostic_data.vehicle_data import VehicleData
from app.domain.errors import FieldError, InvalidRequest
from app.domain.json_values import JsonObject, JsonValue


class DiagnosticDataLibrary:
    """Gives vehicles their data. Nothing is started or read before the first question; `close` ends all processes.

    `home` is the data directory, `content_of` gives the file of a checksum (it raises NotFound).
    """

    def __init__(self, home: Path, content_of: ContentOf, *, processes: int = 2) -> None:
        self._cache = home / "diagnostic-data"
        self._content_of = content_of
        self._processes = processes
        self._sets: CompiledSets | None = None

    @property
    def sets(self) -> CompiledSets:
        """The sets of this process; made here because the pool belongs to the running event loop."""
        if self._sets is None:
            self._sets = CompiledSets(LoaderPool(processes=self._processes), self._cache, self._content_of)
        return self._sets

    def for_data_sets(self, data_sets: Sequence[DataSetRef]) -> VehicleData:
        """See `DiagnosticDataSource`."""
        return VehicleData(self.sets, data_sets)

    async def load(self, checksum: str, content: bytes, file_name: str) -> JsonObject:
        """Load a file that somebody adds; gives name, version, variants and the report.

        Raises DataSetRefused, Overloaded, ServiceError.
        """
        return await self.sets.compile(checksum, content, file_name)

    async def forget(self, checksum: str) -> None:
        """Throw away what this process has made of a file that was removed."""
        await self.sets.forget(checksum)

    async def variant(self, checksum: str, name: str | None) -> JsonObject:
        """All that is known of a variant (None: the first base variant, else the first), for people to look at.

        Raises InvalidRequest for a variant that the set does not have.
        """
        compiled = await self.sets.opened(checksum)
        found = await compiled.variant(_name(compiled, name))
        if found is None:
            raise _no_variant(compiled, name)
        return {
            "name": found.name,
            "identifiers": dict(found.identifiers),
            "routines": dict(found.routines),
            "dtcs": dict(found.dtcs),
            "services": await compiled.services(found.name),
        }

    async def encode(
        self, checksum: str, variant: str | None, what: Mapping[str, JsonValue], value: JsonValue
    ) -> bytes:
        """The bytes of a request, as they would be sent. `what` has one of `data_id`, `routine_id` (with `action`)
        or `service`.

        Raises InvalidRequest, ServiceError.
        """
        reading = await self._reading(checksum, variant)
        match what:
            case {"data_id": int(data_id)}:
                reading.require_identifier(data_id)
                record = await reading.encode_identifier(data_id, value, "/value")
                return b"\x2e" + data_id.to_bytes(2, "big") + record
            case {"routine_id": int(routine_id), "action": int(action)}:
                reading.require_routine(routine_id)
                parameters = value if isinstance(value, dict) else {}
                record = await reading.encode_routine(routine_id, action, parameters, "/value")
                return bytes((0x31, action)) + routine_id.to_bytes(2, "big") + record
            case {"service": str(service)}:
                return await reading.encode_service(service, value, "/value")
            case _:
                message = "name one of data_id, routine_id or service"
                raise InvalidRequest(f"{message.capitalize()}.", [FieldError("", message)])

    async def decode(self, checksum: str, variant: str | None, message: bytes) -> list[JsonObject]:
        """What a UDS message can be: each service of the variant that fits, with its values. Raises InvalidRequest."""
        compiled = await self.sets.opened(checksum)
        if compiled.head["kind"] == "identifiers":
            return [await (await self._reading(checksum, variant)).decode_read_answer(message)]
        question: JsonObject = {"act": "decode any", "variant": _name(compiled, variant), "message": message.hex()}
        found = (await compiled.ask([question]))[0]
        if "ok" not in found:
            problem = str(found.get("problem"))
            raise InvalidRequest(f"The message cannot be decoded: {problem}.", [FieldError("/raw", problem)])
        messages: list[JsonObject] = found["ok"]["messages"]
        return messages

    async def _reading(self, checksum: str, variant: str | None) -> SetReading:
        compiled = await self.sets.opened(checksum)
        found = await compiled.variant(_name(compiled, variant))
        if found is None:
            raise _no_variant(compiled, variant)
        return SetReading(compiled, found, f"{compiled.head['name']} {compiled.head['version']}")

    async def close(self) -> None:
        """End the processes."""
        if self._sets is not None:
            await self._sets.pool.close()


def _name(compiled: CompiledSet, name: str | None) -> str:
    if name is not None:
        return name
    bases = [head["name"] for head in compiled.variants if head["is_base"]]
    first: str = bases[0] if bases else compiled.variants[0]["name"]
    return first


def _no_variant(compiled: CompiledSet, name: str | None) -> InvalidRequest:
    message = f"the set has no variant {name!r}; it has {', '.join(head['name'] for head in compiled.variants)}"
    return InvalidRequest(f"{message[0].upper()}{message[1:]}.", [FieldError("/variant", message)])


__all__ = ["DataSetRefused", "DiagnosticDataLibrary"]
