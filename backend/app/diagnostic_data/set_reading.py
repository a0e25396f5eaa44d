"""Reads and writes records with one variant of one set: here where places are fixed, else with odxtools elsewhere."""

from collections.abc import Iterator, Mapping

from app.diagnostic_data.compiled_sets import CompiledSet, CompiledVariant
from app.diagnostic_data.port import Decoded, DecodedValue, IdentifierInfo
from app.diagnostic_data.record_encoding import encode_record, refused
from app.diagnostic_data.record_layout import RecordError, RecordLayout
from app.domain.errors import FieldError, InvalidRequest, ServiceError
from app.domain.json_values import JsonObject, JsonValue


class SetReading:
    """`source` is the name and version of the set, as answers show it."""

    def __init__(self, compiled: CompiledSet, variant: CompiledVariant, source: str) -> None:
        self._compiled = compiled
        self._variant = variant
        self._source = source

    def identifiers(self) -> Iterator[IdentifierInfo]:
        """All identifiers of the variant."""
        for number, entry in self._variant.identifiers.items():
            write = entry["write"]
            yield IdentifierInfo(
                data_id=int(number, 16),
                name=entry["name"],
                description=entry["description"] or entry["title"],
                writable=write is not None,
                schema=write["schema"] if write else {},
            )

    def require_identifier(self, data_id: int) -> None:
        """Raises InvalidRequest where the variant does not have it."""
        if f"{data_id:04x}" not in self._variant.identifiers:
            message = f"{self._variant.name} has no identifier 0x{data_id:04X}"
            raise InvalidRequest(f"{message}.", [FieldError("/data_id", message)])

    def require_routine(self, routine_id: int) -> None:
        """Raises InvalidRequest where the variant does not have it."""
        if f"{routine_id:04x}" not in self._variant.routines:
            message = f"{self._variant.name} has no routine 0x{routine_id:04X}"
            raise InvalidRequest(f"{message}.", [FieldError("/routine_id", message)])

    def size_of(self, data_id: int) -> int | None:
        """The length of an identifier's record, where it is fixed."""
        entry = self._variant.identifiers.get(f"{data_id:04x}")
        layout = self._variant.layout(entry["read"]["layout"]) if entry and entry["read"] else None
        return None if layout is None else layout.size

    async def decode_identifier(self, data_id: int, record: bytes) -> Decoded:
        """Decode the record of an identifier that the variant has."""
        entry = self._variant.identifiers[f"{data_id:04x}"]
        head = bytes((0x62,)) + data_id.to_bytes(2, "big")
        side = entry["read"] or entry["write"]
        return await self._decode(entry, side, record, bytes((0x22,)) + head[1:], head)

    async def decode_read_answer(self, message: bytes) -> JsonObject:
        """What an answer to ReadDataByIdentifier means. Raises InvalidRequest for any other message."""
        data_id = int.from_bytes(message[1:3], "big")
        if message[:1] != b"\x62" or len(message) < 3 or f"{data_id:04x}" not in self._variant.identifiers:
            problem = "the set only describes answers 62 with its own identifiers"
            raise InvalidRequest(f"The message cannot be decoded: {problem}.", [FieldError("/raw", problem)])
        decoded = await self.decode_identifier(data_id, message[3:])
        if decoded.problem is not None:
            raise InvalidRequest(
                f"The message cannot be decoded: {decoded.problem}.", [FieldError("/raw", decoded.problem)]
            )
        return {"service": decoded.name, "values": {part.name: part.value for part in decoded.values}}

    async def decode_routine(self, routine_id: int, action: int, record: bytes) -> Decoded:
        """Decode the status record of a routine that the variant has."""
        entry = self._variant.routines[f"{routine_id:04x}"]
        side = entry["actions"].get(str(action))
        number = bytes((action,)) + routine_id.to_bytes(2, "big")
        if side is None:
            problem = "the data does not describe this action of the routine"
            return Decoded(name=entry["name"], description=None, values=(), source=self._source, problem=problem)
        return await self._decode(entry, side["response"], record, b"\x31" + number, b"\x71" + number)

    async def _decode(self, entry: JsonObject, side: JsonObject, record: bytes, request: bytes, head: bytes) -> Decoded:
        layout = self._variant.layout(side["layout"])
        values: tuple[DecodedValue, ...] = ()
        problem = None
        try:
            if layout is not None:
                values = layout.decode(record)
            else:
                values = await self._decode_elsewhere(side, request, head + record)
        except (RecordError, ServiceError) as error:
            problem = str(error)
        if layout is not None and layout.size is not None and problem is None and len(record) > layout.size:
            problem = f"{len(record) - layout.size} bytes at the end of the record are not described"
        return Decoded(
            name=entry["name"],
            description=entry.get("description") or entry["title"],
            values=values,
            source=self._source,
            problem=problem,
        )

    async def _decode_elsewhere(self, side: JsonObject, request: bytes, answer: bytes) -> tuple[DecodedValue, ...]:
        question: JsonObject = {
            "act": "decode",
            "variant": self._variant.name,
            "service": side["service"],
            "request": request.hex(),
            "answer": answer.hex(),
        }
        found = (await self._compiled.ask([question]))[0]
        if "ok" not in found:
            raise RecordError(str(found.get("problem")))
        hidden, units = set(side["constants"]), side["units"]
        values = {name: value for name, value in found["ok"]["values"].items() if name not in hidden}
        return tuple(_values(values, units))

    async def encode_identifier(self, data_id: int, value: JsonValue, pointer: str) -> bytes:
        """The record to write. Raises InvalidRequest, ServiceError."""
        entry = self._variant.identifiers[f"{data_id:04x}"]
        side = entry["write"]
        if side is None:
            message = f"{entry['name']} (0x{data_id:04X}) cannot be written, says {self._source}; `raw` is not checked"
            raise InvalidRequest(f"{message}.", [FieldError(pointer, message)])
        layout = self._variant.layout(side["layout"])
        if layout is not None:
            return encode_record(layout, value, pointer)
        return (await self.encode_service(side["service"], value, pointer))[3:]

    async def encode_routine(self, routine_id: int, action: int, parameters: JsonObject, pointer: str) -> bytes:
        """The option record of a routine. Raises InvalidRequest, ServiceError."""
        entry = self._variant.routines[f"{routine_id:04x}"]
        side = entry["actions"].get(str(action))
        if side is None:
            known = ", ".join(sorted(entry["actions"]))
            message = f"{entry['name']} has no action {action}, says {self._source}; it has {known}"
            raise InvalidRequest(f"{message}.", [FieldError("/command_params/action", message)])
        layout = self._variant.layout(side["request"])
        if layout is not None:
            return encode_record(layout, parameters, pointer)
        return (await self.encode_service(side["response"]["service"], parameters, pointer))[4:]

    async def encode_service(self, name: str, values: JsonValue, pointer: str) -> bytes:
        """The whole request of a service, its parameters checked. Raises InvalidRequest, ServiceError."""
        services = await self._compiled.services(self._variant.name)
        service = next((each for each in services if each["name"] == name), None)
        if service is None:
            known = ", ".join(sorted(each["name"] for each in services)[:30])
            message = f"{self._variant.name} has no service {name!r}; it has {known}"
            raise InvalidRequest(f"{message}.", [FieldError("/service", message)])
        parameters: list[JsonObject] = service["parameters"]
        if not isinstance(values, dict):
            if len(parameters) != 1:
                message = f"must be an object with the members {', '.join(each['name'] for each in parameters)}"
                raise refused([FieldError(pointer, message)])
            values = {parameters[0]["name"]: values}
        self._check(parameters, values, pointer)
        question: JsonObject = {"act": "encode", "variant": self._variant.name, "service": name, "values": values}
        found = (await self._compiled.ask([question]))[0]
        if "ok" not in found:
            raise refused([FieldError(pointer, str(found.get("problem")))])
        return bytes.fromhex(found["ok"])

    def _check(self, parameters: list[JsonObject], values: JsonObject, pointer: str) -> None:
        """Ranges and choices: odxtools does not check constraints."""
        errors: list[FieldError] = []
        known = {parameter["name"]: parameter for parameter in parameters}
        for name in values:
            if name not in known:
                message = f"is no parameter; there are {', '.join(known) or 'none'}"
                errors.append(FieldError(f"{pointer}/{name}", message))
        for name, parameter in known.items():
            if name not in values:
                if parameter["required"]:
                    errors.append(FieldError(f"{pointer}/{name}", "is missing"))
                continue
            layout = self._variant.layout(parameter["layout"])
            errors += [] if layout is None else _errors(layout, values[name], f"{pointer}/{name}")
        if errors:
            raise refused(errors)

    def describe_dtc(self, dtc: int, spelled: str) -> Decoded | None:
        """Name and text of a trouble code; None where the variant does not know it."""
        entry = self._variant.dtcs.get(f"{dtc:06x}")
        if entry is None:
            return None
        return Decoded(
            name=entry["display"] or spelled,
            description=entry["text"] or entry["name"],
            values=(),
            source=self._source,
        )

    def decode_environment(self, dtc: int, record: bytes) -> Decoded | None:
        """The environment data of a trouble code; None where the data describes none of this length."""
        environment: Mapping[str, JsonObject | None] = self._variant.environment
        parts = [environment["all"], (environment["by_dtc"] or {}).get(f"{dtc:06x}")]
        layouts = [layout for part in parts if (layout := self._variant.layout(part)) is not None]
        if not layouts or sum(layout.size or 0 for layout in layouts) != len(record):
            return None
        values: list[DecodedValue] = []
        try:
            for layout in layouts:
                values += layout.decode(record)
                record = record[layout.size or 0 :]
        except RecordError as error:
            return Decoded(name=None, description=None, values=(), source=self._source, problem=str(error))
        return Decoded(name=None, description=None, values=tuple(values), source=self._source)


def _errors(layout: RecordLayout, value: JsonValue, pointer: str) -> list[FieldError]:
    try:
        encode_record(layout, value, pointer)
    except InvalidRequest as error:
        return list(error.field_errors)
    return []


def _values(values: JsonObject, units: Mapping[str, str]) -> Iterator[DecodedValue]:
    if len(values) == 1:
        (inner,) = values.values()
        if isinstance(inner, dict):
            values = inner["values"] if set(inner) == {"row", "values"} and isinstance(inner["values"], dict) else inner
    for name, value in values.items():
        yield DecodedValue(name=name, value=value, unit=units.get(name))
