"""All that is known about the data of one vehicle: its data sets, the most specific first, then the standards."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from app.diagnostic_data import built_in
from app.diagnostic_data.compiled_sets import CompiledSets, CompiledVariant
from app.diagnostic_data.port import DataSetRef, Decoded, DecodedValue, EcuInfo, IdentifierInfo
from app.diagnostic_data.set_reading import SetReading
from app.diagnostic_data.variant_choice import candidates_of, chosen
from app.domain.errors import FieldError, InvalidRequest, SovdError
from app.domain.json_values import JsonObject, JsonValue

_VALUE = built_in.VALUE_POINTER
_PARAMETERS = "/command_params/parameters"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A variant of an assigned set that describes an ECU."""

    variant: CompiledVariant
    reading: SetReading


class VehicleData:
    """`DiagnosticData` over compiled sets. Made per command; a variant that was identified counts for it alone."""

    def __init__(self, sets: CompiledSets, data_sets: Sequence[DataSetRef]) -> None:
        self._sets = sets
        self._refs = tuple(data_sets)
        self._identified: dict[tuple[int, str], str] = {}
        self._known_places: dict[int, tuple[_Place, ...]] = {}

    async def ecus(self) -> Sequence[EcuInfo]:
        """See `DiagnosticData`."""
        found: dict[int, EcuInfo] = {}
        for ref in self._refs:
            compiled = await self._sets.opened(ref.checksum)
            for head in sorted(compiled.variants, key=lambda head: not head["is_base"]):
                address = head["ecu_address"]
                if address is not None and ref.ecu_address in {None, address}:
                    name = head["title"] or head["name"]
                    info = EcuInfo(ecu_address=address, name=name, description=head["description"])
                    found.setdefault(address, info)
            if ref.ecu_address is not None and ref.ecu_address not in found:
                name = ref.variant or ref.name
                found[ref.ecu_address] = EcuInfo(ecu_address=ref.ecu_address, name=name)
        return tuple(found.values())

    async def data_id_of(self, ecu_address: int, name: str) -> int:
        """See `DiagnosticData`."""
        wanted = _plain(name)
        names: dict[str, int] = {}
        for place in await self._places(ecu_address):
            for number, known_as in place.variant.names.items():
                for known in known_as:
                    if known:
                        names.setdefault(known, int(number, 16))
        by_plain = {_plain(known): number for known, number in names.items()}
        data_id = by_plain.get(wanted, built_in.id_of_name(name))
        if data_id is not None:
            return data_id
        every = {**by_plain, **{_plain(info.name): info.data_id for info in built_in.known_identifiers()}}
        close = get_close_matches(wanted, every, n=3, cutoff=0.5)
        shown = [known for known in names if _plain(known) in close]
        shown += [info.name for info in built_in.known_identifiers() if _plain(info.name) in close]
        hint = f"did you mean {', '.join(dict.fromkeys(shown))}?" if shown else "give its number, for example 0xF190"
        message = f"no identifier of ECU 0x{ecu_address:04X} is named {name!r}; {hint}"
        raise InvalidRequest(f"{message[0].upper()}{message[1:]}", [FieldError("/command_params/dataIds", message)])

    async def identifiers(self, ecu_address: int) -> Sequence[IdentifierInfo]:
        """See `DiagnosticData`."""
        found: dict[int, IdentifierInfo] = {}
        for place in await self._places(ecu_address):
            for info in place.reading.identifiers():
                found.setdefault(info.data_id, info)
        return tuple(found.values()) or built_in.known_identifiers()

    async def decode_identifier(self, ecu_address: int, data_id: int, record: bytes) -> Decoded:
        """See `DiagnosticData`."""
        trouble = None
        try:
            for place in await self._places(ecu_address):
                if f"{data_id:04x}" in place.variant.identifiers:
                    return await place.reading.decode_identifier(data_id, record)
        except SovdError as error:
            trouble = error.message
        standard = built_in.decode_standard(data_id, record)
        return standard if trouble is None else _with_problem(standard, trouble)

    async def encode_identifier(self, ecu_address: int, data_id: int, value: JsonValue) -> bytes:
        """See `DiagnosticData`."""
        for place in await self._places(ecu_address):
            if f"{data_id:04x}" in place.variant.identifiers:
                return await place.reading.encode_identifier(data_id, value, _VALUE)
        return built_in.encode_standard(data_id, value)

    async def describe_dtc(self, ecu_address: int, dtc: int) -> Decoded:
        """See `DiagnosticData`."""
        spelled, trouble = built_in.spelled(dtc), None
        try:
            for place in await self._places(ecu_address):
                found = place.reading.describe_dtc(dtc, spelled)
                if found is not None:
                    return found
        except SovdError as error:
            trouble = error.message
        return Decoded(name=spelled, description=None, values=(), source=built_in.BUILT_IN, problem=trouble)

    async def decode_snapshot(self, ecu_address: int, dtc: int, record: bytes) -> Decoded:
        """See `DiagnosticData`."""
        trouble = None
        try:
            for place in await self._places(ecu_address):
                found = place.reading.decode_environment(dtc, record)
                if found is not None:
                    return found
        except SovdError as error:
            trouble = error.message
        if trouble is not None:
            return Decoded(name=None, description=None, values=(), source=built_in.BUILT_IN, problem=trouble)
        return await self._decode_listed(ecu_address, record)

    async def _decode_listed(self, ecu_address: int, record: bytes) -> Decoded:
        """A snapshot as ISO 14229-1 has it: how many identifiers, then each with data whose length must be known."""
        values: list[DecodedValue] = []
        source, left = built_in.BUILT_IN, record[1:]
        for _ in range(record[0] if record else 0):
            if len(left) < 2:
                break
            data_id, left = int.from_bytes(left[:2], "big"), left[2:]
            size = await self._size_of(ecu_address, data_id)
            if size is None or size > len(left):
                problem = f"the length of identifier 0x{data_id:04X} is not known, so the rest cannot be read"
                return Decoded(name=None, description=None, values=tuple(values), source=source, problem=problem)
            decoded = await self.decode_identifier(ecu_address, data_id, left[:size])
            source, left = decoded.source, left[size:]
            values += list(decoded.values)
        rest = f"{len(left)} bytes at its end are not described" if left else None
        return Decoded(name=None, description=None, values=tuple(values), source=source, problem=rest)

    async def _size_of(self, ecu_address: int, data_id: int) -> int | None:
        for place in await self._places(ecu_address):
            size = place.reading.size_of(data_id)
            if size is not None:
                return size
        return built_in.size_of(data_id)

    async def encode_routine(self, ecu_address: int, routine_id: int, action: int, parameters: JsonObject) -> bytes:
        """See `DiagnosticData`."""
        for place in await self._places(ecu_address):
            if f"{routine_id:04x}" in place.variant.routines:
                return await place.reading.encode_routine(routine_id, action, parameters, _PARAMETERS)
        if not parameters:
            return b""
        message = "no diagnostic data describes this routine; give its option record as `raw` instead of parameters"
        raise InvalidRequest(f"The routine cannot be encoded: {message}.", [FieldError(_PARAMETERS, message)])

    async def decode_routine(self, ecu_address: int, routine_id: int, action: int, record: bytes) -> Decoded:
        """See `DiagnosticData`."""
        trouble = None
        try:
            for place in await self._places(ecu_address):
                if f"{routine_id:04x}" in place.variant.routines:
                    return await place.reading.decode_routine(routine_id, action, record)
        except SovdError as error:
            trouble = error.message
        problem = trouble or ("no diagnostic data describes this routine" if record else None)
        return Decoded(name=None, description=None, values=(), source=built_in.BUILT_IN, problem=problem)

    async def identification_requests(self, ecu_address: int) -> Sequence[bytes]:
        """See `DiagnosticData`."""
        requests: dict[str, None] = {}
        for ref in self._order(ecu_address):
            if ref.variant is None:
                try:
                    compiled = await self._sets.opened(ref.checksum)
                except SovdError:
                    return ()  # whoever asks for a meaning is told of the trouble then
                for head in candidates_of(compiled.variants, ref, ecu_address):
                    requests |= dict.fromkeys(request for pattern in head["patterns"] for request in pattern)
        return tuple(bytes.fromhex(request) for request in requests)

    async def identify_variant(self, ecu_address: int, answers: dict[bytes, bytes]) -> str | None:
        """See `DiagnosticData`."""
        first = None
        for ref in self._order(ecu_address):
            compiled = await self._sets.opened(ref.checksum)
            names = [head["name"] for head in candidates_of(compiled.variants, ref, ecu_address) if head["patterns"]]
            if ref.variant is not None or not names:
                continue
            told = {request.hex(): answer.hex() for request, answer in answers.items()}
            question: JsonObject = {"act": "identify", "candidates": names, "answers": told}
            found = (await compiled.ask([question]))[0].get("ok")
            if found is not None:
                self._identified[ecu_address, ref.checksum] = found
                self._known_places.pop(ecu_address, None)
                first = first or found
        return first

    def _order(self, ecu_address: int) -> list[DataSetRef]:
        """What is assigned to this ECU, then what is assigned to all."""
        mine = [ref for ref in self._refs if ref.ecu_address == ecu_address]
        return mine + [ref for ref in self._refs if ref.ecu_address is None]

    async def _places(self, ecu_address: int) -> tuple[_Place, ...]:
        """Where to look, in this order; found out once per ECU. Raises SovdError where a set cannot be opened."""
        known = self._known_places.get(ecu_address)
        if known is None:
            known = self._known_places[ecu_address] = tuple([place async for place in self._find_places(ecu_address)])
        return known

    async def _find_places(self, ecu_address: int) -> AsyncIterator[_Place]:
        for ref in self._order(ecu_address):
            compiled = await self._sets.opened(ref.checksum)
            name = chosen(compiled.variants, ref, ecu_address, self._identified.get((ecu_address, ref.checksum)))
            variant = None if name is None else await compiled.variant(name)
            if variant is not None:
                reading = SetReading(compiled, variant, f"{ref.name} {ref.version}")
                yield _Place(variant=variant, reading=reading)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _with_problem(decoded: Decoded, problem: str) -> Decoded:
    return Decoded(
        name=decoded.name,
        description=decoded.description,
        values=decoded.values,
        source=decoded.source,
        problem=f"the assigned data could not be used: {problem}",
    )
